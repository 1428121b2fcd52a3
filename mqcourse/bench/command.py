"""`mq bench NAME`: run one of benchmarks/ and print its table."""

import argparse
import importlib
import sys
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import add
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.nearest import did_you_mean

if TYPE_CHECKING:
    from mqcourse.bench.table import Table

FOLDER = CHECKOUT / "benchmarks"


def register(subcommands: Any) -> None:
    """Add `mq bench`."""
    bench = add(
        subcommands,
        "bench",
        run,
        f"measure the course: {', '.join(names())}",
        example="mq bench simulator",
    )
    bench.add_argument("name", metavar="NAME", help=f"one of: {', '.join(names())}")
    bench.add_argument(
        "--save", action="store_true", help="also keep the table as benchmarks/results/NAME.md"
    )


def names() -> list[str]:
    """The benchmarks there are: the modules of benchmarks/ that do not start with an underscore."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def run(arguments: argparse.Namespace) -> int:
    """Run benchmarks/NAME.py: its `measure(say)` returns a Table; `say` takes lines of progress.

    The exit code shows when a target was missed.
    """
    if arguments.name not in names():
        raise CourseError(
            f"there is no benchmark {arguments.name!r}",
            do=did_you_mean(arguments.name, names(), f"Choose one of: {', '.join(names())}"),
            code=Exit.USAGE,
        )
    sys.path.insert(0, str(CHECKOUT))

    def say(line: str) -> None:
        if arguments.quiet:
            return
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    try:
        module = importlib.import_module(f"benchmarks.{arguments.name}")
        table: Table = module.measure(say)
    except ModuleNotFoundError as error:
        raise CourseError(
            f"this benchmark needs {error.name}, which is not installed with the course alone",
            do="Run `make test-fast` once, which installs it",
            code=Exit.ENVIRONMENT,
        ) from error

    command = f"mq bench {arguments.name}"
    sys.stdout.write((table.as_json(command) + "\n") if arguments.json else table.as_markdown(command))
    if arguments.save:
        results = FOLDER / "results"
        results.mkdir(exist_ok=True)
        (results / f"{arguments.name}.md").write_text(table.as_markdown(command), encoding="utf-8")
    return Exit.DONE if all(met for *_, met in table.targets) else Exit.SAID_NO
