"""The C# programs of the Service Bus chapters: complete files, and each prints what the cells beside it printed."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mqcourse.book.chapter import Chapter, chapters
from mqcourse.book.csharp import VARIABLE, Twin, source, twins
from mqcourse.home import CHECKOUT
from tests.book import csharp_program
from tests.book.small_book import chapter_text, keep, run_of, write_book, write_chapter
from tests.run_stack import RunStack

TWINS = [twin for chapter in chapters() for twin in twins(chapter)]
FILES = sorted((CHECKOUT / "book").glob("*/csharp/*.cs"))
AT_ONCE = 3
"""Most of a program's time is waiting for a lock to expire."""
WIDEST = 88

Done = CompletedProcess[str]


def test_each_program_is_shown_once() -> None:
    assert Counter(twin.path for twin in TWINS) == Counter(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_program_is_a_whole_file_that_names_its_package(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"#:package Azure\.Messaging\.ServiceBus@\d+\.\d+\.\d+\n", text)
    assert f'Environment.GetEnvironmentVariable("{VARIABLE}")' in text
    assert [line for line in text.splitlines() if len(line) > WIDEST] == []


def test_all_programs_use_one_version_of_the_package() -> None:
    assert len({path.read_text(encoding="utf-8").splitlines()[0] for path in FILES}) == 1


@pytest.fixture(scope="module")
def ran(stack: RunStack) -> Iterator[dict[Path, "Future[Done]"]]:
    """Every program, run on the emulator of the test run; a test waits for its own."""
    if csharp_program.runner() is None:
        pytest.skip(f"needs {csharp_program.NEEDED}")
    address = {VARIABLE: stack.endpoints.servicebus_connection_string}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {path: pool.submit(csharp_program.run, path, **address) for path in FILES}


@pytest.mark.stack
@pytest.mark.lengthy
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_a_program_prints_what_its_cells_printed(twin: Twin, ran: dict[Path, "Future[Done]"]) -> None:
    done = ran[twin.path].result()
    assert done.returncode == 0, done.stderr + done.stdout
    assert twin.comparable(done.stdout) == twin.expected()


BODY = """cells: 2
differs:
  - python: "delivery count: 0"
    csharp: "delivery count: 1"
varies: ["by .*"]
"""


def chapter_with(book: Path, body: str) -> Chapter:
    """A chapter of two cells that ran, and a program below them."""
    write_book(book, "one")
    text = chapter_text("print(1)", "print(2)") + f"\n```{{csharp}} both\n{body}```\n"
    write_chapter(book, "one", text)
    keep(book, run_of(book, "delivery count: 0\n", "{'active': 3}, 5.0 s more\ndone by Ada\n"))
    return Chapter("part/one", book)


def test_what_a_program_must_print_is_what_the_cells_printed_but_for_the_listed_lines(tmp_path: Path) -> None:
    (twin,) = twins(chapter_with(tmp_path, BODY))
    assert twin.path == source(twin.chapter, "both") == tmp_path / "book" / "part" / "csharp" / "both.cs"
    assert twin.comparable("delivery count:  1\n\nactive: 3, 4.9 s more\ndone by Ben\n") == twin.expected()


@pytest.mark.parametrize(
    "printed",
    [
        "delivery count: 0\nactive: 3, 5.0 s more\ndone\n",  # Python's line where C#'s differs
        "delivery count: 1\nactive: 2, 5.0 s more\ndone\n",
        "delivery count: 1\nactive: 3, 5.0 s more\n",
        "active: 3, 5.0 s more\ndelivery count: 1\ndone\n",
    ],
    ids=["no difference", "another number", "a line less", "another order"],
)
def test_a_program_that_prints_something_else_is_refused(tmp_path: Path, printed: str) -> None:
    (twin,) = twins(chapter_with(tmp_path, BODY))
    assert twin.comparable(printed) != twin.expected()


def test_a_listed_difference_that_python_does_not_print_is_refused(tmp_path: Path) -> None:
    (twin,) = twins(chapter_with(tmp_path, BODY.replace("count: 0", "count: 7")))
    with pytest.raises(ValueError, match="did not print"):
        twin.expected()
