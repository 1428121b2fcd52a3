"""JupyterLab's start page: what each lab teaches, the points so far, and which lab is next."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.grading import manifest, saved_points
from mqcourse.grading.manifest import Lab
from mqcourse.products import OF_LABS
from mqcourse.small_file import text_of
from mqcourse.stack.services.jupyter import START


def write_start(folder: Path) -> None:
    """Write the start page again with the points reached so far; untouched when nothing changed."""
    try:
        text = start_page(manifest.load(), saved_points.best())
    except CourseError as error:
        text = f"# The labs\n\nThey cannot be listed: {error}\n"
    page = folder / START
    with contextlib.suppress(OSError):
        if text_of(page) == text:
            return
        part = folder / f".{START}.{os.getpid()}"
        part.write_text(text, encoding="utf-8")
        part.replace(page)


def start_page(labs: tuple[Lab, ...], best: Mapping[str, Mapping[str, int]]) -> str:
    """The page as Markdown: what each lab teaches, its minutes, the points so far, and the next lab."""
    reached = {lab.name: saved_points.reached(lab, best) for lab in labs}
    following = saved_points.next_lab(labs, best)
    lines = ["# The labs", ""]
    if following is None:
        lines.append("You have all points of all labs.")
    else:
        begun = "Go on with" if reached[following.name] else "Begin with"
        lines.append(f"**{begun} [{following.title}](labs/{following.name}.ipynb).**")
    lines += [
        "",
        "Fill the cells that say `TODO` and run the check below each. For points that are kept, type in a terminal "
        "(File, New, Terminal) the line below the lab.",
        "",
        f"[The book](/book/) explains what the labs practise. Points so far: {sum(reached.values())} of "
        f"{sum(lab.points for lab in labs)}.",
    ]
    for lab in labs:
        lines += ["", f"## [{lab.title}](labs/{lab.name}.ipynb)", ""]
        needs = " and ".join(OF_LABS[broker] for broker in lab.brokers) or "no broker"
        points = reached[lab.name]
        done = " ✓" if points >= lab.points else ""
        lines += [
            f"{lab.minutes} minutes · {needs} · **{points} of {lab.points} points**{done}",
            "",
        ]
        for exercise in lab.exercises:
            got = best.get(lab.name, {}).get(exercise.id, 0)
            mark = "✓ " if got >= exercise.points else ""
            optional = " (optional)" if exercise.optional else ""
            lines.append(f"- {mark}**{exercise.title}**{optional}: {_small(exercise.guarantee)}")
        lines += ["", f"```sh\nmq grade labs/{lab.name}.ipynb\n```"]
    return "\n".join([*lines, ""])


def _small(sentence: str) -> str:
    """A sentence as it goes on after a colon."""
    first = sentence.split(" ", 1)[0]
    keeps = (first.isupper() and len(first) > 1) or any(sign.isupper() for sign in first[1:]) or first in KEPT
    return sentence if keeps else sentence[:1].lower() + sentence[1:]


KEPT = ("Kafka", "Azure", "I")
