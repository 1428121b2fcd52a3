"""The connection between an answer and RabbitMQ, seen frame by frame: what was published, delivered and acknowledged.

An answer under judgement connects through here. Every byte is passed on unchanged, so the answer talks to the real
broker; what the frames say is written down in the order in which it passed. A check can have the connection cut just
before or just after an acknowledgement: that is the moment between two lines of an answer at which no process could be
killed from outside.

Source of the frames' form: AMQP 0-9-1 specification, section 4.2; decoded by pika.
"""

import contextlib
import fcntl
import socket
import ssl
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import pika
from pika import frame as frames
from pika import spec

from mqcourse.grading.trial import Answer
from mqcourse.stack import endpoints


class Did(StrEnum):
    """What can be seen on a connection."""

    PUBLISHED = "published"
    STORED = "stored"  # confirmed by the broker
    REFUSED = "refused"  # the broker answered with a nack
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"  # by the answer, or by the broker itself at delivery (auto_ack)
    WITHHELD = "withheld"  # an acknowledgement that was cut off before the broker had it
    GIVEN_BACK = "given back"  # rejected or nacked, to be queued again
    DROPPED = "dropped"  # rejected or nacked, not to be queued again
    EMPTY = "empty"  # basic_get found nothing
    ASKED = "asked"  # basic_get was sent


@dataclass(frozen=True)
class Act:
    """One thing that was seen. Its place in the list is its order in time."""

    did: Did
    queue: str
    number: int = 0
    """Number of the message; -1 for a body that is none of the check's, 0 where there is no message."""
    at_s: float = 0.0
    """time.monotonic() when it passed."""


class Cut(StrEnum):
    """Where a connection ends at an acknowledgement."""

    BEFORE = "before"
    AFTER = "after"


class Wire:
    """A proxy on 127.0.0.1 in front of RabbitMQ, for the programs of one trial. Use as a context manager.

    `broker` is the address of a node where it is not the course's single RabbitMQ.
    """

    def __init__(self, number_of: Callable[[bytes], int | None], broker: str | None = None) -> None:
        self._number_of = number_of
        self._lock = threading.Lock()
        self._acts: list[Act] = []
        self._links: list[_Link] = []
        self._cut: Callable[[Act], Cut | None] = lambda _act: None
        self.was_cut = threading.Event()
        broker = broker or endpoints().rabbitmq_url
        self._parameters = pika.URLParameters(broker)
        self._listener = socket.create_server(("127.0.0.1", 0))
        parts = urlsplit(broker)
        login, _, _ = parts.netloc.rpartition("@")
        port = self._listener.getsockname()[1]
        query = "&".join(each for each in parts.query.split("&") if each and not each.startswith("ssl_"))
        netloc = f"{login}@127.0.0.1:{port}" if login else f"127.0.0.1:{port}"
        self.url = urlunsplit(("amqp", netloc, parts.path, query, ""))
        self._door = threading.Thread(target=self._accept, daemon=True)
        self._door.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._door.join()
        self._listener.close()
        for link in self._links:
            link.end()

    def through(self, answer: Answer) -> Answer:
        """The same answer; the addresses of its first cell lead here."""
        return replace(
            answer, setup=f"import os\nos.environ['MQ_RABBITMQ_URL'] = {self.url!r}\n{answer.setup}"
        )

    @property
    def used(self) -> bool:
        """Whether anybody has connected through here."""
        return bool(self._links)

    def acts(self, *did: Did) -> list[Act]:
        """What was seen so far, of these kinds (of all, when none is named)."""
        with self._lock:
            return [act for act in self._acts if not did or act.did in did]

    def numbers(self, did: Did) -> set[int]:
        """Numbers of the messages to which that happened."""
        return {act.number for act in self.acts(did)}

    def unsettled(self, number: int) -> bool:
        """Whether a delivery of that message was neither acknowledged nor returned, as seen at the broker."""
        settled = (Did.ACKNOWLEDGED, Did.GIVEN_BACK, Did.DROPPED)
        deliveries = [act for act in self.acts(Did.DELIVERED) if act.number == number]
        return len(deliveries) > len([act for act in self.acts(*settled) if act.number == number])

    @property
    def asking(self) -> int:
        """Connections over which a client has subscribed, as seen at the broker, or has polled with basic_get."""
        return sum(link.asks for link in list(self._links))

    @property
    def in_hand(self) -> int:
        """Deliveries that are neither acknowledged nor given back, on connections that are open."""
        return len(self.held())

    def held(self) -> list[int]:
        """Numbers of the messages of these deliveries."""
        return [number for link in list(self._links) for number in link.held()]

    def cut(self, where: Callable[[Act], Cut | None]) -> None:
        """From now on an acknowledgement for which `where` names a place ends its connection there.

        The answer notices nothing but silence. `was_cut` is set when it has happened.
        """
        self.was_cut.clear()
        self._cut = where

    def settle(self, deadline_s: float = 5.0) -> None:
        """Wait until everything that the answer has sent so far is written down."""
        end_s = time.monotonic() + deadline_s
        while not all(link.drained() for link in list(self._links)) and time.monotonic() < end_s:
            time.sleep(0.001)

    def _note(self, acts: Iterable[Act]) -> None:
        with self._lock:
            self._acts += [replace(act, at_s=time.monotonic()) for act in acts]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                _at_once(client)
                broker = self._connect()
            except OSError:  # the answer sees what it would see of a broker that is gone
                client.close()
                continue
            link = _Link(client, broker, self._number_of, self._note, self._decide, self.was_cut.set)
            self._links.append(link)

    def _decide(self, acts: list[Act]) -> Cut | None:
        return next((where for act in acts if (where := self._cut(act))), None)

    def _connect(self) -> socket.socket:
        parameters = self._parameters
        plain = socket.create_connection((parameters.host, parameters.port), timeout=10)
        plain.settimeout(None)
        _at_once(plain)
        options = parameters.ssl_options
        if options is None:
            return plain
        secured: socket.socket = options.context.wrap_socket(
            plain, server_hostname=options.server_hostname or parameters.host
        )
        return secured


def _at_once(connection: socket.socket) -> None:
    """Send each part without waiting for the last one's acknowledgement: a frame at a time is passed on, and with
    Nagle's algorithm each confirmed message would take 40 ms."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Link:
    """One connection: two threads that pass bytes on, and the state that is needed to read them."""

    def __init__(
        self,
        client: socket.socket,
        broker: socket.socket,
        number_of: Callable[[bytes], int | None],
        note: Callable[[Iterable[Act]], None],
        decide: Callable[[list[Act]], Cut | None],
        say_cut: Callable[[], None],
    ) -> None:
        self._client, self._broker = client, broker
        self._number_of, self._note, self._decide = number_of, note, decide
        self._say_cut = say_cut
        self._reading = threading.Lock()
        self._is_cut = False
        self._is_closed = False
        self.asks = False
        """Whether anybody consumes over it, or has asked for a single message."""
        self._channels: dict[int, _Channel] = {}
        self._threads = [
            threading.Thread(target=self._pass, args=way, daemon=True)
            for way in ((client, broker, self._from_client), (broker, client, self._from_broker))
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Both ends, and wait until nothing reads them any more."""
        self.close()
        for thread in self._threads:
            thread.join()
        for end in (self._client, self._broker):
            end.close()

    def close(self) -> None:
        """Both ends; the broker requeues what was not acknowledged."""
        self._is_closed = True
        for end in (self._client, self._broker):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def held(self) -> list[int]:
        """Numbers of the messages whose deliveries its client still has; none when it is closed."""
        if self._is_closed:
            return []
        return [
            number
            for channel in list(self._channels.values())
            for _, number in list(channel.unsettled.values())
        ]

    def drained(self) -> bool:
        """Whether nothing that the client has sent is still unread."""
        with self._reading:
            try:
                waiting = fcntl.ioctl(self._client.fileno(), termios.FIONREAD, b"\0" * 4)
            except (OSError, ValueError):
                return True
            return bool(struct.unpack("i", waiting)[0] == 0)

    def _pass(self, source: socket.socket, target: socket.socket, take: Callable[[Any], Cut | None]) -> None:
        buffer = b""
        readable = True
        guard = self._reading if source is self._client else threading.Lock()
        try:
            while source.recv(1, socket.MSG_PEEK) if source is self._client else True:
                with guard:
                    part = source.recv(65_536)
                    if not part:
                        break
                    if self._is_cut:
                        continue
                    if not readable:
                        self._send(target, part)
                        continue
                    buffer += part
                    try:
                        buffer = self._frames(buffer, target, take)
                    except (ValueError, KeyError, IndexError, struct.error, pika.exceptions.AMQPError):
                        # Not the protocol: that is between the answer and the broker.
                        readable = False
                        self._send(target, buffer)
        except OSError:
            pass
        finally:
            self._end_of(source)

    def _send(self, target: socket.socket, part: bytes) -> None:
        """A client that is gone gets nothing, and the broker is read to its end anyway: an end with something
        unread would take from the broker what it has not read either."""
        try:
            target.sendall(part)
        except OSError:
            if target is self._broker:
                raise

    def _end_of(self, source: socket.socket) -> None:
        """The client's end is passed on behind all that it sent, such as its last acknowledgements, and the broker ends
        its side when it has read them. The end of the broker ends both."""
        if source is self._client and not isinstance(self._broker, ssl.SSLSocket):
            self._is_closed = True
            with contextlib.suppress(OSError):
                self._broker.shutdown(socket.SHUT_WR)
        else:
            self.close()

    def _frames(self, buffer: bytes, target: socket.socket, take: Callable[[Any], Cut | None]) -> bytes:
        """Pass on every whole frame; gives what is left."""
        while not self._is_cut:
            size, frame = frames.decode_frame(buffer)
            if frame is None:
                break
            where = take(frame)
            if where is not Cut.BEFORE:
                self._send(target, buffer[:size])
            if where is not None:
                self._is_cut = True
                self._say_cut()
            buffer = buffer[size:]
        return buffer

    def _channel(self, number: int) -> "_Channel":
        return self._channels.setdefault(number, _Channel())

    def _from_client(self, frame: Any) -> Cut | None:
        if not hasattr(frame, "channel_number"):
            return None
        channel = self._channel(frame.channel_number)
        method = getattr(frame, "method", None)
        if isinstance(method, spec.Confirm.Select):
            channel.confirms = True
        elif isinstance(method, spec.Basic.Consume):
            channel.consumers[method.consumer_tag] = (method.queue, bool(method.no_ack))
            channel.last_consumer = (method.queue, bool(method.no_ack))
        elif isinstance(method, spec.Basic.Get):
            channel.gets.append((method.queue, bool(method.no_ack)))
            self.asks = True
            self._note([Act(Did.ASKED, method.queue)])
        elif isinstance(method, spec.Basic.Publish):
            channel.outgoing.begin(method.routing_key)
        elif isinstance(method, spec.Basic.Ack):
            return self._acknowledged(channel.settled(method.delivery_tag, method.multiple))
        elif isinstance(method, spec.Basic.Nack | spec.Basic.Reject):
            several = bool(getattr(method, "multiple", False))
            did = Did.GIVEN_BACK if method.requeue else Did.DROPPED
            self._note(Act(did, queue, n) for queue, n in channel.settled(method.delivery_tag, several))
        elif channel.outgoing.take(frame):
            queue, number = channel.outgoing.queue, self._number(channel.outgoing.body)
            self._note([Act(Did.PUBLISHED, queue, number)])
            if channel.confirms:
                channel.published += 1
                channel.unconfirmed[channel.published] = (queue, number)
        return None

    def _acknowledged(self, messages: list[tuple[str, int]]) -> Cut | None:
        acts = [Act(Did.ACKNOWLEDGED, queue, number) for queue, number in messages]
        where = self._decide(acts)
        self._note(replace(act, did=Did.WITHHELD) if where is Cut.BEFORE else act for act in acts)
        return where

    def _from_broker(self, frame: Any) -> Cut | None:
        if not hasattr(frame, "channel_number"):
            return None
        channel = self._channel(frame.channel_number)
        method = getattr(frame, "method", None)
        if isinstance(method, spec.Basic.ConsumeOk):
            self.asks = True
            channel.consumers.setdefault(method.consumer_tag, channel.last_consumer)
        elif isinstance(method, spec.Basic.Deliver):
            queue, auto = channel.consumers.get(method.consumer_tag, channel.last_consumer)
            channel.incoming.begin(queue, method.delivery_tag, auto=auto)
        elif isinstance(method, spec.Basic.GetOk):
            queue, auto = channel.gets.pop(0)
            channel.incoming.begin(queue, method.delivery_tag, auto=auto)
        elif isinstance(method, spec.Basic.GetEmpty):
            self._note([Act(Did.EMPTY, channel.gets.pop(0)[0])])
        elif isinstance(method, spec.Basic.Return):
            channel.incoming.begin("", 0)
        elif isinstance(method, spec.Basic.Ack | spec.Basic.Nack):
            did = Did.STORED if isinstance(method, spec.Basic.Ack) else Did.REFUSED
            acts = channel.confirmed(method.delivery_tag, bool(method.multiple))
            self._note(Act(did, queue, number) for queue, number in acts)
        elif channel.incoming.take(frame) and channel.incoming.tag:
            got = channel.incoming
            number = self._number(got.body)
            acts_ = [Act(Did.DELIVERED, got.queue, number)]
            if got.auto:
                acts_.append(Act(Did.ACKNOWLEDGED, got.queue, number))
            else:
                channel.unsettled[got.tag] = (got.queue, number)
            self._note(acts_)
        return None

    def _number(self, body: bytes) -> int:
        return self._number_of(body) or -1


class _Message:
    """A message whose frames are just passing."""

    def __init__(self) -> None:
        self.queue, self.tag, self.auto, self.body, self._size = "", 0, False, b"", -1

    def begin(self, queue: str, tag: int = 0, *, auto: bool = False) -> None:
        self.queue, self.tag, self.auto, self.body, self._size = queue, tag, auto, b"", -1

    def take(self, frame: Any) -> bool:
        """Whether this frame made the message whole."""
        if isinstance(frame, frames.Header):
            self._size = frame.body_size
        elif isinstance(frame, frames.Body):
            self.body += frame.fragment
        else:
            return False
        return bool(len(self.body) == self._size)


class _Channel:
    """What one channel has open."""

    def __init__(self) -> None:
        self.confirms = False
        self.published = 0
        self.unconfirmed: dict[int, tuple[str, int]] = {}
        self.unsettled: dict[int, tuple[str, int]] = {}
        self.consumers: dict[str, tuple[str, bool]] = {}
        self.last_consumer = ("", False)
        self.gets: list[tuple[str, bool]] = []
        self.outgoing, self.incoming = _Message(), _Message()

    def settled(self, tag: int, multiple: bool) -> list[tuple[str, int]]:
        return _taken(self.unsettled, tag, multiple)

    def confirmed(self, tag: int, multiple: bool) -> list[tuple[str, int]]:
        return _taken(self.unconfirmed, tag, multiple)


def _taken(open_: dict[int, tuple[str, int]], tag: int, multiple: bool) -> list[tuple[str, int]]:
    tags = sorted(each for each in open_ if each <= tag or tag == 0) if multiple else [tag]
    return [open_.pop(each) for each in tags if each in open_]
