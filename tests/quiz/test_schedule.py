"""The schedule: what py-fsrs gives for the same ratings, whatever the order of the journal's lines."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.quiz.journal import RATINGS, Review, history, line_of
from mqcourse.quiz.schedule import recall, replay

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HISTORIES = 1000


def random_history(seed: int) -> list[Review]:
    drawn = random.Random(seed)
    at = BEGIN
    found = []
    for _ in range(drawn.randint(1, 12)):
        at += timedelta(milliseconds=drawn.randint(1, drawn.choice([10**5, 10**8, 10**10])))
        found.append(Review(at, drawn.choice(["why", "when"]), drawn.choice(RATINGS)))
    return found


@pytest.mark.lengthy
def test_a_thousand_histories_are_scheduled_as_py_fsrs_does() -> None:
    for seed in range(HISTORIES):
        reviews = random_history(seed)
        theirs: dict[str, Card] = {}
        scheduler = Scheduler(enable_fuzzing=False)
        for review in reviews:
            card = theirs.get(review.card, Card(card_id=1))
            rating = Rating(RATINGS.index(review.rating) + 1)
            theirs[review.card], _ = scheduler.review_card(card, rating, review_datetime=review.at)
        ours = replay(reviews)
        assert {name: memory.due for name, memory in ours.items()} == {
            name: card.due for name, card in theirs.items()
        }, seed
        later = reviews[-1].at + timedelta(days=20)
        for name, card in theirs.items():
            assert ours[name].stability_days == card.stability
            assert recall(ours[name], later) == scheduler.get_card_retrievability(card, later)


@pytest.mark.lengthy
@given(st.integers(0, 10**6), st.randoms())
def test_the_order_of_the_lines_changes_nothing(seed: int, drawn: random.Random) -> None:
    reviews = random_history(seed)
    lines = [line_of(review) for review in reviews]
    drawn.shuffle(lines)
    assert replay(history(lines)) == replay(reviews)


def test_a_card_that_was_known_waits_longer_each_time_and_one_that_was_not_comes_back_within_minutes() -> (
    None
):
    at, waits = BEGIN, []
    reviews: list[Review] = []
    for _ in range(5):
        reviews.append(Review(at, "why", "good"))
        due = replay(reviews)["why"].due
        waits.append(due - at)
        at = due
    assert waits == sorted(waits)
    assert waits[-1] > timedelta(days=20)
    missed = replay([*reviews, Review(at, "why", "again")])["why"]
    assert missed.due - at <= timedelta(minutes=10)
    assert (missed.reviews, missed.lapses) == (6, 1)
