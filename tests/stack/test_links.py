"""The links between nodes: which are cut, and that the proxy loses no byte and lets none through a cut link."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.stack import epmd, link_proxy, links, process, record
from mqcourse.stack.links import Links
from mqcourse.stack.record import Record

LIMIT_S = 60
NODES = (1, 2, 3)
numbers = st.sampled_from(NODES)
every_links = st.builds(Links, st.frozensets(numbers), st.dictionaries(numbers, st.integers(1, 60_000)))


@given(every_links, numbers, numbers)
def test_a_cut_and_a_delay_hold_in_both_directions_and_never_for_a_node_itself(some, one, other):
    assert some.is_cut(one, other) == some.is_cut(other, one)
    assert some.delay_s(one, other) == some.delay_s(other, one)
    assert not some.is_cut(one, one)
    assert some.delay_s(one, one) == 0


@given(every_links, numbers)
def test_a_partition_cuts_every_link_of_a_node_and_a_heal_takes_back_what_was_done_to_it(some, node):
    others = tuple(each for each in NODES if each != node)
    assert some.partitioned(node).cut_from(node, NODES) == others
    assert some.slowed(node, 70).delay_ms[node] == 70
    assert node in some.partitioned(node).failed
    healed = some.partitioned(node).slowed(node, 70).healed(node)
    assert node not in healed.failed
    assert healed.failed == some.failed - {node}


@given(every_links)
def test_they_are_read_as_they_were_written(some):
    assert links.of_object(json.loads(json.dumps(some.as_object()))) == some


@pytest.mark.parametrize(
    "found", [{}, {"isolated": 3}, {"isolated": ["x"]}, {"delay_ms": [1]}, {"delay_ms": {"1": None}}]
)
def test_a_damaged_file_is_whole_links(found):
    assert links.of_object(found) == Links()


def test_without_a_proxy_the_wish_is_an_error_that_says_how_to_start_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    with pytest.raises(CourseError, match="mq start --nodes 3 kafka") as refused:
        links.apply(tmp_path, "kafka-cluster", Links(frozenset({1})))
    assert refused.value.exit_code == Exit.UNREACHABLE


class Pair:
    """A node behind the proxy, in this process: what reaches it is kept, and sent back."""

    def __init__(self, gate: link_proxy.Gate, source: int | None) -> None:
        self.gate, self.source = gate, source
        self.arrived = b""
        self.connections = 0

    async def __aenter__(self) -> "Pair":
        target = await asyncio.start_server(self._echo, "127.0.0.1", 0)
        way = link_proxy.Way(2, 0, target.sockets[0].getsockname()[1])
        serve = partial(link_proxy.serve_link, way, self.gate, lambda _peer, _port: self.source)
        front = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.servers = (target, front)
        self.port = front.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self.servers:
            server.close()
            await server.wait_closed()

    async def _echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(1000):
                self.arrived += data
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


def within_limit(work):
    async def tidied() -> None:
        await asyncio.wait_for(work, LIMIT_S)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _ in range(5):
            await asyncio.sleep(0)  # a closed transport closes its socket in a later turn of the loop

    asyncio.run(tidied())


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=100_000), min_size=1, max_size=6),
    st.lists(every_links, max_size=6),
)
def test_every_byte_arrives_in_order_whatever_was_cut_and_healed_meanwhile(chunks, changes):
    changes = [Links(each.isolated, {node: ms % 5 for node, ms in each.delay_ms.items()}) for each in changes]

    async def work() -> None:
        gate = link_proxy.Gate(Links())
        async with Pair(gate, 1) as pair:
            reader, writer = await asyncio.open_connection("127.0.0.1", pair.port)
            wanted = b"".join(chunks)

            async def send() -> None:
                for chunk in chunks:
                    writer.write(chunk)
                    await writer.drain()
                writer.write_eof()

            async def change() -> None:
                for each in changes:
                    gate.change(each)
                    await asyncio.sleep(0)
                gate.change(Links())

            found, *_ = await asyncio.gather(reader.read(-1), send(), change())
            assert found == wanted == pair.arrived
            writer.close()

    within_limit(work())


def test_a_cut_link_passes_nothing_and_refuses_nothing_until_it_is_healed():
    async def work() -> None:
        gate = link_proxy.Gate(Links())
        async with Pair(gate, 1) as pair:
            reader, writer = await asyncio.open_connection("127.0.0.1", pair.port)
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            gate.change(Links(frozenset({1})))
            writer.write(b"during")
            _late, later = await asyncio.open_connection("127.0.0.1", pair.port)
            later.write(b"late")
            async with Pair(gate, None) as foreign:  # a foreign end passes: the loop had its turns
                answer, ask = await asyncio.open_connection("127.0.0.1", foreign.port)
                for _ in range(20):
                    ask.write(b"x")
                    assert await answer.readexactly(1) == b"x"
                ask.close()
            assert (pair.arrived, pair.connections) == (b"before", 1)
            assert not reader.at_eof()
            gate.change(Links())
            assert await reader.readexactly(6) == b"during"
            assert await _late.readexactly(4) == b"late"
            assert pair.connections == 2
            writer.close()
            later.close()

    within_limit(work())


def test_an_end_that_closes_behind_a_cut_link_is_noticed_only_after_the_heal():
    async def work() -> None:
        gate = link_proxy.Gate(Links())
        async with Pair(gate, 1) as pair:
            reader, writer = await asyncio.open_connection("127.0.0.1", pair.port)
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            gate.change(Links(frozenset({2})))
            writer.write_eof()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.2)
            gate.change(Links())
            assert await reader.read(1) == b""
            writer.close()

    within_limit(work())


def test_a_slow_link_holds_each_byte_for_its_delay_in_each_direction():
    async def work() -> None:
        gate = link_proxy.Gate(Links(delay_ms={1: 60, 2: 40}))
        async with Pair(gate, 1) as pair:
            reader, writer = await asyncio.open_connection("127.0.0.1", pair.port)
            begun_s = time.monotonic()
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            assert time.monotonic() - begun_s >= 2 * 0.1
            writer.close()

    within_limit(work())


def test_a_target_that_does_not_run_ends_the_connection():
    async def work() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            way = link_proxy.Way(2, 0, unused.getsockname()[1])
            serve = partial(link_proxy.serve_link, way, link_proxy.Gate(Links()), lambda _peer, _port: 1)
            async with await asyncio.start_server(serve, "127.0.0.1", 0) as front:
                reader, writer = await asyncio.open_connection(*front.sockets[0].getsockname())
                assert await reader.read(1) == b""
                writer.close()

    within_limit(work())


def test_a_node_is_told_the_ways_of_others_and_is_forgotten_when_it_ends():
    async def ask(port: int, asked: epmd.Request) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(epmd.framed(epmd.body_of(asked)))
        return reader, writer

    async def said(port: int, asked: epmd.Request) -> bytes:
        reader, writer = await ask(port, asked)
        found = await reader.read(-1)
        writer.close()
        return found

    async def work() -> None:
        mapper = link_proxy.Epmd(4369, {"mq1": 7001})
        async with await asyncio.start_server(mapper.serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            assert epmd.node_of(await said(port, epmd.PortPlease("mq1"))) is None
            reader, alive = await ask(port, epmd.Alive("mq1", 5001))
            assert (await reader.readexactly(6))[:2] == b"v\x00"
            told = epmd.node_of(await said(port, epmd.PortPlease("mq1")))
            assert told == epmd.Alive("mq1", 7001)
            assert await said(port, epmd.Names()) == epmd.names_answer(4369, {"mq1": 7001})
            assert (await said(port, epmd.Alive("mq1", 5002)))[:2] == b"v\x01"  # the name is taken
            alive.close()
            while epmd.node_of(await said(port, epmd.PortPlease("mq1"))) is not None:
                await asyncio.sleep(0.01)

    within_limit(work())


def test_a_connection_is_known_by_the_process_that_holds_its_other_end(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = (
            f"import socket, sys; one = socket.create_connection(('127.0.0.1', {port})); sys.stdin.read()"
        )
        server.settimeout(LIMIT_S)
        with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as node:
            child = process.child_of(node.pid)
            known = Record("kafka-2", "native", "4", 20000, "", None, None, child.pid, child.born_s, 0.0, 1.0)
            record.write(tmp_path, known)
            names = {number: f"kafka-{number}" for number in NODES}
            accepted, peer = server.accept()
            with accepted:
                pass  # the node's own end stays open
            assert link_proxy.source(tmp_path, names, peer[1], port) == 2
            assert link_proxy.source(tmp_path, names, peer[1], port + 1) is None
            with socket.create_connection(("127.0.0.1", port)) as mine:
                assert link_proxy.source(tmp_path, names, mine.getsockname()[1], port) is None


@pytest.fixture
def program(tmp_path, monkeypatch, kept_port) -> Iterator["subprocess.Popen[str]"]:
    """The proxy as a process, as the stack starts it."""
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    (tmp_path / "kafka-cluster").mkdir()
    command = [sys.executable, "-m", "mqcourse.stack.link_proxy", str(tmp_path), "kafka-cluster", "mark"]
    with subprocess.Popen(
        [*command, f"1:{kept_port}:9"],
        env={**os.environ, **process.marks(tmp_path, links.mark("kafka-cluster"))},
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        deadline = time.monotonic() + LIMIT_S
        while links.proxy(tmp_path, "kafka-cluster") is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.lengthy
def test_a_wish_holds_when_the_command_returns_and_a_new_proxy_takes_it_over(tmp_path, program):
    wish = Links(frozenset({2}), {3: 40})
    links.apply(tmp_path, "kafka-cluster", wish)
    assert links.read(tmp_path, "kafka-cluster") == wish
    known = json.loads(links.applied_file(tmp_path, "kafka-cluster").read_text())
    assert known == {"pid": program.pid, **wish.as_object()}
    # a second one on the same ports says so and ends, and the first serves on
    second = subprocess.run(program.args, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert links.proxy(tmp_path, "kafka-cluster") == psutil.Process(program.pid)
    program.send_signal(signal.SIGTERM)
    assert program.wait(LIMIT_S) == -signal.SIGTERM
    assert links.proxy(tmp_path, "kafka-cluster") is None
    with subprocess.Popen(
        program.args,
        env={**os.environ, **process.marks(tmp_path, links.mark("kafka-cluster"))},
    ) as third:
        links.await_proxy(tmp_path, "kafka-cluster")
        known = json.loads(links.applied_file(tmp_path, "kafka-cluster").read_text())
        assert known == {"pid": third.pid, **wish.as_object()}
        assert links.heal(tmp_path, "kafka-cluster", 2)
        assert not links.heal(tmp_path, "kafka-cluster", 2)
        assert links.read(tmp_path, "kafka-cluster") == Links(delay_ms={3: 40})
        third.kill()
    assert links.heal(tmp_path, "kafka-cluster", 3)  # the next proxy reads it
    assert links.read(tmp_path, "kafka-cluster") == Links()
    links.forget(tmp_path, "kafka-cluster")
    assert list((tmp_path / "kafka-cluster").iterdir()) == []
