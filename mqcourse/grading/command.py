"""`mq grade` and `mq labs`."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import actions_of, add, answer, fitted, news, out, say
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import shown
from mqcourse.streams import is_read

if TYPE_CHECKING:
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
    """Add `mq grade NOTEBOOK`, `mq hint LAB EXERCISE` and `mq labs reset|new|build|check|table|solutions|source`."""
    grade = add(
        subcommands,
        "grade",
        run_grade,
        "grade a lab's notebook, or a folder of strangers' ones: points, what broke, what happened",
        example="mq grade kafka_log\nmq grade kafka_log --watch\nmq grade submissions/kafka_log",
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
        "--seeds", type=_seeds, default=1, metavar="N", help="judge each with seeds 0 to N - 1"
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


def _seeds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seeds")
    return int(text)


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
    """Every notebook of a folder, one after the other: each belongs to another person, and no result is saved as progress."""
    from mqcourse.foreign import plain
    from mqcourse.grading.outcome import Unjudged, Unusable
    from mqcourse.grading.run import grade

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
    rows: list[dict[str, Any]] = []
    worst, unjudged = Exit.DONE, 0
    for number, path in enumerate(paths, 1):
        say(f"{plain(path.name)} ({number} of {len(paths)})")
        try:
            if path.is_symlink():
                raise Unusable(
                    "it is a link, maybe to another submission", do="Put the notebook in its place"
                )
            report = grade(path, seed=arguments.seed, sandbox=sandbox)
        except (
            CourseError
        ) as error:  # also Unjudged: one that stops its run costs no other notebook its verdict
            rows.append({"notebook": plain(path.name), "error": plain(str(error))})
            unjudged += isinstance(error, Unjudged)
            worst = Exit.SOME_FAILED
            continue
        rows.append({"notebook": plain(path.name), **report.as_dict()})
        if not report.passed and worst == Exit.DONE:
            worst = Exit.SAID_NO
        if not arguments.json:
            sys.stdout.write(f"{plain(path.name)}\n{report.as_text()}\n")
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        for row in rows:
            got = f"{row['points']:>3} of {row['of']}" if "points" in row else f"not judged: {row['error']}"
            sys.stdout.write(f"{got}  {row['notebook']}\n")
    return Exit.UNREACHABLE if unjudged == len(paths) else worst


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
    answer(arguments, {"lab": lab.name, "exercise": exercise.id, "text": text}, told)
    return Exit.DONE


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
