"""`mq start`: from a fresh checkout to the one page, and in a moment when all of it runs already."""

import contextlib
import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

from mqcourse.home import CHECKOUT, cache_folder, state_folder
from mqcourse.progress import Progress
from mqcourse.small_file import object_of
from mqcourse.stack import registry, stack
from mqcourse.stack.page import RUNS

BOOK_SOURCES = (
    "requirements.txt",
    "_config.yml",
    "_toc.yml",
    "book/**/*",
    "mqcourse/**/*.py",
    "mqcourse/**/*.js",
    "mqcourse/**/*.css",
)
"""What the pages are made of: when none of it changed, the built book is current and needs no second look."""
STAMP = "served.json"
KEPT_PAGES = 3
"""How many builds checkouts share: about 30 MB each."""


def start(progress: Progress, names: tuple[str, ...] = registry.DEFAULT) -> dict[str, BaseException]:
    """Install and start the brokers, build the book, serve it and JupyterLab: all of it side by side.

    None waits for another, and none is lost with another: what failed is returned, by service, and a rerun goes on
    from there. A second call finds everything running and the book current, and does nothing.
    """
    first = {} if book_is_current() else {"book": lambda: make_book(progress)}
    return stack.up_all(registry.named((*names, "jupyter", "book"), ()), progress, first=first)[1]


def make_book(progress: Progress) -> None:
    """Build the pages from the outputs that were recorded when the chapters were last run.

    Pages that another checkout built from the very same sources are taken instead.
    """
    from mqcourse.book.build import build_book

    folder = state_folder() / "book"
    sources = fingerprint()  # before the build: a source edited meanwhile makes the next start build again
    kept = cache_folder() / "pages" / sources[:24]
    if take_pages(kept, folder / "html"):
        (folder / STAMP).write_text(json.dumps({"sources": sources}), encoding="utf-8")
        return
    with progress.step("the book's pages") as step:
        build_book(step.say)
    (folder / STAMP).write_text(json.dumps({"sources": sources}), encoding="utf-8")
    keep_pages(folder / "html", kept)


def take_pages(kept: Path, html: Path) -> bool:
    """Copy kept pages into place, whole or not at all; whether there were any."""
    if not (kept / "index.html").is_file():
        return False
    part = html.with_name("html.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(kept, part)
        # what Sphinx knows of pages belongs to those that are replaced
        for old in (html, html.with_name("doctrees")):
            shutil.rmtree(old, ignore_errors=True)
        part.rename(html)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        return False
    return True


def keep_pages(html: Path, kept: Path) -> None:
    """Let other checkouts take these pages. Copies: a later build writes into its own. The last few are kept."""
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(html, part)
        part.rename(kept)
        pages = sorted(kept.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
        for old in pages[KEPT_PAGES:]:
            shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(part, ignore_errors=True)


def all_run(names: tuple[str, ...] = registry.DEFAULT) -> bool:
    """Whether everything that `mq start` starts runs now."""
    states = {row.name: row.state for row in stack.status()}
    return all(states[name] in RUNS for name in (*names, "book", "jupyter"))


def book_is_current() -> bool:
    """Whether the built pages were made from the sources as they are now."""
    folder = state_folder() / "book"
    made_from = object_of(folder / STAMP).get("sources")
    return (folder / "html" / "index.html").is_file() and made_from == fingerprint()


def fingerprint(checkout: Path = CHECKOUT) -> str:
    """Changes whenever a source of the book does: by content, since a fresh clone has fresh times."""
    digest = sha256()
    for pattern in BOOK_SOURCES:
        for file in sorted(checkout.glob(pattern)):
            if file.is_file() and "_build" not in file.parts:
                digest.update(str(file.relative_to(checkout)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
