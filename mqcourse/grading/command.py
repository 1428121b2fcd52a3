"""`mq grade` and `mq labs`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def register(subcommands: Any) -> None:
    """Add `mq grade NOTEBOOK` and `mq labs list|build|check|table|solutions`."""
    grade = subcommands.add_parser("grade", help="grade a lab's notebook: points, what broke, a hint")
    grade.add_argument("notebook", type=Path, metavar="labs/NAME.ipynb")
    grade.add_argument("--json", action="store_true", help="print JSON")
    grade.add_argument("--no-save", action="store_true", help="do not count it as progress")
    grade.set_defaults(run=run_grade)

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
    table = actions.add_parser(
        "table", help="judge every known wrong and honest answer: exercise x sentence x answer x verdict"
    )
    table.add_argument("lab", nargs="?", help="only this lab")
    table.add_argument("--exercise", help="only this exercise")
    table.add_argument("--seeds", type=int, default=1, metavar="N", help="judge each with seeds 0 to N - 1")
    table.add_argument("--json", action="store_true", help="print JSON")
    table.set_defaults(run=run_table)
    for each in (labs, listing):
        each.add_argument("--json", action="store_true", help="print JSON")
        each.set_defaults(run=run_list)
    build.set_defaults(run=run_build)
    check.set_defaults(run=run_check)
    solutions.set_defaults(run=run_solutions)


def run_grade(arguments: argparse.Namespace) -> int:
    """Exit code 0 only with full points."""
    from mqcourse.grading import progress
    from mqcourse.grading.run import grade

    report = grade(arguments.notebook, _say)
    if arguments.json:
        sys.stdout.write(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report.as_text())
    sys.stdout.flush()
    if not arguments.no_save:
        _say(f"saved in {progress.save(report)}")
    return 0 if report.passed else 1


def run_list(arguments: argparse.Namespace) -> int:
    """Each lab with the best points so far."""
    from mqcourse.grading import manifest, progress

    best = progress.best()
    rows = [
        {
            "lab": lab.name,
            "title": lab.title,
            "minutes": lab.minutes,
            "brokers": list(lab.brokers),
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
                f"{row['points']:>3} of {row['of']:<3} labs/{row['lab']}.ipynb  {row['title']} ({row['minutes']} min)\n"
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
