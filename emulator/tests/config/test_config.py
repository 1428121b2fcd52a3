"""Microsoft's reader.json: what it says is made; what is wrong in it is refused, all of it, with its path."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from servicebus_emulator.broker.description import CorrelationFilter, EntityStatus, SqlFilter
from servicebus_emulator.broker.limits import OFFICIAL_EMULATOR, UNLIMITED, Limits
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.config import reader
from servicebus_emulator.config.apply import apply
from servicebus_emulator.sas import Right

# The shape of the sample file that comes with the official emulator, its comment style included.
SAMPLE = """{
  "UserConfig": {
    "Namespaces": [
      {
        "Name": "sbemulatorns",
        "Queues": [
          {
            "Name": "queue.1",
            "Properties": {
              "DeadLetteringOnMessageExpiration": false,
              "DefaultMessageTimeToLive": "PT1H",
              "DuplicateDetectionHistoryTimeWindow": "PT20S",
              "ForwardDeadLetteredMessagesTo": "",
              "ForwardTo": "",
              "LockDuration": "PT1M",
              "MaxDeliveryCount": 3,
              "RequiresDuplicateDetection": false,
              "RequiresSession": false
            }
          }
        ],
        "Topics": [
          {
            "Name": "topic.1",
            "Properties": {
              "DefaultMessageTimeToLive": "PT1H",
              "DuplicateDetectionHistoryTimeWindow": "PT20S",
              "RequiresDuplicateDetection": false
            },
            "Subscriptions": [
              {
                "Name": "subscription.1",
                "Properties": { "LockDuration": "PT1M", "MaxDeliveryCount": 3, "ForwardTo": "queue.1" },
                "Rules": [
                  {
                    "Name": "app-prop-filter-1",
                    "Properties": {
                      "FilterType": "Correlation",
                      "CorrelationFilter": {
                        "ContentType": "application/text",
                        // Other supported properties
                        // "CorrelationId": "id1",
                        "Label": "subject1",
                        "Properties": { "prop1": "value1", "n": 2 }
                      }
                    }
                  }
                ]
              },
              {
                "Name": "subscription.2",
                "Rules": [
                  {
                    "Name": "sql",
                    "Properties": {
                      "FilterType": "Sql",
                      "SqlFilter": { "SqlExpression": "sys.MessageId = '1' AND userProp1 = 'value1'" },
                      "Action": { "SqlExpression": "SET sys.To = 'Entity'" }
                    }
                  }
                ]
              },
              { "Name": "subscription.3" }
            ]
          }
        ]
      }
    ],
    "Logging": { "Type": "File" }
  }
}"""


def _made(text: str, limits: Limits = UNLIMITED) -> Namespace:
    (configured,) = reader.read(text, limits)
    broker = Namespace(configured.name, limits=limits)
    assert apply(configured, broker, 1.0) == []
    return broker


@pytest.mark.parametrize("limits", [UNLIMITED, OFFICIAL_EMULATOR], ids=["own limits", "official limits"])
def test_the_sample_is_made_whole(limits: Limits) -> None:
    broker = _made(SAMPLE, limits)
    queue = broker.queue("queue.1").description
    assert (queue.max_delivery_count, queue.default_message_time_to_live_s, queue.forward_to) == (
        3,
        3600,
        None,
    )
    assert broker.subscription("topic.1", "subscription.1").description.forward_to == "queue.1"
    (first,) = broker.subscription("topic.1", "subscription.1").rules()
    assert first.filter == CorrelationFilter(
        content_type="application/text", label="subject1", properties={"prop1": "value1", "n": 2}
    )
    (second,) = broker.subscription("topic.1", "subscription.2").rules()
    assert isinstance(second.filter, SqlFilter)
    assert second.action is not None
    assert [rule.name for rule in broker.subscription("topic.1", "subscription.3").rules()] == ["$Default"]


def test_what_is_left_out_has_the_clouds_default_or_the_official_emulators() -> None:
    text = json.dumps(_config({"Name": "q"}) | {})
    assert _made(text).queue("q").description.max_delivery_count == 10
    official = _config({"Name": "q"})
    official["UserConfig"]["Logging"] = {"Type": "Console"}
    assert _made(json.dumps(official), OFFICIAL_EMULATOR).queue("q").description.max_delivery_count == 3


def test_more_than_the_official_emulator_knows() -> None:
    value: dict[str, Any] = {
        "UserConfig": {
            "Namespaces": [
                {
                    "Name": "orders",
                    "AuthorizationRules": [{"Name": "reader", "Rights": ["Listen"], "PrimaryKey": "k"}],
                    "Queues": [
                        {
                            "Name": "in/box~1",
                            "Properties": {
                                "AutoDeleteOnIdle": "PT10M",
                                "Status": "SendDisabled",
                                "MaxDeliveryCount": 2000,
                                "DefaultMessageTimeToLive": "P30D",
                            },
                            "AuthorizationRules": [
                                {"Name": "s", "Rights": ["Send"], "PrimaryKey": "a", "SecondaryKey": "b"}
                            ],
                        }
                    ],
                },
                {"Name": "stock"},
            ]
        }
    }
    orders, stock = reader.read(json.dumps(value))
    assert stock.name == "stock"
    assert orders.access_rules[0].rights == {Right.LISTEN}
    description = orders.queues[0].description
    assert description.status is EntityStatus.SEND_DISABLED
    assert description.authorization_rules[0].secondary_key == "b"
    assert description.auto_delete_on_idle_s == 600


Change = Callable[[dict[str, Any]], object]


def _config(queue: dict[str, Any] | None = None) -> dict[str, Any]:
    queues = [queue] if queue else []
    return {"UserConfig": {"Namespaces": [{"Name": "sbemulatorns", "Queues": queues, "Topics": []}]}}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"LockDuration": "PT6M"}, "Properties.LockDuration: 'PT6M' is out of range; allowed is 5 to 300 seconds (PT5S to PT5M)"),
        ({"LockDuration": 60}, 'Properties.LockDuration: 60 is no ISO 8601 duration such as "PT1M"'),
        ({"LockDuration": "1 minute"}, "Properties.LockDuration: '1 minute' is no ISO 8601 duration"),
        ({"MaxDeliveryCount": 0}, "Properties.MaxDeliveryCount: 0 is out of range; allowed is 1 to 2147483647 deliveries"),
        ({"MaxDeliveryCount": "3"}, "Properties.MaxDeliveryCount: '3' is no whole number"),
        ({"MaxDeliveryCount": True}, "Properties.MaxDeliveryCount: true is no whole number"),
        ({"RequiresSession": "yes"}, "Properties.RequiresSession: 'yes' is no true or false"),
        ({"Status": "Asleep"}, "Properties.Status: 'Asleep' is none of Active, Disabled, SendDisabled"),
        ({"LockDuratoin": "PT1M"}, "Properties.LockDuratoin: is not known here; did you mean 'LockDuration'?"),
        ({"ForwardTo": "nowhere"}, "'nowhere'"),
        ({"AutoDeleteOnIdle": "PT1M"}, "Properties.AutoDeleteOnIdle: 'PT1M' is out of range"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_refused_with_its_path_and_range(change: dict[str, object], problem: str) -> None:
    with pytest.raises(reader.ConfigError) as refused:
        reader.read(json.dumps(_config({"Name": "q", "Properties": change})))
    (line,) = refused.value.problems
    assert line.startswith("$.UserConfig.Namespaces[0].Queues[0]")
    assert problem in line


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"FilterType": "Corelation", "CorrelationFilter": {"To": "x"}}, "Rules[0].Properties.FilterType: 'Corelation' is not known; allowed are Correlation, Sql"),
        ({}, "Rules[0].Properties: 'FilterType' is missing"),
        ({"FilterType": "Sql"}, "Rules[0].Properties.SqlFilter: 'SqlExpression' is missing"),
        ({"FilterType": "Sql", "SqlFilter": {"SqlExpression": "a = = 1"}}, "Rules[0]: "),
        ({"FilterType": "Sql", "SqlFilter": {"SqlExpression": "a=1"}, "CorrelationFilter": {}}, "CorrelationFilter: does not fit to FilterType 'Sql'"),
        ({"FilterType": "Correlation", "CorrelationFilter": {}}, "CorrelationFilter: names no property to compare"),
        ({"FilterType": "Correlation", "CorrelationFilter": {"Subject": "x"}}, "CorrelationFilter.Subject: is not known here"),
        ({"FilterType": "Correlation", "CorrelationFilter": {"Properties": {"a": []}}}, "Properties.a: a list is neither text"),
        ({"FilterType": "True", "Action": {"SqlExpression": "SET"}}, "Rules[0]: "),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_not_dropped(rule: dict[str, object], problem: str) -> None:
    value = _config()
    value["UserConfig"]["Namespaces"][0]["Topics"] = [
        {"Name": "t", "Subscriptions": [{"Name": "s", "Rules": [{"Name": "r", "Properties": rule}]}]}
    ]
    with pytest.raises(reader.ConfigError) as refused:
        reader.read(json.dumps(value))
    assert any(
        line.startswith("$.UserConfig.Namespaces[0].Topics[0].Subscriptions[0]") and problem in line
        for line in refused.value.problems
    ), refused.value.problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "$: no JSON: line 1 column 2"),
        ("[]", "$: a list is no object"),
        ("{}", "$: 'UserConfig' is missing"),
        ('{"UserConfig": {}}', "$.UserConfig: 'Namespaces' is missing"),
        ('{"UserConfig": {"Namespaces": []}}', "at least one namespace"),
        ('{"UserConfig": {"Namespaces": [{}]}}', "Namespaces[0]: 'Name' is missing"),
        ('{"UserConfig": {"Namespaces": [{"Name": "a b"}]}}', "Namespaces[0].Name: 'a b'"),
        ('{"UserConfig": {"Namespaces": [{"Name": "a"}, {"Name": "A"}]}}', "Namespaces[1].Name: 'A' names a namespace twice"),
        ('{"UserConfig": {"Namespaces": [{"Name": "a"}], "Logging": {"Type": "Printer"}}}', "Logging.Type: 'Printer'; allowed are File, Console"),
        ('{"UserConfig": {"Namespaces": [{"Name": "a", "AuthorizationRules": [{"Name": "r", "Rights": ["Read"], "PrimaryKey": "k"}]}]}}', "Rights[0]: 'Read'; allowed are Listen, Send, Manage"),
        ('{"UserConfig": {"Namespaces": [{"Name": "a", "Queues": [{"Name": "q"}, {"Name": "Q"}]}]}}', "Queues[1].Name: 'Q' is taken by $.UserConfig.Namespaces[0].Queues[0]"),
        ('{"UserConfig": {"Namespaces": [{"Name": "a", "Queues": [{"Name": "q!"}]}]}}', "Queues[0]: The name 'q!' is not valid"),
        ('{"UserConfig": {"Namespaces": [{"Name": "a", "Queues": [{"Name": "$probe"}]}]}}', "Queues[0].Name: '$probe' begins with '$'"),
    ],
)  # fmt: skip
def test_a_broken_frame_is_refused(text: str, problem: str) -> None:
    with pytest.raises(reader.ConfigError) as refused:
        reader.read(text)
    assert problem in str(refused.value)


def test_every_problem_is_told_at_once() -> None:
    value = _config({"Name": "q", "Properties": {"LockDuration": "x", "MaxDeliveryCount": -1, "Typo": 1}})
    with pytest.raises(reader.ConfigError) as refused:
        reader.read(json.dumps(value))
    assert len(refused.value.problems) == 3


def test_the_official_limits_are_held_only_when_asked_for() -> None:
    value = _config({"Name": "q", "Properties": {"MaxDeliveryCount": 11, "DefaultMessageTimeToLive": "P1D"}})
    value["UserConfig"]["Logging"] = {"Type": "File"}
    reader.read(json.dumps(value))
    with pytest.raises(reader.ConfigError, match="1 to 10 deliveries") as refused:
        reader.read(json.dumps(value), OFFICIAL_EMULATOR)
    assert len(refused.value.problems) == 2
    many = _config()
    many["UserConfig"]["Namespaces"][0]["Queues"] = [{"Name": f"q{at}"} for at in range(51)]
    many["UserConfig"]["Logging"] = {"Type": "File"}
    reader.read(json.dumps(many))
    with pytest.raises(reader.ConfigError, match=r"Queues\[50\]"):
        reader.read(json.dumps(many), OFFICIAL_EMULATOR)


def test_applying_again_changes_only_what_differs() -> None:
    broker = _made(SAMPLE)
    broker.create_queue(broker.queue("queue.1").description.__class__("own"), 2.0)
    stamp = broker.queue("queue.1").updated_s
    changed = copy.deepcopy(SAMPLE).replace("userProp1 = 'value1'", "userProp1 = 'value2'")
    (configured,) = reader.read(changed.replace('"name": "sql"', '"name": "other"'))
    assert apply(configured, broker, 3.0) == []
    assert broker.queue("queue.1").updated_s == stamp
    assert broker.queue("own") is not None
    (rule,) = broker.subscription("topic.1", "subscription.2").rules()
    assert isinstance(rule.filter, SqlFilter)
    assert "value2" in rule.filter.expression
    (session,) = reader.read(SAMPLE.replace('"RequiresSession": false', '"RequiresSession": true'))
    (problem,) = apply(session, broker, 4.0)
    assert "Queues[0]" in problem
