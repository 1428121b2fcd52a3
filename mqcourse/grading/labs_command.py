"""`mq labs`: the list and the reset of a learner, and the authors' commands."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mqcourse.command_line import actions_of, add, answer, fitted, news, out, say, whole
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import shown


def register(subcommands: Any) -> None:
    """Add `mq labs reset|new|build|check|table|solutions|source`."""
    labs = add(
        subcommands,
        "labs",
        run_list,
        "the labs and your points; put one back as it was; for authors: build",
        example="mq labs\nmq labs reset kafka_log",
    )
    actions = actions_of(labs, required=False)
    add(
        actions,
        "list",
        run_list,
        "every lab, its minutes, your best points",
        example="mq labs list",
        hidden=True,
    )
    reset = add(
        actions,
        "reset",
        run_reset,
        "a lab's notebook as it was at first; a copy of yours is kept",
        example="mq labs reset kafka_log",
    )
    reset.add_argument("lab", metavar="LAB", help="a lab's name, as `mq labs` lists it")
    build = add(
        actions,
        "build",
        run_build,
        "for authors: generate labs/*.ipynb from solutions/*/master.md",
        example="mq labs build",
    )
    build.add_argument(
        "--force", action="store_true", help="overwrite what somebody wrote into one, and keep a copy"
    )
    new = add(
        actions,
        "new",
        run_new,
        "for authors: write the skeleton of a lab, which works but for its TODOs",
        example="mq labs new outbox --broker rabbitmq",
    )
    new.add_argument("lab", metavar="NAME", help="small letters, with _ between words")
    new.add_argument("--broker", required=True, metavar="BROKER", help="rabbitmq, kafka, servicebus or none")
    check = add(
        actions,
        "check",
        run_check,
        "for authors: say what is left to write, stale, unsolvable or already solved",
        example="mq labs check kafka_log\nmq labs check --no-run",
    )
    check.add_argument("lab", metavar="NAME", nargs="?", help="only this lab")
    check.add_argument("--no-run", action="store_true", help="only what needs no broker")
    table = add(
        actions,
        "table",
        run_table,
        "for authors: judge every known wrong and honest answer: exercise x sentence x answer x verdict",
        example="mq labs table kafka_log --exercise lag",
    )
    table.add_argument("lab", metavar="LAB", nargs="?", help="only this lab")
    table.add_argument("--exercise", help="only this exercise")
    table.add_argument(
        "--seeds",
        type=whole("number of seeds", 1),
        default=1,
        metavar="N",
        help="judge each with seeds 0 to N - 1",
    )
    solutions = add(
        actions,
        "solutions",
        run_solutions,
        "for authors: generate the solution notebooks, for pytest --nbval-lax",
        example="mq labs solutions",
    )
    solutions.add_argument(
        "folder", metavar="FOLDER", type=Path, nargs="?", help="where to; _build/solutions if not given"
    )
    source = add(
        actions,
        "source",
        run_source,
        "for teachers: write the labs as assignments that nbgrader takes",
        example="mq labs source ~/course",
    )
    source.add_argument("folder", metavar="FOLDER", type=Path, help="the course folder of nbgrader")


def run_reset(arguments: argparse.Namespace) -> int:
    """Put a lab's notebook back, and say where the copy is."""
    from mqcourse.grading import build_labs, manifest

    lab = manifest.find(arguments.lab)
    kept = build_labs.reset(lab)
    done = f"labs/{lab.notebook.name} is as it was at first"
    answer(
        arguments,
        {"notebook": str(lab.notebook), "kept": str(kept) if kept else None},
        f"{done}; yours is kept as {kept}" if kept else f"{done}; there was nothing to keep",
    )
    return Exit.DONE


def run_source(arguments: argparse.Namespace) -> int:
    """Print the path of each file written."""
    from mqcourse.grading import manifest, nbgrader

    paths = [str(path) for path in nbgrader.write_source(manifest.load(), arguments.folder)]
    answer(arguments, {"written": paths}, "\n".join(paths))
    return Exit.DONE


def run_list(arguments: argparse.Namespace) -> int:
    """Each lab with the best points so far."""
    from mqcourse.grading import manifest, saved_points

    best = saved_points.best()
    rows: list[dict[str, Any]] = [
        {
            "lab": lab.name,
            "title": lab.title,
            "minutes": lab.minutes,
            "brokers": list(lab.brokers),
            "answers_shown": sorted(saved_points.answers_shown(lab.name)),
            "points": saved_points.reached(lab, best),
            "of": lab.points,
        }
        for lab in manifest.load()
    ]
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        for row in rows:
            shown = ", ".join(row["answers_shown"])
            line = f"{row['points']:>3} of {row['of']:<3} labs/{row['lab']}.ipynb  {row['title']} ({row['minutes']} min)"
            out(fitted(line + (f", worked answers shown: {shown}" if shown else "")))
    return Exit.DONE


def run_build(arguments: argparse.Namespace) -> int:
    """Write what is not current."""
    from mqcourse.grading.build_labs import build

    written = build(news(arguments), force=arguments.force)
    if arguments.json:
        out(json.dumps({"written": [str(path) for path in written]}))
    return Exit.DONE


def run_new(arguments: argparse.Namespace) -> int:
    """Write the folder and its notebook, print the paths, and say how to go on."""
    from mqcourse.grading import manifest, new_lab
    from mqcourse.grading.build_labs import build

    paths = new_lab.new(arguments.lab, arguments.broker)
    paths += build(lambda _line: None, only=(manifest.find(arguments.lab),))
    names = [shown(path) for path in paths]
    answer(arguments, {"written": names}, "\n".join(names))
    if not arguments.json:
        say(f"Replace what is marked TODO(author); `mq labs check {arguments.lab}` lists what is left.")
    return Exit.DONE


def run_check(arguments: argparse.Namespace) -> int:
    """The exit code is 3 when there is a problem."""
    from mqcourse.grading import manifest
    from mqcourse.grading.build_labs import problems
    from mqcourse.pace import Pace

    only = (manifest.find(arguments.lab),) if arguments.lab else None
    found = []
    pace = Pace(len(only or manifest.load()), "labs", news(arguments))
    for problem in problems(run=not arguments.no_run, only=only, checked=pace.done):
        found.append(problem)
        if not arguments.json:
            sys.stdout.write(f"{problem}\n")
            sys.stdout.flush()
    if arguments.json:
        out(json.dumps({"problems": found}, indent=2, ensure_ascii=False))
    elif not found:
        which = f"labs/{arguments.lab}.ipynb is" if arguments.lab else "The labs are"
        out(f"{which} current." if arguments.no_run else f"{which} current, solvable and unsolved.")
    return Exit.SAID_NO if found else Exit.DONE


def run_table(arguments: argparse.Namespace) -> int:
    """The exit code is 3 when a sentence has no wrong answer, a wrong answer pays, or a right one is refused."""
    from mqcourse.grading import manifest
    from mqcourse.grading.table import rows, size
    from mqcourse.pace import Pace

    labs = (manifest.find(arguments.lab),) if arguments.lab else manifest.load()
    if arguments.exercise and arguments.lab:
        labs[0].exercise(arguments.exercise)  # CourseError for one that there is not
    elif arguments.exercise:
        labs = tuple(lab for lab in labs if arguments.exercise in {each.id for each in lab.exercises})
        if not labs:
            raise CourseError(
                f"no lab has an exercise {arguments.exercise!r}",
                do="`mq labs table LAB --exercise EXERCISE` lists those of a lab",
                code=Exit.USAGE,
            )
    found = []
    pace = Pace(sum(size(lab, arguments.exercise) for lab in labs), "answers", news(arguments))
    for lab in labs:
        if not arguments.json:
            sys.stdout.write(f"{lab.name}\n")
        for row in rows(lab, range(arguments.seeds), exercise=arguments.exercise):
            found.append(row)
            if not arguments.json:
                sys.stdout.write(f"  {row.as_text()}\n")
                sys.stdout.flush()
            pace.done()
    if arguments.json:
        sys.stdout.write(json.dumps([row.as_dict() for row in found], indent=2, ensure_ascii=False) + "\n")
    else:
        wrong = sum(not row.right for row in found)
        sys.stdout.write(f"{len(found)} rows, {arguments.seeds} seeds each, {wrong} not as they must be.\n")
    return Exit.DONE if all(row.right for row in found) else Exit.SAID_NO


def run_solutions(arguments: argparse.Namespace) -> int:
    """Print the path of each notebook written."""
    from mqcourse.grading import manifest
    from mqcourse.grading.build_labs import SOLUTIONS
    from mqcourse.grading.master import write_solutions

    paths = [str(path) for path in write_solutions(manifest.load(), arguments.folder or SOLUTIONS)]
    answer(arguments, {"written": paths}, "\n".join(paths))
    return Exit.DONE
