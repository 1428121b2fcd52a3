"""`mq help TOPIC` and `mq completion SHELL`."""

import argparse
import shutil
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from mqcourse.command_line import add, answer, wrapped
from mqcourse.errors import CourseError
from mqcourse.exits import MEANINGS, Exit
from mqcourse.home import CHECKOUT, cache_folder, software_folder, state_folder
from mqcourse.nearest import did_you_mean
from mqcourse.settings import SETTINGS

WIDEST = 79
SHELLS = ("bash", "zsh", "fish")
INSTALLING = {
    "bash": 'eval "$(mq completion bash)"      # in ~/.bashrc, to have it in each terminal',
    "zsh": "mq completion zsh > ~/.zfunc/_mq  # with ~/.zfunc in fpath, before compinit",
    "fish": "mq completion fish > ~/.config/fish/completions/mq.fish",
}


def register(subcommands: Any) -> None:
    """Add this room's parsers."""
    topics = add(
        subcommands,
        "help",
        _help,
        "the help of a command, or of a topic: environment, exit-codes, files",
        example="mq help environment\nmq help grade",
    )
    topics.add_argument(
        "words", metavar="TOPIC", nargs="*", help="a command, environment, exit-codes or files"
    )
    completion = add(
        subcommands,
        "completion",
        _completion,
        "print the script with which a shell completes mq",
        example="\n".join(INSTALLING.values()),
    )
    completion.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish")


def _width() -> int:
    return min(WIDEST, shutil.get_terminal_size().columns)


def environment() -> str:
    """The variables and their meanings."""
    lines = ["Variables that a command reads. A flag wins over a variable.", ""]
    for name, meaning in SETTINGS.items():
        lines += [
            f"  {name}",
            textwrap.fill(meaning, _width(), initial_indent="      ", subsequent_indent="      "),
        ]
    return "\n".join(lines)


def exit_codes() -> str:
    rows = (
        textwrap.fill(meaning, _width(), initial_indent=f"  {code:<5}", subsequent_indent=" " * 7)
        for code, meaning in MEANINGS.items()
    )
    return "\n".join(["What every command ends with:", "", *rows])


def files() -> str:
    """Where things lie, here and now."""
    state = state_folder()
    places = (
        (CHECKOUT / "labs", "the labs: your answers are in these notebooks"),
        (state / "progress", "your points, tries and hints; `make clean` keeps them"),
        (state / "kept", "copies of notebooks that a command replaced; `make clean` keeps them"),
        (state / "chapters", "chapters that you opened to run them; `make clean` keeps them"),
        (state / "logs", "what brokers and services wrote, and mq.log for mistakes of the course"),
        (state / "endpoints.json", "the brokers' addresses"),
        (state / "book", "the built pages and the last runs of chapters"),
        (software_folder(), "installed brokers, jars and browsers"),
        (cache_folder(), "downloads that all checkouts share; `make clean-cache` removes them"),
    )
    lines = ["Where things lie:", ""]
    for path, meaning in places:
        lines += [f"  {path}", f"      {meaning}"]
    return "\n".join(lines)


TOPICS: Mapping[str, Callable[[], str]] = {
    "environment": environment,
    "exit-codes": exit_codes,
    "files": files,
}


def _help(arguments: argparse.Namespace) -> int:
    words: list[str] = arguments.words
    text = TOPICS[words[0]]() if len(words) == 1 and words[0] in TOPICS else _of_command(arguments.top, words)
    answer(arguments, {"topic": " ".join(words), "text": text}, wrapped(text))
    return Exit.DONE


def _of_command(found: Any, words: list[str]) -> str:
    for word in words:
        if word not in found.words:
            names = [*found.words, *TOPICS]
            raise CourseError(
                f"there is no help on {' '.join(words)!r}",
                do=did_you_mean(
                    word, names, f"The topics are {', '.join(TOPICS)}, and every command of `mq --help`"
                ),
                code=Exit.USAGE,
            )
        found = found.words[word]
    return str(found.format_help()).rstrip("\n")


def _completion(arguments: argparse.Namespace) -> int:
    import shtab  # here: no other command needs it

    script = shtab.complete(arguments.top, arguments.shell)
    answer(arguments, {"shell": arguments.shell, "script": script}, script.rstrip("\n"))
    return Exit.DONE
