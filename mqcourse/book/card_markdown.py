"""A card as Markdown, for programs outside the course: what is asked, and what is shown after the answer."""

from collections.abc import Iterable, Iterator

from mqcourse.book.question import (
    CHOOSE,
    RUBRIC,
    Claim,
    Design,
    FollowUp,
    Incident,
    Number,
    Options,
    Question,
    Spot,
    Steps,
    letter,
)


def front(question: Question) -> str:
    """What is shown before the answer."""
    return "\n\n".join((question.prompt, *_given(question)))


def back(question: Question) -> str:
    """What is shown after the answer."""
    return "\n\n".join(
        (
            *_solution(question),
            _part("A strong answer", question.strong),
            *_walk(question),
            _part("Then you are asked", _asked(question.follow_ups)),
            _part("Often said, and wrong", (f"“{each.said}” {each.why}" for each in question.wrong)),
            _part(
                "What each level adds",
                (f"{name}: {point}" for level, name in RUBRIC.items() for point in question.rubric[level]),
            ),
            f"True of: {question.versions}. Proof: {question.proof.shown}.",
            _list(f"[{title}]({url})" for title, url in question.sources),
        )
    )


def beside(question: Question) -> str:
    """What is shown with the prompt and is needed to read an answer: options, steps, a passage or log lines; or empty."""
    match question.details:
        case Options(all=options):
            return _lettered(option.text for option in options)
        case Steps() as steps:
            return _lettered(steps.shuffled(question.id))
        case Spot(passage=passage):
            return _block(passage)
        case Incident(signals=signals):
            return _block("\n".join(signals))
    return ""


def _given(question: Question) -> Iterator[str]:
    if shown := beside(question):
        yield shown
    match question.details:
        case Claim(quoted=quoted):
            yield f"> {quoted}"
            yield CHOOSE
        case Number(unit=unit):
            yield f"Give a number in {unit}."


def _solution(question: Question) -> Iterator[str]:
    match question.details:
        case Options(all=options, letters=letters):
            yield f"**Right: {letters}**"
            yield _lettered(option.why for option in options)
        case Steps(right=right) as steps:
            yield f"**Right: {steps.letters(question.id)}**"
            yield "\n".join(f"{place}. {step}" for place, step in enumerate(right, 1))
        case Spot(mistake=mistake, correction=correction):
            yield f"**The mistake:** `{mistake.strip()}`"
            yield f"**Right:** {correction}"
        case Claim() as claim:
            yield f"**Verdict: {claim.shown}**"
        case Number() as number:
            yield f"**{number.shown}**, from `{number.formula}`. Within {number.tolerance:.0%} it counts as right."


def _walk(question: Question) -> Iterator[str]:
    match question.details:
        case Design() as design:
            yield _part("Requirements to ask for", design.requirements)
            yield _part("The estimate", design.estimate)
            yield _block(design.drawing)
            yield _part(
                "Three options, each with its price",
                (f"**{name}.** {price}" for name, price in design.choices),
            )
            yield _part("What fails, and what happens then", design.failures)
            yield _part("What an interviewer tries to break", design.attacks)
        case Incident(decisions=decisions, postmortem=postmortem):
            yield _part("Three decisions", _asked(decisions))
            yield _part("The post-mortem", postmortem)


def _asked(asked: Iterable[FollowUp]) -> Iterator[str]:
    return (f"*{each.ask}* {each.answer}" for each in asked)


def _part(title: str, items: Iterable[str]) -> str:
    return f"**{title}**\n\n{_list(items)}"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _lettered(items: Iterable[str]) -> str:
    """Markdown counts in numbers only, so the letters are text."""
    return "\n\n".join(f"{letter(place)}. {item}" for place, item in enumerate(items))


def _block(text: str) -> str:
    return f"```text\n{text.strip()}\n```"
