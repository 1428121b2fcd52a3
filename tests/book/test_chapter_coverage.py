"""The table of chapters: what each has, and that each has a question."""

from pathlib import Path

from mqcourse.book.chapter import Chapter, pages
from mqcourse.book.chapter_coverage import Row, chapter_coverage, labs_of
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.home import CHECKOUT

WITHOUT_A_QUESTION = ["foundations/settings"]
"""A list of settings."""


def test_a_row_counts_replays_questions_and_labs(tmp_path: Path) -> None:
    page = tmp_path / "book" / "kafka" / "log.md"
    page.parent.mkdir(parents=True)
    page.write_text(
        "# Log\n\n```{chapter-head}\nminutes: 5\n```\n\n```{replay} one\n```\n\n```{code-cell}\n1\n```\n",
        "utf-8",
    )
    labs = {"b": ["kafka/log"], "a": ["kafka/log", "other/page"], "c": []}
    questions = all_questions(load_bank())
    about = sum(question.chapter == "kafka/log" for question in questions)
    found = chapter_coverage([Chapter("kafka/log", tmp_path)], questions, labs)
    assert found.rows == (Row("kafka/log", 5, True, 1, about, ("a", "b")),)
    assert found.lines()[1].split() == ["kafka/log", "5", "yes", "1", str(about), "a,", "b"]


def test_each_chapter_has_a_question_and_each_lab_comes_after_a_chapter() -> None:
    labs = labs_of(CHECKOUT / "solutions")
    found = chapter_coverage(pages(), all_questions(load_bank()), labs)
    assert [row.chapter for row in found.rows if not row.questions] == WITHOUT_A_QUESTION
    assert {lab for row in found.rows for lab in row.labs} == set(labs)
    assert all(row.minutes for row in found.rows)
