"""The built pages: whether they are current, and copies that other checkouts of the same sources take."""

import contextlib
import json
import os
import shutil
from pathlib import Path

from mqcourse.book.build import build_book
from mqcourse.home import CHECKOUT, cache_folder, state_folder
from mqcourse.progress import Progress
from mqcourse.small_file import object_of
from mqcourse.source_digest import digest_of

BOOK_SOURCES = (
    "requirements.txt",
    "_config.yml",
    "_toc.yml",
    "book/**/*",
    "mqcourse/**/*.py",
    "mqcourse/**/*.js",
    "mqcourse/**/*.css",
    "mqcourse/**/package-lock.json",
)
"""What the pages are made of: when none of it changed, the built book is current and needs no second look."""
STAMP = "served.json"
KEPT_PAGES = 3
"""How many builds checkouts share: about 30 MB each."""


def make_book(progress: Progress) -> None:
    """Build the pages from the outputs that were recorded when the chapters were last run.

    Pages that another checkout built from the very same sources are taken instead.
    """
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


def book_is_current() -> bool:
    """Whether the built pages were made from the sources as they are now."""
    folder = state_folder() / "book"
    made_from = object_of(folder / STAMP).get("sources")
    return (folder / "html" / "index.html").is_file() and made_from == fingerprint()


def fingerprint(checkout: Path = CHECKOUT) -> str:
    """Changes whenever a source of the book does: by content, since a fresh clone has fresh times."""
    files = (file for pattern in BOOK_SOURCES for file in checkout.glob(pattern))
    return digest_of((file for file in files if file.is_file() and "_build" not in file.parts), checkout)
