"""`mq up`, `down`, `status`, `start` …: the stack's sub-commands, thin."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import add, answer, confirm, news, out, whole, wrapped
from mqcourse.errors import CourseError
from mqcourse.exits import Exit, of_several
from mqcourse.foreign import plain
from mqcourse.products import BROKERS
from mqcourse.streams import is_read

if TYPE_CHECKING:
    from mqcourse.stack.stack import Status

AMISS = ("killed", "unresponsive", "unreachable")
"""States of a service that was started, or is named by a variable, and cannot be used."""
CLEAR_SCREEN = "\x1b[H\x1b[2J"
LOOK_EVERY_S = 2.0
"""Between two looks of `mq status --watch`; each look opens a connection to every broker."""
NAMES = (
    "rabbitmq, kafka, servicebus, postgres, book, jupyter, rabbitmq-testing; of clusters: rabbitmq-cluster, "
    "kafka-cluster, or one node, such as kafka-2"
)
CLUSTERED = ("rabbitmq", "kafka")
"""The brokers that can be started as a cluster."""
SUITES = ("stable", "testing")
"""Debian's names of the release that is out and of the next one."""


def register(subcommands: Any) -> None:
    """Add this room's parsers. `up` and `down` are the older names of `start` and `stop`, for brokers."""
    stop = add(
        subcommands,
        "stop",
        _down,
        "stop everything, or those that are named",
        example="mq stop\nmq stop kafka",
    )
    up = add(
        subcommands,
        "up",
        start_named,
        "start brokers and services (default: rabbitmq kafka servicebus)",
        example="mq up kafka",
        hidden=True,
    )
    down = add(subcommands, "down", _down, "stop them (default: all)", example="mq down kafka", hidden=True)
    status = add(
        subcommands,
        "status",
        _status,
        "what runs, where, in which version",
        example="mq status --check kafka\nmq status --watch",
    )
    once_or_on = status.add_mutually_exclusive_group()
    once_or_on.add_argument(
        "--check", action="store_true", help="say no (code 4) unless all of them run: for scripts"
    )
    once_or_on.add_argument(
        "--watch", action="store_true", help="show it again whenever it has changed, until Ctrl-C"
    )
    reset = add(
        subcommands,
        "reset",
        _reset,
        "throw the data away: back to empty (default: all brokers)",
        example="mq reset --dry-run\nmq reset kafka",
    )
    reset.add_argument("-y", "--yes", action="store_true", help="do not ask")
    reset.add_argument("--dry-run", action="store_true", help="only say what would be thrown away")
    for parser in (stop, up, down, status, reset):
        parser.add_argument("names", metavar="NAME", nargs="*", help=NAMES)
    add_variants(up)
    doctor = add(
        subcommands,
        "doctor",
        _doctor,
        "check everything the course needs, and print a fix for each problem",
        example="mq doctor\nmq doctor --fix",
    )
    doctor.add_argument(
        "--fix",
        action="store_true",
        help="repair what needs no decision: start services again that were killed or do not answer, end "
        "left-over processes, write damaged addresses again, leave ports that another program took",
    )
    logs = add(subcommands, "logs", _logs, "the last lines of a service's log", example="mq logs -f kafka")
    logs.add_argument("name", metavar="NAME", help=NAMES)
    logs.add_argument(
        "-n",
        "--lines",
        type=whole("number of lines", 0),
        default=40,
        metavar="N",
        help="how many (default 40)",
    )
    logs.add_argument("-f", "--follow", action="store_true", help="continue with new lines, until Ctrl-C")
    opened = add(
        subcommands,
        "open",
        _open,
        "the address of a page, and the page in your browser",
        example="mq open jupyter",
    )
    opened.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        default="book",
        help="book (default), jupyter, rabbitmq, servicebus",
    )
    opened.add_argument("--print", action="store_true", dest="only_print", help="only print the address")
    add(subcommands, "env", _env, "shell exports of every address", example='eval "$(mq env)"')
    add(
        subcommands,
        "lock-jars",
        _lock_jars,
        "resolve Kafka's jars again and pin them",
        example="mq lock-jars",
    )


def add_variants(parser: Any) -> None:
    """Add the options that start a cluster or another version instead of a single, stable broker."""
    parser.add_argument(
        "--nodes",
        type=int,
        choices=(1, 3),
        default=1,
        help="3: start rabbitmq and kafka (or the one that is named) as a cluster of three nodes, beside the "
        "single ones",
    )
    parser.add_argument(
        "--suite",
        choices=SUITES,
        default=SUITES[0],
        help="testing: start the RabbitMQ of the distribution's next release, beside the stable one",
    )


def code_of(failed: Mapping[str, BaseException], count: int) -> Exit:
    return of_several(
        (error.exit_code if isinstance(error, CourseError) else Exit.UNEXPECTED for error in failed.values()),
        count,
    )


def start_named(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import stack
    from mqcourse.stack.services import registry

    names, default = arguments.names, BROKERS
    if arguments.nodes > 1:
        names, default = [f"{name}-cluster" for name in names], tuple(registry.CLUSTERS)
        alone = [name for name in arguments.names if name not in CLUSTERED]
        if alone:
            raise CourseError(
                f"{alone[0]} cannot be started with {arguments.nodes} nodes",
                do=f"Choose from: {', '.join(CLUSTERED)}",
                code=Exit.USAGE,
            )
    if arguments.suite != SUITES[0]:
        names, default = ["rabbitmq-testing"], ()
        others = [name for name in arguments.names if name != "rabbitmq"]
        if others or arguments.nodes > 1:
            what = others[0] if others else "cluster"
            raise CourseError(
                f"there is no {what} of the suite {arguments.suite}",
                do=f"Only RabbitMQ is taken from it, as one node: mq start --suite {arguments.suite} rabbitmq",
                code=Exit.USAGE,
            )
    services = registry.whole(registry.named(names, default))
    _, failed = stack.up_all(services, Progress(quiet=arguments.quiet))
    if len(services) == 1 and failed:
        raise next(iter(failed.values()))
    _show(stack.status(), arguments)
    for name, error in failed.items():
        sys.stderr.write(f"mq {arguments.command}: {name}: {plain(str(error) or type(error).__name__)}\n")
    return code_of(failed, len(services))


def _down(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import stack
    from mqcourse.stack.services import registry

    ended = stack.down(
        registry.named(arguments.names, tuple(registry.SERVICES)), Progress(quiet=arguments.quiet)
    )
    out(json.dumps({"stopped": ended}) if arguments.json else f"stopped: {', '.join(ended) or 'nothing ran'}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from mqcourse.home import state_folder
    from mqcourse.stack import stack, status_page
    from mqcourse.stack.services import registry
    from mqcourse.stack.stack import Status

    services = registry.named(arguments.names, ())

    def look() -> list[Status]:
        return [stack.status_of(service, state_folder()) for service in services] or stack.status()

    if arguments.watch:
        return _watch(look, arguments)
    rows = look()
    _show(rows, arguments)
    if any(row.state in AMISS for row in rows):
        return Exit.UNREACHABLE
    return (
        Exit.UNREACHABLE
        if arguments.check and any(row.state not in status_page.RUNS for row in rows)
        else Exit.DONE
    )


def _watch(look: "Callable[[], Sequence[Status]]", arguments: argparse.Namespace) -> int:
    """Show the table until Ctrl-C, or until nobody reads it any more.

    A terminal that can draw shows one table, whose figures of memory are current. Any other output gets a further
    table only after a service's state, version or address has changed.
    """
    import time

    from mqcourse.progress import is_drawable

    drawn = sys.stdout.isatty() and is_drawable() and not arguments.json
    before: Sequence[Status] | None = None
    while is_read():
        rows = look()
        lasting = [replace(row, rss_mb=None) for row in rows]
        if drawn or lasting != before:
            if drawn:
                sys.stdout.write(CLEAR_SCREEN)
            elif before is not None and not arguments.json:
                out("")
            _show(rows, arguments)
            sys.stdout.flush()
        before = lasting
        time.sleep(LOOK_EVERY_S)  # a process that ends somewhere else sends us no event
    return Exit.DONE


def _show(rows: "Sequence[Status]", arguments: argparse.Namespace) -> None:
    """The table, and what to do about those that are amiss."""
    if arguments.json:
        indent = None if getattr(arguments, "watch", False) else 2  # of several tables each is a line
        out(json.dumps([asdict(row) for row in rows], indent=indent))
        return
    from mqcourse.stack import status_page

    out(status_page.table(rows))
    for line in status_page.advice(rows):
        out(line)


def _reset(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import stack
    from mqcourse.stack.services import registry

    services = registry.whole(registry.named(arguments.names, BROKERS))
    titles = ", ".join(service.title for service in services)
    what = f"every queue, topic and message of {titles}"
    if arguments.dry_run:
        answer(
            arguments,
            {"empties": [service.name for service in services]},
            wrapped(f"would throw away {what}"),
        )
        return Exit.DONE
    confirm(f"throw away {what}", arguments)
    stack.reset(services, Progress(quiet=arguments.quiet))
    _show(stack.status(), arguments)
    return Exit.DONE


def _doctor(arguments: argparse.Namespace) -> int:
    from mqcourse.progress import Progress
    from mqcourse.stack import doctor, repair

    findings = doctor.examine()
    if arguments.fix and (repaired := repair.repair(findings, Progress(quiet=arguments.quiet))):
        for line in repaired:
            news(arguments)(line)
        findings = doctor.examine()
    if arguments.json:
        out(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            out(wrapped(f"{'ok ' if finding.ok else 'BAD'}  {finding.check:15}  {finding.seen}"))
            if finding.do:
                out(wrapped(f"{'':22}{finding.do}"))
    return doctor.exit_code(findings)


def _logs(arguments: argparse.Namespace) -> int:
    from mqcourse.home import state_folder
    from mqcourse.stack import record
    from mqcourse.stack.readiness import follow, last_lines
    from mqcourse.stack.services import registry

    service = registry.named([arguments.name], ())[0]
    known = record.read(state_folder(), service.name)
    if known is not None and known.provider == "docker":
        from mqcourse.stack.providers.docker import Docker

        return Docker().show_log(service, state_folder(), arguments.lines, follow=arguments.follow)
    log = Path(state_folder()) / "logs" / f"{service.name}.log"
    if not log.is_file():
        elsewhere = known is not None and known.provider == "external"
        raise CourseError(
            f"{service.title} has no log here: {'it runs elsewhere' if elsewhere else 'it was never started'}",
            do="Look where it runs" if elsewhere else f"Run `mq start {service.name}`",
            code=Exit.UNREACHABLE,
        )
    end = (
        log.stat().st_size
    )  # before the last lines are read: what comes meanwhile is told twice rather than never
    lines = last_lines(log, arguments.lines)
    if arguments.json and not arguments.follow:
        out(json.dumps({"name": service.name, "log": str(log), "lines": lines}))
        return Exit.DONE
    shown = (json.dumps({"line": line}) if arguments.json else line for line in lines)
    sys.stdout.writelines(f"{line}\n" for line in shown)
    sys.stdout.flush()
    if arguments.follow:
        for line in follow(log, end, is_read):
            out(json.dumps({"line": line}) if arguments.json else line)
            sys.stdout.flush()
    return Exit.DONE


def _open(arguments: argparse.Namespace) -> int:
    from mqcourse.home import state_folder
    from mqcourse.stack import stack
    from mqcourse.stack.services import registry
    from mqcourse.stack.services.jupyter import with_token
    from mqcourse.stack.status_page import RUNS

    service = registry.named([arguments.name], ())[0]
    row = stack.status_of(service, state_folder())
    address = row.management or (row.endpoint if not service.is_broker else None)
    if row.state not in RUNS:
        raise CourseError(
            f"{service.title} is {row.state}",
            do=f"Start it with `mq start {service.name}`",
            code=Exit.UNREACHABLE,
        )
    if address is None:
        raise CourseError(f"{service.title} has no page", do="`mq status` has its address", code=Exit.USAGE)
    if service.name == "jupyter":
        address = with_token(address, state_folder())
    out(json.dumps({"name": service.name, "address": address}) if arguments.json else address)
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
    out(json.dumps(variables, indent=2) if arguments.json else shell.exports(variables))
    return 0


def _lock_jars(arguments: argparse.Namespace) -> int:
    from mqcourse.install import jars
    from mqcourse.progress import Progress

    locked = jars.renew(Progress(quiet=arguments.quiet))
    out(
        json.dumps([asdict(jar) for jar in locked])
        if arguments.json
        else f"{jars.LOCK.name}: {len(locked)} jars"
    )
    return 0
