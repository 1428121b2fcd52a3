"""`mq simulate` and `mq measure`: a scenario in the model, and the same on a real broker."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import add, answer, fitted
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.nearest import nearest

if TYPE_CHECKING:
    from mqcourse.backpressure.model.scenario import Scenario

SCENARIO = "a preset's name, a JSON file, JSON, or field=value&field=value"


def register(subcommands: Any) -> None:
    """Add this room's parsers."""
    simulate = add(
        subcommands,
        "simulate",
        _simulate,
        "run a scenario in the model",
        example="mq simulate --list\nmq simulate 'rate_per_s=80&queue_limit=20'",
    )
    simulate.add_argument("scenario", metavar="SCENARIO", nargs="?", help=SCENARIO)
    simulate.add_argument("--list", action="store_true", help="the presets, and what each shows")
    measure = add(
        subcommands,
        "measure",
        _measure,
        "run a scenario on a real broker and compare it with the simulation",
        example="mq measure drop --on rabbitmq --seconds 10",
    )
    measure.add_argument("scenario", metavar="SCENARIO", help=f"{SCENARIO}; or memory-alarm (RabbitMQ)")
    measure.add_argument("--on", required=True, metavar="BROKER", help="rabbitmq, kafka or servicebus")
    measure.add_argument(
        "--seconds", type=float, default=20.0, metavar="S", help="how long at most (default 20)"
    )
    measure.add_argument(
        "--chart", type=Path, metavar="FILE", help="also draw the chart into a PNG or SVG file"
    )


@contextlib.contextmanager
def _ending_with(code: Exit) -> Iterator[None]:
    """The model and the measuring know nothing of commands and their codes: what they refuse ends with `code`."""

    try:
        yield
    except CourseError as error:
        if error.exit_code is Exit.UNEXPECTED:
            error.exit_code = code
        raise


@contextlib.contextmanager
def _progress(arguments: argparse.Namespace, what: str, usual_s: float) -> Iterator[None]:
    """A line with the time that is left, while a broker is measured."""
    from mqcourse.progress import Progress

    progress = Progress(quiet=arguments.quiet)
    name = f"measure {what} on {arguments.on}"
    with progress.planned({name: (f"measuring on {arguments.on}", usual_s)}):
        yield
        progress.ended(name)


def scenario_of(text: str) -> "Scenario":
    """The scenario that a command's argument names; raises CourseError."""
    from mqcourse.backpressure.model.presets import preset
    from mqcourse.backpressure.model.scenario import Scenario

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
    try:
        return preset(text).scenario
    except CourseError as error:
        from mqcourse.backpressure.model.presets import PRESETS

        meant = nearest(text, [one.name for one in PRESETS])
        if meant is None:
            raise
        raise CourseError(
            f"there is no preset {text!r}", do=f"Did you mean {meant}?", code=Exit.USAGE
        ) from error


def _presets(arguments: argparse.Namespace) -> int:
    from mqcourse.backpressure.model.presets import PRESETS

    answer(
        arguments,
        [{"name": one.name, "title": one.title} for one in PRESETS],
        "\n".join(fitted(f"{one.name:<24}{one.title}") for one in PRESETS),
    )
    return Exit.DONE


def _simulate(arguments: argparse.Namespace) -> int:
    if arguments.list:
        return _presets(arguments)
    if arguments.scenario is None:
        raise CourseError(
            "no scenario is named", do="`mq simulate --list` lists the presets", code=Exit.USAGE
        )
    from mqcourse.backpressure.model.simulation import simulate

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
        scenario = scenario_of(arguments.scenario)
        with _progress(arguments, f"{arguments.seconds:g} s", arguments.seconds):
            found = measure(scenario, arguments.on, seconds=arguments.seconds)
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
    with _ending_with(Exit.UNREACHABLE), _progress(arguments, "memory-alarm", 20.0):
        found = memory_alarm(endpoints().rabbitmq_url, state_folder() / "bin" / "rabbitmqctl")
    sys.stdout.write((json.dumps(found.as_dict(), indent=2) if arguments.json else str(found)) + "\n")
    return 0
