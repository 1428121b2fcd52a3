"""Shared access signatures against the SDK's own signing, and every reason to refuse one."""

import pytest
from azure.servicebus._pyamqp.utils import generate_sas_token

from servicebus_emulator.sas import (
    DEFAULT_RULE,
    AccessRule,
    KeyRing,
    Right,
    SasError,
    covers,
    generate,
    host_of,
    path_of,
    verify,
)

NOW_S = 1_700_000_000.0
SOON_S = 1_700_003_600
RING = KeyRing(
    (
        DEFAULT_RULE,
        AccessRule("reader", "r-key", frozenset({Right.LISTEN}), secondary_key="r-key-2"),
        AccessRule("only-orders", "o-key", frozenset({Right.SEND}), scope="orders"),
    )
)


def test_a_token_signed_by_the_sdk_is_accepted() -> None:
    text = generate_sas_token("sb://host/Orders", DEFAULT_RULE.name, DEFAULT_RULE.key, SOON_S)
    grant = verify(text, "amqp://host:5672/orders", RING, NOW_S)
    assert grant.rule_name == DEFAULT_RULE.name
    assert all(grant.allows(right, "orders", NOW_S) for right in Right)
    assert not grant.allows(Right.SEND, "others", NOW_S)
    assert not grant.allows(Right.SEND, "orders", SOON_S)


def test_own_tokens_equal_the_sdks_in_meaning() -> None:
    assert (
        verify(generate("sb://host/a b/ü", DEFAULT_RULE, SOON_S), "sb://host/a b/ü", RING, NOW_S).path
        == "a b/ü"
    )


def test_both_keys_of_a_rule_sign_and_rights_are_its_own() -> None:
    for key in ("r-key", "r-key-2"):
        grant = verify(generate("sb://h/", AccessRule("READER", key), SOON_S), "sb://h/q", RING, NOW_S)
        assert grant.allows(Right.LISTEN, "q", NOW_S)
        assert not grant.allows(Right.SEND, "q", NOW_S)
        assert not grant.allows(Right.MANAGE, "q", NOW_S)


@pytest.mark.parametrize(
    ("text", "audience", "word"),
    [
        ("Bearer abc", "sb://h/q", "MalformedToken"),
        ("SharedAccessSignature sr=a&sig=b", "sb://h/q", "lacks se, skn"),
        ("SharedAccessSignature sr=a&sr=b", "sb://h/q", "given twice"),
        ("SharedAccessSignature sr=a&sig=b&se=soon&skn=c", "a", "se='soon'"),
        (generate("sb://h/q", AccessRule("nobody", "k"), SOON_S), "sb://h/q", "no shared access rule"),
        (
            generate("sb://h/q", AccessRule(DEFAULT_RULE.name, "wrong"), SOON_S),
            "sb://h/q",
            "invalid signature",
        ),
        (
            generate("sb://h/q", DEFAULT_RULE, int(NOW_S) - 5),
            "sb://h/q",
            "ExpiredToken: The token is expired. Expiration time: 'Tue, 14 Nov 2023 22:13:15 GMT'",
        ),
        (generate("sb://h/q", DEFAULT_RULE, SOON_S), "sb://h/qq", "does not cover"),
        (generate("sb://h/q", DEFAULT_RULE, SOON_S), "sb://other/q", "made for host 'h'"),
        (
            generate("sb://h/", AccessRule("only-orders", "o-key"), SOON_S),
            "sb://h/orders",
            "no shared access rule",
        ),
    ],
)
def test_a_bad_token_is_refused_with_its_reason(text: str, audience: str, word: str) -> None:
    with pytest.raises(SasError, match=word):
        verify(text, audience, RING, NOW_S)


def test_addresses_as_the_javascript_sdk_signs_them() -> None:
    """It signs for the management node itself, and for forwarding without a scheme."""
    grant = verify(
        generate("sb://h:1/Q/$management", DEFAULT_RULE, SOON_S), "sb://h:1/q/$management", RING, NOW_S
    )
    assert grant.allows(Right.SEND, "q", NOW_S)
    assert not grant.allows(Right.SEND, "r", NOW_S)
    assert verify(generate("h:1", DEFAULT_RULE, SOON_S), "https://h/q", RING, NOW_S).path == ""
    assert verify(generate("h/q", DEFAULT_RULE, SOON_S), "https://h/q/x", RING, NOW_S).path == "q"
    with pytest.raises(SasError, match="does not cover"):
        verify(generate("other:1", DEFAULT_RULE, SOON_S), "https://h/q", RING, NOW_S)


def test_a_changed_letter_of_a_token_is_refused() -> None:
    good = generate("sb://h/q", DEFAULT_RULE, SOON_S)
    with pytest.raises(SasError, match="invalid signature"):
        verify(good.replace(f"se={SOON_S}", f"se={SOON_S + 1}"), "sb://h/q", RING, NOW_S)


def test_a_rule_of_an_entity_signs_for_what_lies_below_it() -> None:
    rule = AccessRule("only-orders", "o-key")
    grant = verify(generate("sb://h/orders", rule, SOON_S), "sb://h/orders/subscriptions/s", RING, NOW_S)
    assert grant.rights == {Right.SEND}


def test_addresses_are_taken_apart() -> None:
    assert path_of("amqps://Host:5671/Topic/Subscriptions/S/?x=1") == "topic/subscriptions/s"
    assert path_of("/queue") == "queue"
    assert host_of("amqps://Host:5671/q") == "host"
    assert host_of("q/host") == ""
    assert covers("", "x")
    assert not covers("a", "ab")
