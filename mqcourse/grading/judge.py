"""Judge one answer: run its hidden check, and turn what happens into a verdict."""

import io
import secrets
import tokenize
from dataclasses import replace

from mqcourse.errors import CourseError
from mqcourse.grading import leftovers
from mqcourse.grading.answer_process import plain
from mqcourse.grading.checks import of_lab
from mqcourse.grading.guarantees import NOT_ANSWERED, Guarantee
from mqcourse.grading.manifest import Exercise, Lab
from mqcourse.grading.outcome import Unjudged
from mqcourse.grading.trace import Trace
from mqcourse.grading.trial import Answer, GuaranteesBroken
from mqcourse.grading.verdict import Verdict, with_breach
from mqcourse.grading.witness import Witness

MOST_SEED = 2**31


def draw_seed() -> int:
    """A seed for one run; it is printed with what did not pass, and given again it repeats the run."""
    return secrets.randbelow(MOST_SEED)


def judge(lab: Lab, exercise: Exercise, answer: Answer, witness: Witness) -> Verdict:
    """The verdict on an answer.

    Unjudged when a broker went away, or the check itself could not be carried out: that is not the learner's fault.
    """
    check = of_lab(lab)[exercise.id]
    if _only_comments(answer.source):
        return with_breach(exercise, Guarantee.ANSWERED, NOT_ANSWERED)
    traces: list[Trace] = []
    given = answer.alive

    def alive() -> None:
        given()
        witness.alive()

    def makes(broker: str, kind: str, name: str) -> None:
        cluster = f"{broker}-cluster"  # the answer's client does not know which of the two it talks to
        leftovers.note_foreign(cluster if cluster in lab.brokers else broker, kind, name)

    watched = replace(
        answer,
        source=plain(answer.source),
        alive=alive,
        keep=traces.append,
        makes=makes,
    )
    try:
        try:
            breaches = tuple(check(watched))
        except GuaranteesBroken as broken:
            breaches = tuple(broken.breaches)
        if breaches:  # before anybody is accused
            witness.confirm()
    except CourseError:
        witness.confirm()
        raise
    except Exception as error:  # whatever a client of the check's own says: an answer cannot raise in here
        witness.confirm()
        raise Unjudged(
            f"the check of {exercise.id} could not be carried out ({type(error).__name__}: {str(error)[:200]}), "
            "so this run does not count and no result is saved",
            do="Run it again; if it happens again, see `mq doctor`",
        ) from error
    return Verdict(exercise, breaches, seed=answer.seed, traces=tuple(traces))


QUIET = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def _only_comments(source: str) -> bool:
    """By its tokens: answers are judged in threads, and two threads in ast.parse at once can end in a SystemError
    (seen with CPython 3.11.7; python/cpython issue 106905)."""
    try:
        return all(token.type in QUIET for token in tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return False
