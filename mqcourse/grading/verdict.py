"""The verdict on one answer and on a whole lab."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mqcourse.grading.guarantees import NOT_ANSWERED, Breach, Guarantee, shortened
from mqcourse.grading.manifest import Exercise, Lab, find
from mqcourse.grading.trace import Trace, read_trace

MOST_TRACES = 3


START = "This is where you start."


class State(StrEnum):
    """The state of an exercise. Each has a colour in the notebook, and its word is beside the colour."""

    PASSED = "passed"
    UNTOUCHED = "not answered yet"
    FAILED = "not passed"


@dataclass(frozen=True)
class Verdict:
    """The points of one answer, and which guarantees it broke; no breach means all its points."""

    exercise: Exercise
    breaches: tuple[Breach, ...] = ()
    seed: int | None = None
    """What the check drew came from here; None when nothing was run."""
    traces: tuple[Trace, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every guarantee held."""
        return not self.breaches

    @property
    def state(self) -> State:
        """Passed, not answered yet, or not passed."""
        if self.passed:
            return State.PASSED
        untouched = all(
            breach.guarantee is Guarantee.ANSWERED and breach.what == NOT_ANSWERED for breach in self.breaches
        )
        return State.UNTOUCHED if untouched else State.FAILED

    @property
    def points(self) -> int:
        """All of the exercise's points, or none."""
        return self.exercise.points if self.passed else 0

    def lines(self) -> list[str]:
        """What broke, for people; for a right answer what it was not checked for, and other good styles."""
        if self.state is State.UNTOUCHED:
            return [f"{NOT_ANSWERED}. {START}"]
        if self.passed:
            unchecked = "; ".join(self.exercise.unchecked)
            return [
                *([f"Not checked: {unchecked}."] if unchecked else []),
                *(f"Another good way: {style.name}. {style.price}" for style in self.exercise.styles),
            ]
        named = dict.fromkeys(
            breach.guarantee for breach in self.breaches if breach.guarantee is not Guarantee.ANSWERED
        )
        return [
            *shortened(self.breaches),
            *([f"Broken: {'; '.join(named)}."] if named else []),
            *(
                [
                    f"Seed: {self.seed} (given again with seed={self.seed} or --seed {self.seed}, it repeats this run)"
                ]
                if self.seed is not None
                else []
            ),
        ]

    def history_lines(self) -> list[str]:
        """What happened in the trials of an answer that did not pass, for a terminal."""
        if self.state is not State.FAILED:
            return []
        return [line for trace in self.shown_traces for line in trace.lines()]

    @property
    def shown_traces(self) -> tuple[Trace, ...]:
        """The last few trials: the last one is where it broke."""
        return tuple(trace for trace in self.traces if trace.workers)[-MOST_TRACES:]

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.exercise.id,
            "title": self.exercise.title,
            "points": self.points,
            "of": self.exercise.points,
            "passed": self.passed,
            "state": str(self.state),
            "broken": [{"guarantee": str(breach.guarantee), "what": breach.what} for breach in self.breaches],
            "seed": self.seed,
            "history": [trace.as_dict() for trace in self.shown_traces] if self.state is State.FAILED else [],
            "unchecked": list(self.exercise.unchecked) if self.passed else [],
            "styles": [{"name": style.name, "price": style.price} for style in self.exercise.styles]
            if self.passed
            else [],
        }


@dataclass(frozen=True)
class Report:
    """The verdicts on a lab, in the manifest's order."""

    lab: Lab
    verdicts: tuple[Verdict, ...]
    seconds: float
    seed: int | None = None
    """What the checks drew came from here; None when nothing was run."""

    @property
    def points(self) -> int:
        """Sum over the exercises."""
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Full points."""
        return self.points == self.lab.points

    def as_dict(self) -> dict[str, Any]:
        return {
            "lab": self.lab.name,
            "title": self.lab.title,
            "points": self.points,
            "of": self.lab.points,
            "passed": self.passed,
            "seconds": round(self.seconds, 2),
            "seed": self.seed,
            "exercises": [verdict.as_dict() for verdict in self.verdicts],
        }

    def as_text(self) -> str:
        parts = [f"{self.lab.title} ({self.lab.name})"]
        failed = [verdict for verdict in self.verdicts if verdict.state is State.FAILED]
        for verdict in self.verdicts:
            exercise = verdict.exercise
            parts.append(f"  {verdict.points}/{exercise.points}  {exercise.title}: {verdict.state}")
            lines = verdict.lines() if verdict.state is not State.UNTOUCHED else [START]
            parts += [f"       {line}" for line in lines]
            if history := verdict.history_lines():
                parts += ["       What happened:", *(f"         {line}" for line in history)]
        if failed:
            parts.append(f"A hint, when you want one: mq hint {self.lab.name} {failed[0].exercise.id}")
        parts.append(f"Points: {self.points} of {self.lab.points}, in {self.seconds:.1f} s.")
        return "\n".join(parts) + "\n"


def with_breach(exercise: Exercise, guarantee: Guarantee, what: str) -> Verdict:
    return Verdict(exercise, (Breach(guarantee, what),))


def read_verdict(exercise: Exercise, entry: Mapping[str, Any]) -> Verdict:
    """The verdict of `as_dict`, back again."""
    return Verdict(
        exercise,
        tuple(Breach(Guarantee(each["guarantee"]), each["what"]) for each in entry["broken"]),
        entry["seed"],
        tuple(read_trace(each) for each in entry["history"]),
    )


def read_report(entry: Mapping[str, Any]) -> Report:
    """The report of `as_dict`, back again."""
    lab = find(entry["lab"])
    verdicts = tuple(read_verdict(lab.exercise(each["id"]), each) for each in entry["exercises"])
    return Report(lab, verdicts, entry["seconds"], entry["seed"])
