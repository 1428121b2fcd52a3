"""The simulation against closed forms: 224 random scenarios from a fixed seed, and the forms against known values.

JavaScript calculates most of the runs, some fifty times as fast as Python; one run of each scenario is calculated by
both and must be the same to the last digit, as test_twin.py holds it for any scenario.
"""

import json
import random
from math import sqrt
from typing import Any

import pytest

from mqcourse.backpressure import Scenario, simulate
from mqcourse.backpressure.model import theory
from mqcourse.errors import CourseError
from tests.backpressure.in_javascript import in_javascript

REPLICATIONS = 10
T_95, T_9999 = 2.262, 6.594
"""Quantiles of Student's t with 9 degrees of freedom, two-sided 95% and 99.99%."""
WARM_UP, MEASURED = 400, 1500
"""Messages of each replication left out, and measured."""
AT_ONCE = 16
"""Scenarios that Node gets at once: what it prints is read whole."""

FORMS = ("M/M/1", "M/M/c", "M/M/1/K", "M/M/c/c", "M/D/1", "M/G/1", "priorities", "priorities c")


def draw_scenario(form: str, rng: random.Random) -> Scenario:
    """A random scenario that the closed form covers, loaded so that it settles within the warm-up."""
    service = 10 ** rng.uniform(-3, 1)
    consumers = rng.randint(2, 12) if form in ("M/M/c", "M/M/c/c", "priorities c") else 1
    load = rng.uniform(0.2, 1.4) if form in ("M/M/1/K", "M/M/c/c") else rng.uniform(0.2, 0.8)
    rate = load * consumers / service
    fields: dict[str, object] = {}
    if form == "M/M/1/K":
        fields["queue_limit"] = rng.randint(1, 15)
    elif form == "M/M/c/c":
        fields.update(queue_limit=0, service=rng.choice(["exponential", "constant", "lognormal"]))
    elif form == "M/D/1":
        fields["service"] = "constant"
    elif form == "M/G/1":
        fields.update(service="lognormal", service_cv=rng.uniform(0.3, 1.5))
    elif form.startswith("priorities"):
        kinds = rng.randint(2, 4)
        fields.update(order="priority", priority_mix=tuple(rng.uniform(0.5, 2.0) for _ in range(kinds)))
    return Scenario(
        rate_per_s=rate,
        service_mean_s=service,
        consumers=consumers,
        duration_s=(WARM_UP + MEASURED) / rate,
        warm_up_s=WARM_UP / rate,
        samples=1,
        **fields,  # type: ignore[arg-type]
    )


def replicated(scenarios: list[Scenario], rng: random.Random) -> list[list[dict[str, Any]]]:
    """The summaries of ten independent runs of each scenario."""
    runs = [[one.but(seed=rng.getrandbits(32)) for _ in range(REPLICATIONS)] for one in scenarios]
    found = []
    for begin in range(0, len(runs), AT_ONCE):
        answers = iter(in_javascript([one.as_dict() for run in runs[begin : begin + AT_ONCE] for one in run]))
        found += [[next(answers)["summary"] for _ in run] for run in runs[begin : begin + AT_ONCE]]
    for run, (first, *_) in zip(runs, found, strict=True):
        assert json.loads(json.dumps(simulate(run[0]).summary)) == first, run[0].as_query()
    return found


def interval(values: list[float]) -> tuple[float, float]:
    """Mean and standard error of independent replications."""
    mean = sum(values) / len(values)
    return mean, sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))


@pytest.mark.lengthy
def test_simulated_means_agree_with_theory() -> None:
    """Ten independent runs of each scenario; Student's t gives the interval of the mean number in the system, of the
    waits of each class and of the lost share.

    Every 99.99% interval holds the value of theory (all of some 400 do with 96%, if the model is right), the 95%
    intervals hold it in 90% to 99% of cases (else the model is biased, or the intervals are wrong), and half of the
    intervals of the number in the system are narrower than 5%, so that they say something.
    """
    rng = random.Random(20_261_123)
    inside_95, compared, outside, widths = 0, 0, [], []
    forms = FORMS * 28
    scenarios = [draw_scenario(form, rng) for form in forms]
    for form, scenario, summaries in zip(forms, scenarios, replicated(scenarios, rng), strict=True):
        steady = theory.expected(scenario)
        assert steady is not None, form
        measures = {"in system": ([s["mean_in_system"] for s in summaries], steady.mean_in_system)}
        for kind, wait in enumerate(steady.class_wait_s):
            if wait > 0.02 * scenario.service_mean_s:  # else too few of them wait at all to tell
                measures[f"wait of class {kind}"] = (
                    [s["classes"][kind]["mean_wait_s"] for s in summaries],
                    wait,
                )
        if scenario.queue_limit is not None and steady.lost_share > 0.01:
            measures["lost share"] = ([s["rejected"] / s["offered"] for s in summaries], steady.lost_share)
        for name, (values, truth) in measures.items():
            mean, error = interval(values)
            compared += 1
            inside_95 += abs(mean - truth) <= T_95 * error
            if abs(mean - truth) > T_9999 * error:
                outside.append((form, name, scenario.as_query(), mean, truth, error))
            if name == "in system":
                widths.append(T_95 * error / mean)
    assert not outside
    assert 0.90 <= inside_95 / compared <= 0.99, f"{inside_95} of {compared}"
    assert sorted(widths)[len(widths) // 2] < 0.05


def test_known_values() -> None:
    """Values from the textbooks' tables and from hand calculation."""
    assert theory.mm1(80, 0.01).mean_in_system == pytest.approx(4.0)
    assert theory.mm1(80, 0.01).mean_latency_s == pytest.approx(0.05)
    assert theory.erlang_b(20.0, 30) == pytest.approx(
        0.00846, abs=5e-6
    )  # Erlang's table: 20 erlangs on 30 trunks
    assert theory.erlang_c(8.0, 10) == pytest.approx(0.4092, abs=5e-5)
    assert theory.mmc(8, 1.0, 10).mean_wait_s == pytest.approx(0.4092 / 2, abs=5e-5)
    assert theory.mmcc(20, 1.0, 30).lost_share == pytest.approx(theory.erlang_b(20.0, 30))
    assert theory.mm1k(100, 0.01, 9).lost_share == pytest.approx(0.1)  # rho = 1: all 10 states are as likely
    assert theory.md1(80, 0.01).mean_wait_s == pytest.approx(theory.mm1(80, 0.01).mean_wait_s / 2)
    assert theory.mg1(80, 0.01, 1.0).mean_wait_s == pytest.approx(theory.mm1(80, 0.01).mean_wait_s)
    ranked = theory.cobham([30, 50], 0.01)
    assert ranked.class_wait_s == pytest.approx((0.008 / 0.7, 0.008 / (0.7 * 0.2)))
    assert ranked.mean_wait_s == pytest.approx(theory.mm1(80, 0.01).mean_wait_s)  # the order changes no mean
    assert theory.littles_law(80, 0.05) == pytest.approx(4.0)


@pytest.mark.parametrize("consumers", [1, 3, 40])
@pytest.mark.parametrize("load", [0.3, 0.95])
def test_a_large_bound_is_no_bound(consumers: int, load: float) -> None:
    bounded = theory.mmck(load * consumers, 1.0, consumers, consumers + 2000)
    free = theory.mmc(load * consumers, 1.0, consumers)
    assert bounded.mean_in_system == pytest.approx(free.mean_in_system)


def test_no_steady_state_is_an_error_that_names_the_limit() -> None:
    with pytest.raises(CourseError, match=r"no steady state.* below 100 messages/s"):
        theory.mm1(120, 0.01)


@pytest.mark.parametrize(
    "change",
    [
        {"rate_per_s": 120.0},
        {"arrivals": "regular"},
        {"service": "pareto", "service_tail": 1.8},
        {"service": "constant", "consumers": 2},
        {"queue_limit": 5, "on_full": "block"},
        {"crash_every_s": 9.0},
        {"throttle": "aimd"},
        {"delivery_s": 0.1},
        {"queue_limit": 5, "service": "constant"},
    ],
)
def test_no_theory_is_claimed_where_none_fits(change: dict[str, object]) -> None:
    assert theory.expected(Scenario().but(**change)) is None
