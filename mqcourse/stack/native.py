"""The native provider: services as background processes of this user, owned by pid."""

import contextlib
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psutil

from mqcourse.errors import CourseError
from mqcourse.progress import Progress
from mqcourse.stack import ports, process, record
from mqcourse.stack.place import Place
from mqcourse.stack.provider import HANDSHAKE_LIMIT_S, Observation
from mqcourse.stack.readiness import log_tail, wait_ready
from mqcourse.stack.record import Record
from mqcourse.stack.service import Launch, Service

KEPT_LOG_BYTES = 5_000_000


class Native:
    """Processes of this machine."""

    name = "native"
    takes_ports = True

    def install(self, service: Service, place: Place, progress: Progress) -> None:
        """What the service needs, fetched once into the software folder."""
        service.install(place, progress)

    def start(self, service: Service, place: Place) -> Record:
        """Start it and wait until it can be used.

        Raises CourseError when a port is taken, when it ends while starting (with the tail of its log), or when
        it does not answer in its time; its processes have ended then.
        """
        for purpose in service.ports:
            if not ports.becomes_free(place.ports.of(purpose)):
                raise ports.taken_error(place.ports.of(purpose), purpose)
        version = service.install(place, Progress(quiet=True))
        log = place.log(service.name)
        _turn_over(log)
        began, began_s = time.monotonic(), time.time()
        try:
            main = None
            for launch in service.prepare(place):
                main = _spawn(launch, service, place)
            if main is None:
                raise CourseError(f"{service.title} has nothing to start")
            addresses = service.addresses(place)
            data = service.data_dir(place)
            child = process.child_of(main.pid)
            started = Record(
                name=service.name,
                provider=self.name,
                version=version,
                base=place.ports.base,
                endpoint=addresses.endpoint,
                management=addresses.management,
                data_dir=str(data) if data else None,
                pid=child.pid,
                born_s=child.born_s,
                started_s=began_s,
            )
            record.write(place.state, started)
            wait_ready(
                service,
                place,
                lambda: main.poll() is None,
                lambda: log_tail(log),
                limit_s=service.start_limit_s,
            )
        except BaseException:
            process.kill(process.owned(place.state, service.name))
            record.forget(place.state, service.name)
            raise
        ready = replace(started, ready_s=round(time.monotonic() - began, 3))
        record.write(place.state, ready)
        return ready

    def lives(self, known: Record) -> bool:
        """Whether the very process that was started still runs."""
        return known.child is not None and process.is_alive(known.child)

    def mend(self, service: Service, place: Place) -> None:
        """Its helpers, where they do not run."""
        for launch in service.helpers(place):
            _spawn(launch, service, place)

    def adopt(self, service: Service, place: Place, known: Record) -> Record:
        """Wait for a service whose launcher was killed before it was ready."""
        wait_ready(
            service,
            place,
            lambda: self.lives(known),
            lambda: log_tail(place.log(service.name)),
            limit_s=service.start_limit_s,
        )
        ready = replace(known, ready_s=round(time.time() - known.started_s, 3))
        record.write(place.state, ready)
        return ready

    def observe(self, service: Service, place: Place, known: Record) -> Observation:
        """By pid and birth, and by the first bytes of its protocol."""
        if known.child is None or not process.is_alive(known.child):
            return Observation("killed")
        if known.ready_s is None:
            how = "starting"
        else:
            how = "running" if service.answers(place, HANDSHAKE_LIMIT_S) else "unresponsive"
        return Observation(how, known.pid, process.rss_mb(known.child))

    def stop(self, service: Service, state: Path) -> None:
        """End itself first, in its own clean way, then its helpers."""
        known = record.read(state, service.name)
        if known is not None and known.child is not None and process.is_alive(known.child):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.end([psutil.Process(known.child.pid)], grace_s=service.stop_grace_s)
        process.end(process.owned(state, service.name), grace_s=service.stop_grace_s)
        record.forget(state, service.name)

    def clear(self, service: Service, state: Path) -> None:
        """End what was left behind: epmd, a node whose record was never written."""
        process.kill(process.owned(state, service.name))
        record.forget(state, service.name)

    def empty(self, service: Service, place: Place) -> None:
        """End it at once: its data is to go, so a clean stop would only cost time."""
        self.clear(service, place.state)
        service.empty(place)


def _spawn(launch: Launch, service: Service, place: Place) -> "subprocess.Popen[bytes]":
    return process.spawn(
        launch.argv,
        env=launch.env,
        cwd=launch.cwd,
        log=place.log(service.name),
        state=place.state,
        service=service.name,
        umask=launch.umask,
    )


def _turn_over(log: Path) -> None:
    """Keep one older log, so that a log does not grow without limit."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > KEPT_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
