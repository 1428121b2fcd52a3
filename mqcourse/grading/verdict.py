"""The verdict on one answer and on a whole lab."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mqcourse.grading.guarantees import Breach, Guarantee, shortened
from mqcourse.grading.manifest import Exercise, Lab


@dataclass(frozen=True)
class Verdict:
    """What one answer is worth, and which guarantees it broke; no breach means all its points."""

    exercise: Exercise
    breaches: tuple[Breach, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every guarantee held."""
        return not self.breaches

    @property
    def points(self) -> int:
        """All of the exercise's points, or none."""
        return self.exercise.points if self.passed else 0

    def lines(self) -> list[str]:
        """What broke and the hint, for people."""
        if self.passed:
            return []
        broken = dict.fromkeys(breach.guarantee for breach in self.breaches)
        named = [guarantee for guarantee in broken if guarantee is not Guarantee.ANSWERED]
        return [
            *shortened(self.breaches),
            *([f"Broken: {'; '.join(named)}."] if named else []),
            f"Hint: {self.exercise.hint}",
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.exercise.id,
            "title": self.exercise.title,
            "points": self.points,
            "of": self.exercise.points,
            "passed": self.passed,
            "broken": [{"guarantee": str(breach.guarantee), "what": breach.what} for breach in self.breaches],
            "hint": None if self.passed else self.exercise.hint,
        }


@dataclass(frozen=True)
class Report:
    """The verdicts on a lab, in the manifest's order."""

    lab: Lab
    verdicts: tuple[Verdict, ...]
    seconds: float

    @property
    def points(self) -> int:
        """Sum over the exercises."""
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Full points."""
        return self.points == self.lab.points

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "lab": self.lab.name,
            "title": self.lab.title,
            "points": self.points,
            "of": self.lab.points,
            "passed": self.passed,
            "seconds": round(self.seconds, 2),
            "exercises": [verdict.as_dict() for verdict in self.verdicts],
        }

    def as_text(self) -> str:
        """For a terminal."""
        parts = [f"{self.lab.title} ({self.lab.name})"]
        for verdict in self.verdicts:
            parts.append(f"  {verdict.points}/{verdict.exercise.points}  {verdict.exercise.title}")
            parts += [f"       {line}" for line in verdict.lines()]
        parts.append(f"Points: {self.points} of {self.lab.points}, in {self.seconds:.1f} s.")
        return "\n".join(parts) + "\n"


def refused(exercise: Exercise, guarantee: Guarantee, what: str) -> Verdict:
    """A verdict with one breach."""
    return Verdict(exercise, (Breach(guarantee, what),))


def read_breaches(entries: Sequence[Mapping[str, str]]) -> tuple[Breach, ...]:
    """The breaches of `as_dict`, back again."""
    return tuple(Breach(Guarantee(entry["guarantee"]), entry["what"]) for entry in entries)
