"""Every preset shows what its right answer says."""

from itertools import pairwise
from typing import Any

import pytest

from mqcourse.backpressure import Result, simulate
from mqcourse.backpressure.model.presets import PRESETS, preset
from mqcourse.errors import CourseError

pytestmark = pytest.mark.lengthy


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {one.name: simulate(one.scenario) for one in PRESETS}


def rates(result: Result, name: str) -> list[float]:
    """Messages per second in each sampled interval, from a column that counts up."""
    every_s = result.scenario.duration_s / result.scenario.samples
    return [(later - earlier) / every_s for earlier, later in pairwise([0.0, *result.series[name]])]


def mean(values: Any) -> float:
    values = list(values)
    return float(sum(values) / len(values))


def test_presets_are_well_formed() -> None:
    assert len({one.name for one in PRESETS}) == len(PRESETS)
    for one in PRESETS:
        assert 0 <= one.answer < len(one.choices) >= 2
    with pytest.raises(CourseError, match=r"there is no preset 'x'. Choose one of: overload"):
        preset("x")


def test_overload_grows_by_what_is_too_much(results: dict[str, Result]) -> None:
    assert results["overload"].series["waiting"][-1] == pytest.approx(1200, rel=0.15)


def test_two_consumers_are_enough(results: dict[str, Result]) -> None:
    assert results["scale"].summary["mean_waiting"] < 5


def test_the_throttled_producer_stands_still_a_quarter_of_the_time(results: dict[str, Result]) -> None:
    assert results["throttle"].summary["blocked_share"] == pytest.approx(0.25, abs=0.03)


def test_blocking_loses_nothing(results: dict[str, Result]) -> None:
    summary = results["block"].summary
    assert summary["rejected"] + summary["dropped"] + summary["refused"] == 0
    assert summary["most_waiting"] == 100
    assert summary["blocked_share"] > 0.1


def test_rejecting_bounds_the_wait(results: dict[str, Result]) -> None:
    summary = results["drop"].summary
    assert summary["rejected"] / summary["offered"] == pytest.approx(1 / 6, abs=0.03)
    assert 1.0 < summary["p99_s"] < 1.5


def test_a_burst_fills_and_drains(results: dict[str, Result]) -> None:
    depth = results["burst"].series["waiting"]
    assert max(depth) > 100
    assert sum(one <= 5 for one in depth) > len(depth) / 4


def test_the_retry_storm_does_not_heal(results: dict[str, Result]) -> None:
    """The surge ends at 50 s; without retries the same surge is over soon."""
    result = results["retry-storm"]
    good = rates(result, "good")
    per_s = result.scenario.samples / result.scenario.duration_s
    assert mean(good[: int(30 * per_s)]) > 60
    assert mean(good[int(100 * per_s) :]) < 10
    calm = simulate(result.scenario.but(client_retries=0))
    assert mean(rates(calm, "good")[int(140 * per_s) :]) > 60


def test_the_important_ones_are_kept(results: dict[str, Result]) -> None:
    important, other = results["priority-shedding"].summary["classes"]
    assert important["completed"] >= important["offered"] - 10
    assert (other["rejected"] + other["dropped"]) / other["offered"] > 0.3


def test_autoscaling_comes_late(results: dict[str, Result]) -> None:
    series = results["autoscaling-lags"].series
    deepest = series["time_s"][series["waiting"].index(max(series["waiting"]))]
    first_up = next(t for t, up in zip(series["time_s"], series["consumers"], strict=True) if up > 1)
    assert first_up > 60
    assert abs(deepest - first_up) < 10
    assert series["waiting"][-1] < 100


def test_one_hot_key_leaves_the_others_idle(results: dict[str, Result]) -> None:
    result = results["hot-key"]
    assert result.series["waiting"][-1] > 1500
    assert result.summary["utilisation"] < 0.6


def test_too_high_a_prefetch_multiplies_the_latency(results: dict[str, Result]) -> None:
    high = results["prefetch-too-high"]
    one = simulate(high.scenario.but(prefetch=1))
    assert high.summary["mean_latency_s"] > 3 * one.summary["mean_latency_s"]
    assert max(high.series["waiting"]) == 0


def test_poison_without_a_limit_piles_up_and_with_one_does_not(results: dict[str, Result]) -> None:
    result = results["poison"]
    depth = result.series["waiting"]
    assert mean(depth[-24:]) > 5 * mean(depth[:24])
    limited = simulate(result.scenario.but(delivery_limit=3))
    assert limited.series["waiting"][-1] < 30
    assert limited.summary["dead"] > 100
