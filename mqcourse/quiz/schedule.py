"""When a card is shown again: FSRS by py-fsrs, replayed from the journal. Without fuzz, so that the page agrees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from mqcourse.quiz.journal import RATINGS, Review

if TYPE_CHECKING:
    from fsrs import Scheduler

RETENTION = 0.9
"""How likely a card should still be known when it is shown again."""

LONGEST_STABILITY_DAYS = 36_500.0
"""A century, the limit of ts-fsrs in the page. py-fsrs has none, so a lapse after it would be due on another day."""


@dataclass(frozen=True)
class Memory:
    """What the schedule holds of one card: when it is due, and how long it is remembered."""

    due: datetime
    stability_days: float
    difficulty: float
    last: Review
    reviews: int
    lapses: int
    """How often it was rated "again" after the first time."""


@cache
def scheduler() -> "Scheduler":
    """The scheduler with the default parameters of FSRS-6."""
    from fsrs import Scheduler

    return Scheduler(desired_retention=RETENTION, enable_fuzzing=False)


def replay(reviews: Iterable[Review]) -> Mapping[str, Memory]:
    """Every card that was rated, with its memory. The reviews are in the order of time."""
    from fsrs import Card, Rating

    cards: dict[str, Card] = {}
    found: dict[str, Memory] = {}
    for review in reviews:
        before = cards.get(review.card) or Card(card_id=0, due=review.at)
        rating = Rating(RATINGS.index(review.rating) + 1)
        card, _ = scheduler().review_card(before, rating, review_datetime=review.at)
        card.stability = min(float(card.stability or 0), LONGEST_STABILITY_DAYS)
        cards[review.card] = card
        was = found.get(review.card)
        lapsed = was is not None and review.rating == "again"
        found[review.card] = Memory(
            due=card.due,
            stability_days=float(card.stability or 0),
            difficulty=float(card.difficulty or 0),
            last=review,
            reviews=(was.reviews if was else 0) + 1,
            lapses=(was.lapses if was else 0) + lapsed,
        )
    return found


def recall(memory: Memory, now: datetime) -> float:
    """How likely the card is known now, from 0 to 1."""
    from fsrs import Card, State

    card: Card = Card(
        card_id=0,
        state=State.Review,
        stability=memory.stability_days,
        difficulty=memory.difficulty,
        due=memory.due,
        last_review=memory.last.at,
    )
    return float(scheduler().get_card_retrievability(card, max(now, memory.last.at)))
