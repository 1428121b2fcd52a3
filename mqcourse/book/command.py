"""`mq book build`, `mq book run`, `mq book publish`, `mq book open` and `mq book check`."""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import actions_of, add, answer, news, out, say, wrapped
from mqcourse.exits import Exit
from mqcourse.home import shown

if TYPE_CHECKING:
    from mqcourse.book.chapter import Chapter
    from mqcourse.book.run import Run


def register(subcommands: Any) -> None:
    """Add `mq book`."""
    book = add(
        subcommands,
        "book",
        None,
        "build the book, and run its chapters on your brokers",
        example="mq book build\nmq book run kafka/log",
    )
    actions = actions_of(book, required=True)
    build = add(
        actions,
        "build",
        run_build,
        "build the pages from the chapters' last runs: needs no broker",
        example="mq book build",
    )
    build.add_argument("chapters", nargs="*", type=Path, metavar="CHAPTER.md", help="only these, as a draft")
    run = add(
        actions,
        "run",
        run_run,
        "execute chapters on your brokers, several side by side, then build the book from what they gave",
        example="mq book run kafka/log",
        more="It ends with 3 when the book is built but a claim did not hold on this\nmachine, and with 5 when cells failed otherwise.",
    )
    run.add_argument("chapters", nargs="*", metavar="CHAPTER", help="such as kafka/log; left out: all")
    run.add_argument(
        "--strict",
        action="store_true",
        help="a claim that does not hold is an error, and the book is not built",
    )
    run.add_argument(
        "--keep", action="store_true", help="strict, and the records go to book/runs, for the published book"
    )
    published = add(
        actions,
        "publish",
        run_publish,
        "build the book, and write it as a web site's folder, for any static host and any path on it",
        example="mq book publish --url https://host/sub/path/ --to site",
        more="With --url the site also has a site map, and each page its canonical address.",
    )
    published.add_argument("--url", metavar="URL", help="where the folder will be served")
    published.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="new, empty, or a site that this command made (default: .mq/site)",
    )
    opened = add(
        actions,
        "open",
        run_open,
        "a chapter as a notebook, to be run in JupyterLab",
        example="mq book open kafka/log",
    )
    opened.add_argument("chapter", metavar="CHAPTER", help="such as kafka/log")
    check = add(
        actions,
        "check",
        run_check,
        "questions, facts and records are in order, every chapter runs strictly, and the book builds",
        example="mq book check --no-build\nmq book check kafka/log",
    )
    check.add_argument("chapters", nargs="*", metavar="CHAPTER", help="only these, such as kafka/log")
    check.add_argument(
        "--no-build", action="store_true", help="questions, facts, records and texts only: needs no broker"
    )
    written = add(
        subcommands,
        "chapters",
        None,
        "write a new chapter of the book, or see what each has",
        example="mq chapters new kafka/streams\nmq chapters coverage",
    )
    actions = actions_of(written, required=True)
    add(
        actions,
        "coverage",
        run_coverage,
        "for each chapter: minutes, replays, questions, labs, and which chapters have no question",
        example="mq chapters coverage",
    )
    new = add(
        actions,
        "new",
        run_new,
        "write the skeleton of a chapter, which runs but for its TODOs, and list it in its part",
        example="mq chapters new kafka/streams",
    )
    new.add_argument(
        "chapter", metavar="PART/NAME", help="a part of the book, and small letters with - between words"
    )


def run_build(arguments: argparse.Namespace) -> int:
    """Build, then say where the pages are."""
    from mqcourse.book.build import build_book

    folder = build_book(news(arguments), only=arguments.chapters)
    answer(arguments, {"page": f"{folder}/index.html"}, f"{folder}/index.html")
    return Exit.DONE


def run_publish(arguments: argparse.Namespace) -> int:
    """Build and write the site; what was typed is checked before the build."""
    from dataclasses import asdict

    from mqcourse.book.build import build_book
    from mqcourse.book.publish import publish, refuse_other_files
    from mqcourse.book.site_address import read_address
    from mqcourse.home import state_folder

    address = read_address(arguments.url) if arguments.url is not None else None
    folder = (arguments.to or state_folder() / "site").resolve()
    refuse_other_files(folder, (state_folder() / "book" / "html").resolve())
    done = publish(build_book(news(arguments)), folder, address)
    answer(arguments, {**asdict(done), "folder": str(done.folder)}, str(done.folder))
    if not arguments.json:
        say(f"{done.pages} pages, {done.files} files, {done.size_bytes / 1e6:.0f} MB")
    return Exit.DONE


def run_run(arguments: argparse.Namespace) -> int:
    """Execute, say what did not hold, and build."""
    from mqcourse.book import run as running
    from mqcourse.book.build import build_book, one_build_at_a_time
    from mqcourse.book.chapter import chapters, named
    from mqcourse.home import state_folder

    chosen = named(arguments.chapters) if arguments.chapters else chapters()
    start_on_request(chosen, quiet=arguments.quiet)
    folder = state_folder() / "book" / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    strict = arguments.strict or arguments.keep
    with one_build_at_a_time(folder, news(arguments)):
        done = running.run_chapters(chosen, news(arguments), strict=strict)
        if arguments.keep:
            running.keep(chosen, done)
    told(done)
    if strict and done.failed:
        return Exit.SOME_FAILED
    folder = build_book(news(arguments))
    value = {
        "page": f"{folder}/index.html",
        "failed": [f"{chapter.file}: {failed}" for chapter, failed in done.failed],
        "claims": [f"{chapter.file}: {claim.line}" for chapter, claim in done.claims],
    }
    answer(arguments, value, f"{folder}/index.html")
    return Exit.SOME_FAILED if done.failed else Exit.SAID_NO if done.claims else Exit.DONE


def told(done: "Run") -> None:
    """The end of a run: how long it took, what failed, which claims did not hold."""
    many = len(done.records)
    share = f", {done.took_s / done.summed_s:.0%} of their {done.summed_s:.0f} s" if many > 1 else ""
    say(
        f"{many} chapters in {done.took_s:.0f} s{share}"
        if many > 1
        else f"one chapter in {done.took_s:.0f} s"
    )
    for chapter, failed in done.failed:
        say(f"{chapter.file}: {failed}")
    for chapter, claim in done.claims:
        say(f"{chapter.file}, cell {claim.cell}: {claim.line}")


def run_open(arguments: argparse.Namespace) -> int:
    """Write the notebook, and say where it is and how to open it."""
    from mqcourse.book import notebook
    from mqcourse.book.chapter import named

    path = notebook(named([arguments.chapter])[0].name)
    how = opened_at(path)
    answer(arguments, {"notebook": str(path), "how": how}, str(path))
    if not arguments.json:
        say(how)
    return 0


def opened_at(path: Path) -> str:
    """The address of a notebook in the JupyterLab that runs, or how to start one."""
    from mqcourse.home import CHECKOUT, state_folder
    from mqcourse.stack import stack
    from mqcourse.stack.services.jupyter import with_token
    from mqcourse.stack.services.registry import SERVICES

    row = stack.status_of(SERVICES["jupyter"], state_folder())
    if row.state != "running" or not row.endpoint:
        return "JupyterLab does not run: `mq start jupyter` starts it; then give this command again"
    if not path.is_relative_to(CHECKOUT):
        return f"open it in JupyterLab, {with_token(row.endpoint, state_folder())}"
    address = f"{row.endpoint}/tree/{path.relative_to(CHECKOUT).as_posix()}"
    return f"Open {with_token(address, state_folder())}"


def run_check(arguments: argparse.Namespace) -> int:
    """What is derived or loaded is in order; every chapter runs, strictly; the strict build."""
    if arguments.chapters:
        return _check_some(arguments)
    from mqcourse.book.facts import load_facts
    from mqcourse.book.questions import load_bank
    from mqcourse.book.record import problems

    facts = load_facts()
    topics = load_bank(known_facts=facts)
    count = sum(len(topic.questions) for topic in topics.values())
    say(f"{len(facts)} facts and {count} questions are in order")
    wrong = list(problems())
    for line in wrong:
        say(line)
    if not wrong:
        say("every chapter's kept run is of its cells as they are")
    if arguments.no_build:
        if arguments.json:
            out(json.dumps({"problems": wrong}, indent=2))
        return Exit.SAID_NO if wrong else Exit.DONE
    from mqcourse.book.chapter import chapters

    wrong += run_strictly(chapters(), quiet=arguments.quiet)
    if wrong:
        if arguments.json:
            out(json.dumps({"problems": wrong}, indent=2))
        return Exit.SAID_NO
    return run_build(argparse.Namespace(chapters=[], json=arguments.json, quiet=arguments.quiet))


def _check_some(arguments: argparse.Namespace) -> int:
    """Some chapters: what is left to write, their records and texts, and a strict run, without a build."""
    from mqcourse.book.chapter import named
    from mqcourse.book.record import problems_of
    from mqcourse.prose import ledger
    from mqcourse.skeleton import left

    chosen = named(arguments.chapters)
    wrong: list[str] = []
    for chapter in chosen:
        found = [*left(chapter.path), *problems_of(chapter), *ledger.problems_in([chapter.file])]
        for line in found:
            say(line)
        wrong += found
    if not arguments.no_build:
        wrong += run_strictly(chosen, quiet=arguments.quiet)
    if arguments.json:
        out(json.dumps({"problems": wrong}, indent=2, ensure_ascii=False))
    elif not wrong:
        out(f"{', '.join(chapter.file for chapter in chosen)}: in order")
    return Exit.SAID_NO if wrong else Exit.DONE


def run_new(arguments: argparse.Namespace) -> int:
    """Write it, print what was written, and say how to go on."""
    from mqcourse.book import new_chapter

    names = [shown(path) for path in new_chapter.new(arguments.chapter)]
    answer(arguments, {"written": names}, "\n".join(names))
    if not arguments.json:
        name = names[0].removeprefix("book/").removesuffix(".md")
        say(f"Replace what is marked TODO(author); `mq book check {name}` runs it and lists what is left.")
    return Exit.DONE


def run_coverage(arguments: argparse.Namespace) -> int:
    """Print the table of chapters."""
    from mqcourse.book.chapter import pages
    from mqcourse.book.chapter_coverage import chapter_coverage, labs_of
    from mqcourse.book.questions import all_questions, load_bank
    from mqcourse.home import CHECKOUT

    found = chapter_coverage(pages(), all_questions(load_bank()), labs_of(CHECKOUT / "solutions"))
    answer(arguments, found.as_list(), wrapped("\n".join(found.lines())))
    return Exit.DONE


def start_on_request(chosen: "Sequence[Chapter]", *, quiet: bool) -> None:
    """Start what these chapters run with and `mq start` leaves out, such as PostgreSQL. One that runs is left alone.

    The brokers are not started here: a reader may run them elsewhere, and a missing one is an error with its remedy.
    """
    from mqcourse.progress import Progress
    from mqcourse.stack import stack
    from mqcourse.stack.services.registry import SERVICES

    named = {name for chapter in chosen for name in chapter.runs_with}
    if wanted := [service for service in SERVICES.values() if service.on_request and service.name in named]:
        stack.up(wanted, Progress(quiet=quiet))


def run_strictly(chosen: "Sequence[Chapter]", *, quiet: bool) -> list[str]:
    """Execute chapters as CI does; what fails, and what no longer agrees with the kept runs, each said and given back."""
    from mqcourse.book import record, run

    start_on_request(chosen, quiet=quiet)
    with tempfile.TemporaryDirectory(prefix="mq-book-check-") as folder:
        done = run.run_chapters(
            chosen, say, strict=True, path_of=lambda chapter: Path(folder, f"{chapter.name}.ipynb")
        )
    told(done)
    wrong = [f"{chapter.file}: {failed}" for chapter, failed in done.failed]
    for chapter, fresh in done.records.items():
        kept = record.read(record.kept_path(chapter))
        if kept is None or fresh.failed or not kept.fits(chapter):
            continue
        if differ := run.agree(kept, fresh):
            wrong.append(f"{chapter.file}: {differ}")
            say(wrong[-1])
    return wrong
