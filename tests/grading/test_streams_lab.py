"""What the lab on streams draws puts each kill where it decides, and its verdicts name what went wrong."""

import random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.grading import checks, manifest
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.history import History, Kind

lab: Any = checks.module(manifest.find("rabbitmq_streams"))

seeds = st.integers(0, 10**6)


@given(seeds)
def test_each_kill_falls_behind_handled_messages_and_before_others(seed: int) -> None:
    drawn = lab._kills(random.Random(seed))
    early, late = drawn.cuts
    assert drawn.first[0] + 2 < early < drawn.first[-1]
    assert early + 2 < late < drawn.second[-1]
    assert drawn.second[0] == drawn.first[-1] + 1


BODIES = {b"one": 1, b"two": 2, b"three": 3}
ASKED = [(4, 1), (6, 2), (7, 3)]


@pytest.mark.parametrize(
    ("returned", "guarantee", "said"),
    [
        (
            [[4, b"one"], [5, b"two"], [6, b"three"]],
            Guarantee.INTACT,
            "offset 5 for message 2, whose offset is 6",
        ),
        ([[4, b"one"], [6, b"two"]], Guarantee.NOT_LOST, "message 3 is missing in what reader A returned"),
        ([[4, b"one"], [7, b"three"], [6, b"two"]], Guarantee.ORDER, "message 2"),
        ([[4, b"one"], [6, b"two"], [7, b"three"], [8, b"four"]], Guarantee.NOTHING_ELSE, "was processed"),
        ([[4, b"one"], [4, b"one"], [6, b"two"], [7, b"three"]], Guarantee.ONCE, "message 1"),
        ([b"one", b"two", b"three"], Guarantee.RUNS, "a list of pairs"),
        (None, Guarantee.RUNS, "a list of pairs"),
    ],
)
def test_pairs_are_compared_with_the_stream(returned: Any, guarantee: Guarantee, said: str) -> None:
    found = lab._misread("reader A", SimpleNamespace(number_of=BODIES.get), returned, ASKED)
    assert found[0].guarantee is guarantee
    assert said in found[0].what


def test_the_right_pairs_may_be_lists_or_tuples() -> None:
    broker = SimpleNamespace(number_of=BODIES.get)
    assert lab._misread("reader A", broker, [(4, b"one"), [6, b"two"], (7, b"three")], ASKED) == []


def trial(*started: int, finished: tuple[int, ...] = ()) -> Any:
    history = History()
    for kind, numbers in ((Kind.STARTED, started), (Kind.FINISHED, finished)):
        for number in numbers:
            history = history.add(kind, "worker A", number, "", 0.0)
    return SimpleNamespace(history=history, patience=1.0, saw=lambda *_: None)


@pytest.mark.parametrize(
    ("started", "cut", "free", "accused"),
    [
        ((1, 2, 3, 3, 4), [3], [], False),
        ((1, 2, 2, 3), [3], [], True),
        ((1, 2, 3, 3, 3), [3], [], True),
        ((1, 2, 2, 3), [], [2], False),
        ((1, -1, -1), [], [], False),
    ],
)
def test_only_what_a_kill_cut_off_may_be_handled_again(
    started: tuple[int, ...], cut: list[int], free: list[int], accused: bool
) -> None:
    assert bool(lab._repeated(trial(*started), cut, free)) is accused


@pytest.mark.parametrize(
    ("stored", "guarantee"),
    [(11, None), (12, None), (10, Guarantee.ONCE), (-1, Guarantee.ONCE), (13, Guarantee.COMMITTED_LATE)],
)
def test_the_stored_offset_is_that_of_the_last_handled_message(
    stored: int, guarantee: Guarantee | None
) -> None:
    """Offset 12 is that of another entry, between messages 2 and 3."""
    broker = SimpleNamespace(stored=lambda _name, wanted, _limit_s: dict.fromkeys(wanted, stored))
    offsets = {"jobs": {1: 10, 2: 11, 3: 13}}
    found = lab._unstored(broker, trial(1, 2, 3, finished=(1, 2)), "billing", offsets, [3])
    assert [breach.guarantee for breach in found] == ([guarantee] if guarantee else [])
