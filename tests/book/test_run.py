"""Running chapters for real: what a claim, a crash, an interrupt and a late machine come to."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from mqcourse.book import record as records
from mqcourse.book.chapter import Chapter, chapters, named
from mqcourse.book.kernel import RUN_VARIABLE
from mqcourse.book.record import Claim, Record
from mqcourse.book.run import Run, agree, run_chapters, worth_repeating
from mqcourse.errors import CourseError
from tests.book.small_book import FRONT, chapter_text, run_of, write_chapter, write_toc

pytestmark = pytest.mark.lengthy

ALONE = FRONT.replace("---\n\n", "mqcourse:\n  alone: it measures\n---\n\n")


def write(book: Path, *cells: str, name: str = "one", front: str = FRONT) -> None:
    write_chapter(book, name, chapter_text(*cells, front=front))


def run(book: Path, *, strict: bool = False) -> tuple[Run, list[str]]:
    said: list[str] = []
    return run_chapters(chapters(book), said.append, strict=strict), said


def printed(record: Record) -> str:
    return "".join(
        str(output.get("text") or output.get("data", {}).get("text/plain", ""))
        for outputs in record.outputs
        for output in outputs
    )


def test_cells_run_in_order_in_a_folder_of_their_own_and_leave_a_record(book: Path) -> None:
    write(
        book,
        "%%writefile w.py\nprint('from a program')",
        "import subprocess, sys, os\nprint(os.listdir())",
        "1 / 2",
    )
    done, said = run(book)
    ((chapter, record),) = done.records.items()
    assert printed(record) == "Writing w.py\n['w.py']\n0.5"
    assert record.fits(chapter)
    assert set(record.versions) == {"pika"}
    assert records.read(records.own_path(chapter)) is not None
    assert len(said) == 1
    assert said[0].startswith("part/one: ")
    assert "(1 of 1)" in said[0]


def test_a_claim_that_does_not_hold_is_kept_with_how_late_the_machine_was_and_the_rest_runs(
    book: Path,
) -> None:
    write(book, "speed = 3\nassert speed > 10\nprint('after it')", "print('next cell')")
    done, _ = run(book)
    ((_, claim),) = done.claims
    assert (claim.cell, claim.said, claim.here) == (1, "speed > 10", "speed is 3")
    assert claim.late_s >= 0.0
    ((record,),) = [list(done.records.values())]
    assert not record.failed
    assert "after it" in printed(record)
    assert "next cell" in printed(record)
    assert "said: speed > 10; here: speed is 3; this machine was late by" in printed(record)


def test_a_deadline_that_passed_is_a_claim_too_and_the_next_cells_run(book: Path) -> None:
    write(book, "while True:\n    assert 0, 'not within 5 s'", "print('next cell')")
    done, _ = run(book)
    ((_, claim),) = done.claims
    assert claim.here == "not within 5 s"
    assert "next cell" in printed(next(iter(done.records.values())))


def test_strictly_a_claim_that_does_not_hold_fails_its_chapter(book: Path) -> None:
    write(book, "assert 1 == 2, 'one is not two'", "print('next cell')")
    done, _ = run(book, strict=True)
    ((_, failed),) = done.failed
    assert failed == (
        "a cell failed: AssertionError: one is not two, at `assert 1 == 2, 'one is not two'` "
        "(the cell begins with `assert 1 == 2, 'one is not two'`)"
    )


def test_after_a_crash_only_what_cleans_up_is_run(book: Path) -> None:
    write(book, "x = 1", "1 / 0", "print('not this')", ":tags: [remove-cell]\nprint('cleaned', x)")
    done, _ = run(book)
    ((_, failed),) = done.failed
    assert failed.startswith("a cell failed: ZeroDivisionError")
    text = printed(next(iter(done.records.values())))
    assert "not this" not in text
    assert "cleaned 1" in text


def test_an_error_that_is_the_lesson_is_an_output(book: Path) -> None:
    write(book, ":tags: [raises-exception]\n1 / 0", "print('goes on')")
    done, _ = run(book, strict=True)
    assert not done.failed
    assert "goes on" in printed(next(iter(done.records.values())))


def test_a_kernel_that_dies_is_told_as_such(book: Path) -> None:
    write(book, "import os\nos._exit(3)")
    done, _ = run(book)
    ((_, failed),) = done.failed
    assert failed == "cell 1: its kernel died"


def test_the_folder_of_a_run_stands_in_no_output(book: Path) -> None:
    write(book, "import os\nprint(os.getcwd() + '/file')")
    done, _ = run(book)
    assert printed(next(iter(done.records.values()))) == "./file\n"


def test_a_process_that_a_cell_leaves_is_ended_with_its_kernel(book: Path) -> None:
    write(
        book,
        "import subprocess, sys\np = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE, start_new_session=True)\nprint(p.pid)",
    )
    done, _ = run(book)
    assert not psutil.pid_exists(int(printed(next(iter(done.records.values())))))


def test_chapters_run_side_by_side_and_those_that_want_to_alone(book: Path) -> None:
    """Two wait for each other, which each could do for ever alone; the third comes when both are done."""
    meet = book / "meet"
    meet.mkdir()
    wait = (
        "import pathlib, time\n"
        f"meet = pathlib.Path({str(meet)!r})\n"
        "(meet / {me!r}).touch()\n"
        "while not (meet / {other!r}).exists():\n"
        "    time.sleep(0.02)  # between two looks\n"
        "(meet / ({me!r} + ' is done')).touch()"
    )
    write(book, wait.replace("{me!r}", "'one'").replace("{other!r}", "'two'"), name="one")
    write(book, wait.replace("{me!r}", "'two'").replace("{other!r}", "'one'"), name="two")
    look = f"import pathlib\nprint(len(list(pathlib.Path({str(meet)!r}).glob('* is done'))))"
    write(book, look, name="three", front=ALONE)
    write_toc(book, "three", "one", "two")
    done, _ = run(book)
    by_name = {chapter.name: record for chapter, record in done.records.items()}
    assert not done.failed
    assert list(by_name) == ["part/three", "part/one", "part/two"]
    assert printed(by_name["part/three"]) == "2\n"
    assert named(["part/three"], book)[0].alone == "it measures"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_keeps_what_is_done_and_leaves_no_process(book: Path, number: signal.Signals) -> None:
    write(book, "print('done')", name="one")
    begun = book / "begun"
    hang = (
        "import subprocess, sys, threading\n"
        "sleeper = [sys.executable, '-c', 'import threading; threading.Event().wait()']\n"
        "left = subprocess.Popen(sleeper, start_new_session=True)\n"
        f"open({str(begun)!r}, 'w').close()\n"
        "threading.Event().wait()"
    )
    write(book, hang, name="two", front=ALONE)
    write_toc(book, "one", "two")
    program = (
        "import sys\nfrom pathlib import Path\nfrom mqcourse.book.chapter import chapters\n"
        "from mqcourse.book.run import run_chapters\nrun_chapters(chapters(Path(sys.argv[1])), print)\n"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", program, str(book)], start_new_session=True, stderr=subprocess.DEVNULL
    )
    while not begun.exists():
        assert runner.poll() is None
        time.sleep(0.05)  # between two looks
    runner.send_signal(number)
    runner.wait(timeout=120)
    assert records.read(records.own_path(Chapter("part/one", book))) is not None
    assert records.read(records.own_path(Chapter("part/two", book))) is None
    assert [one for one in psutil.process_iter() if of_run(one, runner.pid)] == []


def of_run(process: psutil.Process, pid: int) -> bool:
    try:
        return process.environ().get(RUN_VARIABLE) == str(pid) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def test_what_a_killed_run_left_is_ended_by_the_next(book: Path) -> None:
    write(book, "print(1)")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        env={**os.environ, RUN_VARIABLE: str(gone.pid)},
    )
    run(book)
    assert left.wait(timeout=120) == -signal.SIGKILL
    left.communicate()


def test_a_chapter_that_is_none_is_named_with_those_there_are(book: Path) -> None:
    with pytest.raises(CourseError, match=r"no chapter nowhere has code to run.*part/one"):
        named(["nowhere"], book)
    assert (
        named([book / "book" / "part" / "one.md"], book)
        == named(["book/part/one.md"], book)
        == named(["part/one"], book)
    )


def claimed(record: Record, late_s: float) -> Record:
    return replace(record, claims=(Claim(1, "a < b", "", late_s, 0.1),))


def test_only_a_late_machine_or_neighbours_are_a_reason_to_run_again(book: Path) -> None:
    whole = run_of(book, "x")
    assert not worth_repeating(whole, strict=False, beside_others=True)
    assert worth_repeating(claimed(whole, 0.001), strict=False, beside_others=True)
    assert not worth_repeating(claimed(whole, 0.001), strict=True, beside_others=True)
    assert not worth_repeating(claimed(whole, 0.001), strict=False, beside_others=False)
    assert worth_repeating(claimed(whole, 1.0), strict=True, beside_others=False)


def test_a_fresh_run_agrees_with_the_kept_one_in_kind_and_not_in_numbers(book: Path) -> None:
    kept, fresh = run_of(book, "1.5 s"), run_of(book, "1.7 s")
    assert agree(kept, fresh) == ""
    assert "cell 1 gave stdout when its run was kept, and now nothing" in agree(
        kept, replace(fresh, outputs=([],))
    )
