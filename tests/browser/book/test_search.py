"""The search of the built book: 114 queries, every address of its index, and the page by keyboard, from a server and a folder."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mqcourse.home import CHECKOUT
from mqcourse.search import index_file
from mqcourse.search.index import Index
from mqcourse.search.passage import Passage
from mqcourse.search.query import rank, read

pytestmark = [pytest.mark.browser, pytest.mark.stack]

QUERIES = tomllib.loads((Path(__file__).parents[2] / "search" / "queries.toml").read_text(encoding="utf-8"))
LEAST = {"search": 42, "ask": 62}
"""Of 46 searches and 71 questions, so many have a right passage among the first three."""


@pytest.fixture(scope="module")
def index(built: Any) -> Index:
    return index_file.read(built.folder / index_file.PLACE)


def place(one: Passage) -> str:
    """As queries.toml names it."""
    if one.kind == "section":
        return f"{one.page.removeprefix('book/').removesuffix('.html')}#{one.anchor}"
    return f"{one.kind}:{re.sub('^(question|fact|term)-', '', one.anchor)}"


@pytest.mark.parametrize("kind", LEAST)
def test_a_right_passage_is_among_the_first_three(index: Index, kind: str) -> None:
    known = {place(one) for one in index.passages}
    right = QUERIES[kind]
    assert [name for names in right.values() for name in names if name not in known] == []
    missed = {
        query: found
        for query, names in right.items()
        if set(names).isdisjoint(
            found := [place(index.passages[number]) for number in rank(index, read(index, query), 3)]
        )
    }
    assert len(right) - len(missed) >= LEAST[kind], missed


def test_every_address_of_the_index_is_in_the_book_and_every_page_is_in_the_index(
    built: Any, index: Index
) -> None:
    ids: dict[str, set[str]] = {}
    for one in index.passages:
        if one.page not in ids:
            ids[one.page] = set(re.findall(r'\bid="([^"]+)"', (built.folder / one.page).read_text("utf-8")))
        assert not one.anchor or one.anchor in ids[one.page], one.address
        assert one.heading, one.address
    assert {f"{name}.html" for name in built.pages} <= {*ids}
    addresses = [one.address for one in index.passages]
    assert len(set(addresses)) == len(addresses)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with browser.new_context() as context:
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda m: page.wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        yield page
        assert page.wrong == []


def results(page: Any) -> list[str]:
    page.locator("#search-results .search-summary").wait_for()
    return [" ".join(text.split()) for text in page.locator("#search-results li").all_inner_texts()]


def test_from_a_folder_it_finds_and_quotes_what_it_does_from_a_server(built: Any, page: Any) -> None:
    found = []
    for address in (built.url, f"{built.folder.as_uri()}/"):
        page.goto(f"{address}search.html?q=prefetch")
        found.append(results(page))
    assert len(found[0]) == 20
    assert found[0] == found[1]
    assert page.locator("#search-results li mark").first.inner_text().lower() == "prefetch"


def test_by_keyboard_from_any_page_to_the_passage(built: Any, page: Any, index: Index) -> None:
    page.goto(built.address("book/kafka/log"))
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input[name=q]").wait_for()
    page.keyboard.type("lock lost")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=lock+lost")
    first = index.passages[rank(index, read(index, "lock lost"), 1)[0]]
    assert results(page)[0].startswith(first.heading)
    page.locator("#search-results li a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{first.address}")


def test_what_is_typed_on_the_search_page_is_searched_at_once_and_is_the_pages_address(
    built: Any, page: Any
) -> None:
    page.goto(f"{built.url}search.html")
    assert results(page) == []
    field = page.locator(".bd-search-container input[name=q]")
    field.fill("poison message")
    assert "poison" in results(page)[0].lower()
    assert page.url.endswith("?q=poison+message")
    field.fill("xyzzy")
    assert results(page) == []
    assert page.locator(".search-summary").inner_text() == "No passage was found. Not in the book: xyzzy."
    field.press("Enter")  # sends no form
    assert page.url.endswith("?q=xyzzy")


def test_a_query_is_shown_as_text(built: Any, page: Any) -> None:
    page.goto(f"{built.url}search.html?q=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E+prefetch")
    assert len(results(page)) > 0
    assert page.locator("#search-results img").count() == 0


def _printed_errors() -> Iterator[tuple[str, str, str]]:
    """Of each error that a page causes: the page, the words that the cell expects, and the line that was printed."""
    for run in sorted((CHECKOUT / "book" / "runs").glob("*/errors.ipynb")):
        for cell in nbformat.read(run, as_version=4).cells:
            expected = re.findall(r'with provoked\(\w[\w.]*, "((?:[^"\\]|\\.)*)"\)', cell.source)
            printed = "".join(output.get("text", "") for output in cell.get("outputs", ())).splitlines()
            for words in (text.replace('\\"', '"') for text in expected):
                yield run.parent.name, words, next(line for line in printed if words in line)


def test_each_of_forty_errors_and_more_is_found_by_the_line_that_its_client_prints(index: Index) -> None:
    errors = list(_printed_errors())
    assert len(errors) >= 40
    missed = {}
    for part, words, line in errors:
        found = [index.passages[number] for number in rank(index, read(index, line), 3)]
        if not any(
            one.page == f"book/{part}/errors.html" and words in one.code.replace('\\"', '"') for one in found
        ):
            missed[line] = [place(one) for one in found]
    assert missed == {}
