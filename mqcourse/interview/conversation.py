"""An interview in a terminal, line by line: the question, notes, the strong answer, the ticks, the follow-ups."""

from collections.abc import Callable, Sequence
from datetime import datetime

from mqcourse.book.proof_line import proof_line
from mqcourse.book.question import RUBRIC, Claim, FollowUp, Number, Options, Question, Steps, letter
from mqcourse.interview.agenda import Case
from mqcourse.interview.answer import Answer, Ticks, compared, follow_ups, points, rating, ticks_of
from mqcourse.quiz.card_text import front, indented, strong_answer

END = "q"
NOTES = "Answer aloud. Type notes if you like; an empty line shows the strong answer, q ends."
NEXT = "Answer aloud. Enter shows the next case, q ends."
TICK = (
    "What did you say? Tick a point when you said all of it: type numbers and letters, such as 1 2. "
    "Enter for none, q ends."
)
FOLLOW_UP = "Answer aloud; Enter shows the answer, q ends."
YES_OR_NO = {"y": True, "yes": True, "n": False, "no": False}
ANSWERED = "Was that your answer? y or n, q ends."


class Ended(Exception):
    """The person ended the interview, or the input has ended."""


def converse(
    cases: Sequence[Case],
    read: Callable[[], str],
    show: Callable[[str], None],
    keep: Callable[[Answer], None],
    width: int,
    now: Callable[[], datetime],
) -> bool:
    """Ask every case and keep each answer at once; gives whether the end was reached.

    `read` gives a line with its end, and "" when the input has ended. `now` is the clock: it is told and limits nothing.
    """
    begun = now()
    try:
        for place, case in enumerate(cases, 1):
            since = now()
            show(_head(place, cases, begun, since))
            own, ticks, heard = _asked(case.question, read, show, width)
            seconds = int((now() - since).total_seconds())
            answer = Answer(case.question, own, ticks, heard, seconds)
            prove = _lines(f"Prove it: {proof_line(case.question)}.", width)
            show(f"\n{prove}\nFor the schedule: {rating(answer)}.")
            keep(answer)
    except Ended:
        return False
    return True


def present(
    cases: Sequence[Case],
    read: Callable[[], str],
    show: Callable[[str], None],
    width: int,
    now: Callable[[], datetime],
) -> bool:
    """Show every case to a candidate, without answers; gives whether the end was reached. `read` and `now` as above."""
    begun = now()
    try:
        for place, case in enumerate(cases, 1):
            show(_head(place, cases, begun, now()))
            show(f"{front(case.question, width)}\n\n{_lines(NEXT, width)}")
            _line(read)
    except Ended:
        return False
    return True


def _head(place: int, cases: Sequence[Case], begun: datetime, since: datetime) -> str:
    minute = int((since - begun).total_seconds() // 60)
    return f"\n[{place} of {len(cases)}] Minute {minute}, {cases[place - 1].minutes} minutes for this case."


def _asked(
    question: Question, read: Callable[[], str], show: Callable[[str], None], width: int
) -> tuple[str, Ticks, tuple[bool, ...]]:
    show(f"{front(question, width)}\n\n{_lines(NOTES + _comparable(question), width)}")
    own = _notes(read)
    verdict = compared(question, own)
    if verdict is not None:
        show("Compared: right." if verdict else "Compared: not right.")
    elif own and _comparable(question):
        show(_lines(f"Not compared.{_comparable(question)}", width))
    show(f"\n{strong_answer(question, width)}\n\n{checklist(question, width)}\n\n{_lines(TICK, width)}")
    ticks = _ticks(question, read, show)
    return own, ticks, tuple(_follow_up(each, read, show, width) for each in follow_ups(question, ticks))


def checklist(question: Question, width: int) -> str:
    """The points of the rubric by number, and the common wrong answers by letter."""
    lines = ["What each level adds"]
    for number, point in enumerate(points(question), 1):
        lines += indented(f"{RUBRIC[point.level]}: {point.text}", f"{number}. ", width)
    lines += ["Often said, and wrong"]
    for place, wrong in enumerate(question.wrong):
        lines += indented(f"“{wrong.said}” {wrong.why}", f"{letter(place).lower()}. ", width)
    return "\n".join(lines)


def _comparable(question: Question) -> str:
    """What the program compares, in words, for the kinds where it can."""
    match question.details:
        case Number(unit=unit):
            return f" A last line with only a number (in {unit}) is compared with the card's."
        case Options() | Steps():
            return " A last line with only letters is compared with the card's."
        case Claim():
            return " A last line with only the verdict is compared with the card's."
    return ""


def _line(read: Callable[[], str]) -> str:
    """A line that was typed; Ended at the end of the input, and after q alone."""
    line = read()
    if not line or line.strip().lower() == END:
        raise Ended
    return line.strip()


def _notes(read: Callable[[], str]) -> str:
    """Lines up to an empty one."""
    lines: list[str] = []
    while line := _line(read):
        lines.append(line)
    return "\n".join(lines)


def _ticks(question: Question, read: Callable[[], str], show: Callable[[str], None]) -> Ticks:
    while True:
        try:
            return ticks_of(question, _line(read))
        except ValueError as error:
            show(f"“{error}” is no number or letter of the list. Type for example: 1 2")


def _follow_up(each: FollowUp, read: Callable[[], str], show: Callable[[str], None], width: int) -> bool:
    asked = "\n".join(indented(each.ask, "? ", width))
    show(f"\nThen you are asked\n{asked}\n{_lines(FOLLOW_UP, width)}")
    _line(read)
    answer = "\n".join(indented(each.answer, "  ", width))
    show(f"{answer}\n{ANSWERED}")
    while (typed := _line(read).lower()) not in YES_OR_NO:
        show("Type y or n.")
    return YES_OR_NO[typed]


def _lines(text: str, width: int) -> str:
    return "\n".join(indented(text, "", width))
