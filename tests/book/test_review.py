"""What the review page loads: the list of all cards, and each topic's cards as a script."""

import json
import re
from typing import Any

import pytest
from docutils import nodes

from mqcourse.book.directives.html_element import Element
from mqcourse.book.directives.review import LIST, REVIEW, SCHEDULE, scripts
from mqcourse.book.question import MINUTES
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.book.review import bank_script, topic_script


def value_of(script: str) -> Any:
    """What a script assigns: JSON, so that no text of a card is run."""
    return json.loads(re.sub(r"^[^=]*=(?: \{\}\)\[[^\]]*\] =)? ", "", script).rstrip().removesuffix(";"))


def test_the_list_has_every_card_of_the_bank_in_its_order_and_no_text() -> None:
    topics = load_bank()
    script = bank_script(topics, "abc")
    bank = value_of(script)
    cards = all_questions(topics)
    assert [(card["id"], card["topic"], card["level"], card["minutes"]) for card in bank["cards"]] == [
        (card.id, card.topic, card.level, MINUTES[card.kind]) for card in cards
    ]
    assert bank["topics"] == [[topic.name, topic.title] for topic in topics.values()]
    assert bank["version"] == "abc"
    assert len(script) < 100 * len(cards) + 2000, "light: a page loads it before its reader acts"


def test_a_topics_script_has_each_card_whole_and_nothing_beside_them() -> None:
    first = (
        '<section class="mq-card" data-question="one" id="q">\n<h3>“Why”</h3><details>a</details></section>'
    )
    second = '<section class="mq-card" data-question="two">\n</section>'
    page = f"<section id='all'><h1>T</h1>{first}<p>between</p>\n{second}</section>"
    script = topic_script("why", page)
    assert script.startswith('(globalThis.mqTopics ??= {})["why"] = ')
    assert value_of(script) == {"one": first, "two": second}


@pytest.mark.parametrize(
    ("cards", "element", "before", "after"),
    [
        (0, "", [], []),
        (1, "", ["journal.js"], []),
        (2, "", ["journal.js", *SCHEDULE], []),
        (0, "mq-review", ["journal.js", *SCHEDULE], [*REVIEW]),
        (0, "mq-interview", ["journal.js", *SCHEDULE], [LIST]),
    ],
)
def test_a_page_loads_the_scripts_that_it_needs_and_no_other(
    cards: int, element: str, before: list[str], after: list[str]
) -> None:
    page = nodes.section("", *(Element("section", **{"data-question": str(n)}) for n in range(cards)))
    if element:
        page += Element("div", **{"class": element})
    assert scripts(page) == (before, after)  # type: ignore[arg-type]  # a part of a page has findall too
