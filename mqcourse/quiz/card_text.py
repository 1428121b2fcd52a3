"""A card as plain text for a terminal: what is asked, and what is shown after the answer."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from mqcourse.book.question import (
    CHOOSE,
    KINDS,
    LEVELS,
    RUBRIC,
    Claim,
    Design,
    Incident,
    Number,
    Options,
    Question,
    Spot,
    Steps,
    letter,
)

NARROWEST = 40


def plain(markdown: str) -> str:
    """Inline Markdown without its marks; code keeps its backticks, which no word has."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown.replace("**", ""))
    return re.sub(r"(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])", "", text)


def front(question: Question, width: int) -> str:
    """What is shown before the answer."""
    lines = [f"{LEVELS[question.level]} · {KINDS[question.kind]} · {question.topic}", ""]
    lines += _paragraph(question.prompt, width)
    return "\n".join([*lines, *_given(question, width)])


def strong_answer(question: Question, width: int) -> str:
    """The solution of a kind that has one, the points of a strong answer, and the rest of a design or an incident."""
    lines = [*_solution(question, width), "A strong answer", *_bullets(question.strong, width)]
    return "\n".join([*lines, *_walk(question, width)])


def back(question: Question, width: int) -> str:
    """What is shown after the answer."""
    lines = [strong_answer(question, width), "", "Then you are asked"]
    for each in question.follow_ups:
        lines += [*indented(each.ask, "? ", width), *indented(each.answer, "  ", width)]
    lines += ["", "Often said, and wrong"]
    for wrong in question.wrong:
        lines += [*indented(f"“{wrong.said}”", "- ", width), *indented(wrong.why, "  ", width)]
    lines += ["", "What each level adds"]
    for level, name in RUBRIC.items():
        for point in question.rubric[level]:
            lines += indented(f"{name}: {point}", "- ", width)
    lines += ["", *_paragraph(f"True of: {question.versions}. Proof: {question.proof.shown}.", width)]
    lines += [url for _, url in question.sources]
    return "\n".join(lines)


def _given(question: Question, width: int) -> Iterator[str]:
    match question.details:
        case Options(all=options):
            yield from ("", *_lettered([option.text for option in options], width))
        case Steps() as steps:
            yield from ("", *_lettered(steps.shuffled(question.id), width))
        case Spot(passage=passage):
            yield from ("", *(f"    {line}" for line in passage.splitlines()))
        case Claim(quoted=quoted):
            yield from ("", *indented(f"“{quoted}”", "  ", width))
            yield from ("", CHOOSE)
        case Number(unit=unit):
            yield from ("", f"Give a number in {unit}.")
        case Incident(signals=signals):
            yield from ("", *(f"    {line}" for line in signals))


def _solution(question: Question, width: int) -> Iterator[str]:
    match question.details:
        case Options(all=options, letters=letters):
            yield f"Right: {letters}"
            for place, option in enumerate(options):
                yield from indented(option.why, f"{letter(place)}. ", width)
            yield ""
        case Steps() as steps:
            yield f"Right: {steps.letters(question.id)}"
            yield ""
        case Spot(mistake=mistake, correction=correction):
            yield f"The mistake: {mistake}"
            yield from indented(correction, "Right: ", width)
            yield ""
        case Claim() as claim:
            yield f"Verdict: {claim.shown}."
            yield ""
        case Number() as number:
            text = f"{number.shown}, from {number.formula}; within {number.tolerance:.0%} it counts."
            yield from indented(text, "", width)
            yield ""


def _walk(question: Question, width: int) -> Iterator[str]:
    match question.details:
        case Design() as design:
            parts = {
                "Requirements to ask for": design.requirements,
                "The estimate": design.estimate,
                "Three options, each with its price": [f"{name}. {price}" for name, price in design.choices],
                "What fails, and what happens then": design.failures,
                "What an interviewer tries to break": design.attacks,
            }
            for title, items in parts.items():
                yield from ("", title, *_bullets(items, width))
            yield from ("", *(f"    {line}" for line in design.drawing.splitlines()))
        case Incident(decisions=decisions, postmortem=postmortem):
            yield from ("", "Three decisions")
            for each in decisions:
                yield from (*indented(each.ask, "? ", width), *indented(each.answer, "  ", width))
            yield from ("", "The post-mortem", *_bullets(postmortem, width))


def _paragraph(text: str, width: int) -> list[str]:
    return indented(text, "", width)


def _bullets(items: Iterable[str], width: int) -> list[str]:
    return [line for item in items for line in indented(item, "- ", width)]


def _lettered(items: Iterable[str], width: int) -> list[str]:
    return [line for place, item in enumerate(items) for line in indented(item, f"{letter(place)}. ", width)]


def indented(text: str, mark: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns, the first behind its mark and the rest below it."""
    return textwrap.wrap(
        plain(text),
        max(width, NARROWEST),
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
    )
