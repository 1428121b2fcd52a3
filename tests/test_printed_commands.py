"""What is printed can be typed: every `mq …` and `make …` in book, labs, solutions, docs and messages is a command."""

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqcourse import cli
from mqcourse.home import CHECKOUT

INLINE = re.compile(r"`((?:[A-Z_]+=\S+ )*(?:\./|\.venv/bin/)?(?:mq|make) [^`\n]+)`")
FENCE = re.compile(r"^```(?:sh|bash|console|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
VARIABLES = re.compile(r"^(?:export )?(?:[A-Z_]+=(?:'[^']*'|\"[^\"]*\"|\S+) )+")
PLACEHOLDER = re.compile(r"[{}<>…\[\]|]|\b[A-Z]{2,}\b|\b[A-Z]\b|\$")
OURS = ("mq", "make")


def texts() -> Iterator[Path]:
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "book/**/*.md",
        "solutions/*/*.md",
        "labs/*.ipynb",
        "labs/*.md",
        "solutions/*/lab.toml",
        "mqcourse/**/*.py",
        "emulator/servicebus_emulator/**/*.py",
        "emulator/**/*.md",
    ):
        for path in sorted(CHECKOUT.glob(pattern)):
            if "_build" not in path.parts and path.name != "CHANGELOG.md":
                yield path


def printed() -> Iterator[tuple[str, str]]:
    """(where, command) of everything that a reader may type."""
    for path in texts():
        text = path.read_text(encoding="utf-8")
        found = [match[1] for match in INLINE.finditer(text)]
        for fence in FENCE.finditer(text):
            found += [line.split(" #")[0].strip() for line in fence[1].splitlines()]
        for command in found:
            bare = VARIABLES.sub("", command.strip()).removeprefix(".venv/bin/").removeprefix("./")
            if bare.split(" ")[0] in OURS:
                yield str(path.relative_to(CHECKOUT)), bare


def targets(folder: str = ".") -> set[str]:
    makefile = CHECKOUT / folder / "Makefile"
    return set(re.findall(r"^([a-z-]+):", makefile.read_text(encoding="utf-8"), re.MULTILINE))


def refused(command: str, product: str = ".") -> str:
    """Why it can be typed neither in the checkout nor in the folder of the product whose text prints it, or nothing."""
    words = shlex.split(command.replace("…", "X").replace("\\", ""))
    if words[0] == "make":
        named_folder = words.pop(words.index("-C") + 1) if "-C" in words else None
        known = targets(named_folder) if named_folder else targets() | targets(product)
        named = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
        return ", ".join(f"no target {word}" for word in named if word not in known)
    parser = cli.parser()
    (choices,) = [
        action.choices for action in parser._actions if isinstance(action.choices, dict)
    ]  # argparse offers no other way to its sub-commands
    if words[1] not in choices and not words[1].startswith("-"):
        return "" if PLACEHOLDER.search(words[1]) else f"no command {words[1]}"
    if PLACEHOLDER.search(command):
        return ""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.parse_args(words[1:])
    except SystemExit as ended:
        why = said.getvalue().strip().splitlines()[-1] if ended.code else ""
        # "see `mq bench`" names a command, which says itself what it lacks
        return "" if "arguments are required" in why else why
    return ""


@pytest.mark.lengthy
def test_every_command_that_is_printed_can_be_typed() -> None:
    commands = list(printed())
    assert len(commands) > 100
    wrong = {
        f"{where}: {command}: {why}"
        for where, command in commands
        if (why := refused(command, "emulator" if where.startswith("emulator/") else "."))
    }
    assert wrong == set()


def test_readers_are_never_told_a_path_to_mq() -> None:
    """`mq` is on PATH after one line, which the last page of `make start` prints; so no text needs another form."""
    with_path = [
        str(path.relative_to(CHECKOUT))
        for path in texts()
        if path.suffix in (".md", ".ipynb", ".toml")
        and path.name not in ("CONTRIBUTING.md", "ARCHITECTURE.md")
        and ".venv/bin/mq" in path.read_text(encoding="utf-8")
    ]
    assert with_path == []


@pytest.mark.parametrize(
    "command",
    ["mq grad labs/x.ipynb", "mq book bild", "make strat", "make -C emulator start", "mq up --nonsense"],
)
def test_a_command_that_cannot_be_typed_is_found(command: str) -> None:
    assert refused(command)


def test_the_readme_quotes_messages_as_they_are() -> None:
    """A reader searches the page for the words that stand in the terminal."""
    quoted = re.findall(
        r"^\| \*([^*]+)\* \|", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(quoted) > 4
    code = "\n".join(
        re.sub(r"\{[^{}]*\}", "…", path.read_text(encoding="utf-8"))
        for path in (CHECKOUT / "mqcourse").rglob("*.py")
    )
    for message in quoted:
        if message.startswith("mq: "):
            continue  # the shell's
        # numbers and names that vary, and the plain words between them
        parts = [part.strip(" (),") for part in re.split(r"…|\d[\d.]*", message)]
        assert all(part in code for part in parts), message
        longest = max(parts, key=len)
        assert len(longest) > 6, message
