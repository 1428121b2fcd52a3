"""Everything that is generated from a source, compared with it.

python -m tools.derived            what is stale or out of order, one line each; exit code 3 if anything is
python -m tools.derived --renew    make it again
python -m tools.derived --lock     renew the pins (reads the package indexes)
"""

import argparse
import sys
from collections.abc import Callable, Iterator

from mqcourse.command_line import say
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT


def labs_problems() -> Iterator[str]:
    """Lab notebooks against their masters and the manifest."""
    from mqcourse.grading import build_labs

    yield from build_labs.problems(run=False)


def book_problems() -> Iterator[str]:
    """Facts and questions: in their form, and every fact that a question names exists."""
    from mqcourse.book.facts import load_facts
    from mqcourse.book.questions import BANK, load_bank
    from mqcourse.skeleton import left

    try:
        load_bank(known_facts=load_facts())
    except CourseError as error:
        yield str(error)
    for path in sorted([*(CHECKOUT / "book").rglob("*.md"), *BANK.glob("*.toml")]):
        yield from left(path)


def runs_problems() -> Iterator[str]:
    """The kept runs of the book's chapters against their cells."""
    from mqcourse.book import record

    yield from record.problems()


def pins_problems() -> Iterator[str]:
    """requirements*.txt against pyproject.toml."""
    from tools import pins

    yield from pins.problems()


def explorer_problems() -> Iterator[str]:
    """The explorer's JavaScript against the Python that it is made from."""
    from tools import derived_files, explorer_javascript

    yield from derived_files.problems(explorer_javascript.derived)


def capacity_problems() -> Iterator[str]:
    """The calculator's JavaScript against the Python that it is made from."""
    from tools import capacity_javascript, derived_files

    yield from derived_files.problems(capacity_javascript.derived)


def whatif_problems() -> Iterator[str]:
    """The machines' JavaScript against the Python that it is made from."""
    from tools import derived_files, whatif_javascript

    yield from derived_files.problems(whatif_javascript.derived)


def interview_problems() -> Iterator[str]:
    """The mock interview's JavaScript against the Python that it is made from."""
    from tools import derived_files, rubric_javascript

    yield from derived_files.problems(rubric_javascript.derived)


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "pins": pins_problems,
    "labs": labs_problems,
    "facts and questions": book_problems,
    "the book's kept runs": runs_problems,
    "the explorer's JavaScript": explorer_problems,
    "the calculator's JavaScript": capacity_problems,
    "the machines' JavaScript": whatif_problems,
    "the mock interview's JavaScript": interview_problems,
}


def renew() -> None:
    """Make again what has a master in this repo."""
    from mqcourse.grading import build_labs
    from tools import (
        capacity_javascript,
        derived_files,
        explorer_javascript,
        rubric_javascript,
        whatif_javascript,
    )

    derived_files.renew(explorer_javascript.derived)
    derived_files.renew(capacity_javascript.derived)
    derived_files.renew(whatif_javascript.derived)
    derived_files.renew(rubric_javascript.derived)
    build_labs.build(say)


def lock() -> None:
    """Renew the pins of Python packages, npm packages and Kafka's jars."""
    from mqcourse.install import jars
    from mqcourse.progress import Progress
    from tools import npm_locks, pins

    pins.renew()
    for folder in npm_locks.folders():
        npm_locks.renew(folder)
    jars.renew(Progress())


def main() -> int:
    """Check, renew or lock."""
    arguments = argparse.ArgumentParser(description="What is derived, held against its master.")
    arguments.add_argument("--renew", action="store_true")
    arguments.add_argument("--lock", action="store_true")
    chosen = arguments.parse_args()
    try:
        if chosen.lock:
            lock()
        elif chosen.renew:
            renew()
    except CourseError as error:
        say(f"derived: {error}")
        return error.exit_code
    found = [f"{part}: {problem}" for part, problems in PARTS.items() for problem in problems()]
    for line in found:
        say(line)
    if not found:
        say(f"current: {', '.join(PARTS)}")
    return Exit.SAID_NO if found else Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
