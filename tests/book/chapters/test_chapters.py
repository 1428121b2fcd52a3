"""What every chapter on a broker owes its reader, read from its source: no broker is needed."""

import itertools
import re
from pathlib import Path

import pytest

from mqcourse.home import CHECKOUT

PARTS = ("rabbitmq", "kafka", "servicebus", "patterns")
CHAPTERS = sorted(path for part in PARTS for path in (CHECKOUT / "book" / part).glob("*.md"))
CELL = re.compile(r"```\{code-cell\} ipython3\n(.*?)```", re.DOTALL)
LONGEST_LINE = 88
"""Columns of code that a page shows without scrolling on a laptop."""


@pytest.fixture(params=CHAPTERS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def chapter(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_there_are_chapters_of_every_broker() -> None:
    assert {path.parent.name for path in CHAPTERS} == set(PARTS)


def test_a_chapter_opens_with_its_head_and_ends_with_key_points_after_questions(chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    head, questions, points = (
        text.find(mark) for mark in ("```{chapter-head}", "## Check yourself", "```{key-points}")
    )
    assert 0 < head < text.find("```{code-cell}")
    assert 0 < questions < points
    assert 3 <= text.count(":::{dropdown}", questions) <= 5


def test_each_claim_by_code_is_held_by_an_assertion(chapter: Path) -> None:
    cells = CELL.findall(chapter.read_text(encoding="utf-8"))
    assert len([cell for cell in cells if "assert " in cell or "with provoked(" in cell]) >= 3


def test_names_on_the_broker_are_new_in_each_run_and_are_removed_at_the_end(chapter: Path) -> None:
    """A chapter that formats a broker of its own removes that broker's folder."""
    cells = CELL.findall(chapter.read_text(encoding="utf-8"))
    assert cells[-1].startswith(":tags: [remove-cell]\n")
    if "format_data(" in cells[0]:
        assert "shutil.rmtree(folder" in cells[-1]
    else:
        assert "RUN = uuid.uuid4()" in cells[0]
        assert re.search(r"queue_delete|delete_topics?|delete_queue", cells[-1])


def test_every_sleep_says_what_it_stands_for(chapter: Path) -> None:
    """Simulated work, a pace, or the pause between two questions to the broker; never waiting and hoping."""
    for cell in CELL.findall(chapter.read_text(encoding="utf-8")):
        lines = ["", *cell.splitlines()]
        for above, line in itertools.pairwise(lines):
            if "time.sleep(" in line:
                assert "#" in line or "#" in above, line


def test_pictures_have_words_for_those_who_do_not_see_them(chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    assert text.count("```{image}") == text.count(":alt:")
    for cell in CELL.findall(text):
        assert ("plt.subplots" in cell) == ("figure_of(\n" in cell)


def test_code_fits_the_page(chapter: Path) -> None:
    for cell in CELL.findall(chapter.read_text(encoding="utf-8")):
        for line in cell.splitlines():
            assert len(line) <= LONGEST_LINE, line


def test_group_consumers_poll_long_enough_to_keep_what_they_are_assigned(chapter: Path) -> None:
    """kafka-python 3.0.12 loses an assignment when a short poll ends within a join: see book/README.md."""
    for cell in CELL.findall(chapter.read_text(encoding="utf-8")):
        if "group_id=" in cell:
            for wait in re.findall(r"poll\(timeout_ms=([\d_]+)", cell):
                assert int(wait) >= 1000, cell
