"""Every page of the book: its head, and what it ran with."""

import re
from pathlib import Path

import pytest
import yaml

from mqcourse.book.directives import sources_version
from mqcourse.home import CHECKOUT

TOC = yaml.safe_load((CHECKOUT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
HEAD = re.compile(r"\n# .+\n\n```\{chapter-head\}\n(?P<yaml>.*?)\n```\n", re.DOTALL)


AFTER_ITS_OPENING = re.compile(r"\n```\{chapter-head\}\n(?P<yaml>.*?)\n```\n", re.DOTALL)
"""The front page begins with what the course is, and has its head below."""


def text_of(page: str) -> str:
    return (CHECKOUT / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_begins_with_questions_objectives_minutes_and_what_it_runs_with(page: str) -> None:
    text = "\n" + text_of(page)
    found = (AFTER_ITS_OPENING if page == TOC["root"] else HEAD).search(text)
    assert found, "no {chapter-head} straight after the title"
    head = yaml.safe_load(found["yaml"])
    for key in ("questions", "objectives"):
        assert head[key]
        assert all(isinstance(item, str) for item in head[key]), "a text with a colon needs quotes"
    assert head["minutes"] > 0
    assert bool(head.get("runs_with")) == ("```{code-cell}" in text)


def test_no_line_of_code_is_wider_than_its_box() -> None:
    """Beyond 88 columns a line leaves its box in a window of 1280 pixels."""
    cells = re.compile(r"^```\{code-cell\}.*?^```$", re.DOTALL | re.MULTILINE)
    wide = {
        f"{page}: {line.strip()}"
        for page in PAGES
        for cell in cells.findall(text_of(page))
        for line in cell.splitlines()
        if len(line) > 88
    }
    assert not wide


def test_pages_are_made_again_when_a_directive_has_changed(tmp_path: Path) -> None:
    (tmp_path / "fact.py").write_text("STAMP = 1\n", encoding="utf-8")
    before = sources_version(tmp_path)
    assert sources_version(tmp_path) == before
    (tmp_path / "fact.py").write_text("STAMP = 2\n", encoding="utf-8")
    assert sources_version(tmp_path) != before


def test_every_chapter_that_is_written_is_in_the_book() -> None:
    written = {
        path.relative_to(CHECKOUT).with_suffix("").as_posix()
        for path in Path(CHECKOUT / "book").rglob("*.md")
        if path.name != "README.md"
    }
    assert set(PAGES) == written
