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

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain
from mqcourse.home import CHECKOUT
from mqcourse.install.lock import make_folder
from mqcourse.progress import Progress
from mqcourse.stack import ports, record
from mqcourse.stack.place import Place
from mqcourse.stack.provider import HANDSHAKE_LIMIT_S, Observation
from mqcourse.stack.readiness import wait_ready
from mqcourse.stack.record import Record
from mqcourse.stack.service import Service
from mqcourse.variables import Kind, environment_of

COMPOSE_FILE = CHECKOUT / "compose.yaml"
START_LIMIT_S = {"servicebus": 180.0}
"""Where it is another program than the native one: Microsoft's emulator first waits for its SQL Server."""
IN_COMPOSE = ("rabbitmq", "kafka", "servicebus")
COMMAND_LIMIT_S = 900
"""Images of a gigabyte may have to come first."""


class Docker:
    """Containers of this checkout's own Compose project."""

    name = "docker"
    takes_ports = True

    def install(self, service: Service, place: Place, progress: Progress) -> None:
        """Pull the image, when it is not there."""
        self._known_to_compose(service)
        progress.say(f"{service.title}: docker compose pull (an image that is there is not fetched again)")
        self._compose(place, "pull", "--quiet", "--policy", "missing", service.name)

    def start(self, service: Service, place: Place) -> Record:
        """Start its container and wait until it can be used from here."""
        self._known_to_compose(service)
        for purpose in service.ports[:1]:
            if not ports.is_free(place.ports.of(purpose)):
                raise ports.taken_error(place.ports.of(purpose), purpose)
        began, began_s = time.monotonic(), time.time()
        addresses = service.addresses(place)
        started = Record(
            name=service.name,
            provider=self.name,
            version="docker",
            base=place.ports.base,
            endpoint=addresses.endpoint,
            management=addresses.management,
            data_dir=None,
            pid=None,
            born_s=0.0,
            started_s=began_s,
        )
        record.write(place.state, started)
        try:
            self._compose(place, "up", "--detach", "--no-build", service.name)
            self._wait(service, place)
        except BaseException:
            self._compose(place, "rm", "--stop", "--force", service.name, check=False)
            record.forget(place.state, service.name)
            raise
        ready = replace(
            started,
            ready_s=round(time.monotonic() - began, 3),
            version=self._image(service, place) or "docker",
        )
        record.write(place.state, ready)
        return ready

    def lives(self, known: Record) -> bool:
        """Whether its published port answers: Docker itself is asked only when it starts or stops something."""
        from mqcourse.stack.registry import SERVICES

        return ports.is_open(ports.Ports(known.base).of(SERVICES[known.name].ports[0]))

    def mend(self, service: Service, place: Place) -> None:
        """A container has no helpers outside."""

    def adopt(self, service: Service, place: Place, known: Record) -> Record:
        """Wait for a container whose launcher was killed."""
        self._wait(service, place)
        ready = replace(known, ready_s=round(time.time() - known.started_s, 3))
        record.write(place.state, ready)
        return ready

    def observe(self, service: Service, place: Place, known: Record) -> Observation:
        """By the first bytes of its protocol on its published port."""
        if not self.lives(known):
            return Observation("killed")
        if known.ready_s is None:
            return Observation("starting")
        return Observation("running" if service.answers(place, HANDSHAKE_LIMIT_S) else "unresponsive")

    def stop(self, service: Service, state: Path) -> None:
        """Stop and remove its container; its volume stays."""
        known = record.read(state, service.name)
        if known is not None:
            place = Place(state, state, ports.Ports(known.base))
            self._compose(place, "rm", "--stop", "--force", service.name)
        record.forget(state, service.name)

    def clear(self, service: Service, state: Path) -> None:
        """`up` replaces a stopped container itself; only the record is stale."""
        record.forget(state, service.name)

    def empty(self, service: Service, place: Place) -> None:
        """Remove the container and its volume."""
        self._compose(place, "rm", "--stop", "--force", "--volumes", service.name)
        volume = f"{project(place.state)}_{service.name}"
        _run([_docker(), "volume", "rm", "--force", volume], environment_of(Kind.SYSTEM), check=True)
        record.forget(place.state, service.name)

    def _known_to_compose(self, service: Service) -> None:
        if service.name not in IN_COMPOSE:
            raise CourseError(
                f"{service.name} does not run in Docker",
                do=f"Run `mq start {service.name}` without it",
                code=Exit.USAGE,
            )

    def _wait(self, service: Service, place: Place) -> None:
        wait_ready(
            service,
            place,
            lambda: self._runs(service, place),
            lambda: self._log(service, place),
            limit_s=START_LIMIT_S.get(service.name, service.start_limit_s),
        )

    def _runs(self, service: Service, place: Place) -> bool:
        listed = self._compose(place, "ps", "--status", "running", "--quiet", service.name, check=False)
        return bool(listed.strip())

    def _log(self, service: Service, place: Place) -> str:
        text = self._compose(place, "logs", "--no-color", "--tail", "3", service.name, check=False)
        return " | ".join(text.split("\n")).strip(" |") or "its log is empty"

    def show_log(self, service: Service, state: Path, count: int, *, follow: bool) -> int:
        """Print the container's log, without what acts on a terminal; its exit code is Docker's own 0 or an error."""
        known = record.read(state, service.name)
        place = Place(state, state, ports.Ports(known.base if known else ports.DEFAULT_BASE))
        words = [
            "logs",
            "--no-color",
            "--no-log-prefix",
            "--tail",
            str(count),
            *(["--follow"] if follow else []),
        ]
        with subprocess.Popen(
            self._command(place, *words, service.name),
            env=environment(place),
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

    def _image(self, service: Service, place: Place) -> str | None:
        try:
            rows = json.loads(
                self._compose(place, "images", "--format", "json", service.name, check=False) or "[]"
            )
            return f"{rows[0]['Repository']}:{rows[0]['Tag']}"
        except (ValueError, LookupError, TypeError):
            return None  # what Compose prints differs between its versions; the name is only for show

    def _compose(self, place: Place, *words: str, check: bool = True) -> str:
        return _run(self._command(place, *words), environment(place), check=check)

    def _command(self, place: Place, *words: str) -> list[str]:
        return [
            _docker(),
            "compose",
            "--project-name",
            project(place.state),
            "--file",
            str(COMPOSE_FILE),
            *words,
        ]


def project(state: Path) -> str:
    """The Compose project of a stack: another checkout's containers have another name."""
    return f"mqcourse-{sha256(str(state).encode()).hexdigest()[:8]}"


def environment(place: Place) -> dict[str, str]:
    """What compose.yaml is filled in with: this stack's ports, and a password for SQL Server made here."""
    secret = make_folder(place.state / "docker") / "sql-password"
    if not secret.is_file():
        secret.touch(mode=0o600)
        # SQL Server wants upper case, lower case, digits and signs
        secret.write_text(f"Aa1-{secrets.token_hex(16)}", encoding="ascii")
    variables = {f"MQ_PORT_{purpose.upper()}": str(port) for purpose, port in place.ports.all().items()}
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
