"""`mq simulate` and `mq measure`: a scenario in the model, and the same on a real broker."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit

if TYPE_CHECKING:
    from mqcourse.backpressure.scenario import Scenario

SCENARIO = "a preset's name, a JSON file, JSON, or field=value&field=value"


def register(subcommands: Any) -> None:
    """Add this room's parsers."""
    simulate = subcommands.add_parser(
        "simulate", help="run a scenario in the model", description="run a scenario"
    )
    simulate.add_argument("scenario", metavar="SCENARIO", help=SCENARIO)
    simulate.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON, with the time series"
    )
    simulate.set_defaults(run=_simulate)

    text = "run a scenario on a real broker and compare it with the simulation"
    measure = subcommands.add_parser("measure", help=text, description=text)
    measure.add_argument("scenario", metavar="SCENARIO", help=f"{SCENARIO}; or memory-alarm (RabbitMQ)")
    measure.add_argument("--on", required=True, metavar="BROKER", help="rabbitmq, kafka or servicebus")
    measure.add_argument(
        "--seconds", type=float, default=20.0, metavar="S", help="how long at most (default 20)"
    )
    measure.add_argument(
        "--chart", type=Path, metavar="FILE", help="also draw the chart into a PNG or SVG file"
    )
    measure.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON, with the measured points"
    )
    measure.set_defaults(run=_measure)


@contextlib.contextmanager
def _ending_with(code: Exit) -> Iterator[None]:
    """The model and the measuring know nothing of commands and their codes: what they refuse ends with `code`."""

    try:
        yield
    except CourseError as error:
        if error.exit_code is Exit.UNEXPECTED:
            error.exit_code = code
        raise


def scenario_of(text: str) -> "Scenario":
    """The scenario that a command's argument names; raises CourseError."""
    from mqcourse.backpressure.presets import preset
    from mqcourse.backpressure.scenario import Scenario

    if text.lstrip().startswith("{"):
        return Scenario.from_json(text)
    if "=" in text:
        return Scenario.from_query(text)
    if text.endswith(".json"):
        try:
            return Scenario.from_json(Path(text).read_text(encoding="utf-8"))
        except OSError as error:
            raise CourseError(
                f"{text} cannot be read: {error.strerror}", do=f"Give {SCENARIO}", code=Exit.USAGE
            ) from None
    return preset(text).scenario


def _simulate(arguments: argparse.Namespace) -> int:
    from mqcourse.backpressure.model import simulate

    with _ending_with(Exit.USAGE):
        result = simulate(scenario_of(arguments.scenario))
    if arguments.json:
        plain = {
            "scenario": result.scenario.as_dict(changed_only=True),
            "summary": result.summary,
            "series": result.series,
        }
        sys.stdout.write(json.dumps(plain, indent=2) + "\n")
        return 0
    for name, value in result.summary.items():
        if name != "classes":
            sys.stdout.write(f"{name:18}{f'{value:.6g}' if isinstance(value, float) else value}\n")
    return 0


def _refuse_chart(file: Path) -> None:
    """Raises CourseError for a file that the chart could not be drawn into: before the minutes of measuring."""

    if file.suffix not in (".png", ".svg"):
        raise CourseError(
            f"--chart {file} ends in neither .png nor .svg", do="Give a file that does", code=Exit.USAGE
        )
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise CourseError(
            f"--chart {file} cannot be written", do="Give a file in a folder of yours", code=Exit.ENVIRONMENT
        )


def _measure(arguments: argparse.Namespace) -> int:
    if arguments.chart:
        _refuse_chart(arguments.chart)
    if arguments.scenario == "memory-alarm":
        return _alarm(arguments)
    from mqcourse.backpressure.measure import measure

    with _ending_with(Exit.USAGE):
        found = measure(scenario_of(arguments.scenario), arguments.on, seconds=arguments.seconds)
    sys.stdout.write((json.dumps(found.as_dict(), indent=2) if arguments.json else str(found)) + "\n")
    if arguments.chart:
        import matplotlib as mpl

        mpl.use("Agg")
        found.plot().figure.savefig(arguments.chart)
    return 0


def _alarm(arguments: argparse.Namespace) -> int:
    from mqcourse.backpressure.measure.alarm import memory_alarm
    from mqcourse.home import state_folder
    from mqcourse.stack import endpoints

    if arguments.chart:
        raise CourseError(
            "memory-alarm has no chart", do="Leave --chart out; --json prints all its times", code=Exit.USAGE
        )
    if arguments.on != "rabbitmq":
        raise CourseError(f"{arguments.on} has no memory alarm", do="Use --on rabbitmq", code=Exit.USAGE)
    with _ending_with(Exit.UNREACHABLE):
        found = memory_alarm(endpoints().rabbitmq_url, state_folder() / "bin" / "rabbitmqctl")
    sys.stdout.write((json.dumps(found.as_dict(), indent=2) if arguments.json else str(found)) + "\n")
    return 0
