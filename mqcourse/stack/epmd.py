"""The protocol of epmd, by which Erlang nodes find each other's port.

The bytes are those of "Distribution Protocol" in Erlang's ERTS User's Guide (Erlang/OTP 27). Requests have a length of
two bytes in front; answers do not. Pure: the sockets are in `link_proxy.py`.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

ALIVE2_REQUEST, ALIVE2_ANSWER, ALIVE2_X_ANSWER = 120, 121, 118
PORT_REQUEST, PORT_ANSWER = 122, 119
NAMES_REQUEST = 110
NORMAL_NODE = 77
TCP_IPV4 = 0
WIDE_CREATION_SINCE = 6
"""The distribution version from which a creation has four bytes."""
LENGTH_BYTES = 2
MAX_REQUEST_BYTES = 0xFFFF
_FIXED = struct.Struct(">HBBHH")
"""Of a node: port, type, protocol, highest and lowest version; its name and extra data follow."""


class Malformed(Exception):
    """The bytes are no request or answer of epmd."""


@dataclass(frozen=True)
class Alive:
    """A node as it registers itself; `name` is the part before the @."""

    name: str
    port: int
    type: int = NORMAL_NODE
    protocol: int = TCP_IPV4
    highest: int = 6
    lowest: int = 5
    extra: bytes = b""


@dataclass(frozen=True)
class PortPlease:
    """The request for the port of a node."""

    name: str


@dataclass(frozen=True)
class Names:
    """The request for all nodes."""


Request = Alive | PortPlease | Names


def framed(body: bytes) -> bytes:
    """A request with its length in front."""
    return struct.pack(">H", len(body)) + body


def request(body: bytes) -> Request:
    """The request in these bytes, which begin behind its length. Raises Malformed, also for those that end or change an epmd."""
    if body[:1] == bytes([ALIVE2_REQUEST]):
        return _node(body[1:])
    if body[:1] == bytes([PORT_REQUEST]) and len(body) > 1:
        return PortPlease(_text(body[1:]))
    if body == bytes([NAMES_REQUEST]):
        return Names()
    raise Malformed(f"no request that is answered: {body[:8]!r}")


def body_of(asked: Request) -> bytes:
    """The bytes of a request, without its length."""
    if isinstance(asked, Alive):
        return bytes([ALIVE2_REQUEST]) + _bytes_of(asked)
    if isinstance(asked, PortPlease):
        return bytes([PORT_REQUEST]) + asked.name.encode()
    return bytes([NAMES_REQUEST])


def registered(node: Alive, creation: int | None) -> bytes:
    """The answer to a registration; creation None: the name is taken."""
    result, number = (1, 0) if creation is None else (0, creation)
    if node.highest >= WIDE_CREATION_SINCE:
        return struct.pack(">BBI", ALIVE2_X_ANSWER, result, number)
    return struct.pack(">BBH", ALIVE2_ANSWER, result, number & 0xFFFF)


def port_answer(node: Alive | None) -> bytes:
    """The answer to PortPlease; None: there is no such node."""
    if node is None:
        return bytes([PORT_ANSWER, 1])
    return bytes([PORT_ANSWER, 0]) + _bytes_of(node)


def node_of(answer: bytes) -> Alive | None:
    """The node in an answer to PortPlease, None where there was no such node. Raises Malformed."""
    if len(answer) < 2 or answer[0] != PORT_ANSWER:
        raise Malformed(f"no answer: {answer[:8]!r}")
    return None if answer[1] else _node(answer[2:])


def names_answer(own_port: int, ports: Mapping[str, int]) -> bytes:
    """The answer to Names: epmd's own port, and a line for each node."""
    lines = "".join(f"name {name} at port {port}\n" for name, port in ports.items())
    return struct.pack(">I", own_port) + lines.encode()


def _bytes_of(node: Alive) -> bytes:
    name = node.name.encode()
    return (
        _FIXED.pack(node.port, node.type, node.protocol, node.highest, node.lowest)
        + struct.pack(">H", len(name))
        + name
        + struct.pack(">H", len(node.extra))
        + node.extra
    )


def _node(found: bytes) -> Alive:
    try:
        port, kind, protocol, highest, lowest = _FIXED.unpack_from(found)
        name, after = _counted(found, _FIXED.size)
        extra, end = _counted(found, after)
    except struct.error as error:
        raise Malformed(f"a node is cut short: {found[:8]!r}") from error
    if end != len(found) or not name:
        raise Malformed(f"a node has too many bytes or too few: {found[:8]!r}")
    return Alive(_text(name), port, kind, protocol, highest, lowest, extra)


def _counted(found: bytes, at: int) -> tuple[bytes, int]:
    """The bytes there, which have their number in front, and where they end."""
    (length,) = struct.unpack_from(">H", found, at)
    end = at + 2 + length
    if end > len(found):
        raise Malformed(f"{length} bytes are announced, {len(found) - at - 2} follow")
    return found[at + 2 : end], end


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"a name is no UTF-8: {name[:8]!r}") from error
