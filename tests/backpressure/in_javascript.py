"""The engine of the explorer's page, run by Node on many scenarios at once."""

import json
from pathlib import Path
from typing import Any

from mqcourse.backpressure.explorer.bundle import BUNDLE, WEB
from tests import node

RUN = Path(__file__).parent / "twin.mjs"


def in_javascript(cases: "list[dict[str, Any]] | list[str]") -> list[dict[str, Any]]:
    """What the shipped file gives for each case, run by Node."""
    said = node.answer(cases, RUN, BUNDLE, WEB / "engine" / "scenario.js")
    found: list[dict[str, Any]] = json.loads(said)
    return found
