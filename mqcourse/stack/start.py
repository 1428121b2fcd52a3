"""`mq start`: from a fresh checkout to the one page, and in a moment when all of it runs already."""

import json
from hashlib import sha256
from pathlib import Path

from mqcourse.home import CHECKOUT, state_folder
from mqcourse.progress import Progress
from mqcourse.stack import registry, stack
from mqcourse.stack.page import RUNS

BOOK_SOURCES = (
    "_config.yml",
    "_toc.yml",
    "book/**/*",
    "mqcourse/**/*.py",
    "mqcourse/**/*.js",
    "mqcourse/**/*.css",
)
"""What the pages are made of: when none of it changed, the built book is current and needs no second look."""
STAMP = "served.json"


def start(progress: Progress, names: tuple[str, ...] = registry.DEFAULT) -> dict[str, BaseException]:
    """Install and start the brokers, build the book, serve it and JupyterLab: all of it side by side.

    None waits for another, and none is lost with another: what failed is returned, by service, and a rerun goes on
    from there. A second call finds everything running and the book current, and does nothing.
    """
    first = {} if book_is_current() else {"book": lambda: make_book(progress)}
    return stack.up_all(registry.named((*names, "jupyter", "book"), ()), progress, first=first)[1]


def make_book(progress: Progress) -> None:
    """Build the pages from the outputs that were recorded when the chapters were last run."""
    from mqcourse.book.build import build_book

    with progress.step("the book's pages"):
        # before the build: a source edited meanwhile makes the next start build again
        before = fingerprint()
        build_book(progress.say)
    (state_folder() / "book" / STAMP).write_text(json.dumps({"sources": before}), encoding="utf-8")


def all_run(names: tuple[str, ...] = registry.DEFAULT) -> bool:
    """Whether everything that `mq start` starts runs now."""
    states = {row.name: row.state for row in stack.status()}
    return all(states[name] in RUNS for name in (*names, "book", "jupyter"))


def book_is_current() -> bool:
    """Whether the built pages were made from the sources as they are now."""
    folder = state_folder() / "book"
    try:
        made_from = json.loads((folder / STAMP).read_text(encoding="utf-8"))["sources"]
    except (OSError, ValueError, LookupError):
        return False
    return bool((folder / "html" / "index.html").is_file() and made_from == fingerprint())


def fingerprint(checkout: Path = CHECKOUT) -> str:
    """Changes whenever a source of the book does: by content, since a fresh clone has fresh times."""
    digest = sha256()
    for pattern in BOOK_SOURCES:
        for file in sorted(checkout.glob(pattern)):
            if file.is_file() and "_build" not in file.parts:
                digest.update(str(file.relative_to(checkout)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
