"""What the lab on Kafka's groups draws shows every mistake, and its verdicts accuse only for what the history has."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mqcourse.grading import checks, manifest
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.history import Event, History, Kind

lab: Any = checks.module(manifest.find("kafka_groups"))

seeds = st.integers(0, 10**6)


def seen(*events: tuple[Kind, str, int]) -> History:
    return History(tuple(Event(kind, worker, number) for kind, worker, number in events))


@given(seeds)
def test_before_the_hand_over_each_partition_has_a_record_without_a_commit(seed: int) -> None:
    every, log = lab._handed_over(random.Random(seed))
    assert sum(map(len, log.first.values())) == 2 * every
    assert 1 < len(log.first) < every, "one record of each partition is too few for a commit"
    assert all(log.first.values())
    assert all(len(numbers) == 3 for numbers in log.late.values())


@given(seeds)
def test_numbers_rise_in_each_partition_and_no_number_is_there_twice(seed: int) -> None:
    log = lab._log(random.Random(seed), 3, 2, 4, 1)
    assert len(log.everything) == sum(log.ends.values())
    for part, numbers in log.first.items():
        assert 2 <= len(numbers) <= 4
        assert [*numbers, *log.late[part]] == sorted([*numbers, *log.late[part]])


def test_the_finished_records_of_a_partition_are_counted_once() -> None:
    log = lab._Log({0: [1, 2], 1: [3]}, {0: [4], 1: [5]})
    assert log.finished([1, 1, 3, 99]) == {0: 1, 1: 1}
    assert log.ends == {0: 3, 1: 2}


def test_an_offset_before_its_record_is_an_early_commit() -> None:
    log = lab._Log({0: [1, 2], 1: [3]}, {0: [4], 1: [5]})
    history = seen((Kind.FINISHED, "worker A", 1))
    assert lab._early(log, {0: 1}, history) == []
    (breach,) = lab._early(log, {0: 2}, history)
    assert breach.guarantee is Guarantee.COMMITTED_LATE
    assert breach.what.startswith("record 2 is not handled yet")


def test_a_partition_that_has_another_reader_after_the_restart_has_moved() -> None:
    log = lab._Log({0: [1], 1: [2]}, {0: [3], 1: [4]})
    owner = lab._owners(seen((Kind.FINISHED, "worker A", 1), (Kind.FINISHED, "worker B", 2)), log)
    assert owner == {0: "worker A", 1: "worker B"}
    kept = seen((Kind.STARTED, "worker A, again", 3), (Kind.STARTED, "worker B", 4))
    assert lab._moved(kept, log, owner) == []
    moved = seen((Kind.STARTED, "worker B", 3), (Kind.STARTED, "worker B", 4))
    (breach,) = lab._moved(moved, log, owner)
    assert breach.what == "partition 0 moved from worker A to worker B when worker A restarted"


def test_a_member_that_joined_anew_is_another_one() -> None:
    before = frozenset({"one"})
    assert lab._another(before, before) == []
    for after in (frozenset({"two"}), frozenset()):
        (breach,) = lab._another(before, after)
        assert breach.guarantee is Guarantee.MEMBER
