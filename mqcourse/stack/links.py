"""The links between the nodes of a cluster: which are cut, how long each holds its bytes, and who applies that.

The wish is a file that `mq chaos` writes. `link_proxy.py` applies it when it gets SIGHUP, and writes what it applies
into a second file, so that a command returns when its wish holds.
"""

import json
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from mqcourse.disk import make_folder, unwritable, write_private
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.small_file import object_of
from mqcourse.stack import process
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import MARK

EFFECT_LIMIT_S = 60.0
"""Far above what a signal and a file take on a machine that is busy."""


@dataclass(frozen=True)
class Links:
    """The links of one cluster. A node is given by its number.

    isolated: the nodes that are cut off from every other one. delay_ms: by node, how much later a byte to or from it
    arrives; a link between two of them has the sum.
    """

    isolated: frozenset[int] = frozenset()
    delay_ms: Mapping[int, int] = field(default_factory=dict)

    def is_cut(self, one: int, other: int) -> bool:
        """Whether nothing passes between two nodes; a node reaches itself always."""
        return one != other and not self.isolated.isdisjoint((one, other))

    def delay_s(self, one: int, other: int) -> float:
        """How long a byte is held between two nodes, in seconds."""
        if one == other:
            return 0.0
        return (self.delay_ms.get(one, 0) + self.delay_ms.get(other, 0)) / 1000

    def cut_from(self, node: int, nodes: Iterable[int]) -> tuple[int, ...]:
        """Those of the nodes that this one does not reach."""
        return tuple(other for other in nodes if self.is_cut(node, other))

    def partitioned(self, node: int) -> "Links":
        """With this node cut off."""
        return Links(self.isolated | {node}, self.delay_ms)

    def slowed(self, node: int, ms: int) -> "Links":
        """With this delay for the node, instead of the one that it had."""
        return Links(self.isolated, {**self.delay_ms, node: ms})

    def healed(self, node: int) -> "Links":
        """With all links of this node as they were at first, as far as the other ends allow it."""
        return Links(self.isolated - {node}, {each: ms for each, ms in self.delay_ms.items() if each != node})

    @property
    def failed(self) -> frozenset[int]:
        """The nodes that are cut off or slow."""
        return self.isolated | self.delay_ms.keys()

    def as_object(self) -> dict[str, Any]:
        """For a JSON file."""
        delays = {str(node): ms for node, ms in sorted(self.delay_ms.items())}
        return {"isolated": sorted(self.isolated), "delay_ms": delays}


def of_object(found: Mapping[str, Any]) -> Links:
    """The links that an object describes; one that does not describe any: all links are whole."""
    try:
        delays = {int(node): int(ms) for node, ms in found.get("delay_ms", {}).items()}
        return Links(frozenset(map(int, found.get("isolated", ()))), delays)
    except (AttributeError, TypeError, ValueError):
        return Links()


def wish_file(state: Path, cluster: str) -> Path:
    """The file of a cluster's links as `mq chaos` last set them."""
    return state / cluster / "links.json"


def applied_file(state: Path, cluster: str) -> Path:
    """What the proxy applies, with its process id."""
    return state / cluster / "links-applied.json"


def mark(cluster: str) -> str:
    """The mark of the proxy of a cluster."""
    return f"{cluster}-links"


def read(state: Path, cluster: str) -> Links:
    """The links as they are wanted; whole where nobody cut or slowed any."""
    return of_object(object_of(wish_file(state, cluster)))


def proxy(state: Path, cluster: str) -> psutil.Process | None:
    """The proxy's process, once it serves."""
    pid = object_of(applied_file(state, cluster)).get("pid")
    return process.owned_as(pid, state, mark(cluster)) if type(pid) is int else None


def await_proxy(state: Path, cluster: str) -> None:
    """Return when the proxy that was just started serves. Raises CourseError when it does not."""
    deadline = time.monotonic() + EFFECT_LIMIT_S
    while proxy(state, cluster) is None:
        if time.monotonic() > deadline:
            raise CourseError(
                f"the proxy of the links between the nodes of {cluster} does not come up",
                do=f"See `mq logs {cluster.removesuffix('-cluster')}-1`",
                code=Exit.UNREACHABLE,
            )
        time.sleep(0.02)  # it tells by a file


def want(state: Path, cluster: str, links: Links) -> None:
    """Want these links; a proxy that starts applies them."""
    file = wish_file(state, cluster)
    make_folder(file.parent)
    try:
        write_private(file, json.dumps(links.as_object()))
    except OSError as error:
        raise unwritable(file, error) from error


def apply(state: Path, cluster: str, links: Links) -> None:
    """Want these links, and return when the proxy applies them. Raises CourseError when it does not run."""
    running = proxy(state, cluster)
    if running is None:
        broker = cluster.removesuffix("-cluster")
        raise CourseError(
            f"the proxy of the links between the nodes of {cluster} does not run",
            do=f"`mq start --nodes 3 {broker}` starts it",
            code=Exit.UNREACHABLE,
        )
    want(state, cluster, links)
    running.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + EFFECT_LIMIT_S
    while object_of(applied_file(state, cluster)) != {"pid": running.pid, **links.as_object()}:
        if time.monotonic() > deadline:
            raise CourseError(
                f"the proxy (process {running.pid}) has not applied the links in {EFFECT_LIMIT_S:.0f} s",
                do="Run it again",
                code=Exit.BUSY,
            )
        time.sleep(0.01)  # another process's file has no event that is portable


def heal(state: Path, cluster: str, node: int) -> bool:
    """Heal the links of a node, now or at the next start of the proxy; whether any was cut or slow."""
    now = read(state, cluster)
    if node not in now.failed:
        return False
    if proxy(state, cluster) is None:
        want(state, cluster, now.healed(node))
    else:
        apply(state, cluster, now.healed(node))
    return True


def forget(state: Path, cluster: str) -> None:
    """All links are whole at the next start."""
    for file in (wish_file(state, cluster), applied_file(state, cluster)):
        file.unlink(missing_ok=True)


def command(
    layout: StackLayout, cluster: str, ways: Iterable[str], epmd: str | None = None
) -> tuple[str, ...]:
    """The command line of the proxy. A way is NODE:PORT:TARGET; epmd is the port and the prefix of Erlang's names."""
    return (
        sys.executable,
        "-m",
        "mqcourse.stack.link_proxy",
        str(layout.state),
        cluster,
        f"{MARK}{layout.ports.base}",
        *((f"epmd={epmd}",) if epmd else ()),
        *ways,
    )
