"""The real SDK's administration client against the administration, carried in memory."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.servicebus.management import (
    ApiVersion,
    AuthorizationRule,
    CorrelationRuleFilter,
    FalseRuleFilter,
    ServiceBusAdministrationClient,
    SqlRuleAction,
    SqlRuleFilter,
    TrueRuleFilter,
)

from servicebus_emulator.admin import duration
from servicebus_emulator.broker.description import SubscriptionDescription, TopicDescription
from servicebus_emulator.broker.limits import BASIC, PREMIUM, STANDARD
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.sas import AccessRule, Right

from ..plain_content import PlainContent
from .in_memory import HOST, SmallHost, admin_client

MINUTE = datetime.timedelta(minutes=1)


def test_every_setting_of_a_queue_comes_back(admin: ServiceBusAdministrationClient) -> None:
    admin.create_topic("target")
    rule = AuthorizationRule(
        type="SharedAccessAuthorizationRule",
        claim_type="SharedAccessKey",
        claim_value="None",
        key_name="reader & co",
        rights=["Listen"],
        primary_key="p<k>",
        secondary_key="s",
    )
    made = admin.create_queue(
        "orders/in.box-1_2",
        lock_duration=MINUTE * 2,
        max_size_in_megabytes=2048,
        requires_duplicate_detection=True,
        default_message_time_to_live=MINUTE * 7,
        dead_lettering_on_message_expiration=True,
        duplicate_detection_history_time_window=MINUTE * 9,
        max_delivery_count=14,
        enable_batched_operations=False,
        forward_to="target",
        forward_dead_lettered_messages_to="target",
        user_metadata="a <b> & 'c'",
        auto_delete_on_idle=MINUTE * 11,
        enable_partitioning=True,
        max_message_size_in_kilobytes=2048,
        authorization_rules=[rule],
        status="SendDisabled",
    )
    for queue in (made, admin.get_queue("ORDERS/in.box-1_2"), next(iter(admin.list_queues()))):
        assert queue.name.lower() == "orders/in.box-1_2"
        assert queue.lock_duration == MINUTE * 2
        assert queue.max_size_in_megabytes == 16 * 2048  # each of the partitions has the size asked for
        assert queue.requires_duplicate_detection
        assert queue.default_message_time_to_live == MINUTE * 7
        assert queue.dead_lettering_on_message_expiration
        assert queue.duplicate_detection_history_time_window == MINUTE * 9
        assert queue.max_delivery_count == 14
        assert not queue.enable_batched_operations
        assert queue.forward_to == f"sb://{HOST}/target"
        assert queue.forward_dead_lettered_messages_to == f"sb://{HOST}/target"
        assert queue.user_metadata == "a <b> & 'c'"
        assert queue.auto_delete_on_idle > MINUTE * 1_000_000  # what forwards is never idle
        assert queue.enable_partitioning
        assert queue.max_message_size_in_kilobytes == 2048
        assert queue.status == "SendDisabled"
        assert queue.availability_status == "Available"
        (kept,) = queue.authorization_rules
        assert (kept.key_name, kept.rights, kept.primary_key) == ("reader & co", ["Listen"], "p<k>")


def test_the_defaults_are_the_clouds(admin: ServiceBusAdministrationClient, host: SmallHost) -> None:
    queue = admin.create_queue("q")
    assert queue.lock_duration == MINUTE
    assert queue.max_delivery_count == 10
    assert queue.duplicate_detection_history_time_window == MINUTE * 10
    assert queue.default_message_time_to_live.days == 10_675_199
    assert queue.auto_delete_on_idle.days == 10_675_199
    assert not queue.requires_session
    body = host.ask("GET", "/q?api-version=2021-05", authorization=_token(host)).body
    assert body.count(duration.MAX.encode()) == 2


def test_an_update_replaces_what_may_change_and_refuses_the_rest(
    admin: ServiceBusAdministrationClient, broker: Namespace
) -> None:
    queue = admin.create_queue("q", requires_session=True)
    queue.lock_duration = MINUTE * 3
    queue.user_metadata = "new"
    admin.update_queue(queue)
    again = admin.get_queue("q")
    assert (again.lock_duration, again.user_metadata, again.requires_session) == (MINUTE * 3, "new", True)
    assert again.auto_delete_on_idle.days == 10_675_199
    again.requires_session = False
    with pytest.raises(HttpResponseError, match=r"requires_session|RequiresSession|session") as refused:
        admin.update_queue(again)
    assert refused.value.status_code == 400
    again.name = "missing"
    with pytest.raises(ResourceNotFoundError):
        admin.update_queue(again)
    assert broker.queue("q").description.requires_session


def test_what_is_missing_or_there_already_is_told_as_the_cloud_does(
    admin: ServiceBusAdministrationClient,
) -> None:
    admin.create_queue("q")
    with pytest.raises(ResourceExistsError, match="SubCode=40900"):
        admin.create_queue("Q")
    with pytest.raises(ResourceExistsError):
        admin.create_topic("q")
    admin.create_topic("t")
    admin.create_subscription("t", "s")
    for get in (
        lambda: admin.get_queue("none"),
        lambda: admin.get_topic("none"),
        lambda: admin.get_queue_runtime_properties("none"),
        lambda: admin.get_subscription("t", "none"),
        lambda: admin.get_subscription("none", "s"),
        lambda: admin.get_rule("t", "s", "none"),
        lambda: admin.delete_queue("none"),
        lambda: admin.delete_subscription("t", "none"),
        lambda: admin.delete_rule("t", "s", "none"),
        lambda: admin.create_subscription("none", "s"),
        lambda: admin.create_queue("fwd", forward_to="none"),
    ):
        with pytest.raises(HttpResponseError) as refused:
            get()
        assert isinstance(refused.value, ResourceNotFoundError) or refused.value.status_code == 400


def test_a_bad_value_is_refused_with_its_range(admin: ServiceBusAdministrationClient) -> None:
    for settings, words in (
        ({"lock_duration": MINUTE * 6}, "lock.*300"),
        ({"max_delivery_count": 0}, "1 to 2147483647"),
        ({"auto_delete_on_idle": MINUTE}, "300"),
        ({"user_metadata": "x" * 1025}, "1024"),
    ):
        with pytest.raises(HttpResponseError, match=rf"(?is){words}") as refused:
            admin.create_queue("q", **settings)  # type: ignore[arg-type]
        assert refused.value.status_code == 400
    with pytest.raises(HttpResponseError, match="not valid"):
        admin.create_queue("bad name!")


def test_runtime_properties_are_live(admin: ServiceBusAdministrationClient, broker: Namespace) -> None:
    now_s = time.time()
    admin.create_queue("q", default_message_time_to_live=MINUTE, dead_lettering_on_message_expiration=True)
    queue = broker.queue("q")
    queue.send([PlainContent("x" * 100) for _ in range(3)], now_s)
    queue.send([PlainContent("later", scheduled_enqueue_s=now_s + 500)], now_s)
    queue.send([PlainContent("old", time_to_live_s=5)], now_s)
    broker.advance(now_s + 10)
    live = admin.get_queue_runtime_properties("q")
    assert live.active_message_count == 3
    assert live.scheduled_message_count == 1
    assert live.dead_letter_message_count == 1
    assert live.transfer_dead_letter_message_count == 0
    assert live.total_message_count == 5
    assert live.size_in_bytes >= 300
    assert [one.active_message_count for one in admin.list_queues_runtime_properties()] == [3]
    admin.create_topic("t")
    admin.create_subscription("t", "a")
    admin.create_subscription("t", "b")
    broker.topic("t").send([PlainContent("m")], now_s)
    topic = admin.get_topic_runtime_properties("t")
    assert (topic.subscription_count, topic.sql_filter_count, topic.correlation_filter_count) == (2, 2, 0)
    assert admin.get_subscription_runtime_properties("t", "a").active_message_count == 1
    assert {one.name for one in admin.list_subscriptions_runtime_properties("t")} == {"a", "b"}


def test_rules_keep_their_filters_actions_and_typed_values(admin: ServiceBusAdministrationClient) -> None:
    admin.create_topic("t")
    admin.create_subscription("t", "s")
    assert [rule.name for rule in admin.list_rules("t", "s")] == ["$Default"]
    moment = datetime.datetime(2020, 7, 5, 11, 12, 13)  # noqa: DTZ001 - the service keeps it without a zone
    values = {"i": 2, "l": 2**40, "b": False, "s": "<x>", "t": moment, "d": MINUTE * 90, "f": 1.5}
    correlation = CorrelationRuleFilter(correlation_id="c", label="l&", properties=dict(values))
    action = SqlRuleAction("SET Priority = @p", parameters={"@p": moment})
    admin.create_rule("t", "s", "one", filter=correlation, action=action)
    one = admin.get_rule("t", "s", "one")
    assert isinstance(one.filter, CorrelationRuleFilter)
    assert (one.filter.correlation_id, one.filter.label, one.filter.to) == ("c", "l&", None)
    assert one.filter.properties == values
    assert one.action is not None
    assert one.action.sql_expression == "SET Priority = @p"
    assert one.action.parameters == {"@p": moment}
    admin.create_rule("t", "s", "two", filter=SqlRuleFilter("a = @a AND b < 3", parameters={"@a": 5}))
    two = admin.get_rule("t", "s", "two")
    assert isinstance(two.filter, SqlRuleFilter)
    assert (two.filter.sql_expression, two.filter.parameters) == ("a = @a AND b < 3", {"@a": 5})
    admin.create_rule("t", "s", "three", filter=FalseRuleFilter())
    assert isinstance(admin.get_rule("t", "s", "three").filter, FalseRuleFilter)
    assert isinstance(admin.get_rule("t", "s", "$Default").filter, TrueRuleFilter)
    two.filter = CorrelationRuleFilter(message_id="m")
    admin.update_rule("t", "s", two)
    assert admin.get_rule("t", "s", "two").filter.message_id == "m"
    with pytest.raises(HttpResponseError) as refused:
        admin.create_rule("t", "s", "four", filter=SqlRuleFilter("a = = 1"))
    assert refused.value.status_code == 400
    with pytest.raises(ResourceExistsError):
        admin.create_rule("t", "s", "ONE")
    admin.delete_rule("t", "s", "one")
    assert [rule.name for rule in admin.list_rules("t", "s")] == ["$Default", "three", "two"]


def test_lists_are_paged(admin: ServiceBusAdministrationClient) -> None:
    for at in range(7):
        admin.create_queue(f"q{at}")
    pages = [[queue.name for queue in page] for page in admin.list_queues(max_page_size=3).by_page()]
    assert pages == [["q0", "q1", "q2"], ["q3", "q4", "q5"], ["q6"]]
    with pytest.raises(HttpResponseError, match="skip"):
        list(admin.list_queues(start_index=-1))


def test_etags_guard_a_deletion(
    admin: ServiceBusAdministrationClient, host: SmallHost, broker: Namespace
) -> None:
    admin.create_topic("t")
    admin.create_subscription("t", "s")
    token = _token(host)
    for path, kept in (("t/subscriptions/s", "t/Subscriptions/s"), ("t", "t")):
        target = f"/{path}?api-version=2021-05"
        etag = dict(host.ask("GET", target, authorization=token).headers)["etag"]
        assert host.ask("DELETE", target, authorization=token, if_match='"1"').status == 412
        assert broker.resolve(kept).path == kept
        assert host.ask("DELETE", target, authorization=token, if_match=etag).status == 200
    assert broker.topics() == []


def test_etags_guard_an_update(
    admin: ServiceBusAdministrationClient, host: SmallHost, broker: Namespace
) -> None:
    admin.create_queue("q")
    token = _token(host)
    answer = host.ask("GET", "/q?api-version=2021-05", authorization=token)
    etag = dict(answer.headers)["etag"]
    body = answer.body.replace(b"<LockDuration>PT1M</LockDuration>", b"<LockDuration>PT2M</LockDuration>")
    wrong = host.ask("PUT", "/q?api-version=2021-05", body, authorization=token, if_match='"1"')
    assert (wrong.status, broker.queue("q").description.lock_duration_s) == (412, 60)
    right = host.ask("PUT", "/q?api-version=2021-05", body, authorization=token, if_match=etag)
    assert (right.status, broker.queue("q").description.lock_duration_s) == (200, 120)
    assert MatchConditions.IfNotModified  # what the SDK calls it


def test_a_wrong_key_an_old_token_and_a_missing_right_are_401(make_host: Callable[..., SmallHost]) -> None:
    host = make_host(rules=(AccessRule("all", "k"), AccessRule("reader", "k", frozenset({Right.LISTEN}))))
    good = admin_client(host, connection=f"Endpoint=sb://{HOST};SharedAccessKeyName=all;SharedAccessKey=k")
    good.create_queue("q")
    for name, key, words in (
        ("all", "wrong", "InvalidSignature"),
        ("none", "k", "InvalidSignature"),
        ("reader", "k", "Manage,EntityRead claims required for this operation"),
    ):
        connection = f"Endpoint=sb://{HOST};SharedAccessKeyName={name};SharedAccessKey={key}"
        with pytest.raises(ClientAuthenticationError, match=words):
            admin_client(host, connection=connection).get_queue("q")
    assert host.ask("GET", "/q?api-version=2021-05").status == 401
    assert b"MissingToken" in host.ask("GET", "/q").body
    open_host = make_host(authorize=False)
    assert open_host.ask("GET", "/$namespaceinfo?api-version=2021-05").status == 200
    assert open_host.ask("GET", "/$namespaceinfo?api-version=2021-05", host="evil.example").status == 403


def test_forwarding_needs_rights_on_the_destination(
    host: SmallHost, admin: ServiceBusAdministrationClient
) -> None:
    admin.create_queue("target")
    body = _queue_body("<ForwardTo>sb://x/target</ForwardTo>")
    bad = {"servicebussupplementaryauthorization": "SharedAccessSignature sr=x&sig=y&se=1&skn=z"}
    refused = host.ask("PUT", "/q?api-version=2021-05", body, authorization=_token(host), **bad)
    assert refused.status == 401
    assert b"servicebussupplementaryauthorization" in refused.body
    made = host.ask("PUT", "/q?api-version=2021-05", body, authorization=_token(host))
    assert made.status == 201


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no well-formed XML"),
        (b"<entry/>", "must be an ATOM entry"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "document type"),
        (b'<entry xmlns="http://www.w3.org/2005/Atom"/>', "one QueueDescription"),
    ],
)
def test_a_broken_body_is_refused(host: SmallHost, body: bytes, words: str) -> None:
    answer = host.ask("PUT", "/q?api-version=2021-05", body, authorization=_token(host))
    assert answer.status == 400
    assert words in answer.body.decode()
    assert answer.body.startswith(b"<Error><Code>400</Code><Detail>SubCode=40000. ")


@pytest.mark.parametrize("level", ["x", "-1", "2147483648"])
def test_a_compatibility_level_that_the_wire_cannot_carry_is_refused(host: SmallHost, level: str) -> None:
    namespace = host.namespaces["sbemulatorns"].broker
    namespace.create_topic(TopicDescription("t"), time.time())
    namespace.create_subscription("t", SubscriptionDescription("s"), time.time())
    rule = (
        '<Filter i:type="SqlFilter" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><SqlExpression>a = 1'
        f"</SqlExpression><CompatibilityLevel>{level}</CompatibilityLevel></Filter>"
    )
    body = _queue_body(rule).replace(b"QueueDescription", b"RuleDescription")
    answer = host.ask(
        "PUT", "/t/subscriptions/s/rules/r?api-version=2021-05", body, authorization=_token(host)
    )
    assert (answer.status, b"CompatibilityLevel" in answer.body) == (400, True)


def test_every_problem_of_a_body_is_told_at_once(host: SmallHost) -> None:
    body = _queue_body("<LockDuration>x</LockDuration><Colour>red</Colour><MaxDeliveryCount/>")
    text = host.ask("PUT", "/q?api-version=2021-05", body, authorization=_token(host)).body.decode()
    assert "LockDuration: " in text
    assert "Colour: not known" in text
    assert "MaxDeliveryCount: an empty element" in text


def test_old_api_versions_know_less(make_host: Callable[..., SmallHost]) -> None:
    host = make_host(limits=PREMIUM)
    old = admin_client(host, api_version=ApiVersion.V2017_04)
    with pytest.raises(HttpResponseError, match="not known before api-version 2021-05"):
        old.create_queue("q", max_message_size_in_kilobytes=2048)
    admin_client(host).create_queue("q", max_message_size_in_kilobytes=2048)
    assert old.get_queue("q").max_message_size_in_kilobytes is None
    answer = host.ask("GET", "/q?api-version=2099-01", authorization=_token(host))
    assert b"2017-04, 2021-05, 2024-05" in answer.body


def test_the_tier_is_told_and_held(make_host: Callable[..., SmallHost]) -> None:
    assert admin_client(make_host(limits=PREMIUM)).get_namespace_properties().messaging_sku == "Premium"
    standard = admin_client(make_host(limits=STANDARD))
    info = standard.get_namespace_properties()
    assert (info.messaging_sku, info.name, info.namespace_type) == ("Standard", "sbemulatorns", "Messaging")
    with pytest.raises(HttpResponseError, match="only in premium"):
        standard.create_queue("q", max_message_size_in_kilobytes=2048)
    with pytest.raises(HttpResponseError, match=r"(?i)basic"):
        admin_client(make_host(limits=BASIC)).create_topic("t")


def test_several_namespaces_are_told_apart_by_the_host_name(make_host: Callable[..., SmallHost]) -> None:
    host = make_host("orders", "stock", authorize=False)
    for name, expected in (
        ("stock.localhost:1", "stock"),
        ("orders.localhost", "orders"),
        ("127.0.0.1:1", "orders"),
    ):
        answer = host.ask("GET", "/$namespaceinfo?api-version=2021-05", host=name)
        assert f"<Name>{expected}</Name>" in answer.body.decode()


def test_sending_over_http_is_an_explicit_error(host: SmallHost) -> None:
    answer = host.ask("POST", "/q/messages", b"x", authorization=_token(host))
    assert answer.status == 501
    assert b"AMQP" in answer.body


def _queue_body(settings: str) -> bytes:
    return (
        '<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><QueueDescription '
        'xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">'
        f"{settings}</QueueDescription></content></entry>"
    ).encode()


def _token(host: SmallHost) -> str:
    from servicebus_emulator.sas import DEFAULT_RULE, generate

    return generate(f"https://{HOST}/", DEFAULT_RULE, int(time.time()) + 600)
