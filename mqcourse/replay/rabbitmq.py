"""The recorder for RabbitMQ: it reads along with the frames of a pika connection.

The chapter's code calls pika as always. Each frame that the connection sends or takes in becomes an event, with the
line of code that sent it. An answer gets the line of its question, and a delivery that of its basic_consume.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from mqcourse.replay.tape import BROKER, Tape, label_of, recording, tape

METHODS_ANSWERED = {
    "Queue.Declare",
    "Queue.Bind",
    "Basic.Consume",
    "Basic.Get",
    "Queue.Purge",
    "Queue.Delete",
    "Confirm.Select",
    "Exchange.Declare",
}


def record(name: str, **clients: Any) -> AbstractContextManager[None]:
    """Record what these pika connections do, and those that programs of this cell `watch`: `record("x", producer=c)`."""
    return recording(name, "rabbitmq", _watch, clients)


def watch(connection: Any, who: str) -> None:
    """Let a connection take part in the recording that runs, under this name. Without a recording it does nothing."""
    running = tape()
    if running is not None:
        _watch(connection, who, running)


def _watch(connection: Any, who: str, tape: Tape) -> None:
    Frames(connection, who, tape).attach()


@dataclass
class Arriving:
    """A message whose last frame was not yet received: its method, the header, and the body so far."""

    method: Any
    properties: Any = None
    size: int = 0
    body: bytes = b""


@dataclass
class Channel:
    """What has to be known of a channel to say which line an answer belongs to."""

    asked: list[tuple[Any, str]] = field(default_factory=list)
    publishing: list[str] = field(default_factory=list)
    arriving: Arriving | None = None
    prefetch: int = 0
    acks: bool = False
    before: int = -1  # publishes before the recording, which the broker numbered too; -1 until that is known

    def answers(self, question: str) -> tuple[Any, str]:
        """The oldest question of that name and its line, which count as answered now; (None, BROKER) without one."""
        for at, (sent, line) in enumerate(self.asked):
            if question == sent.NAME:
                del self.asked[at]
                return sent, line
        return None, BROKER


class Frames:
    """Reads along with one connection, until its recording ends."""

    def __init__(self, connection: Any, who: str, tape: Tape) -> None:
        self.impl = getattr(connection, "_impl", connection)
        self.who = who
        self.tape = tape
        self.channels: dict[int, Channel] = {}
        self.consumers: dict[str, str] = {}
        self.counted: dict[str, tuple[int, int]] = {}

    def attach(self) -> None:
        """Begin. pika's own methods are called as before; what they carry is noted beside them."""
        sends, takes, ends = self.impl._send_method, self.impl._process_frame, self.impl._on_stream_terminated

        def send(number: int, method: Any, content: Any = None) -> Any:
            given = sends(number, method, content)
            if not self.tape.closed:
                self.sent(number, method, content)
            return given

        def take(frame: Any) -> Any:
            if not self.tape.closed:
                self.taken(frame)
            return takes(frame)

        def end(error: Any) -> Any:
            if not self.tape.closed:
                self.write("disconnected", cause=BROKER, why=type(error).__name__ if error else None)
            return ends(error)

        self.impl._send_method, self.impl._process_frame, self.impl._on_stream_terminated = send, take, end
        self.write("joined")

    def write(self, did: str, **what: Any) -> None:
        """An event of this connection."""
        self.tape.write(self.who, did, **what)

    def channel(self, number: int) -> Channel:
        """What is known of a channel."""
        return self.channels.setdefault(number, Channel())

    def sent(self, number: int, method: Any, content: Any) -> None:
        """Note a method that was sent."""
        channel, name, here = self.channel(number), method.NAME, self.tape.here()
        if name in METHODS_ANSWERED:
            channel.asked.append((method, here))
        if name == "Basic.Publish":
            properties, body = content
            channel.publishing.append(here)
            self.write(
                "published",
                cause=here,
                channel=number,
                exchange=method.exchange,
                key=method.routing_key,
                message=label_of(body),
                mandatory=method.mandatory or None,
                message_id=properties.message_id,
            )
        elif name == "Basic.Qos":
            channel.prefetch = method.prefetch_count
        elif name == "Basic.Ack":
            self.write(
                "acked", cause=here, channel=number, tag=method.delivery_tag, multiple=method.multiple or None
            )
        elif name in ("Basic.Nack", "Basic.Reject"):
            self.write(
                "rejected",
                cause=here,
                channel=number,
                tag=method.delivery_tag,
                multiple=getattr(method, "multiple", False) or None,
                requeue=bool(method.requeue),
            )
        elif name in ("Channel.Close", "Connection.Close"):
            self.write("closed", cause=here, channel=number or None)

    def taken(self, frame: Any) -> None:
        """Note a received frame."""
        channel = self.channel(frame.channel_number)
        method = getattr(frame, "method", None)
        if method is not None:
            self.answered(frame.channel_number, channel, method)
        elif channel.arriving is not None:
            arriving = channel.arriving
            if hasattr(frame, "body_size"):
                arriving.properties, arriving.size = frame.properties, frame.body_size
            elif hasattr(frame, "fragment"):
                arriving.body += frame.fragment
            if arriving.properties is not None and len(arriving.body) >= arriving.size:
                channel.arriving = None
                self.arrived(frame.channel_number, channel, arriving)

    def answered(self, number: int, channel: Channel, method: Any) -> None:
        """Note a received method."""
        name = method.NAME
        if name in ("Basic.Deliver", "Basic.Return", "Basic.GetOk"):
            channel.arriving = Arriving(method)
            return
        asked, cause = channel.answers("Basic.Get" if name == "Basic.GetEmpty" else name.removesuffix("Ok"))
        if name == "Queue.DeclareOk":
            found = (method.message_count, method.consumer_count)
            known = self.counted.get(method.queue)
            self.counted[method.queue] = found
            passive = asked is not None and asked.passive
            if passive and known == found:
                return  # the broker was asked again and answered the same
            arguments = dict((asked.arguments if asked is not None else None) or {})
            self.write(
                "counted" if passive else "declared",
                cause=cause,
                queue=method.queue,
                ready=found[0],
                consumers=found[1],
                arguments={key: value for key, value in arguments.items() if isinstance(value, str | int)}
                or None,
            )
        elif name == "Queue.BindOk" and asked is not None:
            self.write(
                "bound", cause=cause, queue=asked.queue, exchange=asked.exchange, key=asked.routing_key
            )
        elif name == "Exchange.DeclareOk" and asked is not None:
            self.write("exchange-declared", cause=cause, exchange=asked.exchange, kind=asked.type)
        elif name == "Basic.ConsumeOk" and asked is not None:
            self.consumers[f"{number}/{method.consumer_tag}"] = cause
            self.write(
                "subscribed",
                cause=cause,
                channel=number,
                queue=asked.queue,
                consumer=method.consumer_tag,
                auto_ack=asked.no_ack or None,
                prefetch=channel.prefetch,
            )
        elif name == "Confirm.SelectOk":
            channel.acks, channel.before = True, 0
            channel.publishing.clear()
            self.write("confirms", cause=cause, channel=number)
        elif name in ("Basic.Ack", "Basic.Nack"):
            # the broker's word on what this channel published
            lines, tag = channel.publishing, method.delivery_tag
            if channel.before < 0:
                channel.before = tag - len(lines)  # a blocking publish waits: the last one is meant
            tag -= channel.before
            cause = lines[tag - 1] if 1 <= tag <= len(lines) else BROKER
            self.write(
                "confirmed" if name == "Basic.Ack" else "refused",
                cause=cause,
                channel=number,
                tag=tag,
                multiple=method.multiple or None,
            )
        elif name == "Basic.GetEmpty":
            self.write("found-empty", cause=cause, channel=number, queue=asked.queue if asked else None)
        elif name in ("Queue.PurgeOk", "Queue.DeleteOk") and asked is not None:
            did = "purged" if name == "Queue.PurgeOk" else "queue-deleted"
            self.write(did, cause=cause, queue=asked.queue, messages=method.message_count)
        elif name == "Basic.Cancel":
            self.write("cancelled", cause=cause, channel=number, consumer=method.consumer_tag)
        elif name in ("Channel.Close", "Connection.Close"):
            self.write("closed-by-broker", cause=cause, channel=number or None, why=method.reply_text)

    def arrived(self, number: int, channel: Channel, arriving: Arriving) -> None:
        """Note a message whose last frame was received."""
        method, name = arriving.method, arriving.method.NAME
        headers = arriving.properties.headers or {}
        what: dict[str, Any] = {
            "channel": number,
            "message": label_of(arriving.body),
            "message_id": arriving.properties.message_id,
            "exchange": method.exchange,
            "key": method.routing_key,
        }
        if name == "Basic.Return":
            lines = channel.publishing
            self.write("returned", cause=lines[-1] if lines else BROKER, why=method.reply_text, **what)
            return
        died = headers.get("x-death")
        if isinstance(died, list) and died:
            what["died"] = {key: died[0].get(key) for key in ("reason", "queue", "count")}
        if isinstance(headers.get("x-delivery-count"), int):
            what["delivery_count"] = headers["x-delivery-count"]
        what |= {"tag": method.delivery_tag, "redelivered": method.redelivered or None}
        if name == "Basic.Deliver":
            cause = self.consumers.get(f"{number}/{method.consumer_tag}", BROKER)
            self.write("delivered", cause=cause, consumer=method.consumer_tag, **what)
            return
        asked, cause = channel.answers("Basic.Get")
        if asked is not None:
            what |= {"queue": asked.queue, "auto_ack": asked.no_ack or None}
        self.write("got", cause=cause, **what)
