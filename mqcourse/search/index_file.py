"""The index as a script of the built book, which the search page loads and `mq ask` reads.

A script, and no JSON: a page that was opened from a folder may load a script, and may fetch nothing.
"""

import json
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.search.index import Index
from mqcourse.search.passage import KINDS, Passage
from mqcourse.search.words import STOP

PLACE = "_static/search-index.js"
"""In the folder of the built book."""
BEGIN, END = "globalThis.mqSearchIndex = ", ";\n"
FIELDS = ("page", "anchor", "title", "above", "text", "code", "note")


def script(index: Index) -> str:
    """The whole index as a script. Passages in postings are differences, which are short numbers."""
    return f"{BEGIN}{json.dumps(_shape(index), ensure_ascii=False, separators=(',', ':'))}{END}"


def _shape(index: Index) -> dict[str, object]:
    return {
        "stop": sorted(STOP),
        "words": index.words,
        "phrases": index.phrases,
        "postings": [_differences(posting) for posting in index.postings],
        "passages": [
            [KINDS.index(one.kind), *(getattr(one, name) for name in FIELDS)] for one in index.passages
        ],
    }


def _differences(posting: list[int]) -> list[int]:
    last = 0
    short = []
    for at in range(0, len(posting), 2):
        short += [posting[at] - last, posting[at + 1]]
        last = posting[at]
    return short


def read(path: Path) -> Index:
    """The index of a built book. Raises CourseError where there is none, or one of an older form."""
    try:
        text = path.read_text(encoding="utf-8")
        shape = json.loads(text.removeprefix(BEGIN).removesuffix(END))
        postings = []
        for short in shape["postings"]:
            number, posting = 0, []
            for at in range(0, len(short), 2):
                number += short[at]
                posting += [number, short[at + 1]]
            postings.append(posting)
        passages = [
            Passage(KINDS[kind], **dict(zip(FIELDS, fields, strict=True)))
            for kind, *fields in shape["passages"]
        ]
        return Index(shape["words"], shape["phrases"], postings, passages)
    except FileNotFoundError:
        raise CourseError(
            "the book is not built yet", do="Run: mq book build", code=Exit.UNREACHABLE
        ) from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise CourseError(
            f"the index of the book cannot be read ({error})",
            do="Build the book again: mq book build",
            code=Exit.ENVIRONMENT,
        ) from error
