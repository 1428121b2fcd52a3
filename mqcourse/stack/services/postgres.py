"""PostgreSQL, one server on the loopback, for what needs a real database beside the brokers: outbox, inbox, tables."""

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.install import postgresql
from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import MARK
from mqcourse.stack.services import handshakes
from mqcourse.stack.services.service import Addresses, Launch, Service
from mqcourse.stack.services.shared_memory import remove_segment
from mqcourse.variables import Kind, environment_of

USER = "course"
DATABASE = "postgres"
"""The one that every new cluster has."""
AS_ORDINARY_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
"""PostgreSQL refuses to run as root. In a separate namespace root has another number, and the same files."""
CONFIGURATION = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
password_encryption = scram-sha-256
# change data capture reads a logical replication slot; the default is `replica`
wal_level = logical
max_connections = 50
shared_buffers = 64MB
max_slot_wal_keep_size = 512MB
log_timezone = 'UTC'
timezone = 'UTC'
cluster_name = '{mark}{base}'
"""
"""What differs from PostgreSQL's defaults."""


class Postgres(Service):
    """The service `postgres`, started only when it is named."""

    name = "postgres"
    title = "PostgreSQL"
    ports: tuple[str, ...] = ("postgres",)
    on_request = True
    start_limit_s = 120.0
    stop_grace_s = 20.0
    stop_signal = signal.SIGINT
    """Its fast shutdown; at SIGTERM it would wait until the last client has left."""

    def install(self, layout: StackLayout, progress: Progress) -> str:
        """The programs; their version."""
        return postgresql.install(layout.software, progress).version

    def prepare(self, layout: StackLayout) -> list[Launch]:
        """Make the cluster where there is none, write its settings, and say how to start the server."""
        programs = postgresql.install(layout.software, Progress(quiet=True)).bin
        folder = make_folder(layout.folder(self.name))
        data = self.data_dir(layout)
        prefix = _prefix()
        if not (data / "PG_VERSION").is_file():
            _make_cluster(prefix, programs, data, _password_file(folder))
        settings = CONFIGURATION.format(port=layout.ports.of("postgres"), mark=MARK, base=layout.ports.base)
        try:
            (data / "postgresql.conf").write_text(settings, encoding="utf-8")
        except OSError as error:
            raise unwritable(data, error) from error
        return [Launch((*prefix, str(programs / "postgres"), "-D", str(data)), environment(), folder)]

    def probe(self, layout: StackLayout) -> None:
        """A login and a query."""
        import psycopg

        with psycopg.connect(self.addresses(layout).known["postgres_url"], connect_timeout=2) as connection:
            connection.execute("SELECT 1")

    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """Its listener answers a request for TLS."""
        return handshakes.answers_postgresql(layout.ports.of("postgres"), timeout_s)

    def addresses(self, layout: StackLayout) -> Addresses:
        """A URL for libpq and psycopg; the one that is shown lacks the password."""
        place = f"127.0.0.1:{layout.ports.of('postgres')}/{DATABASE}"
        password = _password_file(make_folder(layout.folder(self.name))).read_text(encoding="ascii")
        return Addresses(
            f"postgresql://{USER}@{place}",
            None,
            {"postgres_url": f"postgresql://{USER}:{password}@{place}"},
        )

    def data_dir(self, layout: StackLayout) -> Path:
        """The cluster: databases, log of changes, replication slots."""
        return layout.folder(self.name) / "data"

    def empty(self, layout: StackLayout) -> None:
        """Forget every database, table and slot; the next start makes a new cluster."""
        shutil.rmtree(self.data_dir(layout), ignore_errors=True)

    def sweep(self, layout: StackLayout) -> None:
        """The few bytes of shared memory by which a second server would notice the first; a killed one keeps them."""
        remove_segment(self.data_dir(layout) / "postmaster.pid")


def environment() -> dict[str, str]:
    """What server and tools get, without what names another server."""
    kept = {name: value for name, value in environment_of(Kind.SYSTEM).items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _prefix() -> tuple[str, ...]:
    """The prefix of a program of PostgreSQL where we are root."""
    if os.geteuid() != 0:
        return ()
    program = shutil.which(AS_ORDINARY_USER[0])
    prefix = (program or "", *AS_ORDINARY_USER[1:])
    if program is None or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        raise CourseError(
            "PostgreSQL does not run as root, and this system gives root no user namespace",
            do="Run the course as an ordinary user, or set MQ_POSTGRES_URL to a PostgreSQL that you have",
            code=Exit.ENVIRONMENT,
        )
    return prefix


def _password_file(folder: Path) -> Path:
    """The password of the user `course`, made once for this stack."""
    file = folder / "password"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16), encoding="ascii")
    return file


def _make_cluster(prefix: tuple[str, ...], programs: Path, data: Path, password: Path) -> None:
    """initdb, beside its place and then moved there, so that a killed one is begun again."""
    part = data.with_name("data.part")
    shutil.rmtree(part, ignore_errors=True)
    words = ["--username", USER, "--pwfile", str(password), "--auth", "scram-sha-256", "--no-sync"]
    words += ["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions", "--pgdata", str(part)]
    done = subprocess.run(
        [*prefix, str(programs / "initdb"), *words],
        env=environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        umask=0o077,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise CourseError(
            f"PostgreSQL could not make its data folder {data}: {said[-1]}",
            do="Free some space or move the checkout, and run it again",
            code=Exit.ENVIRONMENT,
        )
    shutil.rmtree(data, ignore_errors=True)
    part.rename(data)
