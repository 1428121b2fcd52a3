"""A plan from its code, which the book's page and the terminal share."""

import re
from collections.abc import Sequence

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.interview.agenda import Case, Plan
from mqcourse.rubric.code import LEAST_MINUTES, LETTERS, MOST_MINUTES, SEEDS, code_of
from mqcourse.rubric.levels import NAMES

CODE = re.compile(r"(junior|mid|senior|staff)-([0-9]{1,3})-([0-9]{1,6})-([a-z])")


def shown_code(plan: Plan) -> str | None:
    """The code of a plan; None where a code cannot hold it, because it has a topic or a long seed."""
    return code_of(plan.level, plan.minutes, plan.seed) if not plan.topic and plan.seed < SEEDS else None


def mark_of(cases: Sequence[Case]) -> str:
    """Three letters from the ids of the cases, in order. Two screens compare them, because a code names no edition of
    the cards: with another edition the same code gives other cases."""
    number = 0
    for sign in "".join(f"{case.question.id} " for case in cases):
        number = (number * 131 + ord(sign)) % 23**3
    return LETTERS[number // 529] + LETTERS[number // 23 % 23] + LETTERS[number % 23]


def plan_of(code: str) -> Plan:
    """The plan of a typed code. CourseError where it is none, or where its last letter shows that it was mistyped."""
    found = CODE.fullmatch(code.strip().lower())
    if found:
        level = next(short for short, name in NAMES.items() if name == found[1])
        plan = Plan(level, int(found[2]), int(found[3]))
        right = code_of(plan.level, plan.minutes, plan.seed)
        if LEAST_MINUTES <= plan.minutes <= MOST_MINUTES and right.endswith(f"-{found[4]}"):
            return plan
    raise CourseError(
        f"{code!r} is not the code of an interview, such as senior-45-7-q",
        do="Check its digits and its last letter",
        code=Exit.USAGE,
    )
