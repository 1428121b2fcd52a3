"""A card of the bank as a mock interview needs it: what was asked, the points to tick, what proves it."""

from collections.abc import Iterable
from typing import Any

from mqcourse.book.card_markdown import beside
from mqcourse.book.proof_line import page, proof_line
from mqcourse.book.question import KINDS, MINUTES, RUBRIC, Claim, Number, Options, Question, Steps
from mqcourse.rubric.card import Card, Entry, Next, Point, Wrong
from mqcourse.rubric.cases import minutes_for

TITLE = 70
"""A prompt is cut at this many signs where it serves as a title."""


def entry_of(question: Question) -> Entry:
    """The card as the plan of an interview sees it."""
    minutes = minutes_for(question.kind, MINUTES[question.kind])
    return Entry(question.id, question.topic, question.level, question.kind, minutes)


def entries(bank: Iterable[Question]) -> list[Entry]:
    """All cards in the order in which a plan draws: by id."""
    return [entry_of(question) for question in sorted(bank, key=lambda question: question.id)]


def card_of(question: Question) -> Card:
    """The card as the report of an interview needs it."""
    asked = asked_of(question)
    return Card(
        entry_of(question),
        KINDS[question.kind].lower(),
        asked,
        _cut(asked.replace("|", "\\|")),
        beside(question),
        [Point(level, text) for level in RUBRIC for text in question.rubric[level]],
        [Wrong(each.said, each.why) for each in question.wrong],
        [Next(each.ask, each.answer) for each in question.follow_ups],
        list(question.strong),
        right_of(question),
        proof_line(question),
        page(question.chapter) if question.chapter else f"Cards: `mq quiz --topic {question.topic}`",
    )


def asked_of(question: Question) -> str:
    """What was asked in one line: the claim of a claim, the prompt of all other cards."""
    text = f"“{question.details.quoted}”" if isinstance(question.details, Claim) else question.prompt
    return " ".join(text.split())


def right_of(question: Question) -> str:
    """What the card has where a number, letters or a verdict is compared; empty for other cards."""
    match question.details:
        case Number() as number:
            return f"The card has {number.shown}, from `{number.formula}`."
        case Options(letters=right):
            return f"The card has {right}."
        case Steps() as steps:
            return f"The card has {steps.letters(question.id)}."
        case Claim() as claim:
            return f"The card has: {claim.shown.lower()}."
    return ""


def compared_with(question: Question) -> dict[str, Any]:
    """What the last line of an answer is compared with in a page, as data; `kind` is empty where it is with nothing."""
    match question.details:
        case Number() as number:
            return {
                "kind": "number",
                "value": number.value,
                "unit": number.unit,
                "tolerance": number.tolerance,
            }
        case Options(letters=right):
            return {"kind": "letters", "letters": right.replace(", ", ""), "ordered": False}
        case Steps() as steps:
            right = steps.letters(question.id).replace(", ", "")
            return {"kind": "letters", "letters": right, "ordered": True}
        case Claim(verdict=verdict):
            return {"kind": "verdict", "verdict": verdict}
    return {"kind": ""}


def _cut(text: str) -> str:
    return text if len(text) <= TITLE else f"{text[:TITLE].rsplit(' ', 1)[0]} …"
