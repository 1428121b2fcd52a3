"""A session by keys: what is shown before and after the answer, what is kept, and what ends it."""

import os
import pty
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mqcourse.book.question import KINDS, Question
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.home import CHECKOUT
from mqcourse.quiz import journal
from mqcourse.quiz.asking import RATE, REVEAL, ask
from mqcourse.quiz.card_text import back, front
from mqcourse.quiz.journal import Review

NOW = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
BANK = all_questions(load_bank())


def pressing(keys: str) -> Callable[[], str]:
    rest = iter(keys)
    return lambda: next(rest, "")


@pytest.mark.parametrize(
    ("keys", "ratings"),
    [
        ("", []),
        ("q", []),
        (" q", []),
        (" 3", ["good"]),
        ("x\n7 \x0432", ["again"][:0]),
        (" 1\n4", ["again", "easy"]),
        ("3 3", ["good"]),
        (" 2q", ["hard"]),
        (" 1 2 3 4", ["again", "hard"]),
    ],
)
def test_each_rating_is_kept_at_once_and_any_end_is_an_end(keys: str, ratings: list[str]) -> None:
    kept: list[Review] = []
    shown: list[str] = []
    count = ask(BANK[:2], pressing(keys), shown.append, kept.append, 80, lambda: NOW)
    assert [review.rating for review in kept] == ratings
    assert [review.card for review in kept] == [card.id for card in BANK[: len(ratings)]]
    assert count == len(ratings)
    assert REVEAL in shown[0]
    assert not any(BANK[0].strong[0][:20] in text for text in shown[:1])


@pytest.mark.parametrize(
    ("keys", "sure"), [(" 3", None), ("1 3", 25), ("2\n3", 50), ("3x 3", 75), ("14 3", 95), ("4q", "ended")]
)
def test_how_sure_the_reader_is_can_be_said_before_the_answer_and_the_last_word_counts(
    keys: str, sure: object
) -> None:
    kept: list[Review] = []
    shown: list[str] = []
    ask(BANK[:1], pressing(keys), shown.append, kept.append, 80, lambda: NOW)
    assert [review.sure for review in kept] == ([] if sure == "ended" else [sure])
    assert [f"about {review.sure}%" in text for review in kept for text in shown].count(True) == (
        0 if sure in (None, "ended") else 1
    )


@pytest.mark.parametrize("question", BANK, ids=lambda question: question.id)
def test_every_card_can_be_read_in_a_narrow_terminal(question: Question) -> None:
    for text in (front(question, 60), back(question, 60)):
        assert not [line for line in text.splitlines() if "**" in line and not line.startswith("    ")]
        long = [
            line for line in text.splitlines() if len(line) > 60 and not line.startswith(("    ", "http"))
        ]
        assert not [
            line for line in long if " " in line.strip() and not line.startswith(("The mistake", "Choose"))
        ]
    assert "Often said, and wrong" in back(question, 60)
    assert KINDS[question.kind] in front(question, 60)


def test_single_keys_of_a_terminal_and_the_rating_is_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    child, terminal = pty.fork()
    if not child:
        os.chdir(CHECKOUT)
        os.execv(sys.executable, [sys.executable, "-m", "mqcourse", "quiz", "--topic", "why"])  # noqa: S606
    said = b""
    for mark, key in ((REVEAL, b"3"), ("about 75%", b" "), (RATE, b"4"), (REVEAL, b"q")):
        begun = len(said)
        while mark.encode() not in said[begun:].replace(b"\r\n", b"\n"):
            said += os.read(terminal, 1)
        os.write(terminal, key)
    while b"1 of" not in said.rpartition(b"easy")[2]:
        said += os.read(terminal, 1024)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(terminal)
    (review,) = journal.read()
    assert (review.rating, review.sure) == ("easy", 75)
    assert review.card in {card.id for card in load_bank()["why"].questions}
