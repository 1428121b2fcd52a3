"""The golden traces: what the real brokers did, which the machines must do as well. `tests/whatif` records and compares them."""

import json
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "traces"


def golden(broker: str) -> dict[str, Any]:
    """A broker's traces: its version, the date, and for each list of events what every step gave."""
    found: dict[str, Any] = json.loads((KEPT / f"{broker}.json").read_text(encoding="utf-8"))
    return found
