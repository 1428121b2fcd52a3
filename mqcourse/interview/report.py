"""The report of an interview as Markdown: the level by count and why, what is false, each case, what to study."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mqcourse.book.question import KINDS, LEVELS, RUBRIC, Claim, Number, Options, Steps
from mqcourse.interview.answer import Answer, follow_ups, points, rating
from mqcourse.interview.answers_file import NOT_TOLD
from mqcourse.interview.level import RULE, reached, shares
from mqcourse.interview.proof import page, proof_line
from mqcourse.interview.record import Interview

COUNTED = (
    "This report counts what you ticked. The program has not judged your answers: "
    "it compares a number, letters or a verdict where the card has one, and reads no other text. "
    "So the result is as exact as your ticks."
)
FEW = 6
"""Fewer points of a level than these are called few."""
STUDY = 5
"""How many chapters the report names to study."""
TITLE = 70
"""A prompt is cut at this many signs where it serves as a title."""


def markdown(interview: Interview) -> str:
    """The report. The same interview gives the same text."""
    parts = [
        *_head(interview),
        *_level(interview),
        *_false(interview),
        *_study(interview),
        *_scheduled(interview),
        *_cases(interview),
    ]
    return "\n\n".join(parts) + "\n"


def title(interview: Interview) -> str:
    """What the report is of."""
    return f"Mock interview: {LEVELS[interview.plan.level].lower()} level, {interview.plan.minutes} minutes"


def command(interview: Interview) -> str:
    """The command that gives the same cases again."""
    plan = interview.plan
    topic = f" --topic {plan.topic}" if plan.topic else ""
    return f"mq interview --level {LEVELS[plan.level].lower()} --minutes {plan.minutes} --seed {plan.seed}{topic}"


def file_name(interview: Interview) -> str:
    """The name of the report's files, without a suffix."""
    plan = interview.plan
    begun = "" if interview.begun == NOT_TOLD else f"{interview.begun:%Y-%m-%d-%H%M}-"
    return f"{begun}{LEVELS[plan.level].lower()}-{plan.minutes}-minutes-seed-{plan.seed}"


def as_data(interview: Interview) -> dict[str, Any]:
    """What the report counts, for programs."""
    return {
        "cases": len(interview.cases),
        "answered": len(interview.answers),
        "whole": interview.whole,
        "level": reached(interview.answers),
        "shares": [asdict(share) for share in shares(interview.answers)],
        "ratings": {answer.question.id: rating(answer) for answer in interview.answers},
        "false": {
            answer.question.id: [wrong.said for wrong in answer.false]
            for answer in interview.answers
            if answer.false
        },
    }


def _head(interview: Interview) -> Iterator[str]:
    yield f"# {title(interview)}"
    begun = "" if interview.begun == NOT_TOLD else f"{interview.begun:%Y-%m-%d %H:%M %Z}. "
    took = f" in {minutes_of(interview.seconds)} minutes" if interview.seconds else ""
    yield f"{begun}{len(interview.answers)} of {len(interview.cases)} cases were answered{took}."
    if not interview.whole:
        left = len(interview.cases) - len(interview.answers)
        yield (
            f"**This is a report of a part.** The interview ended before {_of(left, 'case')} could be answered, "
            "and only what was answered counts."
        )
    yield f"`{command(interview)}` gives the same cases again, as long as the bank of cards is the same."
    yield COUNTED


def _level(interview: Interview) -> Iterator[str]:
    found = reached(interview.answers)
    counts = shares(interview.answers)
    if found is None:
        yield "## Level reached: not given"
        yield f"{_of(len(interview.answers), 'case')} is too little to name a level. The ticks are counted below."
    else:
        yield f"## Level reached: {found}"
        yield _why(interview)
    rows = [
        f"| {RUBRIC[share.level]} | {share.said} of {share.asked} | {share.needed} | {'yes' if share.holds else 'no'} |"
        for share in counts
    ]
    yield "\n".join(["| Points of level | Ticked | Needed | Enough |", "|---|---|---|---|", *rows])
    yield f"The rule: {RULE}"
    yield " ".join(_conditions(interview))


def _why(interview: Interview) -> str:
    """Why it is this level, and what the next one needs."""
    counts = shares(interview.answers)
    missing = next((share for share in counts if not share.holds), None)
    if missing is None:
        return "Two thirds or more of the points of every level were ticked."
    text = (
        f"{missing.said} of {missing.asked} {missing.level} points were ticked, and {missing.level} needs "
        f"{missing.needed}: {missing.needed - missing.said} more."
    )
    levels = list(RUBRIC)
    above = [
        share.level
        for share in counts
        if share.holds and levels.index(share.level) > levels.index(missing.level)
    ]
    if above:
        text += f" Enough {' and '.join(above)} points were ticked, but a level needs the levels below it."
    return text


def _conditions(interview: Interview) -> Iterator[str]:
    """What the count depends on."""
    answers = interview.answers
    asked = ", ".join(
        f"{count} {name.lower()}"
        for short, name in LEVELS.items()
        if (count := sum(answer.question.level == short for answer in answers))
    )
    yield f"The points are those of the cards that were asked, by level of the card: {asked}."
    fewest = min(share.asked for share in shares(answers))
    if fewest < FEW:
        yield f"{fewest} points of a level are few, so one tick more or less can change the level."
    false = sum(len(answer.false) + (answer.compared is False) for answer in answers)
    if false:
        yield f"{_of(false, 'answer')} that {'is' if false == 1 else 'are'} false {'does' if false == 1 else 'do'} not count."
    follow_up = [heard for answer in answers for heard in answer.follow_ups]
    if follow_up:
        yield f"{sum(follow_up)} of {_of(len(follow_up), 'follow-up')} were answered. They do not count for the level."


def _false(interview: Interview) -> Iterator[str]:
    yield "## Claimed, and false"
    rows = [
        f"- **“{wrong.said}”** {wrong.why}\n  - Asked: {prompt(answer)}\n  - Proof: {proof_line(answer.question)}."
        for answer in interview.answers
        for wrong in answer.false
    ]
    rows += [
        f"- You typed **{answer.own.splitlines()[-1].strip()}**. {right_answer(answer)}\n"
        f"  - Asked: {prompt(answer)}\n  - Proof: {proof_line(answer.question)}."
        for answer in interview.answers
        if answer.compared is False
    ]
    if rows:
        yield "\n".join(rows)
        yield "The level above does not count these. An interviewer would stop at each."
    else:
        yield "You ticked none of the common wrong answers."
    right = sum(answer.compared is True for answer in interview.answers)
    if right:
        yield f"{_of(right, 'typed answer')} of a number, letters or a verdict agreed with the card."


def right_answer(answer: Answer) -> str:
    """What the card has where a number, letters or a verdict is compared."""
    match answer.question.details:
        case Number() as number:
            return f"The card has {number.shown}, from `{number.formula}`."
        case Options(letters=right):
            return f"The card has {right}."
        case Steps() as steps:
            return f"The card has {steps.letters(answer.question.id)}."
        case Claim() as claim:
            return f"The card has: {claim.shown.lower()}."
    return ""


def _study(interview: Interview) -> Iterator[str]:
    aimed = list(RUBRIC)[: max(list(LEVELS).index(interview.plan.level), 1)]
    yield "## What to study"
    missing: dict[str, list[str]] = {}
    for answer in interview.answers:
        lacks = [f"{RUBRIC[point.level]}: {point.text}" for point in answer.unsaid if point.level in aimed]
        lacks += [f"Claimed, and false: “{wrong.said}”" for wrong in answer.false]
        lacks += [f"Not right: {prompt(answer)}"] * (answer.compared is False)
        if lacks:
            missing.setdefault(_where(answer), []).extend(lacks)
    if not missing:
        yield f"Every {aimed[-1]} point, and every point below that level, was ticked. Try another seed or a higher level."
        return
    most = sorted(missing.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    yield f"What was not ticked, up to the {aimed[-1]} points, by page. The page with most is first."
    yield "\n".join(
        f"- **{where}**\n" + "\n".join(f"  - {lack}" for lack in lacks) for where, lacks in most[:STUDY]
    )
    if len(most) > STUDY:
        yield f"{_of(len(most) - STUDY, 'more page')} with fewer: see the cases below."


def _where(answer: Answer) -> str:
    """What to read for a case."""
    question = answer.question
    return page(question.chapter) if question.chapter else f"Cards: `mq quiz --topic {question.topic}`"


def _scheduled(interview: Interview) -> Iterator[str]:
    yield "## The cards in your schedule"
    if not interview.kept:
        yield "These answers come from a file, so your schedule of `mq quiz` is unchanged."
    else:
        yield (
            "Each card is in the journal of `mq quiz`. The rating is a count. Again: no point, a wrong answer, or a "
            "comparison that is not right. Hard: some points. Good: every point up to the card's own level. Easy: every "
            "point and every follow-up."
        )
    rows = [
        f"| {prompt(answer)} | {rating(answer)} | {answer.due.isoformat() if answer.due else '-'} |"
        for answer in interview.answers
    ]
    yield "\n".join(["| Card | Rating | Shown again |", "|---|---|---|", *rows])


def _cases(interview: Interview) -> Iterator[str]:
    yield "## Case by case"
    planned = {case.question.id: case.minutes for case in interview.cases}
    for place, answer in enumerate(interview.answers, 1):
        question = answer.question
        yield f"### {place}. {prompt(answer)}"
        took = f", {minutes_of(answer.seconds)} of {planned[question.id]} minutes" if answer.seconds else ""
        yield f"{LEVELS[question.level]}, {KINDS[question.kind].lower()}, `{question.id}`{took}."
        if asked(answer) != prompt(answer):
            yield asked(answer)
        yield "\n".join(
            f"- {'**said**' if number in answer.ticks.points else 'not said'}, {point.level}: {point.text}"
            for number, point in enumerate(points(question))
        )
        for each, heard in zip(follow_ups(question, answer.ticks), answer.follow_ups, strict=True):
            yield f"Follow-up: {each.ask} {'**Answered.**' if heard else f'Not answered: {each.answer}'}"
        if answer.own:
            yield f"Your notes:\n\n{_fenced(answer.own)}"
        yield "A strong answer:\n\n" + "\n".join(f"- {point}" for point in question.strong)
        yield f"Prove it: {proof_line(question)}."


def asked(answer: Answer) -> str:
    """What was asked: the claim of a claim, the prompt of all other cards."""
    question = answer.question
    text = f"“{question.details.quoted}”" if isinstance(question.details, Claim) else question.prompt
    return " ".join(text.split())


def prompt(answer: Answer) -> str:
    """What was asked, short enough for a heading and a cell of a table."""
    text = asked(answer).replace("|", "\\|")
    return text if len(text) <= TITLE else f"{text[:TITLE].rsplit(' ', 1)[0]} …"


def minutes_of(seconds: int) -> int:
    """Whole minutes, at least one."""
    return max(1, round(seconds / 60))


def _fenced(text: str) -> str:
    """A text that is shown as it was typed, in a fence longer than any in it."""
    longest = max((len(found) for found in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _of(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"
