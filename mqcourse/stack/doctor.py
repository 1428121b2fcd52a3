"""`mq doctor`: what the course needs, looked at one by one, each with what to do about it."""

import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mqcourse.disk import first_existing, free_bytes
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain
from mqcourse.home import software_folder, state_folder
from mqcourse.install import jars, java, rabbitmq
from mqcourse.install.apt import this_release
from mqcourse.stack import links, ports, process, record, stack
from mqcourse.stack.endpoints import endpoints
from mqcourse.stack.providers import choice, external
from mqcourse.stack.services import kafka_node, kafka_startup_cache
from mqcourse.stack.services.registry import CLUSTERS, SERVICES

NEEDED_MB = 1000
"""Brokers and jars unpacked, the AOT cache, and space for data."""


@dataclass(frozen=True)
class Finding:
    """One check: whether it is well, what was seen, what to do if it is not."""

    check: str
    ok: bool
    seen: str
    do: str = ""
    code: int = Exit.DONE
    """What the command ends with when this is the only kind of thing that is amiss."""


def examine() -> list[Finding]:
    """Every check, in the order in which a first start would meet them."""
    return [
        _finding(name, check)
        for name, check in (
            ("system", _system),
            ("Python", _python),
            ("state folder", lambda: _folder(state_folder())),
            ("software folder", lambda: _folder(software_folder())),
            ("disk", _disk),
            ("Java", _java),
            ("RabbitMQ", _rabbitmq),
            ("Kafka", _kafka),
            ("ports", _ports),
            ("addresses", _addresses),
            ("settings", _settings),
            ("processes", _processes),
            ("brokers", _brokers),
        )
    ]


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except CourseError as error:
        what, _, do = str(error).partition(". ")
        return Finding(name, False, what, do, error.exit_code)
    except Exception as error:  # one check that cannot be made keeps no other from being made
        return Finding(
            name,
            False,
            f"it cannot be looked at ({type(error).__name__}: {plain(str(error))})",
            "Repair the cause that the line names, or report it to the authors",
            Exit.ENVIRONMENT,
        )


def exit_code(findings: Sequence[Finding]) -> Exit:
    """That of what is amiss when all of it is of one kind, else that of the machine."""
    codes = {finding.code for finding in findings if not finding.ok}
    return Exit(codes.pop()) if len(codes) == 1 else Exit.ENVIRONMENT if codes else Exit.DONE


def _system() -> str:
    name = f"{platform.system()} {platform.machine()}"
    if sys.platform.startswith("linux"):
        if rabbitmq.installed() is None:
            return f"{this_release().name}, {platform.machine()}"
    return name


def _python() -> str:
    return platform.python_version()


def _folder(folder: Path) -> str:
    there = first_existing(folder)
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        raise CourseError(
            f"{folder} cannot be written",
            do="Give yourself the right, or set MQ_HOME and MQ_SOFTWARE",
            code=Exit.ENVIRONMENT,
        )
    return str(folder)


def _disk() -> str:
    free_mb = {folder: free_bytes(folder) // 1_000_000 for folder in (software_folder(), state_folder())}
    for folder, mb in free_mb.items():
        if mb < NEEDED_MB:
            raise CourseError(
                f"{mb} MB free for {folder}, about {NEEDED_MB} MB are needed",
                do="Free some space",
                code=Exit.ENVIRONMENT,
            )
    return f"{min(free_mb.values())} MB free"


def _java() -> str:
    found = java.find()
    cache = "with" if found.has_aot_cache else "without"
    return f"Java {found.version} ({found.path}), {cache} AOT cache"


def _rabbitmq() -> str:
    found = rabbitmq.there(software_folder())
    return (
        f"{found.version} ({found.origin})" if found else "not installed yet: `mq start rabbitmq` fetches it"
    )


def _kafka() -> str:
    folder = software_folder() / "kafka"
    if not jars.is_complete(folder / "jars"):
        return f"{jars.KAFKA_VERSION} not installed yet: `mq start kafka` fetches it"
    program = kafka_node.program(software_folder())
    cache = kafka_startup_cache.usable(program, folder)
    reason = (
        kafka_startup_cache.why_unusable(program, cache)
        if cache
        else "it is made after a start, when the machine is idle"
    )
    seen = "the AOT cache is used" if reason is None else f"no AOT cache: {reason}"
    return f"{jars.KAFKA_VERSION}, {len(jars.locked())} jars verified, {seen}"


def _ports() -> str:
    base = stack.recorded_base(state_folder())
    block = ports.Ports(base)
    ours = {purpose for service in SERVICES.values() for purpose in service.ports if _started(service.name)}
    for purpose, port in block.all().items():
        if purpose not in ours and not ports.is_free(port) and base not in set(ports.course_bases()):
            raise ports.taken_error(port, purpose)
    return f"{base} to {base + ports.BLOCK - 1}"


def _started(name: str) -> bool:
    return record.read(state_folder(), name) is not None


def _addresses() -> str:
    """The file from which labs, chapters and tools have the brokers' addresses."""
    known = endpoints(state_folder()).known
    return f"{len(known)} known" if known else "not written yet: `mq start` writes them"


def _settings() -> str:
    """How each broker would be run: a setting that names no way is an error."""
    chosen = {choice.chosen(service, state_folder()).name for service in SERVICES.values()}
    return f"brokers are {' and '.join(sorted(chosen))}"


def _brokers() -> str:
    """Those of elsewhere let us connect, and ours answer."""
    rows = stack.status()
    for row in rows:
        if row.state in ("unreachable", "unresponsive"):
            variable = external.VARIABLES.get(row.name)
            raise CourseError(
                f"{SERVICES[row.name].title} does not answer at {row.endpoint}",
                do=f"See to it, or to {variable}"
                if row.provider == "external"
                else f"See `mq logs {row.name}`",
                code=Exit.UNREACHABLE,
            )
    return ", ".join(f"{row.name} {row.state}" for row in rows if SERVICES[row.name].is_broker)


def gone() -> list[str]:
    """The services whose process was started and exited unexpectedly."""
    known = [record.read(state_folder(), name) for name in SERVICES]
    return [one.name for one in known if one and one.child and not process.is_alive(one.child)]


def _processes() -> str:
    known = [record.read(state_folder(), name) for name in SERVICES]
    if killed := gone():
        raise CourseError(
            f"{', '.join(killed)} exited unexpectedly",
            do=f"Run `mq start {' '.join(killed)}`",
            code=Exit.UNREACHABLE,
        )
    for cluster, nodes in CLUSTERS.items():
        if any(_started(node.name) for node in nodes) and links.proxy(state_folder(), cluster) is None:
            raise CourseError(
                f"the proxy that carries the links between the nodes of {cluster} does not run",
                do="Run `mq chaos heal`",
                code=Exit.UNREACHABLE,
            )
    mine = process.owned(state_folder())
    if mine and not any(known):
        raise CourseError(
            f"{len(mine)} processes of this stack still run without a record",
            do="Run `mq stop`",
            code=Exit.ENVIRONMENT,
        )
    return f"{len(mine)} of this stack"
