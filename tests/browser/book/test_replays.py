"""Every replay of the book in a real browser, event by event against the recording that is kept with its chapter."""

import re
from typing import Any

import pytest

from mqcourse.book.chapter import Chapter
from mqcourse.book.directives.replay import recordings
from mqcourse.book.record import kept_path, read
from mqcourse.replay.recording import read as read_recording
from mqcourse.replay.scene import Story
from mqcourse.replay.story import story

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]

SHOWN = """(replay) => ({
  say: replay.querySelector(".mq-replay-say").textContent,
  clock: replay.querySelector(".mq-replay-clock").textContent,
  line: replay.querySelector("code[aria-current]")?.textContent ?? "",
  names: Object.fromEntries([...replay.places.values()].map((place) => [
    place.id,
    [place.note.textContent, place.box.dataset.state,
     [...replay.querySelectorAll(".mq-replay-stage > .mq-replay-message")].filter((message) => {
       const at = message.getBoundingClientRect(), box = place.box.getBoundingClientRect();
       return !message.hidden && at.left >= box.left && at.right <= box.right + 1 && at.top >= box.top && at.bottom <= box.bottom + 1;
     }).map((message) => [message.title, message.dataset.look]),
     place.more.textContent],
  ])),
})"""


def replays(pages: list[str]) -> list[tuple[str, str, Story]]:
    """Page, name and story of every replay, from the kept run of its chapter."""
    found = []
    for page in pages:
        chapter = Chapter(page.removeprefix("book/"))
        record = read(kept_path(chapter)) if chapter.replays else None
        for name in chapter.replays:
            assert record is not None, f"{page} has replays and no kept run"
            found.append((page, name, story(read_recording(recordings(record)[name]))))
    return found


def states(told: Story) -> list[dict[str, Any]]:
    """What must be seen after each event: for each place its note, its state and its messages."""
    where: dict[int, tuple[str, str]] = {}
    notes = {place.id: "" for place in told.places}
    marks: dict[str, str] = dict(notes)
    found = []
    for step in told.steps:
        where |= {move.message: (move.to, move.look) for move in step.moves}
        notes |= step.notes
        marks |= step.states
        found.append(
            {
                place.id: (
                    notes[place.id],
                    marks[place.id],
                    sorted([told.messages[m], look] for m, (at, look) in where.items() if at == place.id),
                )
                for place in told.places
            }
        )
    return found


def test_every_replay_shows_each_event_of_its_recording_and_no_other(built: Any, browser: Any) -> None:
    found = replays(built.pages)
    assert found
    with browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        for name_of_page, name, told in found:
            if page.url != built.address(name_of_page):
                page.goto(built.address(name_of_page))
            replay = page.locator(f"#replay-{name}")
            timeline = replay.get_by_role("slider")
            timeline.focus()
            for number, (step, seen) in enumerate(zip(told.steps, states(told), strict=True), start=1):
                page.keyboard.press("ArrowRight")
                now = replay.evaluate(SHOWN)
                at = f"{name}, event {number}"
                assert now["say"] == step.say, at
                assert now["clock"].startswith(
                    f"event {number} of {len(told.steps)}, {step.at_ms / 1000:.3f} s"
                ), at
                for place, (note, state, messages) in seen.items():
                    note_shown, state_shown, messages_shown, more = now["names"][place]
                    assert (note_shown, state_shown) == (note, state), at
                    hidden = int(re.sub(r"\D", "", more) or 0)
                    assert len(messages_shown) + hidden == len(messages), at
                    if not hidden:
                        assert sorted(messages_shown) == messages, at
            page.keyboard.press("ArrowRight")
            assert replay.evaluate(SHOWN)["say"] == told.steps[-1].say
            assert not told.missing, f"{name} is not complete"
            assert not replay.locator(".mq-claim").count()
            # the way back gives the same pictures
            page.keyboard.press("Home")
            assert not replay.locator(".mq-replay-stage > .mq-replay-message:visible").count()


def test_the_line_that_caused_an_event_is_marked(built: Any, browser: Any) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(built.address("book/rabbitmq/work-queue"))
        replay = page.locator("#replay-ack-when-done")
        told = next(
            told for _, name, told in replays(["book/rabbitmq/work-queue"]) if name == "ack-when-done"
        )
        kill = next(number for number, step in enumerate(told.steps, start=1) if step.did == "signalled")
        replay.get_by_role("slider").fill(str(kill))
        assert (
            replay.locator("code[aria-current]").inner_text().strip() == "worker.send_signal(signal.SIGKILL)"
        )
        assert replay.locator("figure:visible figcaption").inner_text().startswith("cell ")


def test_a_record_is_drawn_with_its_key_and_a_message_with_its_number(built: Any, browser: Any) -> None:
    drawn = ".mq-replay-stage > .mq-replay-message"
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(built.address("book/kafka/log"))
        keys = page.locator(f"#replay-keys {drawn}").all_text_contents()
        assert set(keys) == {"ann", "bob", "cat", "dan", "eve", "fay"}
        page.goto(built.address("book/rabbitmq/work-queue"))
        numbers = page.locator(f"#replay-ack-when-done {drawn}").all_text_contents()
        assert numbers == ["1", "2", "3", "4", "5"]


def test_a_replay_plays_to_its_end_and_can_be_paused(built: Any, browser: Any) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(built.address("book/rabbitmq/work-queue"))
        replay = page.locator("#replay-prefetch-0")
        slider = replay.get_by_role("slider")
        replay.get_by_role("combobox").select_option("0.5")
        replay.get_by_role("button", name="Play").click()
        replay.get_by_role("button", name="Pause").click()
        paused = int(slider.input_value())
        assert paused < int(slider.get_attribute("max") or 0)
        replay.get_by_role("combobox").select_option("16")
        replay.get_by_role("button", name="Play").click()
        replay.get_by_role("button", name="Play").wait_for(timeout=120_000)
        assert slider.input_value() == slider.get_attribute("max")


def test_without_scripts_the_table_has_every_event(built: Any, browser: Any) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        for name_of_page, name, told in replays(built.pages):
            page.goto(built.address(name_of_page))
            replay = page.locator(f"#replay-{name}")
            replay.locator("summary").click()
            rows = replay.locator("tbody tr")
            said = [" ".join(text.split()) for text in rows.locator("td:nth-child(2)").all_inner_texts()]
            assert said == [" ".join(step.say.split()) for step in told.steps]
            assert rows.first.is_visible()
