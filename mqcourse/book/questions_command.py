"""`mq questions check`, `mq questions coverage`, `mq questions export` and `mq questions new`."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from mqcourse.command_line import actions_of, add, answer, out, say, wrapped
from mqcourse.exits import Exit
from mqcourse.home import shown
from mqcourse.rubric.levels import NAMES

ANKI = """Anki reads `apkg` on the desktop and on phones, and the text
of `anki` by File > Import on the desktop. Use one of the two. A
second import renews the cards and keeps their schedule. The PDF
has an entry in its outline for each topic and each question."""
APKG, PDF = "apkg", "pdf"


def register(subcommands: Any) -> None:
    """Add `mq questions`."""
    questions = add(
        subcommands, "questions", None, "the bank of interview questions", example="mq questions check"
    )
    actions = actions_of(questions, required=True)
    new = add(
        actions,
        "new",
        run_new,
        "write the skeleton of a question, in a topic that exists or a new one",
        example="mq questions new delivery",
    )
    new.add_argument("topic", metavar="TOPIC", help="a file of book/questions, without .toml")
    add(
        actions,
        "check",
        run_check,
        "hold every question to its form, and say every mistake, one a line",
        example="mq questions check",
    )
    add(
        actions,
        "coverage",
        run_coverage,
        "count the questions by topic, level and kind",
        example="mq questions coverage",
    )
    export = add(
        actions,
        "export",
        run_export,
        "write the bank as a deck or notes for Anki, as a table, as a page, or as a PDF to print",
        example="mq questions export apkg cards.apkg\nmq questions export csv --topic delivery cards.csv\n"
        "mq questions export pdf --level senior cards.pdf",
        more=ANKI,
    )
    export.add_argument("format", choices=["anki", APKG, "csv", "markdown", PDF], help="what is written")
    export.add_argument("file", metavar="FILE", type=Path, help="the file to write")
    export.add_argument("--topic", metavar="TOPIC", help="only this topic: a file of book/questions")
    export.add_argument(
        "--level",
        metavar="LEVEL",
        choices=[*NAMES.values()],
        help="only this level: junior, mid, senior or staff",
    )


def run_new(arguments: argparse.Namespace) -> int:
    """Write it, print the file, and say how to go on."""
    from mqcourse.book import new_question

    name = shown(new_question.new(arguments.topic))
    answer(arguments, {"written": [name]}, name)
    if not arguments.json:
        say("Replace what is marked TODO(author); `mq questions check` lists what is left.")
    return Exit.DONE


def run_check(arguments: argparse.Namespace) -> int:
    """Print every mistake, or the count by level."""
    from mqcourse.book.question import LEVELS
    from mqcourse.book.questions import BANK, all_questions, read_bank
    from mqcourse.skeleton import left

    topics, problems = read_bank()
    problems += [line for path in sorted(BANK.glob("*.toml")) for line in left(path)]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        if arguments.json:
            out(json.dumps({"problems": list(problems)}, indent=2, ensure_ascii=False))
        return Exit.SAID_NO
    questions = all_questions(topics)
    counts = ", ".join(f"{sum(q.level == level for q in questions)} {name}" for level, name in LEVELS.items())
    answer(
        arguments,
        {"problems": [], "questions": len(questions), "topics": len(topics)},
        wrapped(f"{len(questions)} questions in {len(topics)} topics are in order: {counts}"),
    )
    return Exit.DONE


def run_coverage(arguments: argparse.Namespace) -> int:
    """Print the table."""
    from mqcourse.book.coverage import coverage
    from mqcourse.book.questions import load_bank

    found = coverage(load_bank())
    answer(arguments, found.as_dict(), wrapped("\n".join(found.lines())))
    return Exit.DONE


def run_export(arguments: argparse.Namespace) -> int:
    """Write the file, and print how many questions it has."""
    from mqcourse.book.question_export import FORMATS
    from mqcourse.book.questions import check_topic, chosen, load_bank
    from mqcourse.disk import write_bytes
    from mqcourse.errors import CourseError

    bank = load_bank()
    check_topic(bank, arguments.topic)
    level = next((short for short, name in NAMES.items() if name == arguments.level), None)
    questions = chosen(bank, arguments.topic, level)
    if not questions:
        raise CourseError(
            f"the topic {arguments.topic!r} has no question of the level {arguments.level!r}",
            do="`mq questions coverage` shows what there is",
            code=Exit.SAID_NO,
        )
    if arguments.format == PDF:
        from mqcourse.book.question_pdf import as_pdf  # a library that no other command needs

        content = as_pdf(questions, bank)
    elif arguments.format == APKG:
        from mqcourse.book.question_deck import as_apkg  # likewise

        content = as_apkg(questions, bank, time.time())
    else:
        content = FORMATS[arguments.format](questions, bank).encode()
    write_bytes(arguments.file, content)
    answer(
        arguments,
        {"written": [str(arguments.file)], "questions": len(questions)},
        f"{len(questions)} questions are in {arguments.file}",
    )
    return Exit.DONE
