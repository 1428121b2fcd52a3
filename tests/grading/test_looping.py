"""What a publisher's and a worker's loop did is read from the acts on their connection."""

from hypothesis import given
from hypothesis import strategies as st

from mqcourse.grading.brokers.looping import BUSY_S, pauses, published, restless
from mqcourse.grading.brokers.wire import Act, Did
from mqcourse.grading.guarantees import Guarantee

WAITED_S = 0.02


def sent(number: int, at_s: float, *refused_until: float) -> list[Act]:
    """One message: published, refused and published again after each pause, stored in the end."""
    acts = [Act(Did.PUBLISHED, "q", number, at_s)]
    for pause_s in refused_until:
        acts.append(Act(Did.REFUSED, "q", number, at_s))
        at_s += pause_s
        acts.append(Act(Did.PUBLISHED, "q", number, at_s))
    return [*acts, Act(Did.STORED, "q", number, at_s)]


def given_up(number: int) -> list[Act]:
    return [Act(Did.PUBLISHED, "q", number, 0.0), Act(Did.REFUSED, "q", number, 0.0)]


@given(st.lists(st.booleans(), max_size=20), st.integers(0, 3))
def test_a_right_publisher_breaks_nothing(kinds: list[bool], refusals: int) -> None:
    messages = [number + 100 * is_news for number, is_news in enumerate(kinds, 1)]
    acts = [
        act
        for number in messages
        for act in (given_up(number) if number > 100 else sent(number, 0.0, *[WAITED_S] * refusals))
    ]
    assert published(acts, messages, {number for number in messages if number > 100}) == []


def test_a_message_out_of_its_turn_is_named() -> None:
    backwards = [*sent(2, 0.0), *sent(1, 0.0)]
    (breach,) = published(backwards, [1, 2], set())
    assert (breach.guarantee, breach.what.split(":")[0]) == (
        Guarantee.ORDER,
        "order 2 was sent out of its turn",
    )
    again = [*sent(1, 0.0), *sent(2, 0.0), *sent(1, 0.0)]
    (breach,) = published(again, [1, 2], set())
    assert breach.what.startswith("order 1 was sent out of its turn")


def test_news_is_sent_once_and_not_given_up_unsent() -> None:
    (breach,) = published([*given_up(101), *given_up(101)], [101], {101})
    assert breach.what.startswith("news 101 was sent 2 times")
    unsent = published(sent(1, 0.0), [1, 101], {101})
    assert [breach.guarantee for breach in unsent] == [Guarantee.REPORTED]


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=5))
def test_only_a_loop_without_a_pause_is_restless(waits: list[float]) -> None:
    assert (restless("x", waits, [], "it asked again") == []) == (min(waits) >= BUSY_S)


def test_a_pause_no_longer_than_the_program_needs_anyway_is_none() -> None:
    assert restless("x", [0.011, 0.012], [0.010, 0.009], "it asked again")
    assert restless("x", [0.030, 0.031], [0.010, 0.009], "it asked again") == []


def test_one_short_pause_proves_nothing() -> None:
    assert restless("x", [0.0], [], "it asked again") == []


def test_a_pause_is_from_the_second_empty_queue_to_the_next_question() -> None:
    acts = [
        Act(Did.ASKED, "orders", 0, 0.0),
        Act(Did.EMPTY, "orders", 0, 0.1),
        Act(Did.ASKED, "news", 0, 0.1),
        Act(Did.EMPTY, "news", 0, 0.5),
        Act(Did.ASKED, "orders", 0, 1.5),
        Act(Did.DELIVERED, "orders", 1, 1.6),
        Act(Did.ASKED, "orders", 0, 1.6),
    ]
    assert pauses(acts, "orders", "news") == ([1.0], [0.0])
