"""What the journal shows: how much is known, what is due, the weakest topics, days in a row, how sure and how right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mqcourse.book.question import Question
from mqcourse.quiz.journal import Review
from mqcourse.quiz.schedule import Memory, recall
from mqcourse.quiz.session import is_due

WEAKEST = 3
WHOLE = 0.995
"""From here on a share is shown as 100%."""
SURE = {25: "A guess", 50: "Half sure", 75: "Fairly sure", 95: "Certain"}
"""How sure a reader can say to be, in percent, with its name: the four steps of the page."""
KNOWN = ("good", "easy")
"""The ratings of a card that was known."""


@dataclass(frozen=True)
class TopicStatistics:
    """One topic: cards in it, cards that were rated, and how likely those are known now, on average."""

    topic: str
    cards: int
    seen: int
    known: float


@dataclass(frozen=True)
class Calibration:
    """One step of sureness, in percent: the answers that were given with it, and how many of them were known."""

    sure: int
    answers: int
    known: int


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
    calibration: tuple[Calibration, ...]
    """The steps that have an answer, from the least sure."""

    @property
    def weakest(self) -> tuple[TopicStatistics, ...]:
        """The topics of which least is known, among those that were begun and are not known whole: not shown as 100%."""
        begun = [topic for topic in self.topics if topic.seen and topic.known < WHOLE]
        return tuple(sorted(begun, key=lambda topic: (topic.known, topic.topic))[:WEAKEST])

    def lines(self) -> list[str]:
        """The text for a terminal of 60 columns."""
        wide = max((len(topic.topic) for topic in self.topics), default=5) + 2
        found = [
            f"{self.seen} of {self.cards} cards seen, in {self.reviews} ratings.",
            f"{self.due} due now, {self.due_in_a_week} more within a week.",
            f"{self.days_in_a_row} {'day' if self.days_in_a_row == 1 else 'days'} in a row.",
            "",
            f"{'Topic':<{wide}}{'seen':>10}{'known':>8}",
        ]
        for topic in self.topics:
            known = f"{topic.known:.0%}" if topic.seen else ""
            found.append(f"{topic.topic:<{wide}}{f'{topic.seen} of {topic.cards}':>10}{known:>8}".rstrip())
        if self.weakest:
            names = ", ".join(topic.topic for topic in self.weakest)
            found += ["", f"Weakest: {names}."]
        if self.calibration:
            wide = max(map(len, SURE.values())) + len(" (95%)") + 2
            found += ["", f"{'You felt':<{wide}}{'answers':>10}{'known':>8}"]
            for step in self.calibration:
                felt = f"{SURE[step.sure]} ({step.sure}%)"
                found.append(f"{felt:<{wide}}{step.answers:>10}{step.known / step.answers:>8.0%}")
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


def calibration(reviews: Iterable[Review]) -> tuple[Calibration, ...]:
    """For each step of sureness, how many answers were given with it or near it, and how many of them were known."""
    said: dict[int, list[Review]] = {step: [] for step in SURE}
    for review in reviews:
        if review.sure is not None:
            said[_step(review.sure)].append(review)
    return tuple(
        Calibration(step, len(found), sum(review.rating in KNOWN for review in found))
        for step, found in said.items()
        if found
    )


def _step(sure: float) -> int:
    """The nearest step; the lower of two that are equally near."""
    return min(SURE, key=lambda step: abs(step - sure))


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
        calibration=calibration(counted),
    )
