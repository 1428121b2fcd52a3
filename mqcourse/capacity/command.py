"""`mq capacity`: from a workload to partitions, brokers, disks, network and money."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import add, answer, wrapped
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

if TYPE_CHECKING:
    from mqcourse.capacity.figure import Figure
    from mqcourse.capacity.given import Given

EXAMPLE = """mq capacity --messages 2e6 --per day --size-bytes 2000
mq capacity --messages 1e12 --per day --processing-ms 0.05
mq capacity --messages 500 --measured run.json"""
TITLE, SHOWN, WIDE = 34, 28, 130
"""Columns of a result's name and of its value, and of a line that also fits the formula."""
MORE = """The defaults of rates and prices are examples: type what you measured and
what you pay. --json has every figure with its formula and source."""


def register(subcommands: Any) -> None:
    """Add `mq capacity`."""
    from mqcourse.capacity.prices import Prices
    from mqcourse.capacity.rates import Rates
    from mqcourse.capacity.workload import Workload

    parser = add(
        subcommands,
        "capacity",
        run,
        "partitions, brokers, disks, network and money for a workload",
        example=EXAMPLE,
        more=MORE,
    )
    parser.add_argument(
        "--measured", metavar="FILE", help="take processing-ms from this record of `mq measure --json`"
    )
    parser.add_argument("--sources", action="store_true", help="also where each formula is from")
    for title, group in (("workload", Workload), ("rates", Rates), ("prices", Prices)):
        options = parser.add_argument_group(title)
        for spec in group.specs():
            option = f"--{spec['name'].replace('_', '-')}"
            help = f"{spec['help']} Default: {spec['default']:{'' if spec['kind'] == 'choice' else 'g'}}"
            if spec["kind"] == "choice":
                options.add_argument(option, choices=spec["choices"], help=help)
            else:
                options.add_argument(option, metavar="N", help=f"{help} {spec['unit']}".replace("%", "%%"))


def run(arguments: argparse.Namespace) -> int:
    """Print the plan of the typed workload."""
    from mqcourse.capacity.plan import plan
    from mqcourse.capacity.prices import Prices
    from mqcourse.capacity.rates import Rates
    from mqcourse.capacity.workload import Workload

    note = ""
    if arguments.measured is not None:
        if arguments.processing_ms is not None:
            raise CourseError(
                "--measured and --processing-ms both give the time of a message",
                do="Leave one of them out",
                code=Exit.USAGE,
            )
        found = _measured(arguments.measured)
        arguments.processing_ms, note = repr(found.processing_ms), found.note
    try:
        workload = Workload.from_texts(_typed(arguments, Workload))
        rates = Rates.from_texts(_typed(arguments, Rates))
        prices = Prices.from_texts(_typed(arguments, Prices))
    except CourseError as error:
        error.exit_code = Exit.USAGE
        raise
    figures = plan(workload, rates, prices)
    plain = {
        "workload": asdict(workload),
        "rates": asdict(rates),
        "prices": asdict(prices),
        "measured": note or None,
        "figures": [asdict(one) for one in figures],
    }
    answer(arguments, plain, wrapped(table(figures, note, width=_width(), sources=arguments.sources)))
    return Exit.DONE


def _typed(arguments: argparse.Namespace, group: "type[Given]") -> dict[str, str]:
    """The options that were given, by field."""
    values = {spec["name"]: getattr(arguments, spec["name"]) for spec in group.specs()}
    return {name: text for name, text in values.items() if text is not None}


def _measured(name: str) -> Any:
    """The record of a file, or of standard input where the name is -."""
    from mqcourse.capacity.measured import measured

    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CourseError(
            f"{name} cannot be read: {reason}",
            do="Give a file that `mq measure --json` wrote",
            code=Exit.USAGE,
        ) from None
    return measured(text, "standard input" if name == "-" else name)


def table(figures: "list[Figure]", note: str, *, width: int, sources: bool) -> str:
    """Each result with its value and its formula: in one line of `width` characters, or in two."""
    from mqcourse.capacity.prices import EXAMPLE as PRICES

    wide = width >= WIDE
    lines = [note, ""] if note else []
    for one in figures:
        head = f"{one.title:<{TITLE}}{one.shown}"
        below = [one.source] if sources else []
        if wide:
            lines.append(f"{head:<{TITLE + SHOWN}}  {one.formula}")
        else:
            lines.append(head)
            below.insert(0, one.formula)
        lines += [f"    {text}" for text in below]
    return "\n".join([*lines, "", f"Prices are yours to type. The defaults are an {PRICES}."])


def _width() -> int:
    """The columns of the terminal; whatever else reads the table gets whole lines."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
