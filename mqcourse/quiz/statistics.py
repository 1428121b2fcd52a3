"""What the journal shows: how much is known, what is due, the weakest topics, and the days in a row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mqcourse.book.question import Question
from mqcourse.quiz.journal import Review
from mqcourse.quiz.schedule import Memory, recall
from mqcourse.quiz.session import is_due

WEAKEST = 3


@dataclass(frozen=True)
class TopicStatistics:
    """One topic: cards in it, cards that were rated, and how likely those are known now, on average."""

    topic: str
    cards: int
    seen: int
    known: float


@dataclass(frozen=True)
class Statistics:
    """The whole journal against the bank."""

    reviews: int
    cards: int
    seen: int
    due: int
    due_in_a_week: int
    days_in_a_row: int
    topics: tuple[TopicStatistics, ...]

    @property
    def weakest(self) -> tuple[TopicStatistics, ...]:
        """The topics of which least is known, among those that were begun."""
        begun = [topic for topic in self.topics if topic.seen]
        return tuple(sorted(begun, key=lambda topic: (topic.known, topic.topic))[:WEAKEST])

    def lines(self) -> list[str]:
        """The text for a terminal of 60 columns."""
        wide = max((len(topic.topic) for topic in self.topics), default=5) + 2
        found = [
            f"{self.seen} of {self.cards} cards seen, in {self.reviews} ratings.",
            f"{self.due} due now, {self.due_in_a_week} more within a week.",
            f"{self.days_in_a_row} days in a row.",
            "",
            f"{'Topic':<{wide}}{'seen':>10}{'known':>8}",
        ]
        for topic in self.topics:
            known = f"{topic.known:.0%}" if topic.seen else ""
            found.append(f"{topic.topic:<{wide}}{f'{topic.seen} of {topic.cards}':>10}{known:>8}".rstrip())
        if self.weakest:
            names = ", ".join(topic.topic for topic in self.weakest)
            found += ["", f"Weakest: {names}."]
        return found


def days_in_a_row(days: Iterable[date], today: date) -> int:
    """How many days up to today, or to yesterday, have a rating each."""
    rated = set(days)
    day = today if today in rated else today - timedelta(days=1)
    count = 0
    while day in rated:
        count += 1
        day -= timedelta(days=1)
    return count


def statistics(
    questions: Sequence[Question], reviews: Sequence[Review], memories: Mapping[str, Memory], now: datetime
) -> Statistics:
    """The statistics now. Days are those of `now`'s time zone; ratings of cards that are gone do not count."""
    asked = {question.id for question in questions}
    known = {card: memory for card, memory in memories.items() if card in asked}
    due = [card for card, memory in known.items() if is_due(memory, now)]
    in_a_week = [card for card, memory in known.items() if is_due(memory, now + timedelta(days=7))]
    topics = []
    for topic in dict.fromkeys(question.topic for question in questions):
        cards = [question.id for question in questions if question.topic == topic]
        recalls = [recall(known[card], now) for card in cards if card in known]
        mean = sum(recalls) / len(recalls) if recalls else 0.0
        topics.append(TopicStatistics(topic, len(cards), len(recalls), mean))
    counted = [review for review in reviews if review.card in asked]
    return Statistics(
        reviews=len(counted),
        cards=len(asked),
        seen=len(known),
        due=len(due),
        due_in_a_week=len(in_a_week) - len(due),
        days_in_a_row=days_in_a_row((r.at.astimezone(now.tzinfo).date() for r in counted), now.date()),
        topics=tuple(topics),
    )
