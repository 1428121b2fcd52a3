"""The program that carries every connection between the nodes of one cluster, and cuts or delays it.

Each node is reached by the others at a port of this program. Which node a connection comes from is told by the process
that holds its other end. A connection of any other process, such as a tool's, is carried as it is.

A link that is cut behaves like a network that loses every packet: bytes, ends and resets of connections wait here
until the link is healed. Then they are delivered, as TCP sends again what was not acknowledged. One thing differs from
a network: a new connection over a cut link is accepted, because the kernel accepts for this program. It stays silent,
and its target is connected to once the link is healed.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil

from mqcourse.disk import write_private
from mqcourse.stack import epmd, links, process, record
from mqcourse.stack.links import Links

CHUNK_BYTES = 65536
CHUNKS = 16
"""So many chunks of each direction wait here; then the sender's own buffer fills, as it does in a network."""
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Way:
    """The port at which others reach a node, and the node's own port behind it."""

    node: int
    port: int
    target: int

    @classmethod
    def of(cls, text: str) -> "Way":
        """Of NODE:PORT:TARGET."""
        node, port, target = map(int, text.split(":"))
        return cls(node, port, target)


class Gate:
    """The links as they are now, and waiting until bytes may pass."""

    def __init__(self, current: Links) -> None:
        self.current = current
        self._changed = asyncio.Event()

    def change(self, current: Links) -> None:
        """Apply other links to every byte that waits, and to all later ones."""
        self.current = current
        self._changed.set()
        self._changed = asyncio.Event()

    async def passed(self, one: int | None, other: int, arrived_s: float) -> None:
        """Return when bytes that arrived at this time of the loop may pass; a foreign end is never held up."""
        if one is None:
            return
        while True:
            changed = self._changed
            left_s = arrived_s + self.current.delay_s(one, other) - asyncio.get_running_loop().time()
            if self.current.is_cut(one, other):
                await changed.wait()
            elif left_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), left_s)
            else:
                return


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passed: Callable[[float], Awaitable[None]]
) -> None:
    """One direction of a connection: each chunk, and its end, waits for `passed`. Raises OSError when an end breaks."""
    clock = asyncio.get_running_loop().time
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS)

    async def take() -> None:
        data = b"-"
        while data:
            try:
                data = await reader.read(CHUNK_BYTES)
            except OSError:
                data = b""  # a reset is a packet too: the other end learns of it when packets pass
            await waiting.put((clock(), data))

    taking = asyncio.create_task(take())
    try:
        while True:
            arrived_s, data = await waiting.get()
            await passed(arrived_s)
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
    finally:
        taking.cancel()


async def serve_link(
    way: Way,
    gate: Gate,
    source_of: Callable[[int, int], int | None],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """One connection to a node, from its beginning to the end of both directions."""
    begun_s = asyncio.get_running_loop().time()
    ends = [writer]
    whole = False
    try:
        peer = writer.get_extra_info("peername")
        if peer is None:
            return  # it is gone already
        passed = partial(gate.passed, await asyncio.to_thread(source_of, peer[1], way.port), way.node)
        await passed(begun_s)
        there, to_there = await asyncio.open_connection(HOST, way.target)
        ends.append(to_there)
        both = [asyncio.ensure_future(carry(*pair, passed)) for pair in ((reader, to_there), (there, writer))]
        try:
            await asyncio.gather(*both)
            whole = True
        finally:
            for one in both:
                one.cancel()
    except OSError:
        pass  # an end broke, or the target does not run: the other end is closed, as by its kernel
    finally:
        for end in ends:
            if whole:
                end.close()
            else:
                end.transport.abort()


def source(state: Path, nodes: dict[int, str], peer_port: int, port: int) -> int | None:
    """The number of the node whose process holds the other end of a connection to `port`; None: no node's."""
    for number, name in nodes.items():
        known = record.read(state, name)
        if known is None or known.child is None or not process.is_alive(known.child):
            continue
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(known.child.pid).net_connections("tcp"):
                if one.laddr and one.raddr and (one.laddr.port, one.raddr.port) == (peer_port, port):
                    return number
    return None


class Epmd:
    """The port mapper of the cluster: a node registers its own port, and the others are told that of its way."""

    def __init__(self, own_port: int, ports: dict[str, int]) -> None:
        self.own_port = own_port
        self.ports = ports
        self.alive: dict[str, epmd.Alive] = {}
        # a node that comes back must not be taken for the one that it was, also after this program was started again
        self.creation = 4 + secrets.randbelow(1 << 30)

    def told(self, name: str) -> epmd.Alive | None:
        """A node that is alive, with the port at which others reach it."""
        node = self.alive.get(name)
        return replace(node, port=self.ports.get(name, node.port)) if node else None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; a node that registered stays registered until its connection ends."""
        try:
            length = int.from_bytes(await reader.readexactly(epmd.LENGTH_BYTES), "big")
            asked = epmd.request(await reader.readexactly(length))
            if isinstance(asked, epmd.PortPlease):
                writer.write(epmd.port_answer(self.told(asked.name)))
            elif isinstance(asked, epmd.Names):
                known = {name: told.port for name in self.alive if (told := self.told(name))}
                writer.write(epmd.names_answer(self.own_port, known))
            else:
                await self._register(asked, reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, epmd.Malformed):
            pass  # epmd closes the connection of whoever asks what it does not know
        finally:
            writer.close()

    async def _register(
        self, node: epmd.Alive, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if node.name in self.alive:
            writer.write(epmd.registered(node, None))
            return
        self.alive[node.name] = node
        try:
            self.creation += 1
            writer.write(epmd.registered(node, self.creation))
            await writer.drain()
            while await reader.read(CHUNK_BYTES):
                pass
        finally:
            del self.alive[node.name]


async def run(state: Path, cluster: str, ways: Sequence[Way], epmd_at: tuple[int, str] | None) -> None:
    """Serve until the process is ended."""
    prefix = cluster.removesuffix("-cluster")
    nodes = {way.node: f"{prefix}-{way.node}" for way in ways}
    gate = Gate(links.read(state, cluster))

    def apply() -> None:
        gate.change(links.read(state, cluster))
        tell()

    def tell() -> None:
        applied = {"pid": os.getpid(), **gate.current.as_object()}
        write_private(links.applied_file(state, cluster), json.dumps(applied))

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, apply)
    for way in ways:
        await asyncio.start_server(
            partial(serve_link, way, gate, partial(source, state, nodes)), HOST, way.port
        )
    if epmd_at is not None:
        port, name = epmd_at
        mapper = Epmd(port, {f"{name}{way.node}": way.port for way in ways})
        await asyncio.start_server(mapper.serve, HOST, port)
    apply()
    await asyncio.Event().wait()


def main(words: Sequence[str]) -> None:
    """Of STATE CLUSTER, a mark, epmd=PORT:PREFIX if wanted, and ways."""
    state, cluster, _, *others = words
    epmd_at = None
    if others[0].startswith("epmd="):
        port, name = others.pop(0).removeprefix("epmd=").split(":")
        epmd_at = (int(port), name)
    try:
        asyncio.run(run(Path(state), cluster, [Way.of(text) for text in others], epmd_at))
    except OSError as error:
        # nodes that start side by side may each start one: the first has the ports
        sys.exit(f"no further proxy of {cluster} is needed, or its ports are taken: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
