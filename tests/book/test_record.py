"""Records: written and read alike, laid over cells that changed, and what `make check` says of them."""

import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from mqcourse.book import record as records
from mqcourse.book.chapter import Chapter
from mqcourse.book.record import Claim
from tests.book.small_book import chapter_text, keep, run_of, text_output


def of(book: Path) -> Chapter:
    return Chapter("part/one", book)


def test_a_record_is_read_as_it_was_written_and_is_a_notebook(book: Path) -> None:
    record = replace(run_of(book, "one\ntwo\n"), claims=(Claim(1, "a < b", "a is 2", 0.01, 0.3),))
    keep(book, record)
    path = records.kept_path(of(book))
    again = records.read(path)
    assert again is not None
    assert replace(again, outputs=()) == replace(record, outputs=())
    assert "".join(again.outputs[0][0]["text"]) == "one\ntwo\n"
    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))  # type: ignore[no-untyped-call]


def test_a_changed_line_of_an_output_is_a_changed_line_of_the_file(book: Path) -> None:
    keep(book, run_of(book, "one\ntwo\nthree\n"))
    before = records.kept_path(of(book)).read_text(encoding="utf-8").splitlines()
    keep(book, run_of(book, "one\n2\nthree\n"))
    after = records.kept_path(of(book)).read_text(encoding="utf-8").splitlines()
    assert len([1 for old, new in zip(before, after, strict=True) if old != new]) == 1


def test_outputs_stay_with_their_cells_when_others_come_and_go(book: Path) -> None:
    path = book / "book" / "part" / "one.md"
    path.write_text(chapter_text("a = 1", "b = 2", "c = 3"), encoding="utf-8")
    record = run_of(book, "A", "B", "C")
    path.write_text(chapter_text("new = 0", "a = 1", "b = 22", "c = 3"), encoding="utf-8")
    assert record.outputs_of(of(book)) == [None, [text_output("A")], None, [text_output("C")]]


def test_the_books_own_records_are_in_order() -> None:
    assert list(records.problems()) == []


def test_what_is_in_order_has_no_problem(book: Path) -> None:
    keep(book, run_of(book, "x"))
    assert list(records.problems(book)) == []


def test_a_chapter_without_a_run_is_a_problem(book: Path) -> None:
    (problem,) = records.problems(book)
    assert problem.startswith("book/part/one.md was never run: ")
    assert "mq book run --keep book/part/one.md" in problem


def test_cells_that_changed_without_a_run_are_a_problem_and_words_are_none(book: Path) -> None:
    keep(book, run_of(book, "x"))
    path = book / "book" / "part" / "one.md"
    path.write_text(chapter_text("print(6 * 7)", words="Other words."), encoding="utf-8")
    assert list(records.problems(book)) == []
    path.write_text(chapter_text("print(6 * 8)"), encoding="utf-8")
    (problem,) = records.problems(book)
    assert "book/part/one.md: its cells changed since its run was kept" in problem


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        (f"/{'home'}/ann/course/.mq", True),
        ("in /tmp/mq-chapter-x1/worker.py", True),
        (f"File /{'Users'}/ben/x.py", True),
        ("https://example.org/home/page", False),
        ("GET /api/queues", False),
        ("5 / 7", False),
    ],
)
def test_a_path_of_somebodys_machine_is_a_problem(book: Path, text: str, bad: bool) -> None:
    keep(book, run_of(book, text))
    assert any("path of somebody's machine" in problem for problem in records.problems(book)) is bad


def test_a_broken_claim_a_failure_standard_error_or_an_unknown_version_is_a_problem(book: Path) -> None:
    whole = run_of(book, "x")
    for changed, said in (
        (replace(whole, claims=(Claim(1, "a < b", "", 0.0, 0.0),)), "a claim did not hold in its kept run"),
        (replace(whole, failed="a cell failed"), "its kept run failed"),
        (replace(whole, versions={}), "its head names pika"),
        (replace(whole, outputs=([{**text_output("oh"), "name": "stderr"}],)), "standard error"),
    ):
        keep(book, changed)
        assert any(said in problem for problem in records.problems(book)), said


def test_the_run_of_a_chapter_that_is_gone_is_a_problem(book: Path) -> None:
    keep(book, run_of(book, "x"))
    (book / "_toc.yml").write_text("format: jb-book\nroot: book/index\n", encoding="utf-8")
    (problem,) = records.problems(book)
    assert problem == "book/runs/part/one.ipynb is the run of no chapter with cells: delete it"
