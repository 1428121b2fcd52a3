"""How late the machine is: what counts, and that a measurement is repeated for no other reason."""

import pytest

from mqcourse import lateness
from mqcourse.lateness import BUSY, LATE_S, Late, Lateness, Look, watched

QUIET, BUSY_ONE, SLOW = Late(0.001, 0.3), Late(0.001, BUSY + 0.05), Late(LATE_S * 2, 0.3)


@pytest.mark.parametrize(("late", "was"), [(QUIET, False), (BUSY_ONE, True), (SLOW, True)])
def test_a_long_oversleep_or_busy_processors_are_late(late: Late, was: bool) -> None:
    assert late.was_late is was


def test_it_is_said_in_milliseconds_and_percent() -> None:
    assert str(Late(0.0123, 0.456)) == "this machine was late by 12 ms and 46% busy"


def looks(*seen: tuple[float, float, float]) -> Lateness:
    """Looks at (at_s, over_s, idle_s) on one processor."""
    found = Lateness()
    found._looks = [Look(at, over, idle, all_s=at) for at, over, idle in seen]
    return found


def test_only_what_was_seen_between_counts() -> None:
    seen = looks((0.0, 0.0, 0.0), (1.0, 0.5, 1.0), (2.0, 0.01, 1.5), (3.0, 0.02, 1.5), (4.0, 0.9, 2.5))
    late = seen.between(1.5, 3.0)
    assert late.worst_s == 0.02
    assert late.busy == pytest.approx(1 - 0.5 / 2.0)


def test_a_sleep_that_began_before_the_end_and_lasted_past_it_counts() -> None:
    assert looks((0.0, 0.0, 0.0), (2.4, 0.5, 2.0)).between(1.0, 2.0).worst_s == 0.5


def test_a_real_watch_sees_the_machine_and_ends_its_thread() -> None:
    with Lateness() as watching:
        lateness.oversleep_s()
    assert 0.0 <= watching.so_far().busy <= 1.0
    assert not watching._thread.is_alive()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[Late]:
    """The machine as told: one state a try."""
    states: list[Late] = []
    monkeypatch.setattr(Lateness, "so_far", lambda _: states.pop(0))
    return states


def test_on_a_quiet_machine_once_is_enough(machine: list[Late]) -> None:
    machine += [QUIET]
    tries = iter("abc")
    assert watched(lambda: next(tries)) == ("a", QUIET)


def test_a_late_machine_gets_another_try_and_no_more_than_given(machine: list[Late]) -> None:
    machine += [SLOW, QUIET]
    tries = iter("abc")
    assert watched(lambda: next(tries)) == ("b", QUIET)
    worse = Late(LATE_S * 3, 0.3)
    machine += [worse, SLOW]
    tries = iter("abc")
    assert watched(lambda: next(tries), tries=2) == ("b", SLOW)
