"""The small files that the course keeps for itself. A damaged file counts as missing, and is written again."""

import json
from pathlib import Path
from typing import Any


def text_of(path: Path) -> str:
    """What the file holds; "" when there is none, it cannot be read, or it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def object_of(path: Path) -> dict[str, Any]:
    """The JSON object that the file holds; empty when there is none, or the file holds something else."""
    try:
        found = json.loads(text_of(path))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
