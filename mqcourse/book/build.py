"""`mq book build`: the book as HTML, from the chapters and the records of their runs. Needs no broker."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT, state_folder
from mqcourse.install.file_lock import only_one

Say = Callable[[str], None]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Places:
    """Where a build reads and writes. `clean` exists only after a build without a warning."""

    source: Path
    folder: Path

    @property
    def html(self) -> Path:
        return self.folder / "html"

    @property
    def doctrees(self) -> Path:
        return self.folder / "doctrees"

    @property
    def clean(self) -> Path:
        return self.folder / "clean"

    @property
    def log(self) -> Path:
        return self.folder / "build.log"

    @property
    def warnings(self) -> Path:
        return self.folder / "warnings.log"


def build_book(say: Say, *, only: Sequence[Path] = (), source: Path = CHECKOUT) -> Path:
    """Build the book and return the folder of its HTML (`.mq/book/html`; with `only`, `.mq/book/draft/html`).

    Nothing is executed: the outputs are those of the chapters' last runs. `say` takes a line of progress. `only` names
    chapter files: the front page and these are built, and warnings (links to chapters that were left out) are said but
    do not fail. Raises CourseError when there is any warning; it is never forgotten: the next build meets it again.
    """
    folder = state_folder() / "book"
    places = Places(source, folder / "draft" if only else folder)
    places.folder.mkdir(parents=True, exist_ok=True)
    with one_build_at_a_time(places.folder, say):
        toc = draft_toc(places, only) if only else source / "_toc.yml"
        if not places.clean.exists():
            # Sphinx keeps read pages and says their warnings only once: after a build with any, it starts afresh.
            shutil.rmtree(places.doctrees, ignore_errors=True)
        places.clean.unlink(missing_ok=True)
        code, broken, warnings = run_sphinx(places, toc, say)
        if broken is not None:
            raise CourseError(
                explain(broken), do=f"The whole story is in {places.warnings}", code=Exit.SAID_NO
            )
        if code == 0:
            places.clean.touch()
        elif only and code == 1:
            for line in warnings:
                say(f"warning: {line}")
        else:
            first = warnings[0] if warnings else f"Sphinx ended with {code}"
            count = f"{len(warnings)} warnings" if len(warnings) != 1 else "a warning"
            raise CourseError(
                f"the book has {count}: {first}",
                do=f"All of them are in {places.warnings}",
                code=Exit.SAID_NO,
            )
    return places.html


def one_build_at_a_time(
    folder: Path, say: Callable[[str], None], *, limit_s: float = 1800
) -> AbstractContextManager[None]:
    """Hold the folder's lock, and wait, saying so, while another build holds it. CourseError after `limit_s`."""
    return only_one(folder / "lock", say=say, waiting_for="another build of the book", limit_s=limit_s)


def draft_toc(places: Places, only: Sequence[Path]) -> Path:
    """A table of contents with the front page and the chapters that were asked for."""
    import yaml

    book = yaml.safe_load((places.source / "_toc.yml").read_text(encoding="utf-8"))
    names = []
    for path in only:
        full = path.absolute()
        if not full.is_file() or not full.is_relative_to(places.source):
            raise CourseError(
                f"there is no chapter {path}", do="Name a file such as book/kafka/log.md", code=Exit.USAGE
            )
        names.append(full.relative_to(places.source).with_suffix("").as_posix())
    toc = places.folder / "toc.yml"
    files = [{"file": name} for name in names if name != book["root"]]
    toc.write_text(
        yaml.safe_dump({"format": "jb-book", "root": book["root"], "chapters": files}), encoding="utf-8"
    )
    return toc


def run_sphinx(places: Places, toc: Path, say: Say) -> tuple[int, dict[str, Any] | None, list[str]]:
    """Run the child; its exit code, what broke it (or None), and the warnings, each as one line."""
    command = [sys.executable, "-m", "mqcourse.book.sphinx_run"]
    command += [
        str(path) for path in (places.source, places.html, places.doctrees, toc, places.log, places.warnings)
    ]
    child = subprocess.Popen(
        command,
        cwd=places.source,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert child.stdout is not None  # noqa: S101  PIPE was asked for
    assert child.stderr is not None  # noqa: S101
    told: list[str] = []
    listener = threading.Thread(target=lambda stream: told.extend(stream), args=(child.stderr,), daemon=True)
    listener.start()
    broken: dict[str, Any] | None = None
    try:
        for line in child.stdout:
            event = json.loads(line)
            if event["event"] == "broken":
                broken = event
            elif text := progress(event):
                say(text)
        code = child.wait()
    except BaseException:
        end_with_children(child)
        raise
    finally:
        listener.join(timeout=10)
        child.stdout.close()
        child.stderr.close()
    if code not in (0, 1) and broken is None:
        last = "".join(told).strip().splitlines()[-1:] or [f"exit code {code}"]
        broken = {"message": last[0]}
    text = ANSI.sub("", places.warnings.read_text(encoding="utf-8")) if places.warnings.exists() else ""
    return (
        code,
        broken,
        [line for line in text.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b", line)],
    )


def end_with_children(child: "subprocess.Popen[str]") -> None:
    """End the child and the kernels it started; an interrupted build leaves no files."""
    try:
        family = [*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(family, timeout=5)
    for process in alive:
        process.kill()
    child.wait()


def progress(event: dict[str, Any]) -> str:
    """One line for the reader, or an empty string: how many pages are read now, and that they are written then."""
    if event["event"] == "read":
        return f"the book: {event['of']} pages to make" if event["of"] else "the book: every page is current"
    return ""


def explain(broken: dict[str, Any]) -> str:
    """What ended the build, in one line."""
    return f"the book cannot be built: {' '.join(ANSI.sub('', broken['message']).split())}"
