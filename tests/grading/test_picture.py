"""The small picture of a trial: everything in it is seen, and it is said in words, too."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from mqcourse.grading import manifest
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.picture import LETTER_PX, STEP_PX, html, svg
from mqcourse.grading.trace import Trace
from mqcourse.grading.verdict import Verdict

HISTORY = (
    History()
    .add(Kind.STARTED, "first", 1)
    .add(Kind.FINISHED, "first", 1)
    .add(Kind.STARTED, "first", 2)
    .add(Kind.SAW, "queue", text="3 ready, 2 unacknowledged")
    .add(Kind.KILLED, "first")
    .add(Kind.SAW, "queue", text="5 ready, nobody reads")
    .add(Kind.STARTED, "second", 2)
    .add(Kind.FAILED, "second", 2)
    .add(Kind.SAW, "queue", text="4 ready <& 1 unacknowledged>")
)
TRACE = Trace(HISTORY, ("first", "second", "third"))


def drawn(trace: Trace) -> ElementTree.Element:
    (found,) = re.findall(r"<svg.*</svg>", svg(trace))
    return ElementTree.fromstring(found)  # noqa: S314 (made here)


@pytest.mark.parametrize("trace", [TRACE, Trace(HISTORY, ("w",)), Trace(History(), ("a long name",))])
def test_no_word_leaves_the_picture_or_lies_on_another(trace: Trace) -> None:
    picture = drawn(trace)
    width = float(picture.attrib["viewBox"].split()[2])
    rows: dict[str, list[tuple[float, float]]] = {}
    for text in picture.iter("text"):
        words = text.text or ""
        begin = float(text.attrib["x"])
        rows.setdefault(text.attrib["y"], []).append((begin, begin + LETTER_PX * len(words)))
    for places in rows.values():
        places.sort()
        assert places[-1][1] <= width
        for (_, end), (begin, _) in pairwise(places):
            assert end <= begin


def test_work_is_boxed_and_a_kill_is_a_cross_where_it_happened() -> None:
    picture = drawn(TRACE)
    boxes = [(float(box.attrib["x"]), float(box.attrib["width"])) for box in picture.iter("rect")]
    (cross,) = picture.iter("path")
    (killed_at,) = re.findall(r"^M(\d+)", cross.attrib["d"])
    assert len(boxes) == 3
    assert all(width >= STEP_PX - 4 for _, width in boxes)
    open_box = next(box for box in picture.iter("rect") if "stroke-dasharray" in box.attrib)
    assert float(open_box.attrib["x"]) + float(open_box.attrib["width"]) <= float(killed_at)


def test_it_keeps_its_size_scrolls_by_keyboard_and_is_said_in_words() -> None:
    exercise = manifest.load()[0].exercises[0]
    page = html(Verdict(exercise, (Breach(Guarantee.ANSWERED, "it did not"),), 1, (TRACE,)))
    assert re.search(r'<div tabindex="0"[^>]*overflow-x:auto[^>]*><svg role="img"', page)
    assert "max-width:100%" not in page
    assert "The same in words" in page
    assert "5 ready, nobody reads" in drawn(TRACE).findtext("{*}desc", "")
