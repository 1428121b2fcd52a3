"""The page's statistics against those of `mq quiz stats`, and its calibration."""

import random
from dataclasses import asdict
from datetime import timedelta

import pytest

from mqcourse.book.questions import all_questions, load_bank
from mqcourse.quiz.journal import RATINGS, Review, line_of
from mqcourse.quiz.schedule import replay
from mqcourse.quiz.statistics import statistics
from tests.quiz.page import card_of, in_page, lines_of, milliseconds
from tests.quiz.test_schedule import BEGIN

BANK = all_questions(load_bank())
CARDS = [card_of(card) for card in BANK]


def test_the_page_counts_as_the_terminal_does() -> None:
    drawn = random.Random(0)
    cases, wanted = [], []
    for count in (0, 1, 5, 40, 200):
        now = BEGIN + timedelta(days=40, milliseconds=drawn.randint(0, 86_400_000))
        reviews = sorted(
            Review(
                BEGIN + timedelta(milliseconds=drawn.randint(0, 40 * 86_400_000)),
                drawn.choice([*(card.id for card in BANK), "a-card-of-before"]),
                drawn.choice(RATINGS),
                drawn.choice([None, 0, 25, 37.5, 50, 60, 75, 85, 95, 100]),
            )
            for _ in range(count)
        )
        cases.append({"cards": CARDS, "lines": lines_of(reviews), "now": milliseconds(now)})
        wanted.append(statistics(BANK, reviews, replay(reviews), now))
    for ours, page in zip(wanted, in_page(statistics=cases)["statistics"], strict=True):
        assert (page["reviews"], page["cards"], page["seen"]) == (ours.reviews, ours.cards, ours.seen)
        assert (page["due"], page["dueInAWeek"]) == (ours.due, ours.due_in_a_week)
        assert page["daysInARow"] == ours.days_in_a_row
        assert page["weakest"] == [topic.topic for topic in ours.weakest]
        assert page["calibration"] == [asdict(step) for step in ours.calibration]
        for theirs, topic in zip(page["topics"], ours.topics, strict=True):
            assert (theirs["topic"], theirs["cards"], theirs["seen"]) == (
                topic.topic,
                topic.cards,
                topic.seen,
            )
            # ts-fsrs rounds to eight decimals
            assert theirs["known"] == pytest.approx(topic.known, abs=1e-6)
    assert max(found.days_in_a_row for found in wanted) > 3


def test_calibration_counts_what_was_known_by_how_sure_the_reader_was_and_passes_over_the_rest() -> None:
    said = [(95, "good"), (95, "again"), (90, "easy"), (25, "hard"), (None, "good"), ("sure", "good")]
    lines = [
        {**line_of(Review(BEGIN + timedelta(days=day), BANK[day].id, rating)), "sure": sure}
        for day, (sure, rating) in enumerate(said)
    ]
    case = {"cards": CARDS, "lines": lines, "now": milliseconds(BEGIN + timedelta(days=9))}
    assert in_page(statistics=[case])["statistics"][0]["calibration"] == [
        {"sure": 25, "answers": 1, "known": 0},
        {"sure": 95, "answers": 3, "known": 2},
    ]
