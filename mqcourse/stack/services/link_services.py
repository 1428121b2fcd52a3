"""The proxy of a cluster's links beside its nodes: started with the first, ended with the last."""

from threading import Lock

from mqcourse.disk import make_folder
from mqcourse.stack import links, process, record
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import NODES, is_open, taken_error
from mqcourse.stack.services.service import Launch
from mqcourse.variables import Kind, environment_of

_SWEEPING = Lock()


def launches(layout: StackLayout, cluster: str, purpose: str, command: tuple[str, ...]) -> list[Launch]:
    """The proxy where it does not run. CourseError when another program holds its port for this purpose."""
    port = layout.ports.of(purpose)
    is_held = is_open(
        port
    )  # before the look at processes: else a proxy that just begins is taken for another program
    if process.owned(layout.state, links.mark(cluster)):
        return []
    if is_held:
        raise taken_error(port, purpose)
    folder = make_folder(layout.folder(cluster))
    return [Launch(command, environment_of(Kind.PYTHON), folder, shared_as=links.mark(cluster))]


def sweep(layout: StackLayout, cluster: str, node: int) -> None:
    """A node that is down has whole links when it starts again; the proxy ends with the last node."""
    broker = cluster.removesuffix("-cluster")
    with _SWEEPING:  # nodes are stopped side by side
        known = [record.read(layout.state, f"{broker}-{number}") for number in NODES]
        if any(one and one.child and process.is_alive(one.child) for one in known):
            links.heal(layout.state, cluster, node)
        else:
            process.kill(process.owned(layout.state, links.mark(cluster)))
            links.forget(layout.state, cluster)
