"""Which cards a session shows, and what the statistics count."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mqcourse.book.question import LEVELS, MINUTES, Question
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.quiz.journal import Review
from mqcourse.quiz.schedule import replay
from mqcourse.quiz.session import Wish, plan
from mqcourse.quiz.statistics import Calibration, TopicStatistics, days_in_a_row, statistics

NOW = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
BANK = all_questions(load_bank())
RATED = [
    Review(NOW - timedelta(days=30), BANK[3].id, "good"),
    Review(NOW - timedelta(days=40), BANK[1].id, "again"),
    Review(NOW - timedelta(minutes=1), BANK[2].id, "easy"),
]
MEMORIES = replay(sorted(RATED))


def ids(cards: tuple[Question, ...]) -> list[str]:
    return [card.id for card in cards]


def test_due_cards_are_first_the_longest_overdue_before_all_then_new_ones_from_the_lowest_level() -> None:
    session = plan(BANK, MEMORIES, NOW, Wish())
    assert ids(session.cards)[:2] == [BANK[1].id, BANK[3].id]
    assert BANK[2].id not in ids(session.cards), "rated a minute ago, and known"
    ranks = [list(LEVELS).index(card.level) for card in session.cards[2:]]
    assert ranks == sorted(ranks)
    assert (session.due, session.new, len(session.cards)) == (2, len(BANK) - 3, len(BANK) - 1)


def test_only_what_is_due() -> None:
    assert ids(plan(BANK, MEMORIES, NOW, Wish(due_only=True)).cards) == [BANK[1].id, BANK[3].id]
    assert plan(BANK, {}, NOW, Wish(due_only=True)).cards == ()


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_and_a_topic_limit_the_session(level: str) -> None:
    cards = plan(BANK, {}, NOW, Wish(topic="failure", level=level)).cards
    assert cards
    assert {(card.topic, card.level) for card in cards} == {("failure", level)}


@pytest.mark.parametrize("minutes", [1, 6, 7, 30])
def test_the_minutes_are_not_exceeded_except_by_a_first_card(minutes: float) -> None:
    cards = plan(BANK, {}, NOW, Wish(minutes=minutes)).cards
    assert len(cards) == 1 or sum(MINUTES[card.kind] for card in cards) <= minutes
    assert cards


def test_statistics_of_nothing_and_of_three_ratings() -> None:
    none = statistics(BANK, [], {}, NOW)
    assert (none.reviews, none.seen, none.due, none.days_in_a_row, none.weakest) == (0, 0, 0, 0, ())
    gone = Review(NOW, "a-card-of-before", "good")
    found = statistics(BANK, [*RATED, gone], {**MEMORIES, "a-card-of-before": MEMORIES[BANK[1].id]}, NOW)
    assert (found.reviews, found.seen, found.due, found.days_in_a_row) == (3, 3, 2, 1)
    assert found.cards == len(BANK)
    assert sum(topic.cards for topic in found.topics) == len(BANK)
    assert found.weakest[0].known < 1
    assert all(len(line) <= 60 for line in found.lines())
    assert "1 day in a row." in found.lines()


def test_a_topic_that_is_shown_as_known_whole_is_not_called_weak() -> None:
    whole, part = (TopicStatistics(name, 9, 1, known) for name, known in (("kafka", 0.996), ("why", 0.994)))
    found = replace(statistics(BANK, [], {}, NOW), topics=(whole, part))
    assert found.weakest == (part,)
    assert "Weakest: why." in found.lines()
    assert not any("Weakest" in line for line in replace(found, topics=(whole,)).lines())


def test_how_sure_the_reader_was_is_set_beside_how_often_it_was_known() -> None:
    said = [(95, "good"), (95, "again"), (90, "easy"), (25, "hard"), (37.5, "good"), (None, "good")]
    reviews = [
        Review(NOW - timedelta(days=day), BANK[day].id, rating, sure)
        for day, (sure, rating) in enumerate(said)
    ]
    found = statistics(BANK, reviews, replay(sorted(reviews)), NOW)
    assert found.calibration == (Calibration(25, 2, 1), Calibration(95, 3, 2))
    lines = found.lines()
    assert lines[-3:] == [
        "You felt              answers   known",
        "A guess (25%)               2     50%",
        "Certain (95%)               3     67%",
    ]
    assert statistics(BANK, RATED, MEMORIES, NOW).calibration == ()
    assert not [line for line in statistics(BANK, RATED, MEMORIES, NOW).lines() if "felt" in line]


@pytest.mark.parametrize(
    ("days", "count"),
    [([], 0), ([27], 1), ([26], 1), ([25], 0), ([27, 26, 24], 2), ([26, 25, 24, 24], 3)],
)
def test_days_in_a_row_end_today_or_yesterday(days: list[int], count: int) -> None:
    assert days_in_a_row([date(2026, 11, day) for day in days], date(2026, 11, 27)) == count
