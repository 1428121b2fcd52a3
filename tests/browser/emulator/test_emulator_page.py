"""The emulator's own page in a real browser: what a person sees and does there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

CONFIG = """{"UserConfig": {"Namespaces": [{"Name": "sbemulatorns",
  "Queues": [{"Name": "orders", "Properties": {"LockDuration": "PT30S"}}],
  "Topics": [{"Name": "events", "Subscriptions": [{"Name": "audit"}]}]}]}}"""


@pytest.fixture
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulator of our own with a dead letter, a locked message and two waiting ones."""
    config = tmp_path_factory.mktemp("page") / "config.json"
    config.write_text(CONFIG)
    process = subprocess.Popen(
        [sys.executable, "-m", "servicebus_emulator", "--config", str(config), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        connection = process.stdout.readline().partition("Endpoint=")[2].strip()
        connection = f"Endpoint={connection}"
        with ServiceBusClient.from_connection_string(connection) as client:
            with client.get_queue_sender("orders") as sender:
                own = {"priority": "high"}
                sender.send_messages(
                    [
                        ServiceBusMessage(f"order {n}", message_id=f"m{n}", application_properties=own)
                        for n in range(4)
                    ]
                )
            with client.get_queue_receiver("orders") as receiver:
                bad, _ = receiver.receive_messages(max_message_count=2, max_wait_time=10)
                receiver.dead_letter_message(bad, reason="Broken", error_description="no amount")
        yield connection
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 360)])
def test_the_page_passes_the_accessibility_rules(
    connection: str, browser: Any, axe: str, scheme: str, width: int
) -> None:
    port = connection.partition("127.0.0.1:")[2].partition(";")[0]
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)  # type: ignore[arg-type]
    page.goto(f"http://127.0.0.1:{port}/")
    page.get_by_role("button", name="orders").click()
    page.locator("#list summary").first.click()
    page.get_by_text("Send a message").click()
    page.evaluate(axe)
    result = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in result["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.browser
def test_a_person_looks_resubmits_moves_the_clock_and_sends(connection: str, browser: Any) -> None:
    port = connection.partition("127.0.0.1:")[2].partition(";")[0]
    page = browser.new_page()
    troubles: list[str] = []
    hosts: set[str] = set()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(f"http://127.0.0.1:{port}/")
    page.get_by_role("button", name="orders").click()
    page.locator("#list summary", has_text="#2").wait_for()
    assert "locked until" in page.locator("#list li").first.inner_text()
    page.get_by_label("Dead letters", exact=True).check()
    page.get_by_text("Broken").first.wait_for()
    page.locator("#list summary").first.click()
    page.get_by_role("button", name="Resubmit #1").click()
    page.get_by_text("Message #1 was sent again as #5.").wait_for()
    page.get_by_role("button", name="+1 min").click()
    page.get_by_text("The clock moved 60 seconds forward.").wait_for()
    page.get_by_label("Active", exact=True).check()
    page.get_by_text("delivery count 1").wait_for()
    page.get_by_text("Send a message").click()
    page.get_by_label("Body").fill("hello")
    page.get_by_label("Application properties, one name=value a line").fill('count=3\ntext="4"\nyes=true')
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Sent as #6.").wait_for()
    assert troubles == []
    assert hosts == {f"127.0.0.1:{port}"}
    page.close()
    with (
        ServiceBusClient.from_connection_string(connection) as client,
        client.get_queue_receiver("orders") as receiver,
    ):
        got = receiver.receive_messages(max_message_count=10, max_wait_time=10)
        sent = {str(message): message.application_properties for message in got}
        assert sent["hello"] == {b"count": 3, b"text": b"4", b"yes": True}
        assert b"DeadLetterReason" not in sent["order 0"]
