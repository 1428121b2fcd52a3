"""Notebooks that a class handed in, of a lab that needs no broker."""

import json
from collections.abc import Mapping
from pathlib import Path

from mqcourse.grading import manifest, master

LAB = manifest.find("backpressure_sizing")
WRONG = """
def consumers_for(rate_per_s, service_mean_s, promise_s):
    # {who} thinks that this is enough
    {name} = int(rate_per_s * service_mean_s)
    return {name} + 1
"""


def notebook(answers: Mapping[str, str]) -> str:
    """The lab's notebook with these answers; an exercise without one is untouched."""
    made = json.loads(master.lab_notebook(LAB))
    for cell in made["cells"]:
        if (found := cell["metadata"].get("exercise")) and found["id"] in answers:
            cell["source"] = answers[found["id"]]
    return json.dumps(made)


def wrong(who: str, name: str) -> dict[str, str]:
    return {"consumers": WRONG.format(who=who, name=name)}


RIGHT = """
def consumers_for(rate_per_s, service_mean_s, promise_s):
    consumers = floor(rate_per_s * service_mean_s) + 1
    while theory.mmc(rate_per_s, service_mean_s, consumers).mean_latency_s > promise_s:
        consumers += 1
    return consumers
"""


def hand_in(folder: Path) -> None:
    """Five files: one right answer, nothing touched, twice the same wrong answer, and no notebook."""
    folder.mkdir()
    for name, text in {
        "ada": notebook({"consumers": RIGHT}),
        "bob": notebook({}),
        "cyd": notebook(wrong("Cyd", "servers")),
        "dan": notebook(wrong("Dan", "n")),
        "fay": "{",
    }.items():
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
