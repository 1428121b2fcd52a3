"""Draws docs/states.md from `servicebus_emulator.broker.states`.

python docs/draw_states.py            writes the page
python docs/draw_states.py --check    fails when the page is not what the table gives
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from servicebus_emulator.broker.states import TRANSITIONS, State

PAGE = Path(__file__).with_name("states.md")
HEAD = """# The states of a message

This page is drawn from the table `TRANSITIONS` of `servicebus_emulator/broker/states.py` (`make states`).
The tests put a message into each state, apply every cause, and compare the result with this table.

"""


def page() -> str:
    """The whole page: the diagram, then the table."""
    return HEAD + "\n".join([*diagram(), "", *table()]) + "\n"


def diagram() -> Iterator[str]:
    """A Mermaid diagram, in which the causes with the same ends share an arrow."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in State:
        if state is not State.REMOVED:
            yield f'    state "{state.value}" as {state.name}'
    yield "    [*] --> ACTIVE : send"
    yield "    [*] --> SCHEDULED : send with an enqueue time"
    for before, after in dict.fromkeys((each.before, each.after) for each in TRANSITIONS):
        causes = [each.cause.value for each in TRANSITIONS if (each.before, each.after) == (before, after)]
        target = "[*]" if after is State.REMOVED else after.name
        yield f"    {before.name} --> {target} : {'<br>'.join(causes)}"
    yield "```"


def table() -> Iterator[str]:
    """One row for each transition."""
    yield "| State | Cause | Next state | What else changes |"
    yield "| --- | --- | --- | --- |"
    for each in TRANSITIONS:
        yield f"| {each.before.value} | {each.cause.value} | {each.after.value} | {each.note} |"


def main() -> int:
    """Write or check the page."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.stderr.write("docs/states.md is not what broker/states.py gives: run `make -C emulator states`\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
