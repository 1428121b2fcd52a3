"""What the bank covers: how many questions each topic has of each level, and of which kinds; what is proved, what is cited."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from mqcourse.book.question import KINDS, LEVELS, NOT_RUN
from mqcourse.book.questions import Topic, all_questions


@dataclass(frozen=True)
class Coverage:
    """Counts by (topic, level, kind); how many answers something that runs proves, and how many cite a fact."""

    counts: Mapping[tuple[str, str, str], int]
    topics: tuple[str, ...]
    proved: int
    cited: int

    def of(self, topic: str = "", level: str = "", kind: str = "") -> int:
        """How many questions fit; an empty word fits all."""
        wanted = (topic, level, kind)
        return sum(
            count
            for key, count in self.counts.items()
            if all(word in ("", part) for word, part in zip(wanted, key, strict=True))
        )

    def kinds_of(self, topic: str) -> list[tuple[str, int]]:
        return [(kind, count) for kind in KINDS if (count := self.of(topic, kind=kind))]

    def lines(self) -> list[str]:
        """The table: a line for each topic, then the kinds by level."""
        wide = max(len(name) for name in ("Questions", *self.topics, *KINDS.values())) + 2
        levels = "".join(f"{name:>8}" for name in LEVELS.values())
        found = [f"{'Topic':<{wide}}{levels}{'all':>8}  kinds"]
        for topic in self.topics:
            counts = "".join(f"{self.of(topic, level):>8}" for level in LEVELS)
            kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds_of(topic))
            found.append(f"{topic:<{wide}}{counts}{self.of(topic):>8}  {kinds}")
        found += ["", f"{'Kind':<{wide}}{levels}{'all':>8}"]
        for kind in KINDS:
            counts = "".join(f"{self.of(level=level, kind=kind):>8}" for level in LEVELS)
            found.append(f"{kind:<{wide}}{counts}{self.of(kind=kind):>8}")
        counts = "".join(f"{self.of(level=level):>8}" for level in LEVELS)
        found += [f"{'all':<{wide}}{counts}{self.of():>8}", ""]
        found.append(f"{self.proved} of {self.of()} answers are proved by something that runs.")
        found.append(f"{self.cited} of {self.of()} answers cite facts with their version and source.")
        return found

    def as_dict(self) -> dict[str, object]:
        """The same as JSON: topic, then level, then kind."""
        return {
            "questions": self.of(),
            "proved": self.proved,
            "cited": self.cited,
            "topics": {
                topic: {
                    level: {kind: count for kind in KINDS if (count := self.of(topic, level, kind))}
                    for level in LEVELS
                }
                for topic in self.topics
            },
        }


def coverage(bank: Mapping[str, Topic]) -> Coverage:
    questions = all_questions(bank)
    return Coverage(
        Counter((question.topic, question.level, question.kind) for question in questions),
        tuple(bank),
        sum(question.proof.kind != NOT_RUN for question in questions),
        sum(bool(question.facts) for question in questions),
    )
