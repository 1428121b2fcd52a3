"""The form of every command: how its help looks, how a wrong word is answered, which options all of them have."""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.nearest import nearest

Run = Callable[[argparse.Namespace], int | None]
WRONG = re.compile(r"invalid choice: '([^']*)'|unrecognized arguments: (\S+)")
"""The two messages of argparse that quote a word which is nearly another one."""
OF_OPTION = re.compile(r"argument (?:-\w/)?(--[\w-]+): invalid choice")
"""The first of them, where the word is an option's value and not a command."""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help that looks the same under every Python: -n N, --lines N became -n, --lines N in 3.13."""

    def __init__(self, prog: str, **more: Any) -> None:
        super().__init__(prog, max_help_position=26, **more)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap a sentence, and keep the lines of examples and tables."""
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        import textwrap

        return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, action.dest.upper())
        return f"{', '.join(action.option_strings)} {value}"


class Parser(argparse.ArgumentParser):
    """A parser that answers wrong usage with one line: what is wrong, what was meant, where to read more."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        more.setdefault("formatter_class", Formatter)
        more.setdefault("allow_abbrev", False)
        super().__init__(*arguments, **more)
        self.words: Mapping[str, Any] = {}
        """The sub-commands, where it has any."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """A command itself refuses what it does not know: `mq` above it does not know what was meant."""
        found, left = super().parse_known_args(args, namespace)
        if left and " " in self.prog:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return found, left

    def error(self, message: str) -> NoReturn:
        """End with the code of wrong usage. With --json the line is also JSON on standard output."""
        what, meant = message, None
        if found := WRONG.search(message):
            word = found[1] or found[2].partition("=")[0]
            option = OF_OPTION.search(message)
            meant = nearest(word, _values(self, option[1]) if option else _known(self, word))
            if found[1] is not None and self.words and not option:
                what = f"there is no command {word!r}"
        advice = f"Did you mean {meant}?" if meant else f"`{self.prog} --help` lists the valid ones"
        line = f"{what}. {advice}"
        if "--json" in sys.argv[1:]:
            sys.stdout.write(json.dumps({"error": line}, ensure_ascii=False) + "\n")
        self.exit(Exit.USAGE, f"{self.prog}: {line}\n")


def _values(parser: Parser, option: str) -> list[str]:
    found = next(action for action in parser._actions if option in action.option_strings)
    return [str(choice) for choice in found.choices or ()]


def _known(parser: Parser, word: str) -> Iterable[str]:
    """The words that are valid in this place: options, or the visible sub-commands and choices."""
    if word.startswith("-"):
        return [option for action in parser._actions for option in action.option_strings]
    visible = [
        choice.dest for action in parser._actions for choice in getattr(action, "_choices_actions", ())
    ]
    return visible or [str(choice) for action in parser._actions for choice in action.choices or ()]


@dataclass(frozen=True)
class Group:
    """Some commands under one heading of `mq --help`."""

    title: str
    names: tuple[str, ...]


def add(
    subcommands: Any,
    name: str,
    run: Run | None,
    text: str,
    *,
    example: str,
    hidden: bool = False,
    more: str = "",
) -> Parser:
    """Add a command with its description and an example. A hidden command works and is not listed."""
    examples = "\n".join(f"  {line}" for line in example.splitlines())
    parser: Parser = subcommands.add_parser(
        name,
        description=text,
        epilog=f"example{'s' if len(example.splitlines()) > 1 else ''}:\n{examples}"
        + (f"\n\n{more}" if more else ""),
        **({} if hidden else {"help": text}),  # argparse lists those that have a help
    )
    everywhere(parser)
    if run is not None:
        parser.set_defaults(run=run)
    return parser


def everywhere(parser: argparse.ArgumentParser, *, default: Any = argparse.SUPPRESS) -> None:
    """The options before and after a command. Without a default, the second place keeps the value of the first."""
    parser.add_argument("--json", action="store_true", default=default, help="print JSON")
    parser.add_argument("-q", "--quiet", action="store_true", default=default, help="no progress and no news")
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=default, help="also the traceback of an error"
    )


def actions_of(parser: Parser, *, required: bool) -> Any:
    """Where the sub-commands of a command are added."""
    actions: Any = parser.add_subparsers(dest="action", metavar="ACTION", required=required)
    parser.words = actions.choices
    return actions


MOST_DIGITS = 18
"""Of a whole number that is typed: more are a slip, and it fits into 64 bits."""


def whole(called: str, least: int, most: int | None = None) -> Callable[[str], int]:
    """The `type` of an option: a whole number from `least`, which is at least 0, to `most`. Others are refused as no `called`."""

    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else -1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"{text!r} is no {called}")
        return number

    return read


def out(text: str) -> None:
    """A line, or several, on standard output."""
    sys.stdout.write(text + "\n")


def say(line: str) -> None:
    """A line of progress, on standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def news(arguments: argparse.Namespace) -> Callable[[str], None]:
    """The function that prints lines of progress; silent with --quiet."""
    return (lambda _line: None) if arguments.quiet else say


def fitted(line: str) -> str:
    """A line of a list, cut where a terminal would break it; whole for whatever reads us otherwise."""
    import shutil

    width = shutil.get_terminal_size().columns
    return line if len(line) <= width or not sys.stdout.isatty() else f"{line[: width - 1]}…"


def wrapped(text: str) -> str:
    """A text with the lines that a terminal would break wrapped at a space; as it is for whatever reads us otherwise.

    The rest of a row is indented to its last column in the left half.
    """
    import shutil

    width = shutil.get_terminal_size().columns
    if not sys.stdout.isatty():
        return text
    return "\n".join(_wrapped_line(line, width) for line in text.split("\n"))


def _wrapped_line(line: str, width: int) -> str:
    import textwrap

    if len(line) <= width:
        return line
    columns = [0, *(found.end() for found in re.finditer(r"^ +|  +", line) if found.end() <= width // 2)]
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * columns[-1],
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def answer(arguments: argparse.Namespace, value: Any, text: str) -> None:
    """What a command has to say: `value` as JSON where that was asked for, else the text."""
    out(json.dumps(value, indent=2, ensure_ascii=False) if arguments.json else text)


def confirm(what: str, arguments: argparse.Namespace) -> None:
    """Ask whether to do `what`, by which something is lost. CourseError when the answer is no, or when nobody can answer and --yes is not given."""
    if arguments.yes:
        return
    do = f"Add --yes to do it without a question: `mq {arguments.command} --yes`"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CourseError(f"there is no terminal to confirm this: {what}", do=do, code=Exit.USAGE)
    sys.stderr.write(f"{what[:1].upper()}{what[1:]}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CourseError("nothing was changed", do=do, code=Exit.SAID_NO)


def listed(parsers: Mapping[str, argparse.ArgumentParser], groups: Sequence[Group], width: int) -> str:
    """The commands under their headings, a line each."""
    import textwrap

    lines = []
    for group in groups:
        lines += ["", f"{group.title}:"]
        for name in group.names:
            text = parsers[name].description or ""
            lines += textwrap.wrap(
                text,
                max(width, 30),
                initial_indent=f"  {name:<12}",
                subsequent_indent=" " * 14,
                break_on_hyphens=False,
            )
    return "\n".join(lines)
