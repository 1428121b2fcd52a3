"""An interview line by line: what is shown when, what is kept, what ends it, and that the clock only tells."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.interview.agenda import Case, Plan, agenda
from mqcourse.interview.answer import Answer, Ticks, follow_ups, points
from mqcourse.interview.conversation import FOLLOW_UP, NEXT, NOTES, TICK, converse, present
from mqcourse.quiz.card_text import strong_answer
from tests.interview.candidates import BANK, PLAN

CASES = agenda(BANK, PLAN)
WIDTH = 100


def typing(*lines: str) -> Callable[[], str]:
    rest = iter(f"{line}\n" for line in lines)
    return lambda: next(rest, "")


def clock(step_s: int = 60) -> Callable[[], datetime]:
    """A clock that is a minute later each time that it is looked at."""

    def times() -> Iterator[datetime]:
        now = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
        while True:
            yield now
            now += timedelta(seconds=step_s)

    found = times()
    return lambda: next(found)


def held(cases: tuple[Case, ...], *lines: str, step_s: int = 60) -> tuple[bool, list[Answer], list[str]]:
    kept: list[Answer] = []
    shown: list[str] = []
    whole = converse(cases, typing(*lines), shown.append, kept.append, WIDTH, clock(step_s))
    return whole, kept, shown


@pytest.mark.parametrize(
    ("lines", "cases"),
    [
        ([], 0),
        (["q"], 0),
        (["some notes", "Q"], 0),
        ([""], 0),
        (["", "q"], 0),
        (["", "1"], 0),
        (["", "1", "", "q"], 0),
        (["", ""], 1),
        (["", "1", "", "y"], 1),
        (["", "", "", "1 a", "", "no"], 2),
        (["notes", "more", "", "nonsense", "1", "", "maybe", "y", "", "q"], 1),
    ],
)
def test_each_whole_case_is_kept_at_once_and_any_end_is_an_end(lines: list[str], cases: int) -> None:
    whole, kept, _ = held(CASES, *lines)
    assert not whole
    assert [answer.question.id for answer in kept] == [case.question.id for case in CASES[:cases]]


def test_the_last_case_ends_the_interview() -> None:
    whole, kept, shown = held(CASES, *["", ""] * len(CASES))
    assert whole
    assert len(kept) == len(CASES)
    assert [answer.ticks for answer in kept] == [Ticks()] * len(CASES)
    assert sum(text.startswith(f"\n[{len(CASES)} of {len(CASES)}]") for text in shown) == 1


@pytest.mark.parametrize(("enters", "whole"), [(len(CASES), True), (len(CASES) - 1, False), (0, False)])
def test_a_candidate_sees_every_case_with_the_clock_and_no_answer(enters: int, whole: bool) -> None:
    shown: list[str] = []
    assert present(CASES, typing(*[""] * enters), shown.append, WIDTH, clock()) is whole
    text = "\n".join(shown)
    assert text.count(NEXT) == min(enters + 1, len(CASES))
    assert [f"[{place} of {len(CASES)}] Minute {place}" in text for place in range(1, enters + 1)] == [
        True
    ] * enters
    for case in CASES:
        assert strong_answer(case.question, WIDTH) not in text
        assert not any(point.text in text for point in points(case.question))


def test_notes_ticks_and_follow_ups_are_what_was_typed() -> None:
    _, (answer,), shown = held(CASES, "first", "second", "", "1, 2 a", "", "n")
    assert answer.own == "first\nsecond"
    assert answer.ticks == Ticks(frozenset({0, 1}), frozenset({0}))
    assert answer.follow_ups == (False,)
    assert "For the schedule: again." in "\n".join(shown)


@pytest.mark.parametrize("case", agenda(BANK, Plan("S", 480, 1)), ids=lambda case: case.question.id)
def test_no_answer_is_shown_before_the_person_has_answered(case: Case) -> None:
    _, _, shown = held((case,), "notes")
    begun = "\n".join(shown)
    assert NOTES.split(";")[0] in begun
    assert strong_answer(case.question, WIDTH) not in begun
    assert case.question.follow_ups[0].ask[:30] not in begun
    ticked = held((case,), "", "1 2 3")[2]
    assert strong_answer(case.question, WIDTH) in ticked[-2] + ticked[-3]
    assert FOLLOW_UP in ticked[-1]
    assert case.question.follow_ups[0].answer[:30] not in ticked[-1]


@given(st.sets(st.integers(1, 3)))
def test_the_follow_ups_asked_are_those_of_the_ticks(ticked: set[int]) -> None:
    line = " ".join(map(str, ticked))
    card = CASES[0].question
    expected = follow_ups(card, Ticks(frozenset(number - 1 for number in ticked)))
    _, (answer,), shown = held(CASES[:1], "", line, *["", "y"] * len(expected))
    assert sum(FOLLOW_UP in text for text in shown) == len(expected)
    assert answer.follow_ups == (True,) * len(expected)


def test_a_wrong_tick_is_named_and_asked_again() -> None:
    _, kept, shown = held(CASES, "", "1 7", "1", "", "y")
    assert "“7” is no number or letter of the list." in "\n".join(shown)
    assert kept[0].ticks == Ticks(frozenset({0}))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("15.6 TB", "Compared: right."),
        ("3.6", "Compared: not right."),
        ("a lot", "Not compared. A last line with only a number"),
        ("15.6 GB", "Not compared. A last line with only a number"),
    ],
)
def test_a_number_is_compared_and_the_person_is_told(own: str, said: str) -> None:
    card = next(card for card in BANK if card.id == "estimate-retention-disk")
    _, _, shown = held((Case(card, 5),), own, "", "1", "", "y")
    assert said in "\n".join(shown)


def test_the_clock_is_told_and_ends_nothing() -> None:
    whole, kept, shown = held(CASES, *["", ""] * len(CASES), step_s=3600)
    assert whole
    assert {answer.seconds for answer in kept} == {3600}
    heads = [text.splitlines()[1] for text in shown if text.startswith("\n[")]
    assert heads[0] == f"[1 of {len(CASES)}] Minute 60, {CASES[0].minutes} minutes for this case."
    assert heads[1].startswith(f"[2 of {len(CASES)}] Minute 180,")
    assert TICK.split(",")[0] in "\n".join(shown)


@given(st.lists(st.text(st.characters(exclude_characters="\n\r"), max_size=12), max_size=40))
def test_any_lines_end_without_an_error(lines: list[str]) -> None:
    whole, kept, _ = held(CASES, *lines)
    assert len(kept) <= len(CASES)
    assert whole == (len(kept) == len(CASES))
