"""What the service refuses: every row of the table, by every way in, at creation and at an update."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from servicebus_emulator.admin import atom
from servicebus_emulator.broker.description import QueueDescription, TopicDescription
from servicebus_emulator.broker.limits import BASIC, PREMIUM, STANDARD, UNLIMITED, Limits
from servicebus_emulator.broker.refusals import REFUSALS
from servicebus_emulator.config import reader
from servicebus_emulator.sas import DEFAULT_RULE, generate

from .in_memory import HOST, SmallHost, admin_client

CLOUD = Path(reader.__file__).parents[2] / "docs" / "cloud.md"
SDK_NAMES = {
    "LockDuration": "lock_duration",
    "MaxSizeInMegabytes": "max_size_in_megabytes",
    "RequiresSession": "requires_session",
    "RequiresDuplicateDetection": "requires_duplicate_detection",
    "ForwardTo": "forward_to",
    "ForwardDeadLetteredMessagesTo": "forward_dead_lettered_messages_to",
    "AutoDeleteOnIdle": "auto_delete_on_idle",
    "DefaultMessageTimeToLive": "default_message_time_to_live",
    "EnableExpress": "enable_express",
    "EnablePartitioning": "enable_partitioning",
    "MaxMessageSizeInKilobytes": "max_message_size_in_kilobytes",
    "MaxDeliveryCount": "max_delivery_count",
    "DuplicateDetectionHistoryTimeWindow": "duplicate_detection_history_time_window",
}


@dataclass(frozen=True)
class Example:
    """Settings that a row refuses. `before`: what the entity was made with, where only an update can be wrong."""

    row: str
    settings: dict[str, Any]
    says: str
    kind: str = "Queue"
    limits: Limits = UNLIMITED
    before: dict[str, Any] | None = None
    sub_code: int = 40000
    updatable: bool = True
    """False where an update is refused for another reason (what is fixed), or there is none."""


EXAMPLES = [
    Example("Topic in Basic", {}, "Topics are not part", kind="Topic", limits=BASIC, updatable=False),
    Example(
        "RequiresSession in Basic",
        {"RequiresSession": True},
        "RequiresSession",
        limits=BASIC,
        updatable=False,
    ),
    Example(
        "RequiresDuplicateDetection in Basic",
        {"RequiresDuplicateDetection": True},
        "RequiresDuplicateDetection",
        limits=BASIC,
        updatable=False,
    ),
    Example("ForwardTo in Basic", {"ForwardTo": "target"}, "'ForwardTo'", limits=BASIC),
    Example(
        "ForwardDeadLetteredMessagesTo in Basic",
        {"ForwardDeadLetteredMessagesTo": "target"},
        "'ForwardDeadLetteredMessagesTo'",
        limits=BASIC,
    ),
    Example("AutoDeleteOnIdle in Basic", {"AutoDeleteOnIdle": "PT10M"}, "AutoDeleteOnIdle", limits=BASIC),
    Example(
        "DefaultMessageTimeToLive in Basic",
        {"DefaultMessageTimeToLive": "PT1H"},
        "'Basic' Tier",
        limits=BASIC,
    ),
    Example("EnableExpress in Basic or Premium", {"EnableExpress": True}, "'Basic' Tier", limits=BASIC),
    Example("EnableExpress in Basic or Premium", {"EnableExpress": True}, "'Premium' Tier", limits=PREMIUM),
    Example(
        "EnableExpress in Basic or Premium", {"EnableExpress": True}, "Topic", kind="Topic", limits=PREMIUM
    ),
    Example(
        "EnablePartitioning in Premium",
        {"EnablePartitioning": True},
        "EnablePartitioning",
        limits=PREMIUM,
        updatable=False,
    ),
    Example(
        "MaxMessageSizeInKilobytes outside Premium",
        {"MaxMessageSizeInKilobytes": 1024},
        "only in premium",
        limits=STANDARD,
    ),
    Example(
        "MaxMessageSizeInKilobytes outside Premium",
        {"MaxMessageSizeInKilobytes": 2048},
        "only in premium",
        kind="Topic",
        limits=STANDARD,
    ),
    Example(
        "MaxSizeInMegabytes of Standard",
        {"MaxSizeInMegabytes": 16384},
        r"must be one of the following values: 1024;2048;3072;4096;5120",
        limits=STANDARD,
    ),
    Example(
        "MaxSizeInMegabytes of Standard",
        {"MaxSizeInMegabytes": 1},
        "1024;2048",
        kind="Topic",
        limits=STANDARD,
    ),
    Example(
        "MaxSizeInMegabytes of a partitioned entity",
        {"EnablePartitioning": True, "MaxSizeInMegabytes": 6000 * 16 + 1},
        "partitions|out of range|allowed is",
        updatable=False,
    ),
    Example(
        "RequiresSession changed",
        {"RequiresSession": True},
        "The value for the RequiresSession property of an existing Queue cannot be changed",
        before={},
    ),
    Example(
        "RequiresSession changed",
        {"RequiresSession": True},
        "The value for the RequiresSession property of an existing Subscription cannot be changed",
        kind="Subscription",
        before={},
    ),
    Example(
        "RequiresDuplicateDetection changed",
        {"RequiresDuplicateDetection": True},
        "The value for the RequiresDuplicateDetection property of an existing Topic cannot be changed",
        kind="Topic",
        before={},
    ),
    Example(
        "EnablePartitioning changed",
        {"EnablePartitioning": True},
        r"Partitioning cannot be changed for Topic\. ",
        kind="Topic",
        before={},
    ),
    Example(
        "EnableExpress with RequiresDuplicateDetection",
        {"EnableExpress": True, "RequiresDuplicateDetection": True},
        "Both DelayedPersistence property and RequiresDuplicateDetection property cannot be enabled together",
        updatable=False,
    ),
    Example(
        "EnableExpress with RequiresDuplicateDetection",
        {"EnableExpress": True, "RequiresDuplicateDetection": True},
        "Both DelayedPersistence property",
        kind="Topic",
        before={"RequiresDuplicateDetection": True},
    ),
    Example(
        "RequiresSession with ForwardTo",
        {"RequiresSession": True, "ForwardTo": "target"},
        "requires sessions and cannot forward",
        before={"RequiresSession": True},
    ),
    Example(
        "RequiresSession with ForwardTo",
        {"RequiresSession": True, "ForwardTo": "target"},
        "requires sessions and cannot forward",
        kind="Subscription",
        before={"RequiresSession": True},
    ),
    Example("Forwarding to itself", {"ForwardTo": "made"}, "policy to itself", before={}),
    Example("Forwarding to itself", {"ForwardDeadLetteredMessagesTo": "MADE"}, "policy to itself", before={}),
    Example(
        "Forwarding to what does not exist",
        {"ForwardTo": "nowhere"},
        "The auto forwarding destination entity does not exist",
        sub_code=40400,
    ),
    Example(
        "Forwarding to what does not exist",
        {"ForwardDeadLetteredMessagesTo": "nowhere"},
        "The auto forwarding destination entity does not exist",
        kind="Subscription",
        sub_code=40400,
    ),
]
NUMBERS = [
    ("MaxDeliveryCount", 2**31 - 1, True),
    ("MaxDeliveryCount", 1, True),
    ("MaxDeliveryCount", 0, False),
    ("MaxDeliveryCount", -1, False),
    ("MaxDeliveryCount", 2**31, False),
    ("MaxDeliveryCount", 2**63, False),
    ("MaxDeliveryCount", -(2**63) - 1, False),
    ("MaxDeliveryCount", 10**400, False),
    ("MaxSizeInMegabytes", 81920, True),
    ("MaxSizeInMegabytes", 81921, False),
    ("MaxSizeInMegabytes", 0, False),
    ("MaxSizeInMegabytes", 2**64, False),
    ("LockDuration", "PT5S", True),
    ("LockDuration", "PT5M", True),
    ("LockDuration", "PT4.999S", False),
    ("LockDuration", "PT5M0.001S", False),
    ("LockDuration", "-PT5S", False),
    ("DefaultMessageTimeToLive", "P10675199DT2H48M5.4775807S", True),
    ("DefaultMessageTimeToLive", "P10675199DT2H48M5.477539S", True),
    ("DefaultMessageTimeToLive", "PT256204778H48M5.4775807S", True),
    ("DefaultMessageTimeToLive", "PT0S", False),
    ("DefaultMessageTimeToLive", "P10675200D", False),
    ("DefaultMessageTimeToLive", f"P{'9' * 400}D", False),
    ("AutoDeleteOnIdle", "PT5M", True),
    ("AutoDeleteOnIdle", "PT4M59S", False),
    ("AutoDeleteOnIdle", "P10675199DT2H48M5.4775807S", True),
    ("DuplicateDetectionHistoryTimeWindow", "P7D", True),
    ("DuplicateDetectionHistoryTimeWindow", "P7DT1S", False),
    ("MaxMessageSizeInKilobytes", 102400, True),
    ("MaxMessageSizeInKilobytes", 102401, False),
    ("MaxMessageSizeInKilobytes", 1023, False),
    ("MaxMessageSizeInKilobytes", -1, False),
]


@pytest.fixture
def host(make_host: Callable[..., SmallHost]) -> Callable[[Limits], SmallHost]:
    def make(limits: Limits) -> SmallHost:
        made = make_host(limits=limits)
        (hosted,) = made.namespaces.values()
        hosted.broker.create_queue(QueueDescription("target"), 0.0)
        if limits.topics:
            hosted.broker.create_topic(TopicDescription("events"), 0.0)
        return made

    return make


def put(host: SmallHost, kind: str, settings: dict[str, Any], **headers: str) -> tuple[int, str]:
    """Raw ATOM: the elements in the order of `settings`."""
    inner = "".join(
        f"<{name}>{str(value).lower() if isinstance(value, bool) else value}</{name}>"
        for name, value in settings.items()
    )
    body = (
        f'<entry xmlns="{atom.ATOM}"><content type="application/xml"><{kind}Description xmlns="{atom.CONNECT}">'
        f"{inner}</{kind}Description></content></entry>"
    )
    path = "events/subscriptions/made" if kind == "Subscription" else "made"
    token = generate(f"sb://{HOST}/", DEFAULT_RULE, 4_000_000_000)
    answer = host.ask("PUT", f"/{path}?api-version=2021-05", body.encode(), authorization=token, **headers)
    return answer.status, answer.body.decode()


def sdk(host: SmallHost, kind: str, settings: dict[str, Any]) -> None:
    client = admin_client(host)
    values = {SDK_NAMES[name]: value for name, value in settings.items()}
    if kind == "Subscription":
        client.create_subscription("events", "made", **values)
    else:
        getattr(client, f"create_{kind.lower()}")("made", **values)


def configured(kind: str, settings: dict[str, Any], limits: Limits) -> None:
    """config.json, where forward destinations may stand in any order."""
    entity: dict[str, Any] = {"Name": "made", "Properties": settings}
    queues: list[dict[str, Any]] = [{"Name": "target", "Properties": {}}]
    topics: list[dict[str, Any]] = []
    if kind == "Queue":
        queues.append(entity)
    elif kind == "Topic":
        topics.append(entity)
    else:
        topics.append({"Name": "events", "Properties": {}, "Subscriptions": [entity]})
    space = {"Name": "space", "Queues": queues, "Topics": topics}
    reader.read(json.dumps({"UserConfig": {"Namespaces": [space]}}), limits)


def names(example: Example) -> str:
    return f"{example.row}, {example.kind}, {example.limits.name}"


@pytest.mark.parametrize("example", EXAMPLES, ids=names)
def test_a_row_is_refused_by_every_way_in(host: Callable[[Limits], SmallHost], example: Example) -> None:
    only_at_updates = example.row.endswith("changed")
    if not only_at_updates:
        here = host(example.limits)
        status, text = put(here, example.kind, example.settings)
        assert status == 400
        assert re.search(example.says, text), text
        assert f"SubCode={example.sub_code}" in text
        with pytest.raises(HttpResponseError, match=example.says) as refused:
            sdk(here, example.kind, example.settings)
        assert refused.value.status_code == 400
        with pytest.raises(reader.ConfigError, match=example.says):
            configured(example.kind, example.settings, example.limits)
    if not example.updatable:
        return
    here = host(example.limits)
    assert put(here, example.kind, example.before or {})[0] == 201
    status, text = put(here, example.kind, example.settings, if_match="*")
    assert status == 400, text
    assert re.search(example.says, text), text
    assert put(here, example.kind, example.before or {}, if_match="*")[0] == 200


@pytest.mark.parametrize(("name", "value", "allowed"), NUMBERS, ids=lambda value: str(value)[:40])
def test_both_ends_of_every_range(
    host: Callable[[Limits], SmallHost], name: str, value: Any, allowed: bool
) -> None:
    here = host(UNLIMITED)
    status, text = put(here, "Queue", {name: value})
    assert status == (201 if allowed else 400), text
    if not allowed:
        assert put(here, "Queue", {})[0] == 201
    assert put(here, "Queue", {name: value}, if_match="*")[0] == (200 if allowed else 400)
    if allowed:
        configured("Queue", {name: value}, UNLIMITED)
    else:
        with pytest.raises(reader.ConfigError, match=name):
            configured("Queue", {name: value}, UNLIMITED)


@pytest.mark.parametrize("text", ["", "1.5", "1_0", "٣", "ten", "0x10", "1e3"])
def test_what_is_no_whole_number_is_none(host: Callable[[Limits], SmallHost], text: str) -> None:
    assert put(host(UNLIMITED), "Queue", {"MaxDeliveryCount": text})[0] == 400


def test_a_number_of_five_thousand_digits_is_a_problem_and_no_fault() -> None:
    with pytest.raises(reader.ConfigError, match="too many digits"):
        reader.read('{"UserConfig": {"Namespaces": [{"Name": "n", "x": ' + "9" * 5000 + "}]}}")


def test_the_table_of_the_documentation_is_the_one_that_is_carried_out() -> None:
    section = CLOUD.read_text(encoding="utf-8").partition("## What is refused")[2].partition("\n## ")[0]
    rows = {
        cells[1].strip(): cells[4].strip()
        for line in section.splitlines()
        if (cells := line.split("|"))[1:] and len(cells) > 5
    }
    assert {row.name: row.source for row in REFUSALS}.items() <= rows.items()
    assert {example.row for example in EXAMPLES} == {row.name for row in REFUSALS}
