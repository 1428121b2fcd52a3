"""Rules that each machine keeps at every list of events."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.whatif.event import EVENTS, LETTERS, MOST, SURPRISE, decoded, encoded, surprise
from mqcourse.whatif.preset import PRESETS
from mqcourse.whatif.side_by_side import played
from tests.whatif.model import MACHINES, state_of
from tests.whatif.traces import HAS

LISTS = st.lists(st.sampled_from(EVENTS), max_size=40)


@given(LISTS)
def test_every_message_is_in_one_place(events: list[str]) -> None:
    published = 0
    for row in played(events):
        published += row.event == "publish"
        for shelves in row.shelves:
            numbers = [token.number for shelf in shelves for token in shelf.tokens]
            assert sorted(numbers) == list(range(1, published + 1))


@given(LISTS, st.sampled_from(sorted(HAS)))
def test_what_a_broker_cannot_do_changes_nothing(events: list[str], broker: str) -> None:
    machine: Any = MACHINES[broker]("4.0")
    for event in events:
        before, shelves = state_of(machine), machine.shelves()
        told = machine.do(event)
        assert (told.did == "cannot") == (event not in HAS[broker])
        if told.did in ("cannot", "nothing", "full"):
            assert (state_of(machine), machine.shelves()) == (before, shelves)
        assert told.say.endswith(".")


@given(LISTS)
def test_a_link_holds_the_events(events: list[str]) -> None:
    assert decoded(list(encoded(events))) == events


def test_a_link_leaves_out_what_it_does_not_know_and_is_cut() -> None:
    assert decoded(list("p?R p")) == ["publish", "publish"]
    assert len(decoded(["p"] * (MOST + 1))) == MOST


def test_a_seed_always_draws_the_same_events_and_seeds_differ() -> None:
    assert surprise(7) == surprise(7)
    assert len({encoded(surprise(seed)) for seed in range(100)}) > 95
    assert all(len(surprise(seed)) == SURPRISE for seed in (0, 1, 2**32 - 1))
    drawn = {event for seed in range(100) for event in surprise(seed)}
    assert drawn == set(EVENTS) - {"expire"}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_can_be_read_and_is_no_longer_than_a_link(preset: Any) -> None:
    assert set(preset.letters) <= set(LETTERS)
    assert 0 < len(preset.letters) <= MOST
