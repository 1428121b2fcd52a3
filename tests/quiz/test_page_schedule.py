"""The page's schedule against `mq quiz`: the same ratings are due at the same millisecond, and sessions are the same."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating

from mqcourse.book.question import LEVELS
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.quiz.journal import RATINGS, Review
from mqcourse.quiz.schedule import LONGEST_STABILITY_DAYS, replay, scheduler
from mqcourse.quiz.session import Wish, plan
from tests.quiz.page import card_of, in_page, lines_of, milliseconds
from tests.quiz.test_schedule import BEGIN, HISTORIES, random_history


def on_its_day(seed: int) -> list[Review]:
    """A history as a reader has one: each card is rated when it is due, or some days later."""
    drawn = random.Random(seed)
    reviews: list[Review] = []
    card, at = Card(card_id=0), BEGIN
    for _ in range(drawn.randint(2, 15)):
        review = Review(at, "why", drawn.choices(RATINGS, (2, 2, 5, 1))[0])
        reviews.append(review)
        card, _log = scheduler().review_card(
            card, Rating(RATINGS.index(review.rating) + 1), review_datetime=at
        )
        card.stability = min(float(card.stability or 0), LONGEST_STABILITY_DAYS)
        at = card.due + timedelta(milliseconds=drawn.choice([0, 1, drawn.randint(0, 5 * 10**8)]))
    return reviews


def compare(histories: list[list[Review]]) -> None:
    theirs = in_page(histories=[lines_of(reviews) for reviews in histories])["histories"]
    for place, (reviews, page) in enumerate(zip(histories, theirs, strict=True)):
        ours = replay(reviews)
        assert {name: memory["due"] for name, memory in page.items()} == {
            name: milliseconds(memory.due) for name, memory in ours.items()
        }, place
        for name, memory in ours.items():
            # ts-fsrs rounds each step to eight decimals, py-fsrs none: equal as days, never bit for bit
            assert abs(page[name]["stability"] - memory.stability_days) <= 1e-5 * memory.stability_days + 1e-6
            assert abs(page[name]["difficulty"] - memory.difficulty) <= 1e-6


@pytest.mark.lengthy
def test_a_thousand_random_histories_are_due_at_the_same_millisecond() -> None:
    compare([random_history(seed) for seed in range(HISTORIES)])


def test_a_thousand_histories_of_cards_rated_when_they_were_due_are_due_at_the_same_millisecond() -> None:
    compare([on_its_day(seed) for seed in range(HISTORIES)])


def test_the_edge_of_a_day_is_a_whole_day_after_the_rating_and_no_midnight() -> None:
    late = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    day = timedelta(days=1)
    waits = (timedelta(seconds=2), day - timedelta(milliseconds=1), day, day + timedelta(milliseconds=1))
    compare(
        [
            [Review(late, "why", first), Review(late + wait, "why", second)]
            for wait in waits
            for first in RATINGS
            for second in RATINGS
        ]
    )


def test_a_lapse_after_a_stability_of_more_than_a_century_is_due_on_the_same_day() -> None:
    at = BEGIN
    reviews: list[Review] = []
    reached = False
    for rating in [*["easy"] * 9, "again", "good", "good", "good"]:
        reviews.append(Review(at, "why", rating))
        memory = replay(reviews)["why"]
        reached |= memory.stability_days == LONGEST_STABILITY_DAYS
        at = memory.due
    compare([reviews[:count] for count in range(1, len(reviews) + 1)])
    assert reached


def test_both_have_the_same_parameters() -> None:
    assert tuple(in_page()["weights"]) == scheduler().parameters


def test_the_order_of_the_lines_and_a_line_twice_change_nothing() -> None:
    in_order = [lines_of(random_history(seed)) for seed in range(50)]
    shuffled = [random.Random(0).sample([*lines, lines[0]], len(lines) + 1) for lines in in_order]
    assert in_page(histories=shuffled) == in_page(histories=in_order)


@pytest.mark.lengthy
def test_a_session_of_the_page_has_the_cards_of_a_session_of_the_terminal() -> None:
    topics = load_bank()
    bank = all_questions(topics)
    drawn = random.Random(0)
    now = BEGIN + timedelta(days=30)
    cards = [card_of(card) for card in bank]
    cases, wanted = [], []
    for _ in range(200):
        wish = Wish(
            topic=drawn.choice([None, *topics]),
            level=drawn.choice([None, *LEVELS]),
            due_only=drawn.random() < 0.5,
            minutes=drawn.choice([None, 1, 10, 20, 60]),
        )
        reviews = [
            Review(
                BEGIN + timedelta(milliseconds=drawn.randint(0, 30 * 86_400_000)),
                card.id,
                drawn.choice(RATINGS),
            )
            for card in drawn.sample(bank, 80)
        ]
        named = {"topic": wish.topic, "level": wish.level, "dueOnly": wish.due_only, "minutes": wish.minutes}
        cases.append({"cards": cards, "lines": lines_of(reviews), "now": milliseconds(now), "wish": named})
        ours = plan(bank, replay(sorted(reviews)), now, wish)
        wanted.append({"due": ours.due, "fresh": ours.new, "queue": [card.id for card in ours.cards]})
    assert in_page(plans=cases)["plans"] == wanted
    assert any(session["due"] > len(session["queue"]) > 1 for session in wanted), "some are limited"
