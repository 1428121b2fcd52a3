"""The page's search against the Python, over the texts of the course."""

import json
import random
import tomllib
from pathlib import Path

import pytest

from mqcourse.book.facts import load_facts
from mqcourse.book.glossary import load_glossary
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.home import CHECKOUT
from mqcourse.search import index_file
from mqcourse.search.excerpt import excerpt
from mqcourse.search.index import build
from mqcourse.search.passage import Passage
from mqcourse.search.query import rank, read
from tests import node

SYNONYMS = tomllib.loads((CHECKOUT / "book" / "synonyms.toml").read_text(encoding="utf-8"))
QUERIES = tomllib.loads((Path(__file__).parent / "queries.toml").read_text(encoding="utf-8"))
DRAWN = 1_000


def passages() -> list[Passage]:
    """Cards, facts and terms straight from their sources: the same words as in the built book, and quick."""
    cards = [
        Passage("card", "q.html", f"question-{one.id}", one.prompt, "Questions", " ".join(one.strong))
        for one in all_questions(load_bank())
    ]
    facts = [
        Passage(
            "fact", "facts.html", f"fact-{name}", "", "Facts", one.text, note=f"{one.product} {one.version}"
        )
        for name, one in load_facts().items()
    ]
    terms = [
        Passage(
            "term", "glossary.html", f"term-{name}", one.name, "Glossary", one.text, code="ch.basic_qos(1)"
        )
        for name, one in load_glossary().items()
    ]
    return [*cards, *facts, *terms]


@pytest.mark.lengthy
def test_the_page_reads_ranks_and_quotes_as_the_terminal_does(tmp_path: Path) -> None:
    index = build(passages(), SYNONYMS["groups"], SYNONYMS["aliases"])
    script = tmp_path / "index.js"
    script.write_text(index_file.script(index), encoding="utf-8")
    drawn = random.Random(0)
    known = [*index.words, "the", "not", "xyzzy", "Größe", "a.b_c-d", "🐇", "PARTITIONERS", "constructor", ""]
    asked = [query for group in QUERIES.values() for query in group]
    asked += [" ".join(drawn.choices(known, k=drawn.randint(0, 7))) for _ in range(DRAWN)]
    program = Path(__file__).parent / "page.cjs"
    said = node.answer(asked, program, CHECKOUT / "book/_static/search.js", script)
    for text, page in zip(asked, json.loads(said), strict=True):
        query = read(index, text)
        found = rank(index, query, 5)
        assert page == {
            "words": query.words,
            "phrases": query.phrases,
            "unknown": query.unknown,
            "found": found,
            "headings": [index.passages[number].heading for number in found],
            "excerpts": [excerpt(index, query, index.passages[number]) for number in found],
        }, text


def test_every_synonym_and_alias_says_something() -> None:
    from mqcourse.search.words import telling

    phrases = [phrase for group in SYNONYMS["groups"] for phrase in group]
    assert [phrase for phrase in [*phrases, *SYNONYMS["aliases"].values()] if not telling(phrase)] == []
    assert [phrase for phrase in phrases if len(telling(phrase)) > 4] == []
    assert len({" ".join(telling(phrase)) for phrase in phrases}) == len(phrases), "a phrase is in two groups"
