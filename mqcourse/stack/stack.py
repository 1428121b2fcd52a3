"""The whole stack: up, down, status, reset. Each works from what really runs, also after something was killed."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import cache_folder, software_folder, state_folder
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress
from mqcourse.small_file import object_of
from mqcourse.stack import ports, process, record, starting
from mqcourse.stack.endpoints import write as write_endpoints
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import Ports
from mqcourse.stack.providers import choice, external
from mqcourse.stack.providers.provider import Provider, side_by_side
from mqcourse.stack.record import Record
from mqcourse.stack.services import kafka_node, kafka_startup_cache
from mqcourse.stack.services.registry import SERVICES
from mqcourse.stack.services.service import Service
from mqcourse.stack.shell import write_activation

INSTALLING = "install"
"""The mark of the processes that fetch and prepare software."""
USUAL_S = {
    "rabbitmq": 25.0,
    "kafka": 10.0,
    "servicebus": 3.0,
    "postgres": 4.0,
    "rabbitmq-testing": 25.0,
    "book": 20.0,
    "jupyter": 6.0,
    **dict.fromkeys((name for name, service in SERVICES.items() if service.cluster), 15.0),
}
"""What each service takes on a quiet machine when all was fetched before; stored again at each start."""
_INSTALLING: dict[str, Lock] = {service.installed_as: Lock() for service in SERVICES.values()}
"""The nodes of a cluster share their software."""
_WRITING = Lock()
"""Services that become ready at the same time write the addresses one after the other."""


@dataclass(frozen=True)
class Status:
    """How one service is, now.

    state: running (answers), starting, unresponsive (lives, does not answer), killed (was started, is gone),
    stopped, external (someone else's, reachable), unreachable (someone else's, not reachable).
    """

    name: str
    state: str
    provider: str
    version: str | None = None
    endpoint: str | None = None
    management: str | None = None
    pid: int | None = None
    ready_s: float | None = None
    rss_mb: float | None = None
    data_dir: str | None = None
    streams: str | None = None


def status(state: Path | None = None) -> list[Status]:
    """The truth about every service, seen now: processes by pid and birth, protocols by their first bytes.

    One that runs on request only is left out while it is stopped.
    """
    folder = state or state_folder()
    with ThreadPoolExecutor(max_workers=len(SERVICES)) as pool:
        rows = list(pool.map(partial(status_of, state=folder), SERVICES.values()))
    return [row for row in rows if row.state != "stopped" or not SERVICES[row.name].on_request]


def status_of(service: Service, state: Path) -> Status:
    """The truth about one service."""
    known = record.read(state, service.name)
    if known is None:
        provider = choice.chosen(service, state)
        if provider.name != "external":
            begun = service.name in starting.names(state)  # it may take minutes to fetch
            return Status(service.name, "starting" if begun else "stopped", provider.name)
        known = external.unvisited(service)
    layout = StackLayout(state, software_folder(), Ports(known.base))
    seen = choice.PROVIDERS[known.provider].observe(service, layout, known)
    return Status(
        name=service.name,
        state=seen.state,
        provider=known.provider,
        version=known.version,
        endpoint=known.endpoint,
        management=known.management,
        pid=seen.pid,
        ready_s=known.ready_s,
        rss_mb=seen.rss_mb,
        data_dir=known.data_dir,
        streams=known.streams,
    )


def up(services: Sequence[Service], progress: Progress) -> list[Record]:
    """Start the services that are not running, side by side; return when each can be used.

    Raises the first failure after all have started or failed: what starts stays up when another fails.
    """
    running, failed = up_all(services, progress)
    for error in failed.values():
        raise error
    return running


def up_all(
    services: Sequence[Service], progress: Progress, *, first: Mapping[str, Callable[[], None]] | None = None
) -> tuple[list[Record], dict[str, BaseException]]:
    """Start the services that are not running, each as soon as it can be; those that run, and why others do not.

    One that runs is left alone; one whose launcher was killed is waited for; one that was killed is started
    again on its data. Each is fetched, started and said to be usable for itself, beside the others. `first` holds
    what is to be done before a service starts (or while it runs).
    """
    first = first or {}
    state = make_folder(state_folder())
    with _locked(state, progress):
        running, down = _sort(services, state)
        write_activation(state)
        failed: dict[str, BaseException] = {}
        if down or first:
            layout = StackLayout(state, make_folder(software_folder()), Ports(recorded_base(state)))
            if any(provider.takes_ports for provider in down.values()):
                with _choosing_ports(progress):
                    layout = StackLayout(
                        state, layout.software, Ports(_settle_base(state, layout.ports.base))
                    )
            wanted = dict.fromkeys([*down, *first])
            jobs = {
                name: partial(
                    _bring_up, name, down.get(name), first.get(name), layout, progress, alone=len(wanted) == 1
                )
                for name in wanted
            }
            parts = {name: (SERVICES[name].title, USUAL_S[name]) for name in jobs}
            with starting.told(state, jobs), progress.planned(parts), _owned_installation(state):
                started, failed = side_by_side(jobs)
            running += [known for known in started.values() if known is not None]
        _write_endpoints(state)
        _prepare_next_start(running, state)
        return running, failed


def _bring_up(
    name: str,
    provider: Provider | None,
    first: Callable[[], None] | None,
    layout: StackLayout,
    progress: Progress,
    *,
    alone: bool,
) -> Record | None:
    """Fetch, prepare and start one service, and say when it can be used; None when it runs already."""
    try:
        known = _bring_up_untold(SERVICES[name], provider, first, layout, progress)
    except BaseException as error:
        progress.ended(name, failed=True)
        if not alone:  # the one that is asked for says it at the end
            progress.say(f"{SERVICES[name].title} did not come up: {error}")
        raise
    progress.ended(name)
    if known is not None:
        progress.say(f"{SERVICES[name].title} can be used now: {page_address(known)}")
    return known


def page_address(known: Record) -> str:
    """An address as one shows it: without the keys of a connection string."""
    return known.endpoint.removeprefix("Endpoint=").split(";")[0]


def _bring_up_untold(
    service: Service,
    provider: Provider | None,
    first: Callable[[], None] | None,
    layout: StackLayout,
    progress: Progress,
) -> Record | None:
    if first is not None:
        first()
    if provider is None:
        return None
    try:
        with (
            _INSTALLING[service.installed_as],  # nodes of one cluster wait for each other without a word
            only_one(
                layout.software / f"{service.installed_as}.lock",
                say=progress.say,
                waiting_for=f"another installation of {service.title}",
            ),
        ):
            provider.install(service, layout, progress)
    except OSError as error:
        raise unwritable(layout.software, error) from error
    known = provider.start(service, layout)
    _write_endpoints(layout.state)
    return known


def _prepare_next_start(running: Sequence[Record], state: Path) -> None:
    """Background work that makes the next start faster."""
    if any(known.name == "kafka" and known.provider == "native" for known in running):
        software = software_folder()
        kafka_startup_cache.make_later(kafka_node.program(software), software / "kafka", state)


def _sort(services: Sequence[Service], state: Path) -> tuple[list[Record], dict[str, Provider]]:
    """Those that run, and by name the provider of those that are to be started."""
    running: list[Record] = []
    down: dict[str, Provider] = {}
    for service in services:
        known = record.read(state, service.name)
        wanted = choice.chosen(service, state)
        if known is not None:
            provider = choice.PROVIDERS[known.provider]
            if provider.lives(known):
                if provider is not wanted:
                    raise CourseError(
                        f"{service.title} runs ({known.provider}), and is now to run {wanted.name}",
                        do=f"Run `mq stop {service.name}` first",
                        code=Exit.USAGE,
                    )
                layout = StackLayout(state, software_folder(), Ports(known.base))
                provider.mend(service, layout)
                if known.ready_s is None:
                    known = provider.adopt(service, layout, known)
                running.append(known)
                continue
            provider.clear(service, state)
        wanted.clear(service, state)
        down[service.name] = wanted
    return running, down


def down(services: Sequence[Service], progress: Progress) -> list[str]:
    """Stop the services and all that belongs to them; the names of those that existed.

    Down with all also ends every process that carries this stack's mark, whoever lost sight of it.
    """
    state = state_folder()
    if not state.is_dir():
        return []
    if {service.name for service in services} == set(SERVICES):
        starting.interrupt(state, progress)  # else it would be waited for, and what it starts then ended
    with _locked(state, progress):
        known = {service.name: record.read(state, service.name) for service in services}
        stops = {
            service.name: partial(_provider_of(known[service.name]).stop, service, state)
            for service in services
        }
        _, failed = side_by_side(stops)
        if set(stops) == set(SERVICES):
            process.end_all(state, grace_s=5)
        _write_endpoints(state)
        for error in failed.values():
            raise error
        return [name for name, was in known.items() if was is not None]


def reset(services: Sequence[Service], progress: Progress) -> list[Record]:
    """Empty the services: those that run are started again, empty, on the same ports, the others are empty when started."""
    state = make_folder(state_folder())
    with _locked(state, progress):
        was = {service.name: record.read(state, service.name) for service in services}
        layout = StackLayout(state, software_folder(), Ports(recorded_base(state)))
        _, failed = side_by_side(
            {service.name: partial(_empty, service, layout, was[service.name]) for service in services}
        )
    back = [service for service in services if was[service.name] is not None and service.name not in failed]
    records = up(back, progress) if back else []
    for error in failed.values():
        raise error
    return records


def _empty(service: Service, layout: StackLayout, known: Record | None) -> None:
    provider = _provider_of(known) if known else choice.chosen(service, layout.state)
    if known is not None:
        layout = StackLayout(layout.state, layout.software, Ports(known.base))
        running = provider.observe(service, layout, known).state == "running"
        if running and service.empty_running(layout):
            return
    provider.empty(service, layout)


def leave_taken_ports(state: Path) -> int | None:
    """Another block of ports for the next start, where this checkout may choose one; None where it may not.

    It may not when MQ_PORT_BASE names one, or while a service runs on the block.
    """
    if ports.explicit_base() is not None or any(record.read(state, name) for name in SERVICES):
        return None
    base = ports.next_free_base(set(ports.course_bases()))
    _keep_base(state, base)
    return base


def write_addresses() -> None:
    """Write the addresses of what was started here again."""
    _write_endpoints(make_folder(state_folder()))


def _provider_of(known: Record | None) -> Provider:
    return choice.PROVIDERS[known.provider if known else "native"]


@contextlib.contextmanager
def _owned_installation(state: Path) -> Iterator[None]:
    """What an installation starts (apt, the build of the book) is known as this stack's.

    So nothing of one that was killed or interrupted lives on beside the next one, or after `mq stop`.
    """
    process.kill(process.owned(state, INSTALLING))
    marks = process.marks(state, INSTALLING)
    before = {name: os.environ.get(name) for name in marks}
    os.environ.update(marks)
    try:
        yield
    except BaseException:
        process.kill(process.owned(state, INSTALLING))
        raise
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _locked(state: Path, progress: Progress) -> Iterator[None]:
    with only_one(state / "lock", say=progress.say, waiting_for="another mq command on this stack"):
        yield


@contextlib.contextmanager
def _choosing_ports(progress: Progress) -> Iterator[None]:
    """One checkout at a time chooses its block; per user, since another user's lock could not be opened."""
    # in the user's own folder: in /tmp anybody could hold it, or lay a link in its place
    with only_one(
        cache_folder() / "ports.lock",
        say=progress.say,
        waiting_for="another checkout that chooses its ports",
        limit_s=30,
    ):
        yield


def recorded_base(state: Path) -> int:
    """MQ_PORT_BASE, else the block this checkout had before, else the default one."""
    explicit = ports.explicit_base()
    if explicit is not None:
        return explicit
    base = object_of(state / "ports.json").get("base")
    return base if type(base) is int and ports.may_begin(base) else ports.DEFAULT_BASE


def _settle_base(state: Path, base: int) -> int:
    """The block to start on, recorded.

    An explicit one is obeyed, and a stack that partly runs stays together. Else another block is taken when a
    broker of another checkout sits on this one. A foreign process on one of the ports is an error that the start
    raises, naming it.
    """
    if ports.explicit_base() is None:
        lives = [
            known.base
            for name in SERVICES
            if (known := record.read(state, name)) and choice.PROVIDERS[known.provider].lives(known)
        ]
        held = set(ports.course_bases())
        if lives:
            base = lives[0]
        elif base in held:
            base = ports.next_free_base(held)
    _keep_base(state, base)
    return base


def _keep_base(state: Path, base: int) -> None:
    try:
        (state / "ports.json").write_text(json.dumps({"base": base}), encoding="utf-8")
    except OSError as error:
        raise unwritable(state, error) from error


def _write_endpoints(state: Path) -> None:
    """The addresses of what was started here; external ones come from the environment each time."""
    try:
        with _WRITING:
            known: dict[str, str | None] = {}
            for service in SERVICES.values():
                started = record.read(state, service.name)
                if started is not None and started.provider != "external":
                    known |= service.addresses(
                        StackLayout(state, software_folder(), Ports(started.base))
                    ).known
            write_endpoints(state, known)
    except OSError as error:
        raise unwritable(state, error) from error
