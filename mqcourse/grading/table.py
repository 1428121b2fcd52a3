"""The table exercise x sentence x wrong answer x verdict, and below it the honest styles: made by running them all."""

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from mqcourse.grading import known, leftovers, master
from mqcourse.grading.judge import judge
from mqcourse.grading.known import Honest, Wrong
from mqcourse.grading.manifest import Lab
from mqcourse.grading.trial import Answer
from mqcourse.grading.witness import Witness

SIDE_BY_SIDE = 4
"""Answers judged at a time: most of a trial is waiting."""


@dataclass(frozen=True)
class Row:
    """One known answer and what became of it with each seed."""

    lab: str
    exercise: str
    sentence: str
    """The words of the exercise that it breaks; empty for an honest answer."""
    answer: str
    """The mistake, or the style; empty when the sentence has no known wrong answer."""
    wanted: str
    """"refused" or "passes"."""
    faults: tuple[str, ...] = ()
    """For each seed, empty when the verdict was right, otherwise what was wrong with it."""

    @property
    def right(self) -> bool:
        """Whether there is an answer, and every verdict was as it must be."""
        return bool(self.answer) and not any(self.faults)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"right": self.right}

    def as_text(self) -> str:
        if not self.answer:
            return f"EMPTY  {self.exercise}: “{self.sentence}” has no known wrong answer"
        verdict = self.wanted if self.right else "WRONG"
        about = f"“{self.sentence}” " if self.sentence else ""
        faults = "".join(f"\n       seed {seed}: {fault}" for seed, fault in enumerate(self.faults) if fault)
        return f"{verdict:8} {self.exercise}: {about}{self.answer}{faults}"


def empty(lab: Lab) -> Iterator[Row]:
    """The sentences of the exercises that no known wrong answer breaks."""
    broken = {(wrong.exercise, wrong.sentence) for wrong in known.wrong(lab)}
    for exercise in lab.exercises:
        for name, words in exercise.sentences.items():
            if (exercise.id, name) not in broken:
                yield Row(lab.name, exercise.id, words, "", "refused")


def sample(answers: Sequence[Wrong | Honest]) -> list[Wrong | Honest]:
    """The first wrong answer of each sentence, and the first and the last honest style of each exercise."""
    wrong: dict[tuple[str, str], Wrong | Honest] = {}
    honest: dict[str, list[Wrong | Honest]] = {}
    for answer in answers:
        if isinstance(answer, Wrong):
            wrong.setdefault((answer.exercise, answer.sentence), answer)
        else:
            honest.setdefault(answer.exercise, []).append(answer)
    ends = [style for styles in honest.values() for style in (styles[0], styles[-1])]
    return [*wrong.values(), *ends]


def size(lab: Lab, exercise: str | None = None) -> int:
    """How many rows the table of a lab (of one exercise) has."""
    answers: list[Wrong | Honest] = [*known.wrong(lab), *known.honest(lab)]
    about = [*(row.exercise for row in empty(lab)), *(answer.exercise for answer in answers)]
    return sum(exercise in (None, each) for each in about)


def rows(
    lab: Lab,
    seeds: Sequence[int] = (0,),
    *,
    exercise: str | None = None,
    each_sentence_once: bool = False,
    side_by_side: int = SIDE_BY_SIDE,
) -> Iterator[Row]:
    """Every known answer of a lab (of one exercise), judged with every seed, several at a time.

    With `each_sentence_once` a sample that still has every sentence: the first wrong answer of each, and the first and
    the last honest style of each exercise.

    Unjudged when the lab's broker does not answer, or goes away.
    """
    yield from (row for row in empty(lab) if exercise in (None, row.exercise))
    setup = master.setup_source(lab)
    known_: list[Wrong | Honest] = [*known.wrong(lab), *known.honest(lab)]
    answers = [answer for answer in known_ if exercise in (None, answer.exercise)]
    if each_sentence_once:
        answers = sample(answers)
    with _nothing_left(), Witness(lab.brokers) as witness, ThreadPoolExecutor(side_by_side) as pool:
        judged = [
            [
                pool.submit(
                    judge, lab, lab.exercise(answer.exercise), Answer(setup, answer.source, seed), witness
                )
                for seed in seeds
            ]
            for answer in answers
        ]
        for answer, futures in zip(answers, judged, strict=True):
            verdicts = [future.result() for future in futures]
            if isinstance(answer, Wrong):
                words = lab.exercise(answer.exercise).sentences.get(answer.sentence, answer.sentence)
                faults = tuple(answer.refused_rightly(verdict) for verdict in verdicts)
                yield Row(lab.name, answer.exercise, words, answer.mistake, "refused", faults)
            else:
                faults = tuple("; ".join(breach.what for breach in verdict.breaches) for verdict in verdicts)
                yield Row(lab.name, answer.exercise, "", answer.style, "passes", faults)


@contextlib.contextmanager
def _nothing_left() -> Iterator[None]:
    """What answers have made at the brokers goes once all of them are judged."""
    try:
        yield
    finally:
        leftovers.clear()
