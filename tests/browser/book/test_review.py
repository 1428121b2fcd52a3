"""The review of a page's cards: one at a time, by keys and by touch, due again when `mq quiz` finds it due."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mqcourse import json_lines
from mqcourse.book.questions import load_bank
from mqcourse.quiz import journal
from mqcourse.quiz.journal import Review
from mqcourse.quiz.schedule import replay

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]
TOPIC = load_bank()["failure"]
PAGE = f"book/questions/{TOPIC.name}"
OLD = [
    Review(datetime(2026, 1, day, 7, tzinfo=UTC), question.id, "good")
    for day, question in zip((2, 1), TOPIC.questions, strict=False)
]
SEEN = ".mq-card:visible"


@pytest.fixture
def page(built: Any, browser: Any) -> Iterator[Any]:
    """The page of a reader who rated two cards long ago."""
    with browser.new_context(
        reduced_motion="reduce", viewport={"width": 390, "height": 844}, has_touch=True
    ) as context:
        opened = context.new_page()
        opened.goto(built.address(PAGE))
        lines = "".join(f"{journal.key(journal.line_of(review))}\n" for review in OLD)
        opened.evaluate("lines => localStorage.setItem('mq-card-journal', lines)", lines)
        opened.reload()
        opened.locator(".mq-review-bar").wait_for()
        yield opened


def kept(page: Any) -> tuple[Review, ...]:
    return journal.history(json_lines.objects(page.evaluate("localStorage.getItem('mq-card-journal')")))


def test_what_is_due_is_reviewed_by_keys_alone(page: Any) -> None:
    assert f"2 due, {len(TOPIC.questions) - 2} new" in page.locator(".mq-review-bar").inner_text()
    page.get_by_role("button", name="Review what is due (2)").press("Enter")
    for review, key in zip(reversed(OLD), ("3", "4"), strict=True):
        assert page.locator(SEEN).count() == 1
        assert page.locator(SEEN).get_attribute("data-question") == review.card
        assert page.evaluate("document.activeElement.className") == "mq-card-prompt"
        page.keyboard.press(key)  # not before the answer
        page.keyboard.press("Space")
        assert page.locator(f"{SEEN} .mq-card-body").is_visible()
        page.keyboard.press(key)
    assert "Done: 2 rated" in page.locator(".mq-review-news").inner_text()
    assert page.locator(SEEN).count() == len(TOPIC.questions)
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    assert [(review.card, review.rating) for review in kept(page)[2:]] == [
        (OLD[1].card, "good"),
        (OLD[0].card, "easy"),
    ]
    ours = {card: round(memory.due.timestamp() * 1000) for card, memory in replay(kept(page)).items()}
    theirs = page.evaluate(
        "Object.fromEntries([...mqSchedule.replay(mqCards.journal())].map(([id, memory]) => [id, memory.due]))"
    )
    assert theirs == ours


def test_new_cards_are_reviewed_by_touch_and_a_number_in_the_own_answer_is_no_rating(page: Any) -> None:
    page.get_by_role("button", name="Review with new cards").tap()
    card = page.locator(SEEN)
    card.locator("textarea").fill("")
    page.keyboard.type("4 of 5")
    assert len(kept(page)) == 2
    card.locator("summary").tap()
    card.get_by_role("button", name="1 Not yet").tap()
    assert "due again in 1 minute." in page.locator(".mq-review-news").inner_text()
    assert kept(page)[-1].rating == "again"
    page.keyboard.press("Escape")
    assert page.locator(SEEN).count() == len(TOPIC.questions)
    assert "Ended: 1 rated" in page.locator(".mq-review-news").inner_text()


def test_a_review_has_no_finding_of_axe(page: Any, axe: str) -> None:
    page.get_by_role("button", name="Review what is due (2)").press("Enter")
    page.keyboard.press("Space")
    page.evaluate(axe)
    found = page.evaluate("axe.run('.bd-article')")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert not serious, serious
