"""The docker provider: the brokers of compose.yaml, on the same ports, probed the same way."""

import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from mqcourse.disk import make_folder
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain
from mqcourse.home import CHECKOUT
from mqcourse.products import BROKERS
from mqcourse.progress import Progress
from mqcourse.stack import ports, record
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.providers.provider import HANDSHAKE_LIMIT_S, Observation, Provider
from mqcourse.stack.readiness import wait_ready
from mqcourse.stack.record import Record
from mqcourse.stack.services.registry import SERVICES
from mqcourse.stack.services.service import Service
from mqcourse.variables import Kind, environment_of

COMPOSE_FILE = CHECKOUT / "compose.yaml"
START_LIMIT_S = {"servicebus": 180.0}
"""Where it is another program than the native one: Microsoft's emulator first waits for its SQL Server."""
IN_COMPOSE = BROKERS
COMMAND_LIMIT_S = 900
"""Images of a gigabyte may have to come first."""


class Docker(Provider):
    """Containers of this checkout's own Compose project."""

    name = "docker"
    takes_ports = True

    def install(self, service: Service, layout: StackLayout, progress: Progress) -> None:
        """Pull the image, when it is not there."""
        self._known_to_compose(service)
        progress.say(f"{service.title}: docker compose pull (an existing image is not fetched again)")
        self._compose(layout, "pull", "--quiet", "--policy", "missing", service.name)

    def start(self, service: Service, layout: StackLayout) -> Record:
        """Start its container and wait until it can be used from here."""
        self._known_to_compose(service)
        for purpose in service.ports[:1]:
            if not ports.is_free(layout.ports.of(purpose)):
                raise ports.taken_error(layout.ports.of(purpose), purpose)
        began, began_s = time.monotonic(), time.time()
        addresses = service.addresses(layout)
        started = Record(
            name=service.name,
            provider=self.name,
            version="docker",
            base=layout.ports.base,
            endpoint=addresses.endpoint,
            management=addresses.management,
            streams=addresses.streams,
            data_dir=None,
            pid=None,
            born_s=0.0,
            started_s=began_s,
        )
        record.write(layout.state, started)
        try:
            self._compose(layout, "up", "--detach", "--no-build", service.name)
            self._wait(service, layout)
        except BaseException:
            self._compose(layout, "rm", "--stop", "--force", service.name, check=False)
            record.forget(layout.state, service.name)
            raise
        ready = replace(
            started,
            ready_s=round(time.monotonic() - began, 3),
            version=self._image(service, layout) or "docker",
        )
        record.write(layout.state, ready)
        return ready

    def lives(self, known: Record) -> bool:
        """Whether its published port answers: Docker itself is asked only when it starts or stops something."""
        return ports.is_open(ports.Ports(known.base).of(SERVICES[known.name].ports[0]))

    def adopt(self, service: Service, layout: StackLayout, known: Record) -> Record:
        """Wait for a container whose launcher was killed."""
        self._wait(service, layout)
        ready = replace(known, ready_s=round(time.time() - known.started_s, 3))
        record.write(layout.state, ready)
        return ready

    def observe(self, service: Service, layout: StackLayout, known: Record) -> Observation:
        """By the first bytes of its protocol on its published port."""
        if not self.lives(known):
            return Observation("killed")
        if known.ready_s is None:
            return Observation("starting")
        return Observation("running" if service.answers(layout, HANDSHAKE_LIMIT_S) else "unresponsive")

    def stop(self, service: Service, state: Path) -> None:
        """Stop and remove its container; its volume stays."""
        known = record.read(state, service.name)
        if known is not None:
            layout = StackLayout(state, state, ports.Ports(known.base))
            self._compose(layout, "rm", "--stop", "--force", service.name)
        record.forget(state, service.name)

    def empty(self, service: Service, layout: StackLayout) -> None:
        """Remove the container and its volume."""
        self._compose(layout, "rm", "--stop", "--force", "--volumes", service.name)
        volume = f"{project(layout.state)}_{service.name}"
        _run([_docker(), "volume", "rm", "--force", volume], environment_of(Kind.SYSTEM), check=True)
        record.forget(layout.state, service.name)

    def _known_to_compose(self, service: Service) -> None:
        if service.name not in IN_COMPOSE:
            raise CourseError(
                f"{service.name} does not run in Docker",
                do=f"Run `mq start {service.name}` without it",
                code=Exit.USAGE,
            )

    def _wait(self, service: Service, layout: StackLayout) -> None:
        wait_ready(
            service,
            layout,
            lambda: self._runs(service, layout),
            lambda: self._log(service, layout),
            limit_s=START_LIMIT_S.get(service.name, service.start_limit_s),
        )

    def _runs(self, service: Service, layout: StackLayout) -> bool:
        listed = self._compose(layout, "ps", "--status", "running", "--quiet", service.name, check=False)
        return bool(listed.strip())

    def _log(self, service: Service, layout: StackLayout) -> str:
        text = self._compose(layout, "logs", "--no-color", "--tail", "3", service.name, check=False)
        return " | ".join(text.split("\n")).strip(" |") or "its log is empty"

    def show_log(self, service: Service, state: Path, count: int, *, follow: bool) -> int:
        """Print the container's log, without what acts on a terminal; its exit code is Docker's own 0 or an error."""
        known = record.read(state, service.name)
        layout = StackLayout(state, state, ports.Ports(known.base if known else ports.DEFAULT_BASE))
        words = [
            "logs",
            "--no-color",
            "--no-log-prefix",
            "--tail",
            str(count),
            *(["--follow"] if follow else []),
        ]
        with subprocess.Popen(
            self._command(layout, *words, service.name),
            env=environment(layout),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            try:
                for line in process.stdout:
                    sys.stdout.write(f"{plain(line.rstrip())}\n")
                    sys.stdout.flush()
            except BaseException:
                process.terminate()
                raise
        return Exit.ENVIRONMENT if process.returncode else Exit.DONE

    def _image(self, service: Service, layout: StackLayout) -> str | None:
        try:
            rows = json.loads(
                self._compose(layout, "images", "--format", "json", service.name, check=False) or "[]"
            )
            return f"{rows[0]['Repository']}:{rows[0]['Tag']}"
        except (ValueError, LookupError, TypeError):
            return None  # what Compose prints differs between its versions; the name is only for show

    def _compose(self, layout: StackLayout, *words: str, check: bool = True) -> str:
        return _run(self._command(layout, *words), environment(layout), check=check)

    def _command(self, layout: StackLayout, *words: str) -> list[str]:
        return [
            _docker(),
            "compose",
            "--project-name",
            project(layout.state),
            "--file",
            str(COMPOSE_FILE),
            *words,
        ]


def project(state: Path) -> str:
    """The Compose project of a stack: another checkout's containers have another name."""
    return f"mqcourse-{sha256(str(state).encode()).hexdigest()[:8]}"


def environment(layout: StackLayout) -> dict[str, str]:
    """What compose.yaml is filled in with: this stack's ports, and a password for SQL Server made here."""
    secret = make_folder(layout.state / "docker") / "sql-password"
    if not secret.is_file():
        secret.touch(mode=0o600)
        # SQL Server wants upper case, lower case, digits and signs
        secret.write_text(f"Aa1-{secrets.token_hex(16)}", encoding="ascii")
    variables = {f"MQ_PORT_{purpose.upper()}": str(port) for purpose, port in layout.ports.all().items()}
    return {**environment_of(Kind.SYSTEM), **variables, "MQ_SQL_PASSWORD": secret.read_text(encoding="ascii")}


def _docker() -> str:
    docker = shutil.which("docker")
    if docker is None:
        raise CourseError(
            "MQ_PROVIDER is docker, but no docker is on PATH",
            do="Install Docker, or unset MQ_PROVIDER to run the brokers without it",
            code=Exit.ENVIRONMENT,
        )
    return docker


def _run(command: Sequence[str], env: dict[str, str], *, check: bool) -> str:
    try:
        done = subprocess.run(
            list(command),
            env=env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CourseError(
            f"docker did not finish in {COMMAND_LIMIT_S} s",
            do="See `docker ps` and run it again",
            code=Exit.ENVIRONMENT,
        ) from error
    if check and done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise CourseError(
            f"docker {' '.join(command[1:2])} failed: {said[-1]}",
            do="Start Docker, or unset MQ_PROVIDER to run the brokers without it",
            code=Exit.ENVIRONMENT,
        )
    return done.stdout
