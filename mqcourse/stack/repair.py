"""`mq doctor --fix`: the repairs that need no decision of the user, by the doctor's check that finds the fault."""

from collections.abc import Callable, Mapping, Sequence

from mqcourse.disk import make_folder
from mqcourse.errors import CourseError
from mqcourse.foreign import plain
from mqcourse.home import state_folder
from mqcourse.progress import Progress
from mqcourse.stack import doctor, process, stack
from mqcourse.stack.services.registry import SERVICES

Repair = Callable[[Progress], str]
"""Repairs a fault and returns what was done; empty when the fault is out of its reach."""
GRACE_S = 5.0
"""How long a left-over process may take to end after SIGTERM."""


def repair(findings: Sequence[doctor.Finding], progress: Progress) -> list[str]:
    """Repair the faults that can be repaired. The result has a line for each repair, also for one that failed."""
    lines = []
    for finding in findings:
        if finding.ok or finding.check not in REPAIRS:
            continue
        try:
            done = REPAIRS[finding.check](progress)
        except CourseError as error:
            done = f"not repaired: {plain(str(error))}"
        if done:
            lines.append(f"{finding.check}: {done}")
    return lines


def _addresses(_progress: Progress) -> str:
    stack.write_addresses()
    return "written again for the services that run"


def _ports(_progress: Progress) -> str:
    base = stack.leave_taken_ports(make_folder(state_folder()))
    return "" if base is None else f"the next start takes the block from {base} on"


def _processes(progress: Progress) -> str:
    """Start killed services again; without any record, end the left-over processes."""
    if killed := doctor.gone():
        stack.up([SERVICES[name] for name in killed], progress)
        return f"started again: {', '.join(killed)}"
    process.end_all(state_folder(), grace_s=GRACE_S)
    return "ended the left-over processes"


def _brokers(progress: Progress) -> str:
    """Stop and start our services that do not answer. External brokers are left alone."""
    stuck = [SERVICES[row.name] for row in stack.status() if row.state == "unresponsive"]
    if not stuck:
        return ""
    stack.down(stuck, progress)
    stack.up(stuck, progress)
    return f"stopped and started: {', '.join(service.name for service in stuck)}"


REPAIRS: Mapping[str, Repair] = {
    "ports": _ports,
    "addresses": _addresses,
    "processes": _processes,
    "brokers": _brokers,
}
