"""A witness for each broker of a lab: a connection that stays open while answers run.

When it breaks, the broker (or the way to it) went away, whoever runs the broker and wherever; a broker that is back
at once is noticed too. The stack's own record of a service is looked at besides: another process is another broker.
"""

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading.outcome import Unjudged
from mqcourse.home import state_folder
from mqcourse.products import BROKERS, OF_LABS, start_command
from mqcourse.stack import endpoints
from mqcourse.stack.record import read as read_record

ANSWER_S = 10.0
"""So long may a broker take to answer a request that takes it a millisecond."""

KEEP_S = 15.0
"""So often something is said on each connection; the shortest limit known is the emulator's, a minute."""


class Held(Protocol):
    """One connection that is held open."""

    def lost(self) -> bool:
        """Whether it is closed; without a request and without waiting."""

    def answers(self) -> bool:
        """Whether the broker answers a request over it."""

    def close(self) -> None:
        """Give it back."""


class Witness:
    """Watches the brokers of a lab. Unjudged when one does not answer at the beginning."""

    def __init__(self, brokers: tuple[str, ...]) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._held: dict[str, Held | None] = {}
        self._identity = {broker: _identity(broker) for broker in brokers}
        try:
            for broker in brokers:
                self._held[broker] = _reach(broker)
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._keep, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._ended.set()
        with self._lock:
            for held in self._held.values():
                if held is not None:
                    with contextlib.suppress(Exception):  # of any client, on a connection that may be broken
                        held.close()
            self._held.clear()

    def _keep(self) -> None:
        """Ask over each connection now and then: a broker ends one that is silent."""
        while not self._ended.wait(KEEP_S):
            with self._lock:
                for held in self._held.values():
                    if held is not None:
                        with contextlib.suppress(Exception):  # a broken one is told of by alive and confirm
                            held.answers()

    def alive(self) -> None:
        """Unjudged when a connection is known to be broken. Cheap, without a request."""
        with self._lock:
            for broker, held in self._held.items():
                if held is not None and held.lost():
                    raise went_away(broker)

    def confirm(self) -> None:
        """Unjudged unless every broker answers over the connection that existed at the beginning."""
        with self._lock:
            for broker, held in self._held.items():
                if held is None:
                    _reach(broker, went_away)
                elif held.lost() or not _in_time(held.answers):
                    raise went_away(broker)
                if _identity(broker) != self._identity[broker]:
                    raise went_away(broker)


def went_away(broker: str) -> Unjudged:
    """The one line for a broker that was reachable and is gone, or is another one now."""
    return Unjudged(
        f"{OF_LABS[broker]} went away while the answers ran, so this run does not count and no result is saved",
        do=f"See to the broker (`mq status`, `{start_command(broker)}`), then run it again",
    )


def _identity(broker: str) -> object:
    """Which process the stack's own broker is; None for one elsewhere."""
    record = read_record(state_folder(), broker)
    return record and (record.pid, record.born_s, record.started_s)


def _reach(broker: str, otherwise: Callable[[str], Unjudged] | None = None) -> Held | None:
    try:
        return _OPENED[broker]()
    except CourseError as error:
        error.exit_code = Exit.UNREACHABLE
        raise
    except Exception as error:  # whatever a client says of a broker that it does not reach
        if otherwise:
            raise otherwise(broker) from error
        raise Unjudged(
            f"{OF_LABS[broker]} does not answer", do=f"Start it with `{start_command(broker)}`"
        ) from error


def _in_time(ask: Callable[[], bool]) -> bool:
    """The answer of `ask`; False when there is none in ANSWER_S (a broker that is stopped, a machine that is gone)."""
    said: list[bool] = []

    def run() -> None:
        with contextlib.suppress(Exception):  # of any client: it means no
            said.append(ask())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(ANSWER_S)
    return bool(said and said[0])


class _RabbitMQ:
    def __init__(self) -> None:
        import pika

        parameters = pika.URLParameters(endpoints().rabbitmq_url)
        parameters.heartbeat = 0  # nobody serves this connection while a check waits
        parameters.client_properties = {"connection_name": "mq grade: witness"}
        self._connection = pika.BlockingConnection(parameters)

    def lost(self) -> bool:
        try:
            self._connection.process_data_events(0)
        except Exception:  # pika names the end of a connection in many ways
            return True
        return not self._connection.is_open

    def answers(self) -> bool:
        self._connection.channel().close()
        return True

    def close(self) -> None:
        if self._connection.is_open:
            self._connection.close()


class _Bytes:
    """A socket with a request whose reply has a known beginning."""

    def __init__(self, connection: socket.socket, request: bytes, begins: Callable[[bytes], bool]) -> None:
        self._connection = connection
        self._request = request
        self._begins = begins
        connection.settimeout(ANSWER_S)
        if not self.answers():
            raise ConnectionError("no answer that is known")

    def lost(self) -> bool:
        try:
            self._connection.setblocking(False)
            readable, _, _ = select.select([self._connection], [], [], 0)
            return bool(readable) and not self._connection.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            with contextlib.suppress(OSError):
                self._connection.settimeout(ANSWER_S)

    def answers(self) -> bool:
        self._connection.sendall(self._request)
        return self._begins(self._connection.recv(65_536))

    def close(self) -> None:
        self._connection.close()


def _kafka() -> Held:
    """The first bootstrap server that can be reached, asked for its versions: it answers that before any login."""
    settings: Mapping[str, Any] = endpoints().kafka_settings
    client = b"mq grade: witness"
    request = struct.pack(">hhih", 18, 0, 7, len(client)) + client
    failed: OSError | None = None
    for address in settings["bootstrap_servers"]:
        host, _, port = address.rpartition(":")
        try:
            connection = socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S)
            if settings.get("security_protocol", "").endswith("SSL"):
                context = ssl.create_default_context(cafile=settings.get("ssl_cafile"))
                context.check_hostname = settings.get("ssl_check_hostname", True)
                if settings.get("ssl_certfile"):
                    context.load_cert_chain(
                        settings["ssl_certfile"], settings.get("ssl_keyfile"), settings.get("ssl_password")
                    )
                connection = context.wrap_socket(connection, server_hostname=host)
            return _Bytes(
                connection,
                struct.pack(">i", len(request)) + request,
                lambda reply: reply[4:8] == struct.pack(">i", 7),
            )
        except OSError as error:
            failed = error
    raise CourseError(
        "Kafka does not answer", do="Start it with `mq start kafka`", code=Exit.UNREACHABLE
    ) from failed


def _servicebus() -> Held | None:
    """Our emulator speaks HTTP on its port of AMQP and keeps the connection. Elsewhere only being reachable counts."""
    text = endpoints().servicebus_connection_string or ""
    fields = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    if fields.get("UseDevelopmentEmulator", "").lower() == "true":
        place = urlsplit(fields["Endpoint"])
        with contextlib.suppress(ConnectionError, TimeoutError):
            connection = socket.create_connection(
                (place.hostname or "127.0.0.1", place.port or 5672), timeout=ANSWER_S
            )
            request = f"GET /favicon.ico HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
            return _Bytes(connection, request, lambda reply: reply.startswith(b"HTTP/1.1 204"))
    from mqcourse.grading.brokers.servicebus import CheckServiceBus  # here: its client takes long to import

    with CheckServiceBus():
        return None


def _cluster(name: str) -> None:
    """No connection is held: a check kills brokers and starts them again, and looks after those that it leaves alone."""
    from mqcourse.grading.brokers import nodes  # here: labs on a single broker need none of it

    nodes.confirm(name)


_OPENED: Mapping[str, Callable[[], Held | None]] = {
    "rabbitmq": _RabbitMQ,
    "kafka": _kafka,
    "servicebus": _servicebus,
    **{cluster: partial(_cluster, cluster) for cluster in OF_LABS if cluster not in BROKERS},
}
