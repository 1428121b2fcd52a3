"""`mq grade` and `mq hint`."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import add, answer, news, out, say, whole, wrapped
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import shown
from mqcourse.streams import is_read

if TYPE_CHECKING:
    from mqcourse.grading.class_results import Failed, Graded
    from mqcourse.grading.sandbox import Sandbox
    from mqcourse.grading.submission import Submission
    from mqcourse.grading.verdict import Report, Verdict

USUAL_S = 45.0
"""Grading time of a lab on a quiet machine, until a real one is recorded."""
EXIT_CODES = """exit codes:
  0    all points
  2    wrong usage: there is no such notebook, lab, exercise or hint
  3    points are missing (or an answer reached into the grader)
  4    no verdict: a broker is not reachable, or went away while the
       answers ran; nothing is saved
  5    of a folder: some notebooks could not be judged
`mq help exit-codes` has the others."""


def register(subcommands: Any) -> None:
    """Add `mq grade NOTEBOOK` and `mq hint LAB EXERCISE`."""
    grade = add(
        subcommands,
        "grade",
        run_grade,
        "grade a lab's notebook, or a folder of strangers' ones: points, what broke, what happened",
        example="mq grade kafka_log\nmq grade kafka_log --watch\nmq grade submissions --workers 2 --report results",
        more=EXIT_CODES,
    )
    grade.add_argument(
        "notebook", metavar="LAB|FILE", help="a lab's name, a notebook, or a folder of notebooks"
    )
    grade.add_argument(
        "--untrusted",
        action="store_true",
        help="run the answers in a sandbox, and refuse without one; nothing is saved as progress",
    )
    grade.add_argument(
        "--trust",
        action="store_true",
        help="of a folder: run the answers without a sandbox, with everything that you may do yourself",
    )
    grade.add_argument("--no-save", action="store_true", help="do not count it as progress")
    grade.add_argument(
        "--watch",
        action="store_true",
        help="after each save, grade the answers that changed, until all points are reached or Ctrl-C",
    )
    grade.add_argument(
        "--seed", type=int, metavar="N", help="repeat what the checks drew in the run that printed this seed"
    )
    grade.add_argument(
        "--workers",
        type=whole("number of workers from 1 to 64", 1, 64),
        metavar="N",
        help="of a folder: so many submissions side by side (default: 1)",
    )
    grade.add_argument(
        "--executor",
        metavar="FILE:NAME",
        help="of a folder: FILE.py:NAME returns an executor of concurrent.futures, in place of --workers",
    )
    grade.add_argument(
        "--report",
        type=Path,
        metavar="FOLDER",
        help="of a folder: write class.csv with all answers, and class.html with counts and no names",
    )

    hint = add(
        subcommands,
        "hint",
        run_hint,
        "a hint on an exercise, one at a time",
        example="mq hint kafka_log\nmq hint kafka_log commit 2",
    )
    hint.add_argument("lab", metavar="LAB", help="a lab's name, as `mq labs` lists it")
    hint.add_argument(
        "exercise", metavar="EXERCISE", nargs="?", help="the first without its points if not given"
    )
    hint.add_argument("number", type=int, nargs="?", metavar="N", help="which one; the next if not given")
    hint.add_argument(
        "--answer", action="store_true", help="the worked answer, after three tries or twenty minutes"
    )


def run_grade(arguments: argparse.Namespace) -> int:
    """The exit code is 3 when points are missing."""
    from mqcourse.grading import prctl
    from mqcourse.grading.submission import read

    prctl.shut()
    arguments.notebook = _notebook(arguments.notebook)
    if arguments.notebook.is_dir():
        if arguments.watch:
            raise CourseError(
                f"{arguments.notebook} is a folder, and --watch is for one notebook",
                do="Name a notebook, or leave --watch out",
                code=Exit.USAGE,
            )
        return _grade_folder(arguments)
    for option in ("workers", "executor", "report"):
        if getattr(arguments, option) is not None:
            raise CourseError(
                f"{arguments.notebook} is a notebook, and --{option} is for a folder of notebooks",
                do=f"Name the folder, or leave --{option} out",
                code=Exit.USAGE,
            )
    sandbox = _sandbox(arguments.untrusted and not arguments.trust)
    given = read(arguments.notebook)  # what is no notebook is said before anything is shown
    if arguments.watch:
        return _grade_each_save(arguments, sandbox)
    return Exit.DONE if _graded(arguments, given, sandbox).passed else Exit.SAID_NO


def _graded(
    arguments: argparse.Namespace,
    given: "Submission",
    sandbox: "Sandbox | None",
    known: "Mapping[str, Verdict] | None" = None,
) -> "Report":
    """Grade a notebook once, print the report and save the points; `known` are verdicts that still hold."""
    from mqcourse.grading import saved_points
    from mqcourse.grading.run import grade
    from mqcourse.progress import Progress

    known = known or {}
    progress_line = Progress(quiet=arguments.quiet)
    name = f"grade {given.lab.name}"
    with progress_line.planned({name: (given.lab.title, USUAL_S)}):
        report = grade(
            arguments.notebook, progress_line.say, seed=arguments.seed, sandbox=sandbox, known=known
        )
        progress_line.ended(name)
    if arguments.json:
        indent = None if arguments.watch else 2  # of several reports each is a line
        out(json.dumps(report.as_dict(), indent=indent, ensure_ascii=False))
    else:
        sys.stdout.write(report.as_text())
    sys.stdout.flush()
    if not (arguments.no_save or arguments.untrusted):
        for verdict in report.verdicts:
            id_ = verdict.exercise.id
            if id_ in given.answers and id_ not in known:
                saved_points.tried(report.lab.name, id_, given.answers[id_], verdict.state)
        progress_line.say(f"saved in {saved_points.save(report)}")
        if report.passed:
            progress_line.say(f"Next: {next_lab()}")
    return report


def _grade_each_save(arguments: argparse.Namespace, sandbox: "Sandbox | None") -> int:
    """Grade at first and after each save; done when all points are reached, or when nobody reads the reports.

    A verdict holds for as long as its answer stays the same. What is wrong with one version of the notebook, or with a
    broker, is said, and the next save is another try.
    """
    from mqcourse.foreign import plain
    from mqcourse.grading.outcome import Void
    from mqcourse.grading.submission import read
    from mqcourse.grading.watch import versions

    path, tell = arguments.notebook, news(arguments)
    judged: dict[tuple[str, str], Verdict] = {}
    first = True
    for _ in versions(path, is_wanted=is_read):
        try:
            given = read(path)
            known = {
                id_: judged[id_, source] for id_, source in given.answers.items() if (id_, source) in judged
            }
            if first or len(known) < len(given.answers):
                report = _graded(arguments, given, sandbox, known)
                if report.passed:
                    return Exit.DONE
                first = False
                judged |= {
                    (verdict.exercise.id, given.answers[verdict.exercise.id]): verdict
                    for verdict in report.verdicts
                    if verdict.exercise.id in given.answers
                }
            else:
                tell("no answer changed")
        except Void:
            raise
        except CourseError as error:
            if arguments.json:
                out(json.dumps({"error": str(error)}, ensure_ascii=False))
                sys.stdout.flush()
            say(f"mq grade: {plain(str(error))}")
        tell(f"watching {path}: its next save is graded, Ctrl-C ends this")
    return Exit.DONE


def next_lab() -> str:
    """The first lab with missing points, and how to open it."""
    from mqcourse.grading import manifest, saved_points

    lab = saved_points.next_lab(manifest.load(), saved_points.best())
    if lab is None:
        return "you have all points of all labs; the interview questions are in the book (`mq open book`)"
    return f"labs/{lab.notebook.name}, {lab.title} ({lab.minutes} minutes; `mq open jupyter`)"


def _notebook(word: str) -> Path:
    """The file that a word names: a path, else a lab's notebook by the lab's name."""
    from mqcourse.grading import manifest

    path = Path(word)
    if not path.exists() and path.name == word and not path.suffix:
        return manifest.find(word).notebook
    return path


def _sandbox(wanted: bool) -> Any:
    """The sandbox of this machine, said in one line; None when none is wanted. CourseError where there is none."""
    from mqcourse.grading.sandbox import Sandbox

    if not wanted:
        return None
    found = Sandbox.of_this_machine()
    say(f"protected by {found.as_text()}")
    return found


def _grade_folder(arguments: argparse.Namespace) -> int:
    """Every notebook of a folder: each belongs to another person, and no result is saved as progress."""
    from mqcourse.foreign import plain
    from mqcourse.grading.class_results import Failed, Graded, read_result

    paths = sorted(arguments.notebook.glob("*.ipynb"))
    if not paths:
        raise CourseError(
            f"{arguments.notebook} holds no notebook",
            do="Name the folder that has the learners' .ipynb files",
            code=Exit.USAGE,
        )
    sandbox = _sandbox(not arguments.trust)
    if sandbox is None:
        say("not protected (--trust): the answers run with everything that you may do yourself")
    entries: dict[Path, Mapping[str, Any]] = {}
    known: dict[Path, Graded | Failed] = {}
    for path, entry in _judged(arguments, paths):
        entries[path] = entry
        found = known[path] = read_result(entry)
        say(f"{plain(path.name)} ({len(entries)} of {len(paths)})")
        if isinstance(found, Graded) and not arguments.json:
            sys.stdout.write(f"{found.notebook}\n{found.report.as_text()}\n")
            sys.stdout.flush()
    results = [known[path] for path in paths]
    if arguments.json:
        answer(arguments, [_without(entries[path], "answers", "unjudged") for path in paths], "")
    for one in results if not arguments.json else ():
        if isinstance(one, Graded):
            out(f"{one.report.points:>3} of {one.report.lab.points}  {one.notebook}")
        else:
            out(f"not judged: {one.error}  {one.notebook}")
    if arguments.report:
        _write_class_report(arguments.report, results)
    reports = [one.report for one in results if isinstance(one, Graded)]
    if all(isinstance(one, Failed) and one.unjudged for one in results):
        return Exit.UNREACHABLE
    if len(reports) < len(results):
        return Exit.SOME_FAILED
    return Exit.DONE if all(report.passed for report in reports) else Exit.SAID_NO


def _without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


def _judged(arguments: argparse.Namespace, paths: Sequence[Path]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The result of each submission, as soon as it is known."""
    from concurrent.futures import as_completed

    from mqcourse.grading.executors import PROCESSES, executor
    from mqcourse.grading.outcome import Unjudged
    from mqcourse.grading.submission_process import failed, judge

    chosen = executor(arguments.executor or PROCESSES, arguments.workers or 1)
    running = {
        chosen.submit(judge, str(path.absolute()), arguments.seed, not arguments.trust): path
        for path in paths
    }
    try:
        for one in as_completed(running):
            try:
                yield running[one], one.result()
            except Exception as error:  # of the executor: a worker of it was lost
                why = f"its executor raised {type(error).__name__}: {error}"
                yield running[one], failed(str(running[one]), Unjudged(why, do="Grade it again"))
    finally:
        for one in running:
            one.cancel()
        chosen.shutdown(wait=False)


def _write_class_report(folder: Path, results: "Sequence[Graded | Failed]") -> None:
    from mqcourse import report_files
    from mqcourse.grading import class_report

    texts = {".csv": class_report.as_csv(results), ".html": class_report.as_html(results)}
    for path in report_files.write(folder.absolute(), "class", texts):
        say(f"written: {shown(path)}")


def run_hint(arguments: argparse.Namespace) -> int:
    """Print one hint, or the worked answer."""
    from mqcourse.grading import hints, manifest, saved_points

    lab = manifest.find(arguments.lab)
    if arguments.exercise is None:
        best = saved_points.best().get(lab.name, {})
        open_ = [each for each in lab.exercises if best.get(each.id, 0) < each.points]
        exercise = (open_ or lab.exercises)[0]
    else:
        exercise = lab.exercise(arguments.exercise)
    text = hints.text(lab, exercise, "answer" if arguments.answer else arguments.number)
    told = text if arguments.exercise else f"{exercise.title} ({exercise.id})\n{text}"
    answer(arguments, {"lab": lab.name, "exercise": exercise.id, "text": text}, wrapped(told))
    return Exit.DONE
