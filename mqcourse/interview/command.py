"""`mq interview`: a mock interview in the terminal, and its report."""

import argparse
import errno
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import MOST_DIGITS, add, answer, out, whole, wrapped
from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import shown, state_folder
from mqcourse.quiz.command import LEVEL_NAMES, WIDEST
from mqcourse.rubric.code import LEAST_MINUTES, MOST_MINUTES, SEEDS

if TYPE_CHECKING:
    from mqcourse.book.question import Question
    from mqcourse.interview.agenda import Case, Plan
    from mqcourse.interview.answer import Answer
    from mqcourse.interview.hang_up import HangUp
    from mqcourse.interview.record import Interview

LEVEL, MINUTES = "senior", 45
"""What is asked when nothing is named."""
INTRODUCTION = (
    "You tick what you said, and the program counts your ticks: it judges no text. "
    "The time is shown and ends nothing."
)
CANDIDATE = (
    "The interviewer's screen has the same cases if it shows the same three letters. "
    "That screen has the ticks and the report."
)
HOW = """For each case: answer aloud, type notes if you like, read a strong
answer, and tick what you said. The program counts your ticks and judges
no text. q, Ctrl-D or Ctrl-C ends at any moment, and so does a terminal
that is closed: what was answered is kept for `mq quiz`, and a report
of that part is written."""


def register(subcommands: Any) -> None:
    """Add `mq interview`."""
    parser = add(
        subcommands,
        "interview",
        run,
        "a mock interview: cases by a plan, your ticks, and a report of the level reached and what to study",
        example="mq interview --level senior --minutes 45\nmq interview --level mid --minutes 30 --seed 7\n"
        "mq interview --code senior-45-7-q --view candidate\nmq interview --answers answers.json",
        more=HOW,
    )
    parser.add_argument("--level", choices=list(LEVEL_NAMES), help=f"the level to aim at (default: {LEVEL})")
    parser.add_argument(
        "--minutes",
        type=whole(
            f"whole number of minutes from {LEAST_MINUTES} to {MOST_MINUTES}", LEAST_MINUTES, MOST_MINUTES
        ),
        metavar="N",
        help=f"how long (default: {MINUTES})",
    )
    parser.add_argument(
        "--seed",
        type=whole(f"whole number from 0, of {MOST_DIGITS} digits at most", 0),
        metavar="N",
        help="which plan; the same seed gives the same cases",
    )
    parser.add_argument("--topic", metavar="TOPIC", help="only this topic: a file of book/questions")
    parser.add_argument(
        "--code", metavar="CODE", help="the plan of a code, which the book's page and this command show"
    )
    parser.add_argument(
        "--view",
        choices=("alone", "candidate"),
        default="alone",
        help="candidate: cases and clock alone, for the second screen of an interview for two",
    )
    parser.add_argument(
        "--answers", metavar="FILE", type=Path, help="write the report of a file of answers, and ask nothing"
    )
    parser.add_argument(
        "--report",
        metavar="FOLDER",
        type=Path,
        help="where (default: progress/interviews in the state folder)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask, keep each rating at once, and write the report, also of a part."""
    from mqcourse.book.questions import all_questions, check_topic, load_bank
    from mqcourse.interview.agenda import Plan, agenda
    from mqcourse.interview.hang_up import hang_up
    from mqcourse.interview.plan_code import plan_of

    bank = load_bank()
    folder = (arguments.report or state_folder() / "progress" / "interviews").absolute()
    if arguments.answers is not None:
        return _repeat(arguments, all_questions(bank), folder)
    check_topic(bank, arguments.topic)
    if arguments.code is not None:
        _only(arguments, "--code", "The code holds its")
        plan = plan_of(arguments.code)
    else:
        seed = random.SystemRandom().randrange(SEEDS) if arguments.seed is None else arguments.seed
        level = LEVEL_NAMES[arguments.level or LEVEL]
        plan = Plan(level, arguments.minutes or MINUTES, seed, arguments.topic)
    cases = agenda(all_questions(bank), plan)
    if not cases:
        raise CourseError(
            f"the topic {arguments.topic} has no card at or around this level that fits {plan.minutes} minutes",
            do="Name another level or topic, or more minutes",
            code=Exit.USAGE,
        )
    if arguments.json:
        answer(arguments, _plan(plan, cases), "")
        return Exit.DONE
    if arguments.view == "candidate":
        return _candidate(plan, cases)
    with hang_up() as signals:
        ended = _interview(plan, cases, folder, signals)
    return Exit.TERMINATED if signals.heard == signal.SIGTERM else ended


def _only(arguments: argparse.Namespace, option: str, held: str) -> None:
    """CourseError where an option is given beside one that holds the same."""
    for name in ("level", "minutes", "seed", "topic"):
        if getattr(arguments, name) is not None:
            raise CourseError(f"{option} and --{name} were both given", do=f"{held} {name}", code=Exit.USAGE)


def _plan(plan: "Plan", cases: Sequence["Case"]) -> dict[str, Any]:
    """The agenda as data."""
    from mqcourse.interview.plan_code import mark_of, shown_code

    return {
        "level": next(name for name, short in LEVEL_NAMES.items() if short == plan.level),
        "minutes": plan.minutes,
        "seed": plan.seed,
        "topic": plan.topic,
        "code": shown_code(plan),
        "letters": mark_of(cases),
        "cases": [
            {
                "id": case.question.id,
                "topic": case.question.topic,
                "level": case.question.level,
                "kind": case.question.kind,
                "minutes": case.minutes,
                "prompt": case.question.prompt,
            }
            for case in cases
        ],
    }


def _planned(plan: "Plan", cases: Sequence["Case"]) -> str:
    """The size of the plan, and its code where it has one."""
    from mqcourse.interview.plan_code import mark_of, shown_code

    code = shown_code(plan)
    planned = f"{len(cases)} cases, {sum(case.minutes for case in cases)} minutes."
    return planned if code is None else f"{planned} Code: {code}, letters {mark_of(cases)}."


def _candidate(plan: "Plan", cases: tuple["Case", ...]) -> int:
    """The second screen of an interview for two: the cases, without answers, ticks, ratings or a report."""
    from mqcourse.interview import conversation
    from mqcourse.quiz import asking
    from mqcourse.quiz.card_text import indented

    width = min(shutil.get_terminal_size().columns, WIDEST)
    asking.written("\n".join(indented(f"{_planned(plan, cases)} {CANDIDATE}", "", width)))
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        conversation.present(cases, sys.stdin.readline, asking.written, width, _now)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return Exit.DONE


def _interview(plan: "Plan", cases: tuple["Case", ...], folder: Path, signals: "HangUp") -> int:
    """Ask in the terminal. The code is that of Ctrl-C where the person ended it so, or closed the terminal."""
    from mqcourse.interview import conversation
    from mqcourse.interview.answer import Answer, rating
    from mqcourse.interview.record import Interview
    from mqcourse.interview.report import command
    from mqcourse.quiz import asking, journal
    from mqcourse.quiz.card_text import indented

    _check_writable(folder)
    width = min(shutil.get_terminal_size().columns, WIDEST)
    answers: list[Answer] = []

    def keep(given: Answer) -> None:
        answers.append(given)
        journal.keep([journal.line_of(journal.Review(_now(), given.question.id, rating(given)))])

    asking.written("\n".join(indented(f"{_planned(plan, cases)} {INTRODUCTION}", "", width)))
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]  # notes may hold bytes that are no text
    begun, interrupted, gone, failed = _now(), False, False, None
    try:
        try:
            conversation.converse(cases, sys.stdin.readline, asking.written, keep, width, _now)
        except OSError:  # the terminal is gone; SIGHUP arrives before, here, or never
            interrupted = gone = True
        finally:
            signals.asking = False
    except KeyboardInterrupt:
        interrupted = True
    except CourseError as error:
        failed = error  # a rating could not be kept; the report is written first
    interview = Interview(plan, cases, _with_days(answers), begun, kept=True)
    paths = _written(interview, folder, with_answers=True) if answers else ()
    if gone or signals.heard == signal.SIGHUP:
        return Exit.INTERRUPTED  # nobody reads what follows
    if answers:
        _tell(interview, paths)
    else:
        asking.written(wrapped("\nNo case was answered, so no report was written. The same cases again:"))
        asking.written(command(interview))
    if failed is not None:
        raise failed
    return Exit.INTERRUPTED if interrupted else Exit.DONE


def _repeat(arguments: argparse.Namespace, bank: Sequence["Question"], folder: Path) -> int:
    """The report of a file of answers. The journal stays as it is."""
    from mqcourse.interview import answers_file
    from mqcourse.interview.report import as_data

    _only(arguments, "--answers", "The file names its")
    interview = answers_file.read(arguments.answers, bank)
    if not interview.answers:
        raise CourseError(
            f"{arguments.answers} answers no case", do="Add an answer for a card of its plan", code=Exit.USAGE
        )
    paths = _written(interview, folder, with_answers=False)
    if arguments.json:
        answer(arguments, {**as_data(interview), "written": [str(path) for path in paths]}, "")
    else:
        _tell(interview, paths)
    return Exit.DONE


def _now() -> datetime:
    return datetime.now(UTC)


def _check_writable(folder: Path) -> None:
    """CourseError before the first question, where the report could not be written after the last."""
    make_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unwritable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _with_days(answers: Sequence["Answer"]) -> tuple["Answer", ...]:
    """The answers with the day on which the schedule shows each card again, in this machine's time zone."""
    from mqcourse.quiz import journal, schedule

    memories = schedule.replay(journal.read())
    return tuple(
        replace(given, due=memories[given.question.id].due.astimezone().date())
        if given.question.id in memories
        else given
        for given in answers
    )


def _written(interview: "Interview", folder: Path, *, with_answers: bool) -> tuple[Path, ...]:
    """Write the report. Where that fails, it is printed, and CourseError has the reason."""
    from mqcourse import report_files, report_page
    from mqcourse.interview import answers_file, report

    text = report.markdown(interview)
    texts = {".md": text, ".html": report_page.html(report.title(interview), text)}
    if with_answers:
        texts[".json"] = json.dumps(answers_file.as_json(interview), indent=2, ensure_ascii=False) + "\n"
    try:
        return report_files.write(folder, report.file_name(interview), texts)
    except CourseError:
        out(text)
        raise


def _tell(interview: "Interview", paths: Sequence[Path]) -> None:
    """The result in a few lines, and where the rest is."""
    from mqcourse.interview.level import not_given, reached

    found = reached(interview.answers) or f"not given ({not_given(interview.answers)})"
    part = "" if interview.whole else " This is a part of the interview."
    out(wrapped(f"\n{len(interview.answers)} of {len(interview.cases)} cases were answered.{part}"))
    out(wrapped(f"Level reached, by a count of the ticks: {found}."))
    out("The report:")
    for path in paths:
        out(f"  {shown(path)}")
