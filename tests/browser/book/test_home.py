"""The front page: a queue that the reader breaks, a proof from a kept run; and what links to any page show elsewhere."""

import re
from typing import Any

import pytest

from mqcourse.book.chapter import Chapter
from mqcourse.book.record import kept_path, read

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]


def test_a_reader_breaks_the_queue_by_keyboard(built: Any, browser: Any) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(built.address("book/index"))
        live = page.locator("live-queue")
        tasks = live.locator(".mq-live-queue .mq-live-task")
        assert tasks.all_inner_texts() == ["5", "6"]
        live.get_by_role("button", name="Kill Ada").press("Enter")
        assert tasks.all_inner_texts() == ["↻1", "↻2", "5", "6"]
        assert live.get_by_role("status").inner_text() == (
            "Ada was killed. The broker puts tasks 1 and 2 back into the queue."
        )
        live.get_by_role("checkbox").check()
        live.get_by_role("button", name="Kill Ben").press("Enter")
        assert "2 lost: 3, 4" in live.inner_text()
        live.get_by_role("button", name="Start Ben again").press("Enter")
        assert tasks.all_inner_texts() == ["5", "6"]


def test_the_proof_is_that_of_the_kept_run_and_leads_to_its_replay(built: Any, browser: Any) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(built.address("book/index"))
        proof = page.locator(".mq-proof")
        record = read(kept_path(Chapter("rabbitmq/work-queue")))
        assert record is not None
        assert re.search(r"was lost at \d\d:\d\d:\d\d UTC", proof.inner_text())
        assert f"RabbitMQ {record.versions['rabbitmq']}" in proof.inner_text()
        proof.get_by_role("link").click()
        page.locator("#replay-auto-ack .mq-replay-controls").wait_for(timeout=120_000)


def test_every_page_has_a_description_of_its_own_and_a_picture(built: Any) -> None:
    descriptions = {}
    for name in built.pages:
        html = (built.folder / f"{name}.html").read_text(encoding="utf-8")
        found = re.search(r'<meta name="description" content="([^"]+)">', html)
        assert found, name
        descriptions[name] = found[1]
        for tag in ("og:title", "og:description", "og:image", "og:type"):
            assert html.count(f'<meta property="{tag}" ') == 1, (name, tag)
    assert len(set(descriptions.values())) == len(descriptions)
    assert all(len(text) > 40 for text in descriptions.values())
    assert (built.folder / "_static" / "social.png").is_file()
