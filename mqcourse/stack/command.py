"""`mq up`, `down`, `status`, `start` …: the stack's sub-commands, thin."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit, of_several

AMISS = ("killed", "unresponsive", "unreachable")
"""States of a service that was started, or is named by a variable, and cannot be used."""
NAMES = "rabbitmq, kafka, servicebus, book, jupyter"


def register(subcommands: Any) -> None:
    """Add this room's parsers."""
    _add(subcommands, "start", _start, "everything: brokers, the book built and served, JupyterLab")
    _add(subcommands, "stop", _down, "stop everything", names=True)
    _add(
        subcommands, "up", _up, "start brokers and services (default: rabbitmq kafka servicebus)", names=True
    )
    _add(subcommands, "down", _down, "stop them (default: all)", names=True)
    _add(subcommands, "status", _status, "what runs, where, in which version")
    _add(
        subcommands, "reset", _reset, "throw the data away: back to empty (default: all brokers)", names=True
    )
    _add(subcommands, "doctor", _doctor, "look at everything the course needs, and say what to mend")
    logs = _add(subcommands, "logs", _logs, "the last lines of a service's log")
    logs.add_argument("name", metavar="NAME", help=NAMES)
    logs.add_argument("-n", "--lines", type=_count, default=40, metavar="N", help="how many (default 40)")
    opened = _add(subcommands, "open", _open, "the address of a page, and the page in your browser")
    opened.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        default="book",
        help="book (default), jupyter, rabbitmq, servicebus",
    )
    opened.add_argument("--print", action="store_true", dest="only_print", help="only print the address")
    _add(subcommands, "env", _env, 'shell exports of every address: eval "$(mq env)"')
    _add(subcommands, "lock-jars", _lock_jars, "resolve Kafka's jars anew and pin them")


def _add(subcommands: Any, name: str, run: Any, text: str, *, names: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subcommands.add_parser(name, help=text, description=text)
    if names:
        parser.add_argument("names", metavar="NAME", nargs="*", help=NAMES)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    parser.set_defaults(run=run)
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is no number of lines")
    return int(text)


def _out(text: str) -> None:
    sys.stdout.write(text + "\n")


def _start(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import page, stack, start

    progress = Progress()
    failed: dict[str, BaseException] = {}
    if start.all_run() and start.book_is_current():
        progress.say("everything runs already:")
    else:
        failed = start.start(progress)
    rows = stack.status()
    _out(json.dumps([asdict(row) for row in rows], indent=2) if arguments.json else page.whole(rows, failed))
    for name, error in failed.items():
        sys.stderr.write(f"mq start: {name}: {error or type(error).__name__}\n")
    return _code_of(failed, len(rows))


def _code_of(failed: Mapping[str, BaseException], count: int) -> Exit:
    return of_several(
        (error.exit_code if isinstance(error, CourseError) else Exit.UNEXPECTED for error in failed.values()),
        count,
    )


def _up(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import registry, stack

    stack.up(registry.named(arguments.names, registry.DEFAULT), Progress())
    return _status(arguments)


def _down(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import registry, stack

    ended = stack.down(registry.named(arguments.names, tuple(registry.SERVICES)), Progress())
    _out(
        json.dumps({"stopped": ended}) if arguments.json else f"stopped: {', '.join(ended) or 'nothing ran'}"
    )
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import stack

    rows = stack.status()
    if arguments.json:
        _out(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        from mqcourse.stack import page

        _out(page.table(rows))
        for line in page.advice(rows):
            _out(line)
    return Exit.UNREACHABLE if any(row.state in AMISS for row in rows) else Exit.DONE


def _reset(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import registry, stack

    stack.reset(registry.named(arguments.names, registry.brokers()), Progress())
    return _status(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import doctor

    findings = doctor.examine()
    if arguments.json:
        _out(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            _out(f"{'ok ' if finding.ok else 'BAD'}  {finding.check:16} {finding.seen}")
            if finding.do:
                _out(f"{'':22}{finding.do}")
    return doctor.exit_code(findings)


def _logs(arguments: argparse.Namespace) -> int:
    from mqcourse.home import state_folder
    from mqcourse.stack import registry
    from mqcourse.stack.readiness import last_lines

    service = registry.named([arguments.name], ())[0]
    log = Path(state_folder()) / "logs" / f"{service.name}.log"
    if not log.is_file():
        raise CourseError(
            f"{service.title} has no log here: it was never started",
            do=f"Run `mq up {service.name}`",
            code=Exit.UNREACHABLE,
        )
    lines = last_lines(log, arguments.lines)
    _out(
        json.dumps({"name": service.name, "log": str(log), "lines": lines})
        if arguments.json
        else "\n".join(lines)
    )
    return 0


def _open(arguments: argparse.Namespace) -> int:
    from mqcourse.home import state_folder
    from mqcourse.stack import registry, stack
    from mqcourse.stack.jupyter import with_token
    from mqcourse.stack.page import RUNS

    service = registry.named([arguments.name], ())[0]
    row = next(row for row in stack.status() if row.name == service.name)
    address = row.management or (row.endpoint if not service.is_broker else None)
    if row.state not in RUNS:
        raise CourseError(
            f"{service.title} is {row.state}",
            do=f"Start it with `mq up {service.name}`",
            code=Exit.UNREACHABLE,
        )
    if address is None:
        raise CourseError(f"{service.title} has no page", do="`mq status` has its address", code=Exit.USAGE)
    if service.name == "jupyter":
        address = with_token(address, state_folder())
    _out(json.dumps({"name": service.name, "address": address}) if arguments.json else address)
    if not (arguments.only_print or arguments.json) and _has_display():
        import webbrowser

        webbrowser.open(address)
    return 0


def _has_display() -> bool:
    """Whether a browser could show itself: without a display Python would start one in this terminal."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def _env(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import shell

    variables = shell.variables()
    _out(json.dumps(variables, indent=2) if arguments.json else shell.exports(variables))
    return 0


def _lock_jars(arguments: argparse.Namespace) -> int:
    from mqcourse.install import jars
    from mqcourse.progress import Progress

    locked = jars.renew(Progress())
    _out(
        json.dumps([asdict(jar) for jar in locked])
        if arguments.json
        else f"{jars.LOCK.name}: {len(locked)} jars"
    )
    return 0
