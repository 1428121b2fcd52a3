"""What the lab on routing draws tells every pattern apart, and its verdicts name what went wrong."""

import random
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqcourse.grading import checks, manifest
from mqcourse.grading.brokers import request_reply
from mqcourse.grading.brokers.wire import Act, Did
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.trial import GuaranteesBroken

routing: Any = checks.module(manifest.find("rabbitmq_routing"))

seeds = st.integers(0, 10**6)
RIGHT = {"errors": "#.error", "europe": "eu.#", "billing": "*.billing.#", "metrics": "*.*.metric"}
MISTAKES = [
    ("errors", "*.*.error"),
    ("errors", "*.error"),
    ("errors", "*.*.*.error"),
    ("errors", "#.error.#"),
    ("europe", "eu.*"),
    ("europe", "eu.*.*"),
    ("europe", "#.eu.#"),
    ("europe", "eu*"),
    ("billing", "*.billing.*"),
    ("billing", "*.billing.*.*"),
    ("billing", "#.billing.#"),
    ("billing", "eu.billing.#"),
    ("metrics", "#.metric"),
    ("metrics", "*.*.#.metric"),
    ("metrics", "*.metric.#"),
    ("metrics", "us.*.metric"),
]


def matches(pattern: str, key: str) -> bool:
    """What a topic exchange does, as a regular expression over words that each end with a dot."""
    words = [r"(\w+\.)*" if word == "#" else r"\w+\." if word == "*" else re.escape(f"{word}.")
             for word in pattern.split(".")]  # fmt: skip
    return re.fullmatch("".join(words), f"{key}.") is not None


def breaches(role: str, pattern: str, seed: int) -> list[Any]:
    keys = routing._events(random.Random(seed))
    found: list[Any] = routing._delivered(role, keys, [n for n, key in keys.items() if matches(pattern, key)])
    return found


@given(seeds)
def test_the_right_patterns_give_each_queue_what_it_asked_for(seed: int) -> None:
    assert [breaches(role, pattern, seed) for role, pattern in RIGHT.items()] == [[]] * 4


@pytest.mark.parametrize(("role", "pattern"), MISTAKES)
@settings(max_examples=20)
@given(seed=seeds)
def test_a_pattern_that_is_too_narrow_or_too_wide_shows_with_every_seed(
    role: str, pattern: str, seed: int
) -> None:
    found = breaches(role, pattern, seed)
    assert found
    assert all(f"the queue `{role}`" in breach.what for breach in found)


@given(seeds)
def test_a_bound_queue_takes_some_orders_and_typing_errors_have_several_lengths(seed: int) -> None:
    keys = list(routing._orders(random.Random(seed)).values())
    astray = [key for key in keys if not matches("#.created", key)]
    assert len(astray) < len(keys)
    assert {key.count(".") for key in astray} == {0, 1, 2, 3}
    assert max(astray.count(key) for key in astray) > 2, "a key that is counted once would show nothing"


def test_a_table_of_keys_is_compared_in_both_directions() -> None:
    assert routing._counted({"a": 2}, {"a": 2}) == []
    (missing,) = routing._counted({}, {"a": 2})
    assert "reported 0 messages with the routing key 'a'; 2 were unroutable" in missing.what
    (foreign,) = routing._counted({"a": 2, "b": 1}, {"a": 2})
    assert "'b'; 0 were unroutable" in foreign.what
    (odd,) = routing._counted(["a"], {"a": 2})
    assert odd.guarantee is Guarantee.RUNS


def acts(*did: Did) -> list[Act]:
    return [Act(each, "a queue", 1) for each in did]


@pytest.mark.parametrize(
    ("seen", "accused"),
    [
        ((Did.DELIVERED, Did.PUBLISHED, Did.STORED, Did.ACKNOWLEDGED), False),
        ((Did.DELIVERED, Did.PUBLISHED, Did.ACKNOWLEDGED, Did.STORED), True),
        ((Did.DELIVERED, Did.ACKNOWLEDGED, Did.PUBLISHED, Did.STORED), True),
        ((Did.STORED, Did.ACKNOWLEDGED, Did.ACKNOWLEDGED), False),
        ((Did.DELIVERED, Did.DROPPED), False),
    ],
)
def test_a_failed_message_is_acknowledged_after_its_copy_is_confirmed(
    seen: tuple[Did, ...], accused: bool
) -> None:
    """In the fourth row the second try succeeds, so its acknowledgement needs no copy."""
    assert bool(routing._copied_late(acts(*seen), {1: 1})) is accused


def test_a_try_before_its_delay_is_named_with_both_times() -> None:
    began = {(1, 1): 10.0, (1, 2): 10.4, (1, 3): 10.6}
    (early,) = routing._too_early(began, {1: [300, 700]})
    assert early.what == "message 1 was tried again 200 ms after try 2; the delay is 700 ms"
    assert routing._too_early({(1, 1): 10.0, (1, 2): 10.4}, {1: [400, 700]}) == []


ANSWERS = {1: b"one", 2: b"two"}


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ([b"one", b"two", None], None),
        ([b"two", b"one", None], "question 1 got the answer to question 2"),
        ([None, b"two", None], "question 1 was answered, and ask() returned None for it"),
        ([b"one", b"two", b"one"], "question 3 got the answer to question 1"),
        ([b"one", b"two", b""], "question 3 was not answered, and ask() returned b'' for it"),
        ([b"foreign", b"two", None], "question 1 got b'foreign', which is not the first answer to it"),
    ],
)
def test_answers_are_compared_with_their_questions(returned: list[bytes | None], said: str | None) -> None:
    found = request_reply._matched(returned, [1, 2, 3], ANSWERS)
    assert (found[0].what if found else None) == said


def test_a_list_without_a_place_for_each_question_is_refused() -> None:
    with pytest.raises(GuaranteesBroken, match="one place for each question"):
        request_reply._matched([b"one", b"two"], [1, 2, 3], ANSWERS)


def question(reply_to: str | None, correlation_id: str | None) -> Any:
    return SimpleNamespace(reply_to=reply_to, correlation_id=correlation_id)


def test_questions_need_direct_reply_to_and_different_ids() -> None:
    direct = "amq.rabbitmq.reply-to.g1h2"
    assert request_reply._asked({1: question(direct, "a"), 2: question(direct, "b")}, 2) == []
    (same,) = request_reply._asked({1: question(direct, "a"), 2: question(direct, "a")}, 2)
    assert same.what == "questions 1 and 2 have the same correlation_id"
    (without,) = request_reply._asked({1: question(direct, None)}, 1)
    assert without.what == "question 1 has no correlation_id"
    (queue,) = request_reply._asked({1: question("amq.gen-1", "a")}, 1)
    assert queue.guarantee is Guarantee.DIRECT
    (few,) = request_reply._asked({1: question(direct, "a")}, 5)
    assert "sent 1 of 5 questions" in few.what
