"""Each checker is silent on a right history and names the message in a wrong one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.grading import guarantees
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import Event, History, Kind

numbers = st.sets(st.integers(1, 50), min_size=1, max_size=20)


@st.composite
def right_histories(draw: st.DrawFn) -> History:
    """Several workers, each message begun and finished once, work of different workers interleaved."""
    messages = draw(st.lists(st.integers(1, 60), min_size=1, max_size=20, unique=True))
    lanes: dict[str, list[Event]] = {}
    for message in messages:
        worker = draw(st.sampled_from(("worker A", "worker B", "worker C")))
        lane = lanes.setdefault(worker, [])
        lane += [Event(Kind.STARTED, worker, message), Event(Kind.FINISHED, worker, message)]
    history = History()
    while lanes:
        worker = draw(st.sampled_from(sorted(lanes)))
        event = lanes[worker].pop(0)
        history = history.add(event.kind, event.worker, event.message)
        if not lanes[worker]:
            del lanes[worker]
    return history


def named(breaches: list[Breach]) -> str:
    return "\n".join(breach.what for breach in breaches)


@pytest.mark.lengthy
@given(right_histories())
def test_a_right_history_breaks_nothing(history: History) -> None:
    done = history.messages(Kind.FINISHED)
    each_its_own_key = {message: f"key {message}" for message in done}
    assert guarantees.lost(done, done) == []
    assert guarantees.duplicated(done) == []
    assert guarantees.unasked(done, done) == []
    assert guarantees.acknowledged_early(history) == []
    assert guarantees.out_of_order(done, each_its_own_key) == []
    assert guarantees.concurrent(history, each_its_own_key) == []
    assert guarantees.tries(history, dict.fromkeys(done, (1, 1))) == []
    assert history.open_work() == {}


@given(numbers, st.data())
def test_a_lost_message_is_named_and_no_other(sent: set[int], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(sorted(sent)))
    assert guarantees.lost(sent, sent - {gone}) == [
        Breach(Guarantee.NOT_LOST, f"message {gone} was lost: it was never processed")
    ]


@given(st.lists(st.integers(1, 50), min_size=1, unique=True), st.data())
def test_a_message_processed_twice_is_named(done: list[int], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(done))
    place = data.draw(st.integers(0, len(done)))
    doubled = [*done[:place], again, *done[place:]]
    assert guarantees.duplicated(doubled) == [Breach(Guarantee.ONCE, f"message {again} was processed twice")]
    assert guarantees.duplicated(doubled, allowed={again}) == []


def test_many_times_are_counted() -> None:
    assert guarantees.duplicated([7, 7, 7])[0].what == "message 7 was processed 3 times"


@pytest.mark.lengthy
@given(right_histories(), st.data())
def test_work_cut_off_by_a_kill_must_come_again(history: History, data: st.DataObject) -> None:
    cut = history.add(Kind.STARTED, "worker D", 99).add(Kind.KILLED, "worker D")
    early = guarantees.acknowledged_early(cut)
    assert [breach.guarantee for breach in early] == [Guarantee.ACKNOWLEDGED_LATE]
    assert "message 99 was acknowledged too early: worker D was killed" in early[0].what
    again = cut.add(Kind.STARTED, "worker A", 99).add(Kind.FINISHED, "worker A", 99)
    assert guarantees.acknowledged_early(again) == []
    assert guarantees.interrupted(again) == {99: "worker D"}


def test_only_what_the_broker_does_not_hold_was_acknowledged_early() -> None:
    cut = History().add(Kind.STARTED, "worker A", 4).add(Kind.KILLED, "worker A")
    assert guarantees.acknowledged_early(cut, gone=set()) == []
    assert guarantees.passed_over(cut, held={4})[0].what.startswith(
        "message 4 was not processed: after the kill"
    )
    assert guarantees.acknowledged_early(cut, gone={4})[0].what.startswith(
        "message 4 was acknowledged too early"
    )
    assert guarantees.passed_over(cut, held=set()) == []
    again = cut.add(Kind.STARTED, "worker B", 4).add(Kind.FINISHED, "worker B", 4)
    assert guarantees.passed_over(again, held={4}) == []


def test_a_committed_record_is_called_so() -> None:
    cut = History().add(Kind.STARTED, "worker A", 4).add(Kind.KILLED, "worker A")
    (breach,) = guarantees.acknowledged_early(cut, word="record", verb="committed")
    assert breach.guarantee is Guarantee.COMMITTED_LATE
    assert breach.what.startswith("record 4 was committed too early")


@given(st.lists(st.integers(1, 50), min_size=2, max_size=20, unique=True))
def test_order_holds_exactly_when_each_key_rises(done: list[int]) -> None:
    keys = {n: f"key {n % 3}" for n in done}
    broken = guarantees.out_of_order(done, keys)
    for key in set(keys.values()):
        own = [n for n in done if keys[n] == key]
        assert any(f"{key!r}" in breach.what for breach in broken) == (own != sorted(own))


def test_the_message_that_came_too_late_is_named() -> None:
    (breach,) = guarantees.out_of_order([1, 5, 3], dict.fromkeys((1, 3, 5), "anna"))
    assert breach.what == "message 3 of key 'anna' was processed after message 5 of the same key"


@given(st.dictionaries(st.integers(1, 50), st.integers(0, 3), min_size=1))
def test_a_key_in_two_partitions_is_found(places: dict[int, int]) -> None:
    keys = {n: f"key {n % 4}" for n in places}
    broken = guarantees.apart(places, keys)
    split = {key for key in keys.values() if len({places[n] for n in places if keys[n] == key}) > 1}
    assert {key for key in keys.values() if any(repr(key) in breach.what for breach in broken)} == split


@given(right_histories())
def test_two_messages_of_one_key_at_once_are_found(history: History) -> None:
    held: set[int] = set()
    overlapping = set()
    for event in history:
        if event.kind is Kind.STARTED:
            if held:
                overlapping.add(event.message)
            held.add(event.message)
        else:
            held.discard(event.message)
    keys = dict.fromkeys(history.messages(Kind.STARTED), "one key")
    broken = guarantees.concurrent(history, keys)
    assert len(broken) == len(overlapping)
    assert all(any(f"message {n} of key" in breach.what for breach in broken) for n in overlapping)


def test_a_killed_worker_holds_nothing() -> None:
    history = (
        History()
        .add(Kind.STARTED, "A", 1)
        .add(Kind.KILLED, "A")
        .add(Kind.STARTED, "B", 1)
        .add(Kind.FINISHED, "B", 1)
    )
    assert guarantees.concurrent(history, {1: "key"}) == []
    assert history.open_work() == {}


@given(numbers, numbers, numbers)
def test_claims_and_stored_messages_must_agree(sent: set[int], claimed: set[int], stored: set[int]) -> None:
    claimed, stored = claimed & sent, stored & sent
    broken = guarantees.dishonest(claimed, stored, sent)
    assert {breach.guarantee for breach in broken} <= {Guarantee.HONEST}
    assert len(broken) == len(claimed ^ stored)
    for n in claimed - stored:
        assert f"message {n} was reported as stored, but no queue holds it" in named(broken)
    for n in stored - claimed:
        assert f"message {n} was reported as refused, but the queue holds it" in named(broken)


@given(st.integers(0, 12), st.integers(1, 6), st.integers(0, 6))
def test_tries_are_held_between_their_limits(tried: int, fewest: int, more: int) -> None:
    history = History()
    for _ in range(tried):
        history = history.add(Kind.STARTED, "A", 3).add(Kind.FAILED, "A", 3)
    broken = guarantees.tries(history, {3: (fewest, fewest + more)})
    expected = (
        [Guarantee.RETRIED] if tried < fewest else [Guarantee.GIVEN_UP] if tried > fewest + more else []
    )
    assert [breach.guarantee for breach in broken] == expected
    assert ("was never tried" in named(broken)) == (tried == 0)


def test_waiting_behind_a_busy_worker_names_both() -> None:
    (breach,) = guarantees.unfair({3}, behind=1, busy="worker A", idle="worker B")
    assert breach.what == "message 3 waited behind message 1 held by worker A, while worker B was idle"


def test_one_partition_of_four_is_not_spread() -> None:
    assert guarantees.one_sided({1: 2, 2: 2}, 4)[0].guarantee is Guarantee.SPREAD
    assert guarantees.one_sided({1: 2, 2: 3}, 4) == []
    assert guarantees.one_sided({1: 0, 2: 0}, 1) == []


def test_a_body_that_was_never_sent_is_no_message() -> None:
    assert "no message of this queue" in guarantees.unasked({1}, [1, -1])[0].what


def test_long_lists_of_breaches_are_shortened() -> None:
    lines = guarantees.shortened(guarantees.lost(range(1, 21), ()), most=3)
    assert len(lines) == 4
    assert lines[-1] == "and 17 more like this"
