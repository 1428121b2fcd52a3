"""Mutated frames by the thousand: every connection ends in order, nothing leaks, no fault is logged.

EMULATOR_FUZZ_FRAMES says how many (a million takes some ten minutes), EMULATOR_FUZZ_SEED where to start.
"""

import gc
import logging
import os
import random
import uuid

import psutil
import pytest

from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.encode import encode_value
from servicebus_emulator.amqp.message import BATCH_FORMAT, build
from servicebus_emulator.amqp.performatives import (
    RECEIVER,
    SECOND,
    SENDER,
    Accepted,
    AmqpError,
    Coordinator,
    Modified,
    Rejected,
    Released,
    Source,
    Target,
)
from servicebus_emulator.amqp.types import Array, Described, Int, Symbol, Timestamp, UInt, ULong
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.gateway import client_events

from .in_memory_client import World

FRAMES = int(os.environ.get("EMULATOR_FUZZ_FRAMES", "20000"))
SEED = int(os.environ.get("EMULATOR_FUZZ_SEED", "1"))
TELLING = bytes([0, 1, 0x40, 0x43, 0x44, 0x45, 0x53, 0x70, 0x7F, 0x80, 0xA1, 0xB0, 0xC0, 0xD0, 0xF0, 0xFF])
FILTER = Symbol("com.microsoft:session-filter")


def conversation() -> list[bytes]:
    """What a client of many talents sends, cut into frames."""
    world = World()
    client = Connection("client", container_id="c", hostname="h", sasl=("ANONYMOUS", b""))
    at_server = world.emulator.connect("recorded")
    sent: list[bytes] = []

    def exchange():
        while client.has_output or at_server.connection.has_output:
            sent.append(client.take())
            client_events.receive(at_server, sent[-1])
            world.emulator.pump()
            client.receive(at_server.connection.take())

    def link(role, source, target, **fields):
        return session.attach(uuid.uuid4().hex, role, source=source, target=target, **fields)

    client.start()
    exchange()
    session = client.begin_session()
    here = Source("here")
    sender = link(SENDER, here, Target("q"))
    receiver = link(RECEIVER, Source("q"), Target("here"), snd_settle_mode=0, rcv_settle_mode=SECOND)
    requests = link(SENDER, here, Target("q/$management"))
    replies = link(RECEIVER, Source("q/$management"), Target("here"))
    control = link(SENDER, here, Coordinator())
    link(RECEIVER, Source("s", filter={FILTER: "S"}), Target("here"))
    link(RECEIVER, Source("s", filter={FILTER: None}), Target("here"))
    claims = link(SENDER, here, Target("$cbs"))
    link(RECEIVER, Source("$cbs"), Target("here"))
    exchange()
    for n in range(5):
        sender.send(build(body=b"x" * n, application_properties={"n": n}, properties={0: "id"}), bytes([n]))
    batch = b"".join(b"\x00\x53\x75" + encode_value(build(body=b"1")) for _ in range(3))
    sender.send(batch, b"b", message_format=BATCH_FORMAT)
    exchange()
    receiver.grant(10)
    exchange()
    buried = Rejected(AmqpError("com.microsoft:dead-letter", "x", {Symbol("DeadLetterReason"): "r"}))
    for number, state in enumerate((Accepted(), Modified(True), buried, Released())):
        session.settle_incoming(number, state, settled=False)
    replies.grant(10)
    exchange()
    tokens = Array(uuid.UUID, [uuid.UUID(int=5)])
    for operation, body in (
        ("peek-message", {"from-sequence-number": 1, "message-count": UInt(3)}),
        ("renew-lock", {"lock-tokens": tokens}),
        ("schedule-message", {"messages": [{"message": build(body=b"x"), "message-id": "z"}]}),
        ("update-disposition", {"disposition-status": "completed", "lock-tokens": tokens}),
        ("get-message-sessions", {"last-updated-time": Timestamp(5), "skip": Int(0), "top": Int(5)}),
    ):
        ask = {"operation": f"com.microsoft:{operation}"}
        requests.send(
            build(value=body, properties={0: "i", 4: "here"}, application_properties=ask), b"m", settled=True
        )
        exchange()
    control.send(build(value=Described(ULong(0x31), [None])), b"k")
    put = {"operation": "put-token", "type": "x", "name": "sb://h/q"}
    claims.send(build(value="token", properties={0: "i"}, application_properties=put), b"c")
    exchange()
    receiver.grant(5, drain=True)
    exchange()
    receiver.detach()
    exchange()
    session.end()
    exchange()
    client.close()
    exchange()
    return cut(b"".join(sent))


def cut(stream: bytes) -> list[bytes]:
    frames = []
    while stream:
        size = 8 if stream[:4] == b"AMQP" else int.from_bytes(stream[:4], "big")
        frames.append(stream[:size])
        stream = stream[size:]
    return frames


def mutated(frame: bytes, rng: random.Random, frames: list[bytes]) -> bytes:
    data = bytearray(frame)
    kind = rng.random()
    if kind < 0.5 and len(data) > 8:
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(8 if rng.random() < 0.9 else 0, len(data))
            data[at] = rng.choice(TELLING) if rng.random() < 0.8 else rng.randrange(256)
    elif kind < 0.65 and len(data) > 10:
        at = rng.randrange(8, len(data))
        del data[at : at + rng.randint(1, 8)]
        data[:4] = len(data).to_bytes(4, "big")
    elif kind < 0.8 and len(data) > 8:
        at = rng.randrange(8, len(data) + 1)
        data[at:at] = rng.randbytes(rng.randint(1, 12))
        data[:4] = len(data).to_bytes(4, "big")
    elif kind < 0.9:
        data = data * 2
    else:
        return rng.choice(frames)
    return bytes(data)


def held(world: World) -> tuple[int, int]:
    """Objects and bytes in use once every queue is empty and everything that ends with time has ended."""
    for queue in world.broker.queues():
        for each in (queue, queue.dead_letter_queue, queue.transfer_dead_letter_queue):
            if each is not None:
                each.purge(world.now_s)
    world.pass_time(130)
    gc.collect()
    return len(gc.get_objects()), psutil.Process().memory_info().rss


@pytest.mark.lengthy
def test_mutated_frames_end_their_own_connection_and_nothing_else(caplog):
    caplog.set_level(logging.ERROR, logger="servicebus_emulator")
    frames = conversation()
    assert len(frames) > 30
    world = World()
    rng = random.Random(SEED)
    witness = world.client()
    sender, receiver = witness.attach(SENDER, "p"), witness.receiver("p")
    sent = 0
    rounds = 0
    settled: tuple[int, int] | None = None
    while sent < FRAMES:
        if settled is None and sent >= FRAMES // 4:
            settled = held(world)
        at_server = world.emulator.connect("fuzz")
        share = rng.choice((0.02, 0.1, 0.35))
        for position, frame in enumerate(frames):
            client_events.receive(
                at_server, mutated(frame, rng, frames) if position >= 3 and rng.random() < share else frame
            )
            sent += 1
            world.emulator.pump()
            at_server.connection.take()
            if at_server.connection.closed:
                break
        world.emulator.disconnect(at_server)
        rounds += 1
        if rounds % 200 == 0:
            for name in ("q", "s"):
                world.broker.queue(name).purge(world.now_s)
            world.pass_time(1)
            assert witness.send(sender) == Accepted()
            receiver.grant(1)
            world.run()
            assert witness.settle(witness.received(receiver)[-1].delivery_id, Accepted()) == Accepted()
    assert caplog.records == []
    objects, rss_bytes = held(world)
    assert settled is not None
    assert objects - settled[0] < 2_000, "objects were left behind"
    assert rss_bytes - settled[1] < 30_000_000, "memory was left behind"
    assert world.emulator.clients == {witness.at_server}
    for name in ("q", "p", "s"):
        queue = world.broker.queue(name)
        assert queue.receiver_count == (1 if name == "p" else 0)
        if name == "q":
            queue.purge(world.now_s)
            assert queue.open_receiver(ReceiveMode.PEEK_LOCK, world.now_s).credit == 0
