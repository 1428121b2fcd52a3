"""A term's first use in reading order, and whether it is explained there."""

import subprocess
import sys
from pathlib import Path

import pytest

from mqcourse.book.glossary import load_glossary
from mqcourse.errors import CourseError
from mqcourse.home import CHECKOUT
from tools.prose import terms


def first(
    monkeypatch: pytest.MonkeyPatch, folder: Path, term: str, *pages: str
) -> tuple[str, int, bool] | None:
    names = [f"page{number}.md" for number in range(1, len(pages) + 1)]
    for name, text in zip(names, pages, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(terms, "CHECKOUT", folder)
    monkeypatch.setattr(terms, "pages", lambda: names)
    terms.read.cache_clear()
    use = terms.first_use(load_glossary()[term])
    terms.read.cache_clear()
    return (use.file, use.line, use.explained) if use else None


@pytest.mark.parametrize(
    ("text", "explained"),
    [
        ("A {gloss}`heartbeat` is sent. Each heartbeat counts.", True),
        ("Some {gloss}`small frames <heartbeat>`: heartbeats.", True),
        ("A *heartbeat* is a small frame.", True),
        ("A heartbeat is sent, and a {gloss}`heartbeat` again.", False),
        ("A **heartbeat** is sent.", False),
        ("Set `heartbeat` to 60.", False),
        ("| heartbeat | 60 |", False),
        ("A {gloss}`heartbeat of the node <node>` is sent.", False),
    ],
)
def test_the_first_use_must_be_a_link_or_a_definition(
    text: str, explained: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert first(monkeypatch, tmp_path, "heartbeat", f"# A heartbeat\n\n{text}\n") == (
        "page1.md",
        3,
        explained,
    )


def test_titles_cells_addresses_and_facts_are_no_uses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "# Heartbeats\n\n```{code-cell}\nheartbeat = 1\n```\n\n[here](heartbeat.md) {fact}`after this <rabbitmq-heartbeat>`\n"
    assert first(monkeypatch, tmp_path, "heartbeat", text) is None


def test_the_order_is_that_of_the_book(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = first(monkeypatch, tmp_path, "heartbeat", "# One\n\nNone here.\n", "# Two\n\nTwo\nheartbeats.\n")
    assert found == ("page2.md", 4, False)


@pytest.mark.parametrize(
    ("line", "words", "link"),
    [
        ("Some heartbeats are sent.", "heartbeats", "Some {gloss}`heartbeats` are sent."),
        ("Set `heartbeat=60` here.", "heartbeat", "Set {gloss}`heartbeat=60 <heartbeat>` here."),
        (
            "{gloss}`node` and `heartbeat=60`",
            "heartbeat",
            "{gloss}`node` and {gloss}`heartbeat=60 <heartbeat>`",
        ),
        ("A [heartbeat](a.html) is sent.", "heartbeat", "A [heartbeat](a.html) is sent."),
        (
            "{gloss}`The heartbeat <node>`, a heartbeat",
            "heartbeat",
            "{gloss}`The heartbeat <node>`, a {gloss}`heartbeat`",
        ),
    ],
)
def test_a_first_use_becomes_a_link_outside_of_other_markup(line: str, words: str, link: str) -> None:
    assert terms.linked(line, words, load_glossary()["heartbeat"]) == link


@pytest.mark.lengthy
def test_no_term_is_used_before_it_is_explained() -> None:
    assert list(terms.problems()) == []


@pytest.mark.lengthy
def test_the_list_has_every_term_with_its_first_use_and_explanation() -> None:
    command = [sys.executable, "-m", "tools.prose", "--terms"]
    shown = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert all(f": {term.name}" in shown and term.text in shown for term in load_glossary().values())


def test_a_glossary_that_is_not_in_its_form_is_named(tmp_path: Path) -> None:
    for text, said in (
        ('[a]\ntext = "x"\n', "field 'group'"),
        ('[a]\ntext = "x"\ngroup = "none"\n', "no group 'none'"),
        ('[a]\ntext = "x"\ngroup = "load"\nkafka = "y"\n', "some products only"),
        ('[a]\ntext = "x"\ngroup = "load"\ncolour = "y"\n', "field 'colour'"),
    ):
        (tmp_path / "glossary.toml").write_text(text, encoding="utf-8")
        with pytest.raises(CourseError, match=said):
            load_glossary(tmp_path / "glossary.toml")
