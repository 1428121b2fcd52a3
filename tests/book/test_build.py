"""Building: from records alone, without brokers; what the pages say of their runs; and no warning is ever forgotten.

A build takes seconds, so the chapters of one small book are each in a state of their own, and the book is built as
often as states change.
"""

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mqcourse.book import record as records
from mqcourse.book.build import build_book, one_build_at_a_time
from mqcourse.book.chapter import Chapter
from mqcourse.book.record import Claim
from mqcourse.book.run import note
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import state_folder
from tests.book.small_book import chapter_text, keep, own, run_of, write_book, write_chapter, write_toc

pytestmark = pytest.mark.lengthy

NAMES = ("kept", "never", "edited", "reworded", "rerun", "claims", "broke", "gone")


@dataclass(frozen=True)
class Built:
    """The book's source, a home folder that was empty, and each chapter's page as each build left it."""

    source: Path
    home: Path
    first: dict[str, str]
    second: dict[str, str]
    """After a cell of `edited`, a word of `reworded`, the run of `rerun` and the style sheet changed."""
    refused: list[CourseError]
    """What two builds with a warning ended in."""
    third: dict[str, str]
    """After that was mended, `gone` was removed, and the run of `rerun` no longer fits."""
    html: Path


def build(source: Path) -> dict[str, str]:
    """Every chapter's page."""
    html = build_book(lambda line: None, source=source)
    return {path.stem: path.read_text(encoding="utf-8") for path in (html / "book" / "part").glob("*.html")}


def refusal(source: Path) -> CourseError:
    """What a build ends in."""
    with pytest.raises(CourseError) as refused:
        build(source)
    return refused.value


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """One book through three builds that succeed and two that do not."""
    folder = tmp_path_factory.mktemp("a book")
    home = folder / "a home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MQ_HOME", str(folder / "own state"))
        patch.setenv("HOME", str(home))
        for name in [name for name in os.environ if name.startswith("XDG_")]:
            patch.delenv(name)
        source = write_book(folder / "the source", *NAMES)

        for name in ("kept", "reworded", "broke"):
            keep(source, run_of(source, f"what {name} gave\n", name=name), name)
        write_chapter(source, "edited", chapter_text("first = 1", "print(first)"))
        keep(source, run_of(source, "of the first\n", "of the second\n", name="edited"), "edited")
        keep(source, run_of(source, "kept\n", name="rerun"), "rerun")
        claim = Claim(1, "rate < limit", "rate is 120", 0.075, 0.5)
        found = run_of(source, "x\n", name="claims")
        own(source, replace(found, claims=(claim,), outputs=([note(claim)],)), "claims")
        half = run_of(source, "half\n", day=5, name="broke")
        own(source, replace(half, failed="a cell failed: OSError: no room"), "broke")
        first = build(source)

        write_chapter(source, "edited", chapter_text("first = 1", "print(-first)"))
        write_chapter(source, "reworded", chapter_text("print(6 * 7)", words="More words."))
        fresh = run_of(source, "my own\n", day=5, name="rerun")
        own(source, fresh, "rerun")
        with (source / "book" / "_static" / "course.css").open("a", encoding="utf-8") as style:
            style.write("p { color: inherit; }\n")
        second = build(source)

        link = "See [the chapter that is not there](nowhere.md)."
        write_chapter(source, "kept", chapter_text("print(6 * 7)", words=link))
        refused = [refusal(source), refusal(source)]

        write_chapter(source, "kept", chapter_text("print(6 * 7)"))
        (source / "book" / "part" / "gone.md").unlink()
        write_toc(source, *(name for name in NAMES if name != "gone"))
        own(source, replace(fresh, fingerprint="of another state"), "rerun")
        third = build(source)

        yield Built(source, home, first, second, refused, third, state_folder() / "book" / "html")


def words(page: str) -> str:
    """What the page says: Sphinx puts each word of a command into an element of its own."""
    return re.sub(r"<[^>]*>", "", page)


def test_outputs_versions_and_day_come_from_the_record_and_no_broker_is_asked(built: Built) -> None:
    for page in (built.first["kept"], built.second["kept"], built.third["kept"]):
        assert "what kept gave" in page
        assert "Run on 3 October 2026 with" in page
        assert "pika 9.9.9" in page
        assert "older state" not in page
        assert "mq book open part/kept" in words(page)


def test_a_chapter_whose_cells_changed_says_so_on_its_page(built: Built) -> None:
    assert "older state" not in built.first["edited"]
    assert "of the second" in built.first["edited"]
    page = built.second["edited"]
    assert "The code of this page changed after its last run. The outputs are of 3 October 2026" in page
    assert "mq book run part/edited" in words(page)
    assert "of the first" in page
    assert "of the second" not in page
    assert "This cell has changed since its run" in page


def test_words_that_change_need_no_new_run(built: Built) -> None:
    page = built.second["reworded"]
    assert "More words." not in built.first["reworded"]
    assert "More words." in page
    assert "what reworded gave" in page
    assert "older state" not in page


def test_a_chapter_that_was_never_run_says_so_and_the_book_is_built(built: Built) -> None:
    assert "was never run" in built.first["never"]
    assert "was never run" not in built.first["kept"]


def test_a_run_on_this_machine_comes_before_the_kept_one_while_it_fits(built: Built) -> None:
    assert "kept" in words(built.first["rerun"])
    assert "my own" in built.second["rerun"]
    assert "Run on this machine on 5 October 2026" in built.second["rerun"]
    assert "my own" not in built.third["rerun"]
    assert "Run on 3 October 2026" in built.third["rerun"]


def test_a_claim_that_did_not_hold_stands_in_the_page_and_in_its_head(built: Built) -> None:
    page = built.first["claims"]
    assert "Said: <code>rate &lt; limit</code>. Here: rate is 120. This machine was late by 75 ms" in page
    assert "A claim of this page did not hold in this run" in page


def test_a_run_here_that_failed_leaves_the_kept_outputs_and_says_what_happened(built: Built) -> None:
    page = built.first["broke"]
    assert "what broke gave" in page
    assert "half" not in words(page).split()
    assert "Your run of 5 October 2026 did not reach the end" in page
    assert "OSError: no room" in page


def test_a_record_that_is_none_is_named(book: Path) -> None:
    path = records.kept_path(Chapter("part/one", book))
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(CourseError, match=r"one\.ipynb is not the record of a run"):
        build(book)


def test_a_warning_fails_the_build_every_time_until_it_is_mended(built: Built) -> None:
    assert len(built.refused) == 2
    for refused in built.refused:
        assert re.search(r"kept\.md:\d+: WARNING.*nowhere\.md", str(refused))
    assert "what kept gave" in built.third["kept"]


def test_the_page_of_a_chapter_that_is_gone_goes_too(built: Built) -> None:
    assert set(built.first) == set(built.second) == set(NAMES)
    assert set(built.third) == set(NAMES) - {"gone"}
    assert "book/index.html" in (built.html / "index.html").read_text(encoding="utf-8")


def test_of_two_builds_at_once_one_waits_and_says_for_whom(book: Path) -> None:
    folder = state_folder() / "book"
    folder.mkdir(parents=True)
    said: list[str] = []
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        with (
            pytest.raises(CourseError, match=r"another build of the book \(process 4711\)") as busy,
            one_build_at_a_time(folder, said.append, limit_s=0),
        ):
            pass
        assert busy.value.exit_code is Exit.BUSY

        def release(line: str) -> None:
            said.append(line)
            fcntl.flock(lock, fcntl.LOCK_UN)

        with one_build_at_a_time(folder, release):
            assert (folder / "lock").read_text(encoding="utf-8") == str(os.getpid())
    assert said == ["waiting for another build of the book (process 4711) …"]


def test_plain_jupyter_book_builds_the_same_from_the_same_records(book: Path) -> None:
    keep(book, run_of(book, "what it gave\n"))
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(book)]
    subprocess.run(
        command,
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": ""},
    )
    page = book / "_build" / "html" / "book" / "part" / "one.html"
    assert "what it gave" in page.read_text(encoding="utf-8")


def test_a_style_sheet_that_changed_reaches_every_page(built: Built) -> None:
    link = re.compile(r'href="[^"]*site\.css\?v=\w+"')
    before, after = (link.findall(pages["kept"]) for pages in (built.first, built.second))
    assert len(before) == len(after) == 1
    assert before != after
    assert "p { color: inherit; }" in (built.html / "_static" / "site.css").read_text(encoding="utf-8")


def test_a_page_loads_no_script_for_icons_or_search_and_each_of_its_icons_is_drawn(built: Built) -> None:
    page = built.first["kept"]
    used = set(re.findall(r"\bfa-[a-z-]+", " ".join(re.findall(r'class="([^"]*)"', page))))
    drawn = set(
        re.findall(
            r"^\.(fa-[a-z-]+) ", (built.html / "_static" / "icons.css").read_text(encoding="utf-8"), re.M
        )
    )
    assert used - drawn == {"fa-solid", "fa-lg"}  # the family of the icons, and a larger size
    assert "fontawesome" not in page
    assert (
        page.count("_static/scripts/bootstrap.js") == 2
    )  # what the theme loads after that script is still there


def test_nothing_of_a_build_is_left_in_the_home_folder(built: Built) -> None:
    assert not list(built.home.iterdir())
