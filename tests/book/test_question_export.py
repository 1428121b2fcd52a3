"""The bank for other programs: every card is in every file, once, whole, and known by an id that stays."""

import csv
import io
import re
from pathlib import Path

import pytest

from mqcourse.book.card_markdown import back, front
from mqcourse.book.question import KINDS, Question
from mqcourse.book.question_export import COLUMNS, as_anki, as_csv, as_markdown
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.cli import main
from mqcourse.exits import Exit

BANK = load_bank()
CARDS = all_questions(BANK)


def of_kind(kind: str) -> Question:
    return next(card for card in CARDS if card.kind == kind)


def test_the_table_has_a_line_for_each_card_and_a_spreadsheet_reads_it_back() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(CARDS, BANK), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [row["id"] for row in rows] == [card.id for card in CARDS]
    for row, card in zip(rows, CARDS, strict=True):
        assert row["question"] == front(card)
        assert row["answer"] == back(card)
        assert all(url in row["sources"] for _, url in card.sources)


def test_anki_gets_a_note_for_each_card_with_an_id_that_stays() -> None:
    text = as_anki(CARDS, BANK)
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert head == [
        "#separator:tab",
        "#html:true",
        "#notetype:Basic",
        "#guid column:1",
        "#deck column:2",
        "#tags column:5",
    ]
    body = text[len("\n".join(head)) + 1 :]
    notes = list(csv.reader(io.StringIO(body, newline=""), delimiter="\t"))
    assert [note[0] for note in notes] == [f"mastering-message-queues-{card.id}" for card in CARDS]
    assert {len(note) for note in notes} == {5}
    for note, card in zip(notes, CARDS, strict=True):
        assert note[1] == f"Mastering message queues::{BANK[card.topic].title}"
        assert f"kind::{card.kind}" in note[4].split()
        assert not re.search(r"\*\*|```", re.sub(r"<code.*?</code>", "", note[2] + note[3], flags=re.DOTALL))


def test_the_page_has_each_card_below_its_topic() -> None:
    page = as_markdown(CARDS, BANK)
    titles = [topic.title for topic in BANK.values()]
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == titles
    assert re.findall(r"^### (.*)$", page, re.MULTILINE) == [card.prompt for card in CARDS]


def test_of_a_topic_only_its_cards_are_written() -> None:
    chosen = [card for card in CARDS if card.topic == "delivery"]
    page = as_markdown(chosen, BANK)
    assert page.count("\n## ") == 1
    assert page.startswith(f"# Mastering message queues: {len(chosen)} interview questions\n")


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_asks_is_on_the_front_and_what_answers_it_on_the_back(kind: str) -> None:
    card = of_kind(kind)
    asked, answered = front(card), back(card)
    assert card.prompt in asked
    assert all(point in answered and point not in asked for point in card.strong)
    assert all(each.ask in answered and each.answer in answered for each in card.follow_ups)
    given, solved = {
        "choice": ("A. ", "**Right: "),
        "choices": ("A. ", "**Right: "),
        "order": ("A. ", "**Right: "),
        "numeric": ("Give a number in ", "Within "),
        "estimate": ("Give a number in ", "Within "),
        "spot": ("```text\n", "**The mistake:**"),
        "claim": ("> ", "**Verdict: "),
        "incident": ("```text\n", "**Three decisions**"),
        "design": ("", "**Three options, each with its price**"),
        "recall": ("", "**A strong answer**"),
    }[kind]
    assert given in asked
    assert solved in answered
    assert solved not in asked


def test_the_command_writes_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cards.txt"
    assert main(["questions", "export", "anki", "--level", "staff", str(file)]) == Exit.DONE
    staff = [card for card in CARDS if card.level == "St"]
    assert file.read_text(encoding="utf-8") == as_anki(staff, BANK)
    assert f"{len(staff)} questions are in {file}" in capsys.readouterr().out
    assert main(["questions", "export", "csv", "--topic", "delivry", str(file)]) == Exit.USAGE
    assert "delivery" in capsys.readouterr().err
