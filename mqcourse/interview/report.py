"""The report of an interview: its record, which mqcourse.rubric writes as Markdown, and what it counts as data."""

from dataclasses import asdict
from typing import Any

from mqcourse.interview.answer import rating
from mqcourse.interview.answers_file import NOT_TOLD
from mqcourse.interview.level import reached, shares
from mqcourse.interview.record import Interview
from mqcourse.rubric import report
from mqcourse.rubric.card import Record
from mqcourse.rubric.report import COUNTED as COUNTED


def record_of(interview: Interview) -> Record:
    """The interview as the report needs it."""
    plan = interview.plan
    return Record(
        plan.level,
        plan.minutes,
        plan.seed,
        plan.topic or "",
        len(interview.cases),
        "" if interview.begun == NOT_TOLD else f"{interview.begun:%Y-%m-%d %H:%M %Z}",
        "journal" if interview.kept else "file",
        interview.ticked_by,
        [answer.given for answer in interview.answers],
    )


def markdown(interview: Interview) -> str:
    """The report. The same interview gives the same text."""
    return report.markdown(record_of(interview))


def title(interview: Interview) -> str:
    """What the report is of."""
    return report.title(record_of(interview))


def command(interview: Interview) -> str:
    """The command that gives the same cases again."""
    return report.command(record_of(interview))


def file_name(interview: Interview) -> str:
    """The name of the report's files, without a suffix."""
    at = "" if interview.begun == NOT_TOLD else f"{interview.begun:%Y-%m-%d-%H%M}"
    return report.file_name(record_of(interview), at)


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
