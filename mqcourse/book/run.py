"""`mq book run`: chapters executed on the reader's own brokers, several side by side.

Most of a chapter's time is waiting: for a lock to run out, a group to form, a worker that was killed to be missed. So
three times as many chapters as processors run at a time. A chapter whose front matter has `mqcourse: {alone: WHY}`
has the machine to itself, after all others.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Any

from mqcourse.book import record as records
from mqcourse.book.broker_versions import broker_versions
from mqcourse.book.chapter import Cell, Chapter
from mqcourse.book.claim import MIME
from mqcourse.book.fingerprint import fingerprint
from mqcourse.book.kernel import Kernel, environment, sweep
from mqcourse.book.record import Claim, Record
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.lateness import Late, Lateness
from mqcourse.products import SERVICES

Say = Callable[[str], None]
ANSI = re.compile(r"\x1b\[[0-9;]*m")
LANES = max(2, min(8, 3 * (os.cpu_count() or 1)))
"""Chapters at a time: their cells wait more than they compute."""
UNKNOWN_S = 15.0
"""How long a chapter takes of which no run is known; only the time left is told by it."""
SOFTEN = "from mqcourse.book.claim import soften\nsoften()\ndel soften"


@dataclass(frozen=True)
class Run:
    """What running some chapters gave, in the book's order. `took_s`: on the clock, against the sum of all chapters."""

    records: Mapping[Chapter, Record]
    took_s: float

    @property
    def summed_s(self) -> float:
        """The chapters' own run times, added up."""
        return sum(record.seconds for record in self.records.values())

    @property
    def claims(self) -> list[tuple[Chapter, Claim]]:
        """Claims that did not hold here."""
        return [(chapter, claim) for chapter, record in self.records.items() for claim in record.claims]

    @property
    def failed(self) -> list[tuple[Chapter, str]]:
        """Chapters with a cell that failed, and how."""
        return [(chapter, record.failed) for chapter, record in self.records.items() if record.failed]


@dataclass
class Kernels:
    """The kernels that run now, so that an interrupt can end all of them."""

    open: set[Kernel] = field(default_factory=set)
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def one(self) -> Iterator[Kernel]:
        """A kernel that is known here as long as it lives. Raises CourseError when the run was stopped."""
        with self.lock:
            if self.stopped:
                raise CourseError("the run was stopped")
            kernel = Kernel()
            self.open.add(kernel)
        try:
            with kernel:
                yield kernel
        finally:
            with self.lock:
                self.open.discard(kernel)

    def stop(self) -> None:
        """End all of them, start no more."""
        with self.lock:
            self.stopped = True
            still = list(self.open)
        for kernel in still:
            kernel.kill()


def run_chapters(
    chosen: Sequence[Chapter],
    say: Say,
    *,
    strict: bool = False,
    path_of: Callable[[Chapter], Path] = records.own_path,
) -> Run:
    """Execute chapters against the running brokers and write a record of each as soon as it is done.

    A claim that does not hold is kept in the record and the chapter goes on; with `strict` it fails its chapter. One
    that did not hold while the machine was late, or beside other chapters, is tried once more with the machine to
    itself, and that is said. `say` takes one line a chapter. Raises CourseError when a broker does not answer. On an
    interrupt (SIGINT, SIGTERM, SIGHUP) every kernel and all that it started is ended; what was done is kept.
    """
    versions = versions_of(chosen)
    sweep()
    list_fonts()
    kernels, began = Kernels(), time.monotonic()
    done: dict[Chapter, Record] = {}
    left = Left({chapter: expected_s(chapter) for chapter in chosen})

    def keep(chapter: Chapter, record: Record, note: str = "") -> None:
        records.write(record, path_of(chapter))
        done[chapter] = record
        left.done(chapter)
        ended = f"failed after {record.seconds:.1f} s" if record.failed else f"{record.seconds:.1f} s"
        untrue = f", {counted(len(record.claims), 'claim')} did not hold" if record.claims else ""
        say(f"{chapter.name}: {ended}{untrue}{note} ({len(done)} of {len(chosen)}{left.words()})")

    with Lateness() as late, interruptible(kernels):
        beside = sorted(
            (chapter for chapter in chosen if not chapter.alone), key=lambda one: -left.seconds[one]
        )
        again: list[Chapter] = []
        pool = ThreadPoolExecutor(LANES, thread_name_prefix="chapter")
        try:
            waiting: dict[Future[Record], Chapter] = {
                pool.submit(execute, chapter, versions, kernels, late, strict): chapter for chapter in beside
            }
            for future in as_completed(waiting):
                chapter, record = waiting[future], future.result()
                if worth_repeating(record, strict=strict, beside_others=len(beside) > 1):
                    again.append(chapter)
                    say(f"{chapter.name}: {why_again(record)}")
                else:
                    keep(chapter, record)
            for chapter in (one for one in chosen if one.alone):
                record = pool.submit(execute, chapter, versions, kernels, late, strict).result()
                if worth_repeating(record, strict=strict, beside_others=False):
                    again.append(chapter)
                    say(f"{chapter.name}: {why_again(record)}")
                else:
                    keep(chapter, record)
            for chapter in again:
                second = pool.submit(execute, chapter, versions, kernels, late, strict)
                keep(chapter, second.result(), ", the second time")
        except BaseException:
            kernels.stop()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            sweep()
    return Run({chapter: done[chapter] for chapter in chosen}, time.monotonic() - began)


@dataclass
class Left:
    """How long the rest takes, by how long each chapter took the last time."""

    seconds: dict[Chapter, float]

    def done(self, chapter: Chapter) -> None:
        """One fewer."""
        self.seconds.pop(chapter, None)

    def words(self) -> str:
        """ ", about 1 min 20 s left", or nothing when nothing is left."""
        if not self.seconds:
            return ""
        beside = [seconds for chapter, seconds in self.seconds.items() if not chapter.alone]
        alone = sum(seconds for chapter, seconds in self.seconds.items() if chapter.alone)
        left_s = round(max(sum(beside) / LANES, *beside, 0.0) + alone) if beside else round(alone)
        minutes, seconds = divmod(left_s, 60)
        return f", about {minutes} min {seconds} s left" if minutes else f", about {seconds} s left"


def expected_s(chapter: Chapter) -> float:
    """How long its last run took."""
    try:
        known = records.read(records.own_path(chapter)) or records.read(records.kept_path(chapter))
    except CourseError:
        known = None
    return known.seconds if known is not None else UNKNOWN_S


def counted(number: int, noun: str) -> str:
    """ "a claim", "2 claims"."""
    return f"a {noun}" if number == 1 else f"{number} {noun}s"


def worth_repeating(record: Record, *, strict: bool, beside_others: bool) -> bool:
    """Whether a claim of this run may have failed because of what else ran.

    Strictly, only a machine that was late is an excuse: a claim that fails now and then on a quiet one is a fault.
    """
    if not record.claims:
        return False
    return any(claim.late.was_late for claim in record.claims) or (beside_others and not strict)


def why_again(record: Record) -> str:
    """In words: which claim, how late."""
    worst = max((claim.late for claim in record.claims), key=lambda late: (late.was_late, late.worst_s))
    return (
        f"{counted(len(record.claims), 'claim')} did not hold while other things ran "
        f"({worst}): it runs once more, alone"
    )


def versions_of(chosen: Sequence[Chapter]) -> dict[str, str]:
    """Version by name of every service and package that the chapters' heads name; services are asked now."""
    names = {name for chapter in chosen for name in chapter.runs_with}
    found = broker_versions([name for name in SERVICES if name in names])
    for name in sorted(names - set(SERVICES)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            raise CourseError(
                f"{name!r} in a chapter's head is neither a service ({', '.join(SERVICES)}) nor an installed package",
                do="Mend runs_with",
                code=Exit.SAID_NO,
            ) from None
    return found


def execute(
    chapter: Chapter, versions: Mapping[str, str], kernels: Kernels, late: Lateness, strict: bool
) -> Record:
    """One chapter, from its first cell to its last. After a cell that failed only those that clean up are run."""
    ran, began = datetime.now(UTC).replace(microsecond=0), time.monotonic()
    outputs: list[list[dict[str, Any]]] = []
    claims: list[Claim] = []
    failed = ""
    try:
        with kernels.one() as kernel:
            if not strict:
                kernel.execute(SOFTEN)
            for number, cell in enumerate(chapter.cells, start=1):
                if failed and "remove-cell" not in cell.tags:
                    outputs.append([])
                    continue
                cell_began = time.monotonic()
                found = kernel.execute(cell.source)
                meanwhile = late.between(cell_began, time.monotonic())
                shown, untrue, error = judged(cell, found, number, meanwhile, strict=strict)
                claims += untrue
                failed = failed or error
                outputs.append(without(kernel.folder, shown))
    except CourseError as error:
        if kernels.stopped:
            raise
        failed = f"cell {len(outputs) + 1}: {error}"
    outputs += [[] for _ in range(len(chapter.cells) - len(outputs))]
    return Record(
        ran=ran,
        seconds=time.monotonic() - began,
        versions={name: versions[name] for name in chapter.runs_with if name in versions},
        fingerprint=fingerprint(chapter),
        sources=tuple(cell.source for cell in chapter.cells),
        outputs=tuple(outputs),
        claims=tuple(claims),
        failed=failed,
    )


def judged(
    cell: Cell, found: Sequence[Any], number: int, late: Late, *, strict: bool
) -> tuple[list[dict[str, Any]], list[Claim], str]:
    """A cell's outputs with its broken claims as the page shows them, those claims, and what failed otherwise."""
    shown: list[dict[str, Any]] = []
    claims: list[Claim] = []
    failed = ""
    for output in found:
        one = dict(output)
        if MIME in one.get("data", {}):
            said, here = one["data"][MIME]["said"], one["data"][MIME]["here"]
            claims.append(Claim(number, said, here, late.worst_s, late.busy))
            one = note(claims[-1])
        elif one["output_type"] == "error" and "raises-exception" not in cell.tags:
            if one["ename"] == "AssertionError":
                here = one["evalue"] or "it is not so"
                claims.append(Claim(number, asserted(one), here, late.worst_s, late.busy))
            if one["ename"] == "AssertionError" and not strict:
                one = note(claims[-1])
            else:
                failed = explained(cell, one)
        elif strict and one.get("name") == "stderr":
            failed = failed or f"a cell wrote to standard error: {one['text'].strip().splitlines()[-1]}"
        shown.append(one)
    return shown, claims, failed


def asserted(error: Mapping[str, Any]) -> str:
    """The assertion of a traceback: the line that its arrow points at last."""
    text = ANSI.sub("", "\n".join(error["traceback"]))
    arrows = re.findall(r"^-+>\s*\d+\s+(.*)$", text, re.MULTILINE)
    return arrows[-1].strip().removeprefix("assert ") if arrows else "what the cell asserts"


def explained(cell: Cell, error: Mapping[str, Any]) -> str:
    """What failed, in one line: which error, in which line of which cell."""
    text = ANSI.sub("", "\n".join(error["traceback"]))
    arrows = re.findall(r"^-+>\s*\d+\s+(.*)$", text, re.MULTILINE)
    at = f", at `{arrows[0].strip()}`" if arrows else ""
    first = cell.source.strip().splitlines()[0]
    what = " ".join(ANSI.sub("", error["evalue"]).split())
    return f"a cell failed: {error['ename']}: {what}{at} (the cell begins with `{first}`)"


def note(claim: Claim) -> dict[str, Any]:
    """The output in the place of a claim that did not hold."""
    html = (
        '<div class="mq-claim" role="note"><p><strong>This did not hold on this machine.</strong> '
        f"Said: <code>{escape(claim.said)}</code>. Here: {escape(claim.here)}. "
        f"{str(claim.late).capitalize()}.</p></div>"
    )
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": html, "text/plain": claim.line},
    }


def without(folder: Path, outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs in which the chapter's own folder, new in each run, is `.`."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(str(folder), ".")
        if isinstance(value, list):
            return [clean(one) for one in value]
        if isinstance(value, dict):
            return {key: clean(one) for key, one in value.items()}
        return value

    cleaned: list[dict[str, Any]] = [clean(dict(output)) for output in outputs]
    return cleaned


def list_fonts() -> None:
    """Let matplotlib list the machine's fonts once: in a cell, its word about that would be an output."""
    env = environment()
    if not any(Path(env["MPLCONFIGDIR"]).iterdir()):
        subprocess.run(
            [sys.executable, "-c", "import matplotlib.font_manager"],
            env=env,
            capture_output=True,
            check=False,
        )


@contextlib.contextmanager
def interruptible(kernels: Kernels) -> Iterator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: with no process left. Only in the main thread, which hears them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        # a second Ctrl-C must not get between the ending of processes
        held = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, *before)}
        kernels.stop()
        sweep()
        for number, handler in held.items():
            signal.signal(number, handler)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def keep(chosen: Sequence[Chapter], run: Run) -> list[Path]:
    """Write the records of a strict run to `book/runs/`, from which the book is published; not of what failed."""
    found = []
    for chapter in (one for one in chosen if not run.records[one].failed):
        records.write(replace(run.records[chapter], claims=()), records.kept_path(chapter))
        found.append(records.kept_path(chapter))
    return found


def agree(kept: Record, fresh: Record) -> str:
    """Whether a fresh run gives what the kept one shows, in kind: "" or how they differ. Numbers may differ."""
    for number, (old, new) in enumerate(zip(kept.outputs, fresh.outputs, strict=False), start=1):
        if kinds(old) != kinds(new):
            return f"cell {number} gave {kinds(old) or 'nothing'} when its run was kept, and now {kinds(new) or 'nothing'}"
    return "" if len(kept.outputs) == len(fresh.outputs) else "the number of cells differs"


def kinds(outputs: Sequence[Mapping[str, Any]]) -> str:
    """The kinds of a cell's outputs: "stdout, text/html"."""
    return ", ".join(
        str(output.get("name") or output.get("ename") or "+".join(sorted(output.get("data", {}))))
        for output in outputs
    )
