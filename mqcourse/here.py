"""Bare `mq`: where you are, and the next step as a line that can be typed."""

import argparse
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import answer
from mqcourse.exits import Exit
from mqcourse.grading import manifest, saved_points
from mqcourse.grading.manifest import Lab
from mqcourse.home import state_folder
from mqcourse.products import OF_LABS, TITLES, start_command
from mqcourse.stack import shell, stack
from mqcourse.stack.services.registry import CLUSTERS

if TYPE_CHECKING:
    from mqcourse.stack.stack import Status

RUNS = ("running", "external")
GONE = ("killed", "unresponsive")


@dataclass(frozen=True)
class Step:
    """The next step: the reason, and the line to type."""

    why: str
    command: str


def run(arguments: argparse.Namespace) -> int:
    """Print the page."""
    rows, labs, best = stack.status(), manifest.load(), saved_points.best()
    step = next_step(rows, labs, best, {lab.name for lab in labs if is_begun(lab)})
    typeable = shell.is_typeable(state_folder()) or not (state_folder() / "activate").is_file()
    text = page(rows, labs, best, step, shutil.get_terminal_size().columns)
    if not typeable:
        text += f"\n\nFor `mq` in this terminal, first type:  {shell.how_to_type(state_folder())}"
    answer(arguments, as_dict(rows, labs, best, step), text)
    return Exit.DONE


def next_step(
    rows: "Sequence[Status]", labs: Sequence[Lab], best: Mapping[str, Mapping[str, int]], begun: set[str]
) -> Step:
    """The one thing to do now: what is broken first, then what does not run yet, then the next lab."""
    gone = [row for row in rows if row.state in GONE]
    if gone:
        names = " ".join(row.name for row in gone)
        what = ", ".join(f"{TITLES.get(row.name, row.name)} ({row.state})" for row in gone)
        return Step(
            f"This brings back on its data what ended or does not answer: {what}.", f"mq start {names}"
        )
    if coming := [row.name for row in rows if row.state == "starting"]:
        return Step(
            "Another command is starting what is missing: this waits for it.", f"mq start {' '.join(coming)}"
        )
    if away := [row.name for row in rows if row.state == "unreachable"]:
        return Step(f"{', '.join(away)} cannot be reached: this shows what to check.", "mq doctor")
    running = {row.name for row in rows if row.state in RUNS}
    if not running:
        return Step("The brokers are stopped: this starts brokers, book and JupyterLab.", "mq start")
    lab = saved_points.next_lab(labs, best)
    if lab is None:
        return Step(
            "You have all points of all labs. The interview questions are in the book.", "mq open book"
        )
    running |= {cluster for cluster, nodes in CLUSTERS.items() if {node.name for node in nodes} <= running}
    missing = [name for name in (*lab.brokers, "jupyter") if name not in running]
    if cluster := next((name for name in missing if name in CLUSTERS), None):
        return Step(f'The next lab, "{lab.title}", needs {OF_LABS[cluster]}.', start_command(cluster))
    if missing:
        return Step(f'The next lab, "{lab.title}", needs this.', f"mq start {' '.join(missing)}")
    if lab.name in begun:
        return Step(f'You have begun "{lab.title}": this gives its points.', f"mq grade {lab.name}")
    return Step(
        f'The next lab is "{lab.title}" ({lab.minutes} minutes): open labs/{lab.name}.ipynb.',
        "mq open jupyter",
    )


def is_begun(lab: Lab) -> bool:
    """Whether an answer cell of the lab's notebook differs from what it was made with."""
    try:
        cells: Any = json.loads(lab.notebook.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            made = ((cell.get("metadata") or {}).get("exercise") or {}).get("generated")
            source = "".join(cell["source"])
            if made and hashlib.sha256(source.encode()).hexdigest()[:16] != made:
                return True
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False  # `mq grade` says what is the matter with it
    return False


def page(
    rows: "Sequence[Status]",
    labs: Sequence[Lab],
    best: Mapping[str, Mapping[str, int]],
    step: Step,
    width: int,
) -> str:
    state = {row.name: row for row in rows}
    brokers = ", ".join(f"{title} {state[name].state}" for name, title in TITLES.items() if name in state)
    lines = ["Mastering Message Queues", ""]
    lines += _wrapped("Brokers", brokers, width)
    for name, title in (("book", "Book"), ("jupyter", "Labs")):
        row = state.get(name)
        runs = row is not None and row.state == "running"
        lines += _wrapped(
            title, (row.endpoint or "running") if row is not None and runs else "not running", width
        )
    points, most = sum(saved_points.reached(lab, best) for lab in labs), sum(lab.points for lab in labs)
    lines += [*_wrapped("Points", f"{points} of {most}", width), ""]
    longest = max((len(lab.name) for lab in labs), default=0)
    for lab in labs:
        got = saved_points.reached(lab, best)
        mark = "✓" if got >= lab.points else " "
        line = f"  {mark} {got:>2} of {lab.points:<2}  {lab.name:<{longest}}  {lab.title}"
        lines.append(line if len(line) <= width else line[: width - 1] + "…")
    lines += ["", *_wrapped("Next", step.why, width), "", f"    {step.command}", ""]
    return "\n".join([*lines, "`mq help` lists the commands."])


def _wrapped(title: str, text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(
        text,
        max(width, 30),
        initial_indent=f"{title:<10}",
        subsequent_indent=" " * 10,
        break_on_hyphens=False,
        break_long_words=False,
    )


def as_dict(
    rows: "Sequence[Status]", labs: Sequence[Lab], best: Mapping[str, Mapping[str, int]], step: Step
) -> dict[str, Any]:
    """The page as JSON."""
    return {
        "services": {row.name: row.state for row in rows},
        "labs": {lab.name: {"points": saved_points.reached(lab, best), "of": lab.points} for lab in labs},
        "next": {"why": step.why, "command": step.command},
    }
