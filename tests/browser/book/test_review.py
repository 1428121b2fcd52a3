"""Sessions over the cards of all topics: by keys, by touch, from a folder, without storage, and in two tabs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mqcourse import json_lines
from mqcourse.book.question import KINDS
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.quiz import journal
from mqcourse.quiz.journal import Review
from mqcourse.quiz.schedule import replay

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]
PAGE = "book/questions/review"
BANK = all_questions(load_bank())
ONE_OF_EACH = [next(card for card in BANK if card.kind == kind) for kind in KINDS]
LONG_AGO = datetime(2026, 1, 1, 7, tzinfo=UTC)
OLD = [Review(LONG_AGO + timedelta(minutes=place), card.id, "good") for place, card in enumerate(ONE_OF_EACH)]
CARD = ".mq-review-card"


def opened(context: Any, address: str, reviews: list[Review]) -> Any:
    """The page of a reader who gave these ratings."""
    page = context.new_page()
    page.goto(address)
    lines = "".join(f"{journal.key(journal.line_of(review))}\n" for review in reviews)
    page.evaluate("lines => localStorage.setItem('mq-card-journal', lines)", lines)
    page.reload()
    page.get_by_role("button", name="Review what is due").wait_for()
    return page


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    with browser.new_context(
        reduced_motion="reduce", viewport={"width": 390, "height": 844}, has_touch=True
    ) as made:
        made.set_default_timeout(120_000)
        yield made


@pytest.fixture
def page(built: Any, context: Any) -> Any:
    return opened(context, built.address(PAGE), OLD)


def stored(page: Any) -> list[dict[str, Any]]:
    return list(json_lines.objects(page.evaluate("localStorage.getItem('mq-card-journal')")))


def card(page: Any, identity: str) -> Any:
    found = page.locator(f"{CARD}[data-question={identity}]")
    found.wait_for()
    return found


def begin(page: Any) -> None:
    page.get_by_label("Time").select_option(label="no limit")
    page.get_by_role("button", name="Review what is due").press("Enter")


def test_a_card_of_each_kind_is_answered_by_keys_alone_and_due_when_the_terminal_finds_it_due(
    page: Any, axe: str
) -> None:
    begin(page)
    for place, question in enumerate(ONE_OF_EACH):
        shown = card(page, question.id)
        assert page.evaluate("document.activeElement.className") == "mq-card-prompt"
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.tagName") != "TEXTAREA":
            page.keyboard.press("Tab")
        page.keyboard.type("2 of 4 ")
        page.keyboard.press("Escape")  # leaves the field, and not the session
        page.keyboard.press("3")
        assert shown.get_by_role("button", name="Fairly sure").get_attribute("aria-pressed") == "true"
        page.keyboard.press("Space")
        assert "2 of 4" in shown.locator(".mq-review-own").inner_text()
        first = shown.locator(".mq-card-rubric input").first
        while not first.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert "1 of " in shown.locator(".mq-review-points").inner_text()
        if place == 0:
            page.evaluate(axe)
            found = page.evaluate("axe.run('.bd-article')")
            assert not [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        page.keyboard.press("4")
    page.get_by_text("The session is finished").wait_for()
    assert f"{len(KINDS)} ratings: {len(KINDS)} “Easily”" in page.locator(".mq-review").inner_text()
    given = stored(page)[len(OLD) :]
    assert [
        (line["card"], line["rating"], line["sure"], line["answer"], line["points"]) for line in given
    ] == [(question.id, "easy", 75, "2 of 4", [0]) for question in ONE_OF_EACH]
    ours = replay(journal.history(stored(page)))
    theirs = page.evaluate(
        "Object.fromEntries([...mqSchedule.replay(mqJournal.lines())].map(([id, memory]) => [id, memory.due]))"
    )
    assert theirs == {name: round(memory.due.timestamp() * 1000) for name, memory in ours.items()}
    page.get_by_role("button", name="Choose another session").press("Enter")
    assert page.get_by_role("button", name="Review what is due: none").is_disabled()
    assert f"Fairly sure (about 75%)\t{len(KINDS)}\t100%" in page.locator(".mq-review-progress").inner_text()


def test_a_card_of_each_kind_is_answered_by_touch_alone_within_the_width_of_a_phone(
    page: Any, axe: str
) -> None:
    page.get_by_label("Time").select_option(label="no limit")
    page.get_by_role("button", name="Review what is due").tap()
    page.evaluate(axe)
    for question in ONE_OF_EACH:
        shown = card(page, question.id)
        shown.get_by_role("button", name="Half sure").tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shown.get_by_role("button", name="Show the answer").tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, question.kind
        shown.locator(".mq-card-rubric label").first.tap()
        assert "1 of " in shown.locator(".mq-review-points").inner_text()
        found = page.evaluate("axe.run('.bd-article')")
        assert not [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        buttons = shown.locator(".mq-review-rate button").all()
        assert len(buttons) == 4
        assert min(button.bounding_box()["height"] for button in buttons) >= 24  # WCAG 2.2, target size
        shown.get_by_role("button", name="3 Good").tap()
    page.get_by_text("The session is finished").wait_for()
    assert [
        (line["card"], line["rating"], line["sure"], line["points"]) for line in stored(page)[len(OLD) :]
    ] == [(question.id, "good", 50, [0]) for question in ONE_OF_EACH]


def test_by_touch_a_rating_can_be_taken_back_and_the_end_names_what_was_not_known(page: Any) -> None:
    first, second = ONE_OF_EACH[:2]
    page.get_by_label("Time").select_option(label="no limit")
    page.get_by_role("button", name="Review what is due").tap()
    shown = card(page, first.id)
    shown.locator("textarea").fill("a draft")
    shown.get_by_role("button", name="Show the answer").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shown.get_by_role("button", name="4 Easily").tap()
    card(page, second.id)
    page.get_by_role("button", name="Take the last rating back").tap()
    shown = card(page, first.id)
    assert shown.locator("textarea").input_value() == "a draft"
    assert len(stored(page)) == len(OLD)
    shown.get_by_role("button", name="Show the answer").tap()
    shown.get_by_role("button", name="1 Not yet").tap()
    card(page, second.id)
    page.get_by_role("button", name="End the session").tap()
    link = page.locator(".mq-review li a")
    assert link.get_attribute("href") == f"{first.topic}.html#question-{first.id}"
    assert link.inner_text() == first.prompt
    assert page.locator("h1 ~ p").last.is_visible(), "the rest of the page is shown again"


def test_a_topic_is_chosen_by_its_page_and_a_level_limits_the_session(built: Any, context: Any) -> None:
    page = opened(context, f"{built.address(PAGE)}?topic=failure", [])
    assert page.get_by_role("button", name="Review what is due: none").is_disabled()
    assert "No card has been rated yet" in page.locator(".mq-review-count").inner_text()
    page.get_by_label("Level").select_option(label="Staff")
    page.get_by_role("button", name="Review with new cards").press("Enter")
    staff = next(card for card in load_bank()["failure"].questions if card.level == "St")
    card(page, staff.id)


def test_a_session_runs_from_a_folder_without_a_network(built: Any, context: Any) -> None:
    context.set_offline(True)
    page = opened(context, (built.folder / f"{PAGE}.html").as_uri(), OLD)
    begin(page)
    card(page, ONE_OF_EACH[0].id)


def test_cards_that_cannot_be_loaded_are_named_and_tried_again(built: Any, context: Any) -> None:
    page = opened(context, built.address(PAGE), OLD)
    blocked = f"**/review/{ONE_OF_EACH[0].topic}.js*"
    page.route(blocked, lambda route: route.abort())
    begin(page)
    page.get_by_text("could not be loaded").wait_for()
    page.unroute(blocked)
    page.get_by_role("button", name="Try again").press("Enter")
    card(page, ONE_OF_EACH[0].id)


def test_full_storage_is_said_and_the_rating_is_in_the_file(built: Any, context: Any, tmp_path: Path) -> None:
    page = opened(context, built.address(PAGE), OLD)
    # no room for a single letter more
    page.evaluate(
        """() => { for (let size = 2 ** 22; size >= 1; size = Math.floor(size / 2))
             for (let n = 0; ; n += 1) {
               try { localStorage.setItem(`x${size}-${n}`, "x".repeat(size)); } catch { break; }
             } }"""
    )
    begin(page)
    card(page, ONE_OF_EACH[0].id)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    page.get_by_text("This browser refuses to keep it").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose another session").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my ratings as a file").press("Enter")
    saved = tmp_path / "cards.jsonl"
    download.value.save_as(saved)
    assert [review.card for review in journal.read(saved)][-1] == ONE_OF_EACH[0].id
    assert len(journal.read(saved)) == len(OLD) + 1


def test_two_tabs_keep_both_ratings_and_no_card_is_asked_twice(built: Any, context: Any) -> None:
    first = opened(context, built.address(PAGE), OLD)
    second = context.new_page()
    second.goto(built.address(PAGE))
    for page in (first, second):
        begin(page)
        card(page, ONE_OF_EACH[0].id)
    given = len(OLD)

    def rate(page: Any, following: int) -> None:
        nonlocal given
        page.keyboard.press("Space")
        page.keyboard.press("4")
        card(page, ONE_OF_EACH[following].id)
        given += 1
        for each in (first, second):  # a browser tells its other tabs a moment later
            each.wait_for_function("count => mqJournal.lines().length === count", arg=given)

    rate(first, 1)
    rate(second, 1)
    rate(first, 2)
    rate(first, 3)
    rate(second, 3)
    rated = [line["card"] for line in stored(first)[len(OLD) :]]
    assert sorted(rated) == sorted([ONE_OF_EACH[0].id] * 2 + [ONE_OF_EACH[1].id] * 2 + [ONE_OF_EACH[2].id])


def test_the_answer_of_last_time_is_shown_beside_the_new_one_and_travels_in_the_file(
    built: Any, context: Any, tmp_path: Path
) -> None:
    page = opened(context, built.address(PAGE), [])
    line = {**journal.line_of(OLD[0]), "answer": "what I said <b>then</b>"}
    file = tmp_path / "cards.jsonl"
    file.write_text(json.dumps(line) + '\n{"card": "torn', encoding="utf-8")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("1 rating added.").wait_for()
    file.write_bytes(b"\xff\xfe\x00 no rating")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("cards.jsonl has no rating of a card").wait_for()
    begin(page)
    shown = card(page, ONE_OF_EACH[0].id)
    page.keyboard.press("Space")
    shown.get_by_text("Your answer of 2026-01-01").tap()
    assert shown.get_by_text("what I said <b>then</b>").is_visible()
