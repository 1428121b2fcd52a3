"""Text that somebody else wrote (an answer, a notebook, a broker's log), made fit to be shown."""

import re
from typing import Any

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"  # what hides text or turns its direction
)
"""What moves a terminal's cursor, clears its screen, names its window, or makes text look like other text."""


def plain(text: str) -> str:
    """The text with every control character shown as its name, so that it has no effect on a terminal."""
    return CONTROL.sub(
        lambda found: f"\\x{ord(found[0]):02x}" if found[0] < "\u0100" else f"\\u{ord(found[0]):04x}", text
    )


def plain_all(value: Any) -> Any:
    """The same for every text in a value of JSON."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain_all(name): plain_all(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain_all(each) for each in value]
    return value
