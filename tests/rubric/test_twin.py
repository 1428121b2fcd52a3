"""The page's mock interview, which is made from the Python, against it: the same cases, ratings, reports and files."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mqcourse import report_page
from mqcourse.book.interview_scripts import LOCKED, RENDERER, topic_script
from mqcourse.book.question import LEVELS, Claim, Number, Options, Question, Steps
from mqcourse.book.questions import load_bank
from mqcourse.book.review import bank_script
from mqcourse.errors import CourseError
from mqcourse.install.npm import node_modules
from mqcourse.interview.agenda import Plan, agenda
from mqcourse.interview.answer import Answer, Ticks, follow_ups, points, rating
from mqcourse.interview.answers_file import as_json, from_json
from mqcourse.interview.plan_code import mark_of, plan_of, shown_code
from mqcourse.interview.record import Interview
from mqcourse.interview.report import markdown, title
from mqcourse.rubric.code import SEEDS
from mqcourse.rubric.page import BUNDLE
from tests import node
from tests.interview.candidates import BANK

RUN = __file__.replace("test_twin.py", "twin.mjs")
INTERVIEWS = 60
BEGUN = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
NOTES = (
    "",
    "",
    "one line",
    "two\nlines, with `code` and **stars**",
    "<b>no</b> ```` | tag",
    "42",
    "B",
    "a, c",
)


def last_line(draw: random.Random, question: Question) -> str:
    """A last line that can be compared with the card, often right."""
    match question.details:
        case Number() as number:
            near = number.value * draw.choice((1, 1 + number.tolerance, 1 - number.tolerance * 2, 3))
            return draw.choice((f"{near:,.6g}", f"≈ {near:.10g} {number.unit.upper()}.", f"{near} parsecs"))
        case Options(letters=letters):
            return draw.choice((letters, letters.lower().replace(", ", ""), "Z", "the second"))
        case Steps() as steps:
            return draw.choice((steps.letters(question.id), "A, B"))
        case Claim():
            return draw.choice(("True", "false", "It depends.", "False since 4.0", "true, but"))
    return "the end"


def drawn(draw: random.Random) -> Interview:
    """An interview with random ticks and notes, whole or a part."""
    level = draw.choice(list(LEVELS))
    plan = Plan(
        level, draw.choice((3, 15, 30, 45, 60, 90)), draw.choice((0, 1, draw.randrange(SEEDS), SEEDS - 1))
    )
    cases = agenda(BANK, plan)
    answers = []
    for case in cases[: draw.choice((1, 2, len(cases), len(cases)))]:
        question = case.question
        eager = draw.random()
        ticked = [place for place in range(len(points(question))) if draw.random() < eager]
        wrong = [place for place in range(len(question.wrong)) if draw.random() < 0.15]
        ticks = Ticks(frozenset(ticked), frozenset(wrong))
        heard = tuple(draw.random() < 0.5 for _ in follow_ups(question, ticks))
        own = f"{draw.choice(NOTES)}\n{draw.choice(('', last_line(draw, question)))}".strip()
        due = draw.choice((None, date(2026, 12, draw.randint(1, 31))))
        answers.append(Answer(question, own, ticks, heard, draw.randrange(2000), due))
    begun = BEGUN + timedelta(minutes=draw.randrange(10**6))
    who = draw.choice(("you", "interviewer"))
    return Interview(plan, cases, tuple(answers), begun, kept=draw.random() < 0.5, ticked_by=who)


def state(answer: Answer) -> dict[str, Any]:
    """The case as the page has it while it is on."""
    asked = [answer.question.follow_ups.index(each) for each in follow_ups(answer.question, answer.ticks)]
    return {
        "own": answer.own,
        "points": sorted(answer.ticks.points, reverse=True),
        "wrong": sorted(answer.ticks.wrong, reverse=True),
        "heard": [place for place, heard in zip(asked, answer.follow_ups, strict=True) if heard],
        "seconds": answer.seconds,
        "due": answer.due.isoformat() if answer.due else "",
    }


def sent(interview: Interview) -> dict[str, Any]:
    plan = interview.plan
    return {
        "plan": {"level": plan.level, "minutes": plan.minutes, "seed": plan.seed},
        "states": [state(answer) for answer in interview.answers],
        "begun": f"{interview.begun:%Y-%m-%d %H:%M %Z}",
        "begunIso": interview.begun.isoformat(timespec="seconds"),
        "kept": "journal" if interview.kept else "file",
        "ticked_by": interview.ticked_by,
    }


@pytest.mark.lengthy
def test_random_interviews_have_the_same_cases_ratings_reports_and_files() -> None:
    draw = random.Random(16)
    interviews = [drawn(draw) for _ in range(INTERVIEWS)]
    longest = Plan("St", 480, 480)
    interviews.append(Interview(longest, agenda(BANK, longest), (), BEGUN, kept=False))
    topics = load_bank()
    codes = [str(shown_code(interview.plan)) for interview in interviews]
    given = {
        "scripts": [bank_script(topics, "1"), *(topic_script(topic) for topic in topics.values())],
        "interviews": [sent(interview) for interview in interviews],
        "codes": codes,
    }
    found = json.loads(node.answer(given, RUN, BUNDLE, node_modules(LOCKED) / RENDERER))
    words = {None: "", True: "right", False: "wrong"}
    for interview, theirs in zip(interviews, found["played"], strict=True):
        assert theirs["cases"] == [[case.question.id, case.minutes] for case in interview.cases]
        assert theirs["mark"] == mark_of(interview.cases)
        assert theirs["compared"] == [words[answer.compared] for answer in interview.answers]
        assert theirs["ratings"] == [rating(answer) for answer in interview.answers]
        assert theirs["markdown"] == markdown(interview)
        assert theirs["html"] == report_page.html(title(interview), markdown(interview))
        assert theirs["answers"] == as_json(interview)
        assert markdown(from_json(theirs["answers"], BANK)) == markdown(replace(interview, kept=False))
        assert theirs["code"] == shown_code(interview.plan)
    plans = [Plan(one["level"], one["minutes"], one["seed"]) for one in found["plans"]]
    assert plans == [interview.plan for interview in interviews] == [plan_of(code) for code in codes]
    compared = [answer.compared for interview in interviews for answer in interview.answers]
    assert {True, False, None} == set(compared), "each outcome was drawn"


@pytest.mark.parametrize("code", ["senior-45-700-g", "staff-480-999999-b", "junior-3-0-d", "mid-15-123456-q"])
def test_one_digit_typed_wrongly_or_two_exchanged_is_no_code_in_terminal_and_page(code: str) -> None:
    level, minutes, seed, _ = code.split("-")
    plan = Plan({"junior": "J", "mid": "M", "senior": "S", "staff": "St"}[level], int(minutes), int(seed))
    right = str(shown_code(plan))
    assert plan_of(f" {right.upper()} ") == plan
    places = [place for place, sign in enumerate(right) if sign.isdigit()]
    typed = {f"{right[:at]}{digit}{right[at + 1 :]}" for at in places for digit in "0123456789"}
    typed |= {f"{right[:at]}{right[at + 1]}{right[at]}{right[at + 2 :]}" for at in places if at + 1 in places}
    typed |= {"", right[:-1], f"{right[:-1]}i", f"{right}x", right.replace("-", " ")}
    typed -= {right}
    for each in typed:
        with pytest.raises(CourseError, match="is not the code of an interview"):
            plan_of(each)
    found = json.loads(
        node.answer(
            {"scripts": [], "interviews": [], "codes": [*sorted(typed), right]},
            RUN,
            BUNDLE,
            node_modules(LOCKED) / RENDERER,
        )
    )
    assert found["plans"] == [None] * len(typed) + [
        {"level": plan.level, "minutes": plan.minutes, "seed": plan.seed}
    ]


def test_the_letters_of_a_plan_differ_where_another_edition_of_the_cards_gives_other_cases() -> None:
    plan = Plan("S", 45, 7)
    cases = agenda(BANK, plan)
    assert mark_of(cases) == mark_of(agenda(list(reversed(BANK)), plan))
    marks = {mark_of(cases)}
    for case in cases:
        older = agenda([card for card in BANK if card.id != case.question.id], plan)
        assert older != cases
        marks.add(mark_of(older))
    assert len(marks) > len(cases) / 2, "editions that differ in one card rarely share their letters"
    assert mark_of(cases) not in {mark_of(cases[:-1]), mark_of(tuple(reversed(cases)))}


@pytest.mark.parametrize("plan", [Plan("S", 45, SEEDS), Plan("S", 45, 7, "kafka")])
def test_a_plan_that_a_code_cannot_hold_has_none(plan: Plan) -> None:
    assert shown_code(plan) is None
