"""Answers of the administration as the service gives them: times, sizes, rights, addresses, typed values."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from azure.servicebus.management import ServiceBusAdministrationClient

from servicebus_emulator.admin import atom
from servicebus_emulator.broker.limits import PREMIUM, STANDARD, Limits
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.gateway.management_rules import described
from servicebus_emulator.sas import DEFAULT_RULE, AccessRule, Right, generate

from ..plain_content import PlainContent
from .in_memory import HOST, SmallHost

TOKEN = generate(f"sb://{HOST}/", DEFAULT_RULE, 4_000_000_000)


def test_an_unused_entity_was_accessed_in_the_year_1(
    admin: ServiceBusAdministrationClient, broker: Namespace
) -> None:
    queue = admin.create_queue("q")
    admin.update_queue(queue)
    assert admin.get_queue_runtime_properties("q").accessed_at_utc.year == 1  # type: ignore[union-attr]
    broker.queue("q").send([PlainContent("x")], 1_700_000_000.0)
    assert admin.get_queue_runtime_properties("q").accessed_at_utc.year == 2023  # type: ignore[union-attr]


@pytest.mark.parametrize(("limits", "kilobytes"), [(STANDARD, 256), (PREMIUM, 1024)])
def test_the_tiers_message_size_is_shown_and_may_be_given_back(
    make_host: Callable[..., SmallHost], limits: Limits, kilobytes: int
) -> None:
    from .in_memory import admin_client

    admin = admin_client(make_host(limits=limits))
    queue, topic = admin.create_queue("q"), admin.create_topic("t")
    assert queue.max_message_size_in_kilobytes == topic.max_message_size_in_kilobytes == kilobytes
    admin.update_queue(queue)
    admin.update_topic(topic)
    assert admin.get_queue("q").max_message_size_in_kilobytes == kilobytes


def test_a_destination_keeps_its_scheme(admin: ServiceBusAdministrationClient, broker: Namespace) -> None:
    admin.create_queue("to")
    queue = admin.create_queue("from", forward_to=f"https://{HOST}/to")
    assert queue.forward_to == f"https://{HOST}/to"
    broker.queue("from").send([PlainContent("x")], 0.0)
    assert broker.queue("to").active_count == 1


@pytest.mark.parametrize(
    "path",
    [
        "q/$DeadLetterQueue",
        "q/%24deadletterqueue",
        "q/$Transfer/$DeadLetterQueue",
        "q/$management",
        "t/subscriptions/s/$DeadLetterQueue",
        "t/subscriptions/s/$Transfer/$DeadLetterQueue",
        "t/$DeadLetterQueue",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_parts_of_entities_have_no_address(host: SmallHost, path: str, method: str) -> None:
    answer = host.ask(method, f"/{path}?api-version=2021-05", authorization=TOKEN)
    assert answer.status == 400
    assert b"SubCode=40000" in answer.body


def test_who_lacks_manage_is_told_so_and_told_what_is_missing(make_host: Callable[..., SmallHost]) -> None:
    reader = AccessRule("reader", "k", frozenset({Right.LISTEN}))
    host = make_host(rules=(DEFAULT_RULE, reader))
    admin_token, token = TOKEN, generate(f"sb://{HOST}/", reader, 4_000_000_000)
    body = (
        f'<entry xmlns="{atom.ATOM}"><content type="application/xml"><QueueDescription xmlns="{atom.CONNECT}"/>'
        "</content></entry>"
    ).encode()
    assert host.ask("PUT", "/q?api-version=2021-05", body, authorization=admin_token).status == 201
    for method, path, says in (
        ("GET", "q", b"<Detail>Manage,EntityRead claims required for this operation"),
        ("GET", "$Resources/queues", b"Manage,EntityRead claims required for this operation"),
        ("PUT", "new", b"<Detail>Authorization failed for specified action: Manage,EntityWrite."),
        ("DELETE", "q", b"<Detail>Authorization failed for specified action: Manage,EntityDelete."),
        (
            "GET",
            "t/subscriptions/missing",
            b"401 SubCode=40100: Unauthorized : Unauthorized access for 'GetSubscr",
        ),
        ("GET", "t/subscriptions", b"Unauthorized access for 'EnumerateSubscriptions' operation"),
        ("PUT", "t/subscriptions/s", b"Unauthorized access for 'CreateOrUpdateSubscription' operation"),
        ("DELETE", "t/subscriptions/s", b"Unauthorized access for 'DeleteSubscription' operation"),
        ("GET", "t/subscriptions/s/rules", b"Unauthorized access for 'EnumerateRules' operation"),
    ):
        answer = host.ask(method, f"/{path}?api-version=2021-05", body, authorization=token)
        assert answer.status == 401
        assert says in answer.body
    answer = host.ask("GET", "/missing?api-version=2021-05", authorization=token)
    assert (answer.status, b"<entry" in answer.body) == (200, False)
    assert host.ask("GET", "/missing?api-version=2021-05").status == 401


VALUES = [
    ("int", "5"),
    ("long", "5"),
    ("short", "5"),
    ("unsignedLong", "18446744073709551615"),
    ("double", "3"),
    ("float", "1.5"),
    ("decimal", "1.10"),
    ("boolean", "true"),
    ("string", " a "),
    ("guid", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    ("dateTime", "2026-11-26T16:00:00.1234567Z"),
    ("dateTime", "2026-11-26T16:00:00"),
    ("duration", "P1DT0.1234567S"),
    ("duration", "-PT5S"),
]


def _rule_with(kind: str, text: str, tag: str) -> bytes:
    value = (
        f'<KeyValueOfstringanyType><Key>k</Key><Value xmlns:d6p1="{atom.SCHEMA}" i:type="d6p1:{kind}">{text}</Value>'
        "</KeyValueOfstringanyType>"
    )
    inner = {
        "Properties": f'<Filter i:type="CorrelationFilter"><Properties>{value}</Properties></Filter>',
        "Parameters": f'<Filter i:type="SqlFilter"><SqlExpression>a = @k</SqlExpression><Parameters>{value}</Parameters>'
        "</Filter>",
    }[tag]
    return (
        f'<entry xmlns="{atom.ATOM}"><content type="application/xml"><RuleDescription xmlns="{atom.CONNECT}" '
        f'xmlns:i="{atom.INSTANCE}">{inner}</RuleDescription></content></entry>'
    ).encode()


@pytest.mark.parametrize("tag", ["Properties", "Parameters"])
@pytest.mark.parametrize(("kind", "text"), VALUES)
def test_a_rules_value_comes_back_as_it_was_sent(
    host: SmallHost, admin: ServiceBusAdministrationClient, broker: Namespace, kind: str, text: str, tag: str
) -> None:
    admin.create_topic("t")
    admin.create_subscription("t", "s")
    address = "/t/subscriptions/s/rules/r?api-version=2021-05"
    made = host.ask("PUT", address, _rule_with(kind, text, tag), authorization=TOKEN)
    if (kind, text) == ("unsignedLong", "18446744073709551615"):
        assert made.status == 400  # it fits into no message that is a long
        return
    assert made.status == 201, made.body
    found = host.ask("GET", address, authorization=TOKEN).body.decode()
    assert f'i:type="d6p1:{kind}">{text}</Value>' in found
    assert described(broker.subscription("t", "s").rule("r"))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "2147483648"),
        ("int", "1.5"),
        ("boolean", "maybe"),
        ("guid", "x"),
        ("dateTime", "now"),
        ("byte", "128"),
    ],
)
def test_a_value_that_is_none_of_its_type_is_refused(
    host: SmallHost, admin: ServiceBusAdministrationClient, kind: str, text: str
) -> None:
    admin.create_topic("t")
    admin.create_subscription("t", "s")
    address = "/t/subscriptions/s/rules/r?api-version=2021-05"
    assert host.ask("PUT", address, _rule_with(kind, text, "Properties"), authorization=TOKEN).status == 400


RULE = (
    '<AuthorizationRules><AuthorizationRule i:type="SharedAccessAuthorizationRule" '
    'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><ClaimType>SharedAccessKey</ClaimType>'
    "<ClaimValue>None</ClaimValue><Rights><AccessRights>Send</AccessRights></Rights>{}<KeyName>k</KeyName>"
    "<PrimaryKey>p</PrimaryKey><SecondaryKey>s</SecondaryKey></AuthorizationRule></AuthorizationRules>"
)
TIMES = (
    "<CreatedTime>2022-01-12T01:28:26.1670445Z</CreatedTime><ModifiedTime>2022-02-12T01:28:26Z</ModifiedTime>"
)


@pytest.mark.parametrize("times", [TIMES, ""])
def test_the_times_of_an_access_rule_are_its_clients(host: SmallHost, times: str) -> None:
    def put(path: str, times: str) -> tuple[int, str]:
        body = (
            f'<entry xmlns="{atom.ATOM}"><content type="application/xml"><QueueDescription xmlns="{atom.CONNECT}">'
            f"{RULE.format(times)}</QueueDescription></content></entry>"
        )
        answer = host.ask("PUT", f"/{path}?api-version=2021-05", body=body.encode(), authorization=TOKEN)
        return answer.status, answer.body.decode()

    status, made = put("q", times)
    assert status == 201
    assert f"</Rights>{times}<KeyName>k</KeyName>" in made
    assert put("r", "<CreatedTime>yesterday</CreatedTime>")[0] == 400
