"""What the checks draw: the same from the same seed, another from another, and each mistake shows in one of the cases."""

import random
import sys
import types
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.grading import answer_process, checks, manifest
from mqcourse.grading.history import History, Kind

sizing: Any = checks.module(manifest.find("backpressure_sizing"))
kafka_log: Any = checks.module(manifest.find("kafka_log"))

seeds = st.integers(0, 10**6)


@pytest.mark.parametrize(
    "drawn",
    [sizing._pools, sizing._bounds, sizing._measured, kafka_log._stamped, kafka_log._behind],
    ids=lambda drawn: drawn.__name__,
)
def test_cases_come_from_the_seed(drawn: object) -> None:
    assert callable(drawn)
    known = [drawn(random.Random(seed)) for seed in range(8)]
    assert known == [drawn(random.Random(seed)) for seed in range(8)]
    assert all(known.count(case) == 1 for case in known)


@given(seeds)
def test_a_log_to_rewind_in_has_each_difficulty(seed: int) -> None:
    log = kafka_log._stamped(random.Random(seed))
    later = {part: [n in log.asked for n in numbers] for part, numbers in log.places.items()}
    mixed = [pattern for pattern in later.values() if True in pattern]
    assert [] in later.values()
    assert any(pattern and True not in pattern for pattern in later.values())
    assert len(mixed) == 3
    assert all(not pattern[0] and False in pattern[pattern.index(True) :] for pattern in mixed), (
        "an offset alone does not tell which records are from that time on"
    )
    assert not all(pattern[-1] for pattern in mixed)
    assert list(log.times_ms.values()).count(log.since_ms) == 1
    assert sorted(n for numbers in log.places.values() for n in numbers) == sorted(log.times_ms)


@given(seeds)
def test_a_group_that_is_behind_is_so_in_each_way(seed: int) -> None:
    case = kafka_log._behind(random.Random(seed))
    assert {"empty": 0 in case.stored.values(), "done": 0 in set(case.waiting.values())} == {
        "empty": True,
        "done": True,
    }
    never = [part for part in case.stored if part not in case.committed and case.stored[part]]
    assert any(case.deleted.get(part) for part in never)
    assert any(not case.deleted.get(part) for part in never)
    assert all(0 <= waiting <= case.stored[part] for part, waiting in case.waiting.items())
    assert all(case.committed[part] >= case.deleted.get(part, 0) for part in case.committed)


@given(seeds)
def test_rounding_does_not_decide_a_bound(seed: int) -> None:
    for work, pool, promise in sizing._bounds(random.Random(seed)):
        right = floor(promise * pool / work)
        assert right == floor(promise * (pool / work)) == int(promise / (work / pool))


@given(seeds)
def test_dealt_records_are_all_there_and_no_partition_is_poor(seed: int) -> None:
    places = kafka_log._dealt(random.Random(seed), range(1, 12), 2)
    assert sorted(n for numbers in places.values() for n in numbers) == list(range(1, 12))
    assert all(len(numbers) >= 3 and list(numbers) == sorted(numbers) for numbers in places.values())


def test_what_was_done_and_not_committed_is_named_with_both_offsets() -> None:
    at = {1: (0, 0), 2: (1, 0), 3: (0, 1)}
    assert kafka_log._uncommitted([1, 2], at, {0: 1, 1: 1}, "it was idle") == []
    (breach,) = kafka_log._uncommitted([1, 2, 3], at, {0: 1, 1: 1}, "it was idle")
    assert breach.what.startswith("record 3 is processed twice after a crash")
    assert "was 1, not after its offset 1" in breach.what


@pytest.mark.slow
@pytest.mark.parametrize("row", sizing.PLANS[::3], ids=str)
def test_the_table_of_plans_is_what_simulation_gives(row: tuple[float, float, float, float, int]) -> None:
    load, cv, late, lost, fewest = row
    runs = range(500, 508)
    assert not sizing.keeps(runs, load, cv, late, lost, fewest - 1)
    assert sizing.keeps(runs, load, cv, late, lost, fewest)
    assert sizing.keeps(runs, load, cv, late, lost, fewest + 1, reserve=0.2)


def test_a_step_asks_before_it_does_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("a_client_library")
    order: list[str] = []

    class Receiver:
        def complete(self, message: int) -> int:
            order.append(f"complete {message}")
            return message

    module.__dict__["Receiver"] = Receiver
    monkeypatch.setitem(sys.modules, module.__name__, module)
    answer_process.ask_before(["a_client_library:Receiver.complete"], order.append)
    assert Receiver().complete(3) == 3
    assert order == ["a_client_library:Receiver.complete", "complete 3"]


def test_a_history_knows_how_often_a_worker_began() -> None:
    seen = History().add(Kind.STARTED, "worker A", 1).add(Kind.STARTED, "worker B", 2)
    assert kafka_log._begun(seen, "worker A") == 1
