"""The page, its JSON API, health and metrics: what they show, what they do, whom they refuse."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from servicebus_emulator.admin import routes
from servicebus_emulator.admin.host import Health
from servicebus_emulator.admin.http import Request
from servicebus_emulator.broker.description import (
    QueueDescription,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.broker.message import Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace

from ..plain_content import PlainContent
from .in_memory import HOST, SmallHost

JSON = {"content_type": "application/json"}


def _post(host: SmallHost, name: str, **body: object) -> tuple[int, Any]:
    answer = host.ask("POST", f"/api/{name}", json.dumps(body).encode(), **JSON)
    return answer.status, json.loads(answer.body)


def _get(host: SmallHost, name: str) -> Any:
    answer = host.ask("GET", f"/api/{name}")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


@pytest.fixture
def filled(host: SmallHost, broker: Namespace) -> SmallHost:
    """A queue with a message in each state, and a topic with a subscription."""
    now_s = time.time()
    queue = broker.create_queue(QueueDescription("q", lock_duration_s=30), now_s)
    broker.create_topic(TopicDescription("t"), now_s)
    broker.create_subscription("t", SubscriptionDescription("s"), now_s)
    receiver = queue.open_receiver(ReceiveMode.PEEK_LOCK, now_s)
    queue.send([PlainContent("defer"), PlainContent("dead"), PlainContent("locked")], now_s)
    receiver.add_credit(3, now_s)
    tokens = {message.content.body: message.lock_token for _, message in broker.pop_deliveries()}  # type: ignore[attr-defined]
    receiver.settle(Outcome.DEFER, tokens["defer"] or b"", now_s)
    receiver.settle(
        Outcome.DEAD_LETTER,
        tokens["dead"] or b"",
        now_s,
        reason="Broken",
        description="no amount",
        properties={"k": 1},
    )
    queue.send([PlainContent("waiting"), PlainContent("later", scheduled_enqueue_s=now_s + 3600)], now_s)
    return host


def test_the_state_counts_every_message(filled: SmallHost) -> None:
    state = _get(filled, "state")
    (space,) = state["namespaces"]
    (queue,) = space["queues"]
    counts = {name: queue[name] for name in ("active", "deferred", "scheduled", "deadLetter", "receivers")}
    assert counts == {"active": 2, "deferred": 1, "scheduled": 1, "deadLetter": 1, "receivers": 1}
    assert space["topics"][0]["subscriptions"][0]["rules"] == ["$Default"]


def test_messages_are_shown_with_state_lock_and_properties(filled: SmallHost) -> None:
    messages = _get(filled, "messages?entity=Q")["messages"]
    assert [(m["body"], m["state"]) for m in messages] == [
        ("defer", "deferred"),
        ("locked", "active"),
        ("waiting", "active"),
        ("later", "scheduled"),
    ]
    assert messages[1]["lockedUntil"]
    assert not messages[2]["lockedUntil"]
    (dead,) = _get(filled, "messages?entity=q/$DeadLetterQueue")["messages"]
    assert dead["applicationProperties"] == {
        "DeadLetterReason": "Broken",
        "DeadLetterErrorDescription": "no amount",
        "k": 1,
    }
    assert [m["body"] for m in _get(filled, "messages?entity=q&from=5&top=1")["messages"]] == ["later"]


def test_a_message_for_a_time_that_no_calendar_has_is_shown_too(filled: SmallHost, broker: Namespace) -> None:
    broker.queue("q").send([PlainContent("late", scheduled_enqueue_s=1e15)], filled.now_s())
    *_, last = _get(filled, "messages?entity=q")["messages"]
    assert last["scheduled"] == "9999-12-31T23:59:59.000+00:00"


def test_a_dead_letter_is_sent_again(filled: SmallHost, broker: Namespace) -> None:
    (dead,) = _get(filled, "messages?entity=q/$deadletterqueue")["messages"]
    status, told = _post(
        filled, "resubmit", entity="q/$DeadLetterQueue", sequenceNumber=dead["sequenceNumber"]
    )
    assert (status, told) == (200, {"sequenceNumber": 6})
    assert broker.queue("q").dead_letter_queue.active_count == 0  # type: ignore[union-attr]
    again = _get(filled, "messages?entity=q&from=6")["messages"][0]
    assert (again["body"], again["applicationProperties"]) == ("dead", {"k": 1})
    assert _post(filled, "resubmit", entity="q", sequenceNumber=6)[0] == 400
    assert _post(filled, "resubmit", entity="q/$DeadLetterQueue", sequenceNumber=99)[0] == 404


def test_a_message_is_sent_with_its_properties(filled: SmallHost) -> None:
    own = {"a": 1, "b": True, "c": "x"}
    assert (
        _post(filled, "send", entity="t", body="hello", message_id="m1", applicationProperties=own)[0] == 200
    )
    (message,) = _get(filled, "messages?entity=t/Subscriptions/s")["messages"]
    assert (message["body"], message["properties"], message["applicationProperties"]) == (
        "hello",
        {"message_id": "m1"},
        own,
    )
    _post(filled, "send", entity="q", body="soon", delaySeconds=60)
    _post(filled, "send", entity="q", body="short", timeToLiveSeconds=5)
    *_, soon, short = _get(filled, "messages?entity=q")["messages"]
    assert soon["state"] == "scheduled"
    assert short["expires"]


def test_the_clock_moves_forward_and_locks_expire(filled: SmallHost, broker: Namespace) -> None:
    assert _post(filled, "clock", forwardSeconds=31) == (200, {"clockOffsetSeconds": 31.0})
    locked = _get(filled, "messages?entity=q")["messages"][1]
    assert (locked["body"], locked["lockedUntil"], locked["deliveryCount"]) == ("locked", None, 1)
    _post(filled, "clock", forwardSeconds=3600)
    assert broker.queue("q").scheduled_count == 0
    for wrong in (0, -5, "soon", None, 1e12, "inf"):
        assert _post(filled, "clock", forwardSeconds=wrong)[0] == 400


def test_emptying_and_resetting(filled: SmallHost, broker: Namespace) -> None:
    assert _post(filled, "purge", entity="q") == (200, {"removed": 4})
    assert broker.queue("q").active_count == 0
    assert _post(filled, "reset", namespace="sbemulatorns")[0] == 200
    assert filled.made == ["reset sbemulatorns"]


@pytest.mark.parametrize(
    ("name", "body", "status", "words"),
    [
        ("send", {"entity": "none"}, 404, "none"),
        ("send", {}, 400, "'entity' is missing"),
        ("send", {"entity": "q", "namespace": "other"}, 404, "no namespace 'other'"),
        ("send", {"entity": "q", "applicationProperties": {"a": []}}, 400, "applicationProperties"),
        ("send", {"entity": "q", "timeToLiveSeconds": "x"}, 400, "timeToLiveSeconds"),
        ("send", {"entity": "q", "timeToLiveSeconds": 1e308}, 400, "10 years"),
        ("send", {"entity": "q", "delaySeconds": 1e308}, 400, "10 years"),
        ("send", {"entity": "q", "body": "\ud83d"}, 400, "no JSON"),
        ("purge", {"entity": "t"}, 400, "subscriptions"),
        ("explode", {}, 404, "not known"),
    ],
)
def test_a_wrong_wish_is_told_plainly(
    filled: SmallHost, name: str, body: dict[str, object], status: int, words: str
) -> None:
    got, told = _post(filled, name, **body)
    assert (got, words in told["error"]) == (status, True), told


def test_a_body_that_is_no_json_object_is_refused(filled: SmallHost) -> None:
    for body in (b"{", b"[]", b"\xff"):
        assert filled.ask("POST", "/api/send", body, **JSON).status == 400


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"host": "evil.example"}, "not one of this emulator"),
        ({"host": "localhost.evil.example:80"}, "not one of this emulator"),
        ({"origin": "https://evil.example"}, "another web site"),
        ({"origin": "null"}, "another web site"),
        ({"origin": "http://localhost:9999"}, "another web site"),
        ({"sec_fetch_site": "cross-site"}, "another web site"),
        ({"sec_fetch_site": "same-site"}, "another web site"),
        ({"content_type": "text/plain"}, "application/json"),
        ({"content_type": "application/x-www-form-urlencoded"}, "application/json"),
    ],
)
def test_another_web_site_can_do_nothing(
    filled: SmallHost, broker: Namespace, headers: dict[str, str], words: str
) -> None:
    answer = filled.ask("POST", "/api/purge", b'{"entity":"q"}', **(JSON | headers))
    assert answer.status == 403
    assert words in answer.body.decode()
    assert broker.queue("q").active_count == 2


def test_our_own_page_may_and_another_machine_may_not(filled: SmallHost) -> None:
    own = {"origin": f"http://{HOST}", "sec_fetch_site": "same-origin"}
    assert filled.ask("POST", "/api/purge", b'{"entity":"q"}', **(JSON | own)).status == 200
    far = Request("GET", "/api/state", (("host", HOST),), loopback=False)
    assert routes.respond(far, filled, 0.0).status == 403
    filled.authorize = False
    assert routes.respond(far, filled, 0.0).status == 200


def test_the_page_asks_no_other_host_and_runs_no_foreign_script(host: SmallHost) -> None:
    for path in ("/", "/page.js", "/page.css"):
        answer = host.ask("GET", path)
        assert answer.status == 200
        policy = dict(answer.headers)["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        text = answer.body.decode()
        assert not re.search(r"https?://|//[a-z]+\.[a-z]+/|@import|innerHTML|eval\(", text)
    assert host.ask("POST", "/", **JSON).status == 405
    assert host.ask("HEAD", "/").body == b""


def test_every_file_of_the_page_is_packaged() -> None:
    names = {path.name for path in (Path(routes.__file__).parent / "web").iterdir()}
    assert names == {"index.html", "page.js", "page.css"}


def test_health_says_what_the_official_emulator_says(make_host: Callable[..., SmallHost]) -> None:
    well = make_host().ask("GET", "/health")
    assert (well.status, json.loads(well.body)["status"]) == (200, "healthy")
    assert json.loads(well.body)["message"] == "Service is healthy."
    ill = make_host(health=Health(False, 0.0, 1.0, "no message came back")).ask("GET", "/health")
    assert ill.status == 503
    assert json.loads(ill.body)["failure"] == "no message came back"


def test_a_queue_may_have_the_name_of_one_of_our_pages(host: SmallHost, broker: Namespace) -> None:
    for name in ("health", "metrics", "api", "page.js"):
        broker.create_queue(QueueDescription(name), 1.0)
        answer = host.ask("GET", f"/{name}?api-version=2021-05")
        assert answer.status == 401  # the administration asks for a signature; the page does not answer


def test_hidden_entities_are_shown_to_nobody(host: SmallHost, broker: Namespace) -> None:
    broker.create_queue(QueueDescription("$probe"), 1.0)
    host.authorize = False
    assert b"$probe" not in host.ask("GET", "/$Resources/queues?api-version=2021-05").body
    assert _get(host, "state")["namespaces"][0]["queues"] == []
    assert b"$probe" not in host.ask("GET", "/metrics").body


def test_metrics_are_prometheus_text(filled: SmallHost) -> None:
    answer = filled.ask("GET", "/metrics")
    text = answer.body.decode()
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    sample = re.compile(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+]+')
    for line in text.splitlines():
        assert line.startswith(("# TYPE ", "# HELP ")) or sample.fullmatch(line), line
    assert 'servicebus_emulator_messages{namespace="sbemulatorns",entity="q",state="dead_letter"} 1' in text
    assert 'servicebus_emulator_messages{namespace="sbemulatorns",entity="q",state="active"} 2' in text
    assert "# TYPE servicebus_emulator_messages_received_total counter" in text
    assert "servicebus_emulator_connections 2" in text


@pytest.mark.parametrize("path", ["/health/deep", "/metrics/deep"])
def test_an_entity_below_one_of_its_own_names_is_an_entity(host: SmallHost, path: str) -> None:
    assert host.ask("GET", path).body.startswith(b"<Error>")
