"""`mq grade` and `mq labs`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError

EXIT_CODES = """exit codes:
  0    all points
  2    wrong usage: there is no such notebook, lab, exercise or hint
  3    points are missing (or an answer reached into the grader)
  5    of a folder: some notebooks could not be judged
  4    no verdict: a broker is not reachable, or went away while the answers ran; nothing is saved
  1    anything else, in one line on standard error
  130  interrupted
  143  ended by SIGTERM"""


def register(subcommands: Any) -> None:
    """Add `mq grade NOTEBOOK`, `mq hint LAB EXERCISE` and `mq labs list|build|check|table|solutions|source`."""
    grade = subcommands.add_parser(
        "grade",
        help="grade a lab's notebook, or a folder of strangers' ones: points, what broke, what happened",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    grade.add_argument("notebook", type=Path, metavar="labs/NAME.ipynb")
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
    grade.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    grade.add_argument("--no-save", action="store_true", help="do not count it as progress")
    grade.add_argument(
        "--seed", type=int, metavar="N", help="repeat what the checks drew in the run that printed this seed"
    )
    grade.set_defaults(run=run_grade)

    hint = subcommands.add_parser("hint", help="a hint on an exercise, one at a time")
    hint.add_argument("lab", metavar="LAB")
    hint.add_argument("exercise", metavar="EXERCISE")
    hint.add_argument("number", type=int, nargs="?", metavar="N", help="which one; the next if not given")
    hint.add_argument(
        "--answer", action="store_true", help="the worked answer, after three tries or twenty minutes"
    )
    hint.set_defaults(run=run_hint)

    labs = subcommands.add_parser(
        "labs", help="the labs and your points; for authors: build, check, solutions"
    )
    actions = labs.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="every lab, its minutes, your best points")
    build = actions.add_parser("build", help="generate labs/*.ipynb from solutions/*.md")
    build.add_argument("--force", action="store_true", help="overwrite notebooks that hold answers")
    check = actions.add_parser(
        "check", help="fail on anything stale, unsolvable, already solved or without a hint"
    )
    check.add_argument("--no-run", action="store_true", help="only what needs no broker")
    solutions = actions.add_parser(
        "solutions", help="generate the solution notebooks, for pytest --nbval-lax"
    )
    solutions.add_argument("folder", type=Path, nargs="?", help="where to; _build/solutions if not given")
    source = actions.add_parser(
        "source", help="for teachers: write the labs as assignments that nbgrader takes"
    )
    source.add_argument("folder", type=Path, help="the course folder of nbgrader")
    source.set_defaults(run=run_source)
    table = actions.add_parser(
        "table", help="judge every known wrong and honest answer: exercise x sentence x answer x verdict"
    )
    table.add_argument("lab", nargs="?", help="only this lab")
    table.add_argument("--exercise", help="only this exercise")
    table.add_argument("--seeds", type=int, default=1, metavar="N", help="judge each with seeds 0 to N - 1")
    table.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    table.set_defaults(run=run_table)
    for each in (labs, listing):
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        each.set_defaults(run=run_list)
    build.set_defaults(run=run_build)
    check.set_defaults(run=run_check)
    solutions.set_defaults(run=run_solutions)


def run_grade(arguments: argparse.Namespace) -> int:
    """Exit code 0 only with full points, 3 when some are missing."""
    from mqcourse.grading import keep, progress
    from mqcourse.grading.outcome import ALL_POINTS, POINTS_MISSING
    from mqcourse.grading.run import grade
    from mqcourse.grading.submission import read

    keep.shut()
    if arguments.notebook.is_dir():
        return _grade_folder(arguments)
    sandbox = _sandbox(arguments.untrusted and not arguments.trust)
    report = grade(arguments.notebook, _say, seed=arguments.seed, sandbox=sandbox)
    if arguments.json:
        sys.stdout.write(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report.as_text())
    sys.stdout.flush()
    if not (arguments.no_save or arguments.untrusted):
        sources = read(arguments.notebook).answers
        for verdict in report.verdicts:
            if verdict.exercise.id in sources:
                progress.tried(
                    report.lab.name, verdict.exercise.id, sources[verdict.exercise.id], verdict.state
                )
        _say(f"saved in {progress.save(report)}")
    return ALL_POINTS if report.passed else POINTS_MISSING


def _sandbox(wanted: bool) -> Any:
    """The sandbox of this machine, said in one line; None when none is wanted. CourseError where there is none."""
    from mqcourse.grading.sandbox import Sandbox

    if not wanted:
        return None
    found = Sandbox.of_this_machine()
    _say(f"protected by {found.as_text()}")
    return found


def _grade_folder(arguments: argparse.Namespace) -> int:
    """Every notebook of a folder, one after the other: each is a stranger's, and none is saved as progress."""
    from mqcourse.errors import CourseError
    from mqcourse.foreign import plain
    from mqcourse.grading.outcome import ALL_POINTS, POINTS_MISSING, SOME_FAILED, USAGE, Unjudged
    from mqcourse.grading.run import grade

    paths = sorted(arguments.notebook.glob("*.ipynb"))
    if not paths:
        error = CourseError(
            f"{arguments.notebook} holds no notebook",
            do="Name the folder that has the learners' .ipynb files",
        )
        error.exit_code = USAGE
        raise error
    sandbox = _sandbox(not arguments.trust)
    if sandbox is None:
        _say("not protected (--trust): the answers run with everything that you may do yourself")
    rows: list[dict[str, Any]] = []
    worst = ALL_POINTS
    for number, path in enumerate(paths, 1):
        _say(f"{plain(path.name)} ({number} of {len(paths)})")
        try:
            report = grade(path, seed=arguments.seed, sandbox=sandbox)
        except Unjudged:
            raise
        except CourseError as error:
            rows.append({"notebook": plain(path.name), "error": plain(str(error))})
            worst = SOME_FAILED
            continue
        rows.append({"notebook": plain(path.name), **report.as_dict()})
        if not report.passed and worst == ALL_POINTS:
            worst = POINTS_MISSING
        if not arguments.json:
            sys.stdout.write(f"{plain(path.name)}\n{report.as_text()}\n")
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        for row in rows:
            got = f"{row['points']:>3} of {row['of']}" if "points" in row else f"not judged: {row['error']}"
            sys.stdout.write(f"{got}  {row['notebook']}\n")
    return worst


def run_hint(arguments: argparse.Namespace) -> int:
    """Print one hint, or the worked answer."""
    from mqcourse.grading import hints, manifest
    from mqcourse.grading.outcome import USAGE

    try:
        lab = manifest.find(arguments.lab)
        exercise = lab.exercise(arguments.exercise)
    except CourseError as error:
        error.exit_code = USAGE
        raise
    sys.stdout.write(hints.text(lab, exercise, "answer" if arguments.answer else arguments.number) + "\n")
    return 0


def run_source(arguments: argparse.Namespace) -> int:
    """Print the path of each file written."""
    from mqcourse.grading import manifest, nbgrader

    for path in nbgrader.write_source(manifest.load(), arguments.folder):
        sys.stdout.write(f"{path}\n")
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    """Each lab with the best points so far."""
    from mqcourse.grading import manifest, progress

    best = progress.best()
    rows: list[dict[str, Any]] = [
        {
            "lab": lab.name,
            "title": lab.title,
            "minutes": lab.minutes,
            "brokers": list(lab.brokers),
            "answers_shown": sorted(progress.answers_shown(lab.name)),
            "points": sum(best.get(lab.name, {}).get(exercise.id, 0) for exercise in lab.exercises),
            "of": lab.points,
        }
        for lab in manifest.load()
    ]
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        for row in rows:
            sys.stdout.write(
                f"{row['points']:>3} of {row['of']:<3} labs/{row['lab']}.ipynb  {row['title']} ({row['minutes']} min)"
                + (
                    f", worked answers shown: {', '.join(row['answers_shown'])}"
                    if row["answers_shown"]
                    else ""
                )
                + "\n"
            )
    return 0


def run_build(arguments: argparse.Namespace) -> int:
    """Write what is not current."""
    from mqcourse.grading.labs import build

    build(_say, force=arguments.force)
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Exit code 1 when there is anything to mend."""
    from mqcourse.grading.labs import problems

    found = 0
    for problem in problems(run=not arguments.no_run):
        found += 1
        sys.stdout.write(f"{problem}\n")
        sys.stdout.flush()
    if not found:
        sys.stdout.write(
            "The labs are current.\n"
            if arguments.no_run
            else "The labs are current, solvable and unsolved.\n"
        )
    return 1 if found else 0


def run_table(arguments: argparse.Namespace) -> int:
    """Exit code 1 when a sentence has no wrong answer, a wrong answer pays, or an honest one is refused."""
    from mqcourse.grading import manifest
    from mqcourse.grading.table import rows

    labs = (manifest.find(arguments.lab),) if arguments.lab else manifest.load()
    found = []
    for lab in labs:
        if not arguments.json:
            sys.stdout.write(f"{lab.name}\n")
        for row in rows(lab, range(arguments.seeds), exercise=arguments.exercise):
            found.append(row)
            if not arguments.json:
                sys.stdout.write(f"  {row.as_text()}\n")
                sys.stdout.flush()
    if arguments.json:
        sys.stdout.write(json.dumps([row.as_dict() for row in found], indent=2, ensure_ascii=False) + "\n")
    else:
        wrong = sum(not row.right for row in found)
        sys.stdout.write(f"{len(found)} rows, {arguments.seeds} seeds each, {wrong} not as they must be.\n")
    return 0 if all(row.right for row in found) else 1


def run_solutions(arguments: argparse.Namespace) -> int:
    """Print the path of each notebook written."""
    from mqcourse.grading import manifest
    from mqcourse.grading.labs import SOLUTIONS
    from mqcourse.grading.master import write_solutions

    for path in write_solutions(manifest.load(), arguments.folder or SOLUTIONS):
        sys.stdout.write(f"{path}\n")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
