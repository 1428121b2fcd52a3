"""The snippets of emulator/docs/your-client.md are pieces of the programs that `make conformance` runs.

A piece stands between a line with ``snippet: NAME`` and one with ``end of snippet``. On the page, the line
``<!-- from FILE: NAME -->`` (FILE in this folder) stands before the block that holds it.

python tests/conformance/snippets.py    puts the pieces into the page again
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "emulator" / "docs" / "your-client.md"
_PLACE = re.compile(
    r"(?P<head><!-- from (?P<file>\S+): (?P<name>\S+) -->\n+```(?P<word>\w+)\n)(?P<text>.*?)(?P<tail>\n```\n)",
    re.DOTALL,
)


def piece(file: str, name: str) -> str:
    """The piece of a source file, without its indentation. Raises AssertionError where it does not stand once."""
    text = (HERE / file).read_text(encoding="utf-8")
    found = re.findall(
        rf"^[ \t]*\S+ snippet: {name}\n(.*?)^[ \t]*\S+ end of snippet$", text, re.DOTALL | re.MULTILINE
    )
    assert len(found) == 1, f"{file} has {len(found)} pieces called {name}"
    return textwrap.dedent(found[0].expandtabs(4)).rstrip()


def filled(page: str) -> str:
    """The page with every piece as it is in its source."""
    return _PLACE.sub(lambda place: place["head"] + piece(place["file"], place["name"]) + place["tail"], page)


def names(page: str) -> list[tuple[str, str]]:
    """File and name of each piece of the page."""
    return [(place["file"], place["name"]) for place in _PLACE.finditer(page)]


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
