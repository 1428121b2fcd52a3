"""The interview cards in the published page: keyboard, screen reader, memory, paper, and no script at all."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mqcourse import json_lines
from mqcourse.book.questions import load_bank
from mqcourse.quiz import journal
from mqcourse.quiz.journal import Review

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]
TOPIC = load_bank()["failure"]
PAGE = f"book/questions/{TOPIC.name}"
FIRST = ".mq-card >> nth=0"
COUNT = len(TOPIC.questions)


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def page(built: Any, context: Any) -> Any:
    opened = context.new_page()
    opened.goto(built.address(PAGE))
    opened.locator(".mq-cards-bar").wait_for()
    return opened


def test_a_card_is_recalled_revealed_and_rated_by_keyboard_alone(page: Any) -> None:
    card = page.locator(FIRST)
    answer = card.locator(".mq-card-body")
    assert not answer.is_visible()
    card.locator("textarea").focus()
    page.keyboard.type("to decouple")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert answer.is_visible()
    assert card.locator("textarea").input_value() == "to decouple"
    first = card.locator("input[type=radio]").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if first.evaluate("one => one === document.activeElement"):
            break
    assert first.evaluate("one => one === document.activeElement"), "Tab reaches the rating"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert card.locator("input:checked").get_attribute("value") == "good"
    assert "Good" in card.get_by_role("status").inner_text()
    assert f"1 of {COUNT} rated, 1 known well" in page.locator(".mq-cards-bar").inner_text()


def test_a_rating_is_remembered_and_can_be_forgotten(page: Any) -> None:
    kept = "localStorage.getItem('mq-card-journal')"
    page.locator(f"{FIRST} >> summary").click()
    page.locator(FIRST).get_by_label("With gaps").check()
    assert '"rating":"hard"' in page.evaluate(kept)
    page.reload()
    page.locator(f"{FIRST} >> summary").click()
    assert page.locator(FIRST).get_by_label("With gaps").is_checked()
    assert f"1 of {COUNT} rated, 0 known well" in page.locator(".mq-cards-bar").inner_text()
    page.get_by_role("button", name="Forget my ratings").click()
    assert page.evaluate(kept) == ""
    assert page.locator(f"{FIRST} >> input:checked").count() == 0
    assert f"0 of {COUNT} rated" in page.locator(".mq-cards-bar").inner_text()
    page.get_by_role("button", name="Bring my ratings back").click()
    assert page.locator(FIRST).get_by_label("With gaps").is_checked()
    assert f"1 of {COUNT} rated" in page.locator(".mq-cards-bar").inner_text()
    assert page.get_by_role("button", name="Forget my ratings").is_visible()


def test_a_typed_answer_is_there_after_a_reload_until_it_is_deleted(page: Any) -> None:
    field = page.locator(f"{FIRST} >> textarea")
    field.fill("to decouple,\nand to absorb peaks")
    page.reload()
    assert field.input_value() == "to decouple,\nand to absorb peaks"
    assert page.locator(".mq-card >> nth=1 >> textarea").input_value() == ""
    page.locator(f"{FIRST} >> summary").click()
    page.locator(FIRST).get_by_label("Good").check()
    assert "to decouple," in page.evaluate("localStorage.getItem('mq-card-journal')"), "with the rating"
    field.fill("")
    page.reload()
    assert field.input_value() == ""


def test_when_every_card_is_hidden_the_page_says_why(page: Any) -> None:
    for card in page.locator(".mq-card").all():
        card.locator("summary").click()
        card.get_by_label("Easily").check()
        card.locator("summary").click()
    assert "0 due, 0 new" in page.locator(".mq-cards-bar a").inner_text()
    page.get_by_role("button", name="Hide what I know").click()
    assert page.locator(".mq-card:visible").count() == 0
    assert page.get_by_text("You know every card of this page.").is_visible()


def test_the_one_rating_that_was_kept_before_there_was_a_journal_becomes_a_line_of_it(
    built: Any, context: Any
) -> None:
    page = context.new_page()
    old = '{"rating": "easy", "at": "2026-11-01T07:00:00.000Z"}'
    page.goto(built.address(PAGE))
    page.evaluate(f"localStorage.setItem('mq-card:{TOPIC.questions[0].id}', {old!r})")
    page.reload()
    page.locator(f"{FIRST} >> summary").click()
    assert page.locator(FIRST).get_by_label("Easily").is_checked()
    kept = journal.history(json_lines.objects(page.evaluate("localStorage.getItem('mq-card-journal')")))
    assert [(review.card, review.rating) for review in kept] == [(TOPIC.questions[0].id, "easy")]


def test_ratings_are_saved_as_a_file_that_the_quiz_of_the_terminal_reads(page: Any, tmp_path: Path) -> None:
    cards = [question.id for question in TOPIC.questions[:2]]
    page.locator(f"{FIRST} >> summary").click()
    page.locator(FIRST).get_by_label("Not yet").check()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # the ratings between were passed, and not given
    page.locator(".mq-card >> nth=1 >> summary").click()
    page.locator(".mq-card >> nth=1").get_by_label("Easily").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my ratings as a file").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert [(review.card, review.rating) for review in journal.read(saved)] == [
        (cards[0], "good"),
        (cards[1], "easy"),
    ]
    assert "2 ratings" in page.locator(".mq-cards-news").inner_text()


def test_ratings_of_the_terminal_are_added_once_and_their_newest_is_shown(page: Any, tmp_path: Path) -> None:
    card = TOPIC.questions[0].id
    reviews = [
        Review(datetime(2026, 11, day, 7, tzinfo=UTC), card, rating)
        for day, rating in ((26, "easy"), (24, "again"))
    ]
    file = tmp_path / "cards.jsonl"
    json_lines.append(file, [journal.line_of(review) for review in reviews])
    file.write_text(file.read_text(encoding="utf-8") + '{"card": "torn', encoding="utf-8")
    chooser = page.locator(".mq-cards-bar input[type=file]")
    news = page.locator(".mq-cards-news")
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="Add ratings from a file").press("Enter")
    asked.value.set_files(file)
    page.get_by_text("2 ratings added.").wait_for()
    page.locator(f"{FIRST} >> summary").click()
    assert page.locator(FIRST).get_by_label("Easily").is_checked()
    chooser.set_input_files(file)
    page.get_by_text("0 ratings added.").wait_for()
    kept = page.evaluate("localStorage.getItem('mq-card-journal')")
    assert journal.history(json_lines.objects(kept)) == tuple(sorted(reviews))
    file.write_text("no rating", encoding="utf-8")
    chooser.set_input_files(file)
    page.get_by_text("has no rating of a card").wait_for()
    page.get_by_role("button", name="Forget my ratings").click()
    assert page.evaluate("localStorage.getItem('mq-card-journal')") == ""
    page.get_by_role("button", name="Bring my ratings back").click()
    kept = page.evaluate("localStorage.getItem('mq-card-journal')")
    assert journal.history(json_lines.objects(kept)) == tuple(sorted(reviews))
    assert news.is_visible()


def test_one_level_can_be_shown(page: Any) -> None:
    staff = [question.id for question in TOPIC.questions if question.level == "St"]
    page.get_by_label("Show").select_option(label="Staff")
    seen = page.locator(".mq-card:visible")
    assert seen.evaluate_all("cards => cards.map(card => card.dataset.question)") == staff
    assert f"0 of {len(staff)} rated" in page.locator(".mq-cards-bar").inner_text()
    page.get_by_label("Show").select_option(label="all levels")
    assert seen.count() == COUNT


def test_ratings_are_kept_where_the_book_was_opened_from_a_folder(built: Any, context: Any) -> None:
    context.set_offline(True)
    address = (built.folder / f"{PAGE}.html").as_uri()
    page = context.new_page()
    page.goto(address)
    page.locator(f"{FIRST} >> summary").click()
    page.locator(FIRST).get_by_label("Good").check()
    page.close()
    page = context.new_page()
    page.goto(address)
    assert f"1 of {COUNT} rated, 1 known well" in page.locator(".mq-cards-bar").inner_text()
    page.locator(f"{FIRST} >> summary").click()
    assert page.locator(FIRST).get_by_label("Good").is_checked()


@pytest.mark.parametrize("stored", ["not json", '{"rating": "superb"}', "null", "[]", '{"rating": "good"}'])
def test_what_another_version_stored_does_no_harm(built: Any, context: Any, stored: str) -> None:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(f"localStorage.setItem('mq-card:{TOPIC.questions[0].id}', {stored!r})")
    page.goto(built.address(PAGE))
    page.locator(".mq-cards-bar").wait_for()
    page.locator(f"{FIRST} >> summary").click()
    page.locator(FIRST).get_by_label("Good").check()
    assert not errors


def test_without_storage_the_cards_work_and_forget(built: Any, context: Any) -> None:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)) if "mq-card" in str(error) else None)
    page.add_init_script(
        "const refuse = () => { throw new DOMException('refused', 'SecurityError') };"
        "for (const name of ['getItem', 'setItem', 'removeItem']) {"
        "  const real = Storage.prototype[name];"
        "  Storage.prototype[name] = function (key, ...rest) {"
        "    return String(key).startsWith('mq-card') ? refuse() : real.call(this, key, ...rest) };"
        "}"
    )
    page.goto(built.address(PAGE))
    page.locator(f"{FIRST} >> summary").click()
    page.locator(FIRST).get_by_label("Good").check()
    assert f"1 of {COUNT} rated" in page.locator(".mq-cards-bar").inner_text()
    assert not errors


def test_without_any_script_question_and_answer_are_there(built: Any, browser: Any) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(built.address(PAGE))
        card = page.locator(FIRST)
        assert card.locator("h3").is_visible()
        assert not card.locator(".mq-card-body").is_visible()
        card.locator("summary").click()
        assert card.locator(".mq-card-body").is_visible()
        assert page.locator(".mq-cards-bar").count() == 0


def test_on_paper_every_answer_is_open_and_nothing_is_left_to_press(page: Any) -> None:
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert all(body.is_visible() for body in page.locator(".mq-card-body").all())
    assert not page.locator(".mq-cards-bar").is_visible()
    assert not page.locator(f"{FIRST} >> textarea").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert not any(body.is_visible() for body in page.locator(".mq-card-body").all())


def test_a_prediction_is_opened_by_keyboard(built: Any, context: Any) -> None:
    page = context.new_page()
    page.goto(built.address("book/foundations/why-asynchronous"))
    details = page.locator(".mq-predict details").first
    details.locator("summary").focus()
    assert details.get_attribute("open") is None
    page.keyboard.press("Space")
    assert details.get_attribute("open") is not None


def test_a_page_in_dark_mode_is_printed_in_dark_ink(built: Any, browser: Any) -> None:
    ink = "getComputedStyle(document.querySelector('article section > p:not([class])')).color"
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        page.goto(built.address("book/kafka/log"))
        page.wait_for_load_state("networkidle")
        on_screen = page.evaluate(ink)
        page.emulate_media(media="print", color_scheme="dark")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details.sd-dropdown > :not(summary)").first.is_visible()
        assert luminance(page.evaluate(ink)) < 0.2 < luminance(on_screen)
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen", color_scheme="dark")
        assert page.evaluate(ink) == on_screen


def luminance(colour: str) -> float:
    """Roughly, from 0 (black) to 1, of a colour as a browser writes it."""
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    return 0.21 * red + 0.72 * green + 0.07 * blue


def test_a_chapters_few_cards_are_rated_where_they_are_with_no_bar_above_them(
    built: Any, context: Any
) -> None:
    page, beside = context.new_page(), context.new_page()
    for opened in (page, beside):
        opened.goto(built.address("book/kafka/producer"))
        opened.locator(".mq-card textarea").first.wait_for()
    cards = page.locator(".mq-card[data-question]")
    assert cards.count() == 2
    cards.nth(1).locator("summary").click()
    cards.nth(1).get_by_label("Good", exact=True).check()
    assert page.locator(".mq-cards-bar").count() == 0
    beside.locator(".mq-card[data-question]").nth(1).locator(".mq-card-rated", has_text="Good").wait_for(
        state="attached"
    )
