"""RabbitMQ, one node: AMQP, management UI, streams, Prometheus, all on the loopback.

`rabbitmq_cluster.py` has what differs in a node of a cluster.
"""

import os
import secrets
import shutil
from pathlib import Path
from threading import Lock

from mqcourse.disk import free_bytes, make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.install import rabbitmq as software
from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import MARK, is_open
from mqcourse.stack.process import marks
from mqcourse.stack.services import handshakes, rabbitmq_reset
from mqcourse.stack.services.service import Addresses, Launch, NotReady, Service
from mqcourse.stack.shell import write_tools
from mqcourse.variables import Kind, environment_of

LISTENS = ("rabbitmq", "rabbitmq_management", "rabbitmq_stream", "rabbitmq_prometheus")
"""The purposes of the ports that clients and browsers reach."""
PLUGINS = (
    "rabbitmq_management",
    "rabbitmq_prometheus",
    "rabbitmq_stream",
    "rabbitmq_stream_management",
    "rabbitmq_consistent_hash_exchange",
)
NODE = "mq@localhost"
LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"
USER = "guest"
"""RabbitMQ's own default user, which the broker itself lets in from the loopback only; its password is its name."""
_COOKIE = Lock()
"""Nodes that share a cookie may start side by side."""
MEMORY_LIMIT_BYTES = 1 << 30
DISK_LIMIT_BYTES = 200_000_000
CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{rabbitmq}
management.tcp.ip = 127.0.0.1
management.tcp.port = {rabbitmq_management}
stream.listeners.tcp.1 = 127.0.0.1:{rabbitmq_stream}
stream.advertised_host = 127.0.0.1
stream.advertised_port = {rabbitmq_stream}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {rabbitmq_prometheus}
vm_memory_high_watermark.absolute = {memory_limit_bytes}
disk_free_limit.absolute = {disk_limit_bytes}
log.console = true
log.console.level = info
log.console.use_colors = off
log.file = false
"""


class RabbitMQ(Service):
    """The service `rabbitmq`."""

    name = "rabbitmq"
    title = "RabbitMQ"
    ports: tuple[str, ...] = (*LISTENS, "rabbitmq_dist", "rabbitmq_epmd")
    start_limit_s = 120.0
    stop_grace_s = 20.0
    node = NODE
    plugins: tuple[str, ...] = PLUGINS
    epmd_mark: str | None = None
    """The mark of its epmd where several nodes share one."""

    def port(self, layout: StackLayout, purpose: str) -> int:
        """Its port for a purpose of a single RabbitMQ."""
        return layout.ports.of(purpose)

    def home(self, layout: StackLayout) -> Path:
        """The folder of the cookie."""
        return layout.folder(self.name) / "home"

    def tools(self, layout: StackLayout) -> Path:
        """The folder of the scripts that run RabbitMQ's tools on this node."""
        return layout.state / "bin"

    def configuration(self, layout: StackLayout) -> str:
        """The text of rabbitmq.conf."""
        return CONFIGURATION.format(
            **{purpose: self.port(layout, purpose) for purpose in LISTENS},
            memory_limit_bytes=MEMORY_LIMIT_BYTES,
            disk_limit_bytes=DISK_LIMIT_BYTES,
        )

    def installation(self, layout: StackLayout, progress: Progress) -> software.RabbitMQ:
        """The RabbitMQ that it runs, fetched when there is none yet."""
        return software.install(layout.software, progress)

    def install(self, layout: StackLayout, progress: Progress) -> str:
        """RabbitMQ 4 or newer, its version."""
        return self.installation(layout, progress).version

    def prepare(self, layout: StackLayout) -> list[Launch]:
        """Write rabbitmq.conf; epmd is started by us (so that it is owned and on the loopback), then the node."""
        rabbit = self.installation(layout, Progress(quiet=True))
        folder = make_folder(layout.folder(self.name))
        if "'" in str(folder):
            # its disk monitor hands the path to a shell between apostrophes, and waits for ever
            raise CourseError(
                f"RabbitMQ cannot start in a folder whose path holds an apostrophe ({folder})",
                do="Move the checkout, or set MQ_HOME to another folder",
                code=Exit.ENVIRONMENT,
            )
        free = free_bytes(folder)
        if free < DISK_LIMIT_BYTES:
            raise CourseError(
                f"the disk of {folder} is nearly full: {free // 1_000_000} MB are free, "
                f"and RabbitMQ takes no message below {DISK_LIMIT_BYTES // 1_000_000} MB",
                do="Free some space and run it again",
                code=Exit.ENVIRONMENT,
            )
        home = make_folder(self.home(layout))
        try:
            (folder / "rabbitmq.conf").write_text(self.configuration(layout), encoding="utf-8")
            (folder / "enabled_plugins").write_text(f"[{','.join(self.plugins)}].\n", encoding="utf-8")
            with _COOKIE:
                _cookie(home / ".erlang.cookie")
        except OSError as error:
            raise unwritable(folder, error) from error
        make_folder(folder / "data")
        env = self.environment(layout, rabbit)
        # a tool that finds no epmd starts one, which must be known as ours: it holds the port
        mark = marks(layout.state, self.epmd_mark or self.name)
        write_tools(self.tools(layout), rabbit.sbin, env | mark)
        return [*self.helpers(layout), Launch((str(rabbit.sbin / "rabbitmq-server"),), env, folder)]

    def helpers(self, layout: StackLayout) -> list[Launch]:
        """epmd, by which RabbitMQ's tools find the node; a node registers again by itself at a new one."""
        if is_open(self.port(layout, "rabbitmq_epmd")):
            return []
        rabbit = self.installation(layout, Progress(quiet=True))
        env = self.environment(layout, rabbit)
        epmd = (str(rabbit.epmd), "-port", env["ERL_EPMD_PORT"], "-address", "127.0.0.1")
        return [Launch(epmd, env, layout.folder(self.name), shared_as=self.epmd_mark)]

    def probe(self, layout: StackLayout) -> None:
        """An AMQP login, and a stream listener that accepts where the node has one."""
        import pika

        parameters = pika.URLParameters(self.addresses(layout).endpoint)
        parameters.socket_timeout = parameters.stack_timeout = 2
        parameters.blocked_connection_timeout = 2
        pika.BlockingConnection(parameters).close()
        if "rabbitmq_stream" in self.ports and not is_open(self.port(layout, "rabbitmq_stream")):
            raise NotReady("its stream listener accepts no connections")

    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """Its AMQP listener accepts and its management listener answers.

        Half an AMQP login would be the better question, but the broker logs each one as a broken client.
        """
        return is_open(self.port(layout, "rabbitmq"), timeout_s) and handshakes.answers_http(
            self.port(layout, "rabbitmq_management"), "/favicon.ico", timeout_s
        )

    def addresses(self, layout: StackLayout) -> Addresses:
        """AMQP 0-9-1 (and 1.0) on one port, the management UI on another, the stream protocol on a third."""
        url = f"amqp://{USER}:{USER}@127.0.0.1:{self.port(layout, 'rabbitmq')}/%2F"
        management = f"http://127.0.0.1:{self.port(layout, 'rabbitmq_management')}/"
        streams = f"rabbitmq-stream://{USER}:{USER}@127.0.0.1:{self.port(layout, 'rabbitmq_stream')}/%2F"
        known = {
            "rabbitmq_url": url,
            "rabbitmq_management_url": management,
            "rabbitmq_stream_url": streams,
        }
        return Addresses(url, management, known, streams)

    def data_dir(self, layout: StackLayout) -> Path:
        """The node's database, queues and streams."""
        return layout.folder(self.name) / "data"

    def empty(self, layout: StackLayout) -> None:
        """Forget queues, exchanges, users, policies: the whole database."""
        shutil.rmtree(self.data_dir(layout), ignore_errors=True)

    def empty_running(self, layout: StackLayout) -> bool:
        """Through its HTTP API; a node that was changed in ways the API cannot undo is started afresh."""
        port = self.port(layout, "rabbitmq_management")
        try:
            rabbitmq_reset.empty(
                port, USER, USER, memory_limit_bytes=MEMORY_LIMIT_BYTES, disk_limit_bytes=DISK_LIMIT_BYTES
            )
        except rabbitmq_reset.ResetImpossible:
            return False
        return True

    def environment(self, layout: StackLayout, rabbit: software.RabbitMQ) -> dict[str, str]:
        """What the node and RabbitMQ's own command-line tools need to know about this node."""
        folder = layout.folder(self.name)
        kept = environment_of(Kind.ERLANG)
        path = [str(rabbit.erlang_bin)] if rabbit.erlang_bin else []
        return kept | {
            "PATH": os.pathsep.join([*path, kept.get("PATH", os.defpath)]),
            "HOME": str(self.home(layout)),
            "ERL_EPMD_PORT": str(self.port(layout, "rabbitmq_epmd")),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self.port(layout, "rabbitmq_dist")),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(layout.ports.of("rabbitmq_cli")),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(layout.ports.of("rabbitmq_cli") + 3),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "node.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{LOOPBACK_ONLY} -extra_mark {MARK}{layout.ports.base}",
            "RABBITMQ_CTL_ERL_ARGS": LOOPBACK_ONLY,
            # The start script then becomes the node (exec) instead of staying as a shell above it,
            # so that the pid we keep is the broker's own. NOTIFY_SOCKET is unset: no systemd is told.
            "RUNNING_UNDER_SYSTEMD": "true",
            "LC_ALL": "C.UTF-8",
        }


def _cookie(file: Path) -> None:
    """The secret that the node and its tools share; Erlang insists on mode 0400."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(20), encoding="ascii")
        file.chmod(0o400)
