"""The native provider: services as background processes of this user, owned by pid."""

import contextlib
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psutil

from mqcourse.errors import CourseError
from mqcourse.home import software_folder
from mqcourse.progress import Progress
from mqcourse.stack import ports, process, record
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.providers.provider import HANDSHAKE_LIMIT_S, Observation, Provider
from mqcourse.stack.readiness import log_tail, wait_ready
from mqcourse.stack.record import Record
from mqcourse.stack.services.service import Launch, Service

KEPT_LOG_BYTES = 5_000_000


class Native(Provider):
    """Processes of this machine."""

    name = "native"
    takes_ports = True

    def install(self, service: Service, layout: StackLayout, progress: Progress) -> None:
        """What the service needs, fetched once into the software folder."""
        service.install(layout, progress)

    def start(self, service: Service, layout: StackLayout) -> Record:
        """Start it and wait until it can be used.

        Raises CourseError when a port is taken, when it ends while starting (with the tail of its log), or when
        it does not answer in its time; its processes have ended then.
        """
        for purpose in service.ports:
            if not ports.becomes_free(layout.ports.of(purpose)):
                raise ports.taken_error(layout.ports.of(purpose), purpose)
        version = service.install(layout, Progress(quiet=True))
        log = layout.log(service.name)
        _turn_over(log)
        began, began_s = time.monotonic(), time.time()
        try:
            main = None
            for launch in service.prepare(layout):
                main = _spawn(launch, service, layout)
            if main is None:
                raise CourseError(f"{service.title} has nothing to start")
            addresses = service.addresses(layout)
            data = service.data_dir(layout)
            child = process.child_of(main.pid)
            started = Record(
                name=service.name,
                provider=self.name,
                version=version,
                base=layout.ports.base,
                endpoint=addresses.endpoint,
                management=addresses.management,
                streams=addresses.streams,
                data_dir=str(data) if data else None,
                pid=child.pid,
                born_s=child.born_s,
                started_s=began_s,
            )
            record.write(layout.state, started)
            wait_ready(
                service,
                layout,
                lambda: main.poll() is None,
                lambda: log_tail(log),
                limit_s=service.start_limit_s,
            )
        except BaseException:
            process.kill(process.owned(layout.state, service.name))
            service.sweep(layout)
            record.forget(layout.state, service.name)
            raise
        ready = replace(started, ready_s=round(time.monotonic() - began, 3))
        record.write(layout.state, ready)
        return ready

    def lives(self, known: Record) -> bool:
        """Whether the very process that was started still runs."""
        return known.child is not None and process.is_alive(known.child)

    def mend(self, service: Service, layout: StackLayout) -> None:
        """Its helpers, where they do not run."""
        for launch in service.helpers(layout):
            _spawn(launch, service, layout)

    def adopt(self, service: Service, layout: StackLayout, known: Record) -> Record:
        """Wait for a service whose launcher was killed before it was ready."""
        wait_ready(
            service,
            layout,
            lambda: self.lives(known),
            lambda: log_tail(layout.log(service.name)),
            limit_s=service.start_limit_s,
        )
        ready = replace(known, ready_s=round(time.time() - known.started_s, 3))
        record.write(layout.state, ready)
        return ready

    def observe(self, service: Service, layout: StackLayout, known: Record) -> Observation:
        """By pid and birth, and by the first bytes of its protocol."""
        if known.child is None or not process.is_alive(known.child):
            return Observation("killed")
        if known.ready_s is None:
            how = "starting"
        else:
            how = "running" if service.answers(layout, HANDSHAKE_LIMIT_S) else "unresponsive"
        return Observation(how, known.pid, process.rss_mb(known.child))

    def stop(self, service: Service, state: Path) -> None:
        """End itself first, in its own clean way, then its helpers."""
        known = record.read(state, service.name)
        if known is not None and known.child is not None and process.is_alive(known.child):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.end(
                    [psutil.Process(known.child.pid)], grace_s=service.stop_grace_s, ask=service.stop_signal
                )
        process.end(process.owned(state, service.name), grace_s=service.stop_grace_s)
        self._forget(service, state, known)

    def clear(self, service: Service, state: Path) -> None:
        """End what was left behind: epmd, a node whose record was never written."""
        known = record.read(state, service.name)
        process.kill(process.owned(state, service.name))
        self._forget(service, state, known)

    def _forget(self, service: Service, state: Path, known: Record | None) -> None:
        if known is not None:
            service.sweep(StackLayout(state, software_folder(), ports.Ports(known.base)))
        record.forget(state, service.name)

    def empty(self, service: Service, layout: StackLayout) -> None:
        """End it at once: its data is to go, so a clean stop would only cost time."""
        self.clear(service, layout.state)
        service.empty(layout)


def _spawn(launch: Launch, service: Service, layout: StackLayout) -> "subprocess.Popen[bytes]":
    return process.spawn(
        launch.argv,
        env=launch.env,
        cwd=launch.cwd,
        log=layout.log(service.name),
        state=layout.state,
        service=launch.shared_as or service.name,
        umask=launch.umask,
    )


def _turn_over(log: Path) -> None:
    """Keep one older log, so that a log does not grow without limit."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > KEPT_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
