"""Checks of the lab backpressure_sizing: each answer is held to closed forms and to simulations with several seeds."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from statistics import mean
from typing import Any

from mqcourse.backpressure import Scenario, simulate
from mqcourse.backpressure.theory import mg1, mmc, mmck
from mqcourse.errors import CourseError
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.trial import Answer, Trial

SEEDS = (101, 102, 103, 104)
"""None of those that the lab's text uses."""
MESSAGES = 6_000
"""Of a simulated run: its mean latency is then good to about a tenth at the loads asked for."""
SLACK = 1.15
"""What a simulated mean may be above the promise when theory says that it is kept."""


def consumers(answer: Answer) -> Sequence[Breach]:
    """The smallest pool that keeps a mean latency: (rate_per_s, service_mean_s, promise_s)."""
    cases = [(280.0, 0.010, 0.020), (45.0, 0.2, 0.25), (9.0, 0.05, 0.06)]
    names = ("rate_per_s", "service_mean_s", "promise_s")
    breaches: list[Breach] = []
    for (rate, work, promise), found in _ask(answer, "consumers_for", names, cases):
        where = f"{rate:g}/s, {work * 1000:g} ms of work, {promise * 1000:g} ms promised"
        if not isinstance(found, int) or found < 1:
            breaches.append(_odd(where, found, "a whole number of consumers"))
            continue
        best = _smallest(lambda c: _mean_latency_s(rate, work, c) <= promise)  # noqa: B023
        if found < best:
            theory = _mean_latency_s(rate, work, found)
            seen = mean(_latencies(rate, work, found))
            breaches.append(
                Breach(
                    Guarantee.PROMISE,
                    f"{where}: with {_pool(found)} the mean latency is {_ms(theory)} by theory "
                    f"and {_ms(seen)} in simulation",
                )
            )
        elif found > best:
            breaches.append(
                Breach(
                    Guarantee.THRIFTY, f"{where}: {_pool(found)}, and {_pool(best)} would keep the promise"
                )
            )
        elif mean(_latencies(rate, work, found)) > promise * SLACK:
            breaches.append(Breach(Guarantee.AGREES, f"{where}: the simulation is slower than promised"))
    return breaches


def bound(answer: Answer) -> Sequence[Breach]:
    """The largest queue whose messages wait no longer than promised when it is always full."""
    cases = [(0.010, 1, 2.0), (0.050, 4, 1.5), (0.2, 12, 5.0)]
    names = ("service_mean_s", "consumers", "promise_s")
    breaches: list[Breach] = []
    for (work, pool, promise), found in _ask(answer, "limit_for", names, cases):
        capacity = pool / work
        where = f"{_pool(pool)} with {work * 1000:g} ms of work, {promise:g} s promised"
        if not isinstance(found, int) or found < 0:
            breaches.append(_odd(where, found, "a whole number of messages"))
            continue
        rate = 1.5 * capacity
        best = int(promise * capacity)
        # Above capacity the queue is full nearly always: a message waits limit / capacity.
        if found > best * 1.02 + 1:
            theory = mmck(rate, work, pool, pool + found).mean_wait_s
            seen = mean(_waits(rate, work, pool, found))
            breaches.append(
                Breach(
                    Guarantee.PROMISE,
                    f"{where}: with room for {found} a message that was taken in waits {theory:.2f} s by theory "
                    f"and {seen:.2f} s in simulation, at half more than the consumers can do",
                )
            )
        elif found < best * 0.9 - 1:
            breaches.append(
                Breach(
                    Guarantee.THRIFTY,
                    f"{where}: room for {found} only; with room for {best} the promise is kept, and bursts find more room",
                )
            )
        elif mean(_waits(rate, work, pool, found)) > promise * SLACK:
            breaches.append(Breach(Guarantee.AGREES, f"{where}: the simulation waits longer than promised"))
    return breaches


def variation(answer: Answer) -> Sequence[Breach]:
    """The mean wait of one consumer, from its measured work."""
    even = [0.010, 0.011, 0.009, 0.010, 0.010, 0.010, 0.011, 0.009]
    mixed = [0.004, 0.006, 0.005, 0.005, 0.040, 0.004, 0.006, 0.010]
    long = [0.02] * 18 + [0.2, 0.24]
    cases = [(80.0, even), (60.0, mixed), (15.0, long)]
    breaches: list[Breach] = []
    for (rate, work), found in _ask(answer, "mean_wait_s", ("rate_per_s", "work_s"), cases):
        average = mean(work)
        cv = (sum((one - average) ** 2 for one in work) / len(work)) ** 0.5 / average
        where = f"{rate:g}/s, work of {average * 1000:.3g} ms on average, its variation {cv:.2f}"
        if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
            breaches.append(_odd(where, found, "a number of seconds"))
            continue
        theory = mg1(rate, average, cv).mean_wait_s
        if abs(found - theory) > 0.05 * theory:
            seen = mean(_uneven_waits(rate, average, cv))
            breaches.append(
                Breach(
                    Guarantee.AGREES,
                    f"{where}: {_ms(found)} is predicted, theory says {_ms(theory)}, and the simulation {_ms(seen)}",
                )
            )
    return breaches


def plan(answer: Answer) -> Sequence[Breach]:
    """A whole plan under uneven work; no closed form for p99, so theory gives what is impossible."""
    cases = [(180.0, 0.020, 1.0, 0.25, 0.01), (90.0, 0.040, 2.0, 0.8, 0.02)]
    names = ("rate_per_s", "service_mean_s", "service_cv", "p99_s", "most_lost_share")
    breaches: list[Breach] = []
    for (rate, work, cv, p99, lost), found in _ask(answer, "plan", names, cases, deadline_s=25.0):
        where = f"{rate:g}/s, {work * 1000:g} ms of work, its variation {cv:g}"
        pool, room = (
            (found.get("consumers"), found.get("queue_limit")) if isinstance(found, dict) else (None, None)
        )
        if not (isinstance(pool, int) and isinstance(room, int) and pool > 0 and room >= 0):
            breaches.append(
                _odd(where, found, 'a dictionary {"consumers": …, "queue_limit": …} of whole numbers')
            )
            continue
        load = rate * work
        if pool < load * (1.0 - lost):
            breaches.append(
                Breach(
                    Guarantee.AGREED_LOSS,
                    f"{where}: {_pool(pool)} can do {pool / work:g}/s at best, so more than {lost:.0%} is lost "
                    "by arithmetic",
                )
            )
            continue
        late, gone = _planned(rate, work, cv, pool, room)
        if late > p99 * 1.05:
            breaches.append(
                Breach(
                    Guarantee.PROMISE,
                    f"{where}: with {_pool(pool)} and room for {room} p99 is {_ms(late)}, {_ms(p99)} was promised",
                )
            )
        if gone > lost + 0.002:
            breaches.append(
                Breach(
                    Guarantee.AGREED_LOSS,
                    f"{where}: with {_pool(pool)} and room for {room} {gone:.1%} is refused, {lost:.0%} was agreed",
                )
            )
        if _keeps(rate, work, cv, pool - 2, p99, lost):
            breaches.append(
                Breach(
                    Guarantee.THRIFTY, f"{where}: {_pool(pool)}, and {_pool(pool - 2)} would keep the promise"
                )
            )
    return breaches


def _ask(
    answer: Answer, function: str, names: Sequence[str], cases: Sequence[Any], *, deadline_s: float = 12.0
) -> list[tuple[Any, Any]]:
    """Each case with what the answer makes of it; every case in a process of its own."""
    with Trial(answer) as trial:
        programs = [
            trial.start(f"{function}()", function, **dict(zip(names, case, strict=True))) for case in cases
        ]
        return [
            (case, trial.result(program, deadline_s=deadline_s))
            for case, program in zip(cases, programs, strict=True)
        ]


def _odd(where: str, found: object, wanted: str) -> Breach:
    return Breach(Guarantee.RUNS, f"{where}: {str(found)[:80]!r} was returned, {wanted} is asked for")


def _smallest(keeps: Callable[[int], bool]) -> int:
    number = 1
    while not keeps(number):
        number += 1
    return number


def _mean_latency_s(rate: float, work: float, pool: int) -> float:
    """M/M/c; infinite where there is no steady state."""
    try:
        return mmc(rate, work, pool).mean_latency_s
    except CourseError:
        return float("inf")


def _summaries(scenario: Scenario) -> list[Mapping[str, Any]]:
    return [simulate(scenario.but(seed=seed)).summary for seed in SEEDS]


def _steady(rate: float, work: float, **changes: Any) -> Scenario:
    """A run of MESSAGES, the first fifth of it left out."""
    lasts_s = MESSAGES / rate
    return Scenario(
        rate_per_s=rate,
        service_mean_s=work,
        duration_s=lasts_s,
        warm_up_s=lasts_s / 5.0,
        samples=1,
        **changes,
    )


def _latencies(rate: float, work: float, pool: int) -> list[float]:
    return [run["mean_latency_s"] for run in _summaries(_steady(rate, work, consumers=pool))]


def _waits(rate: float, work: float, pool: int, room: int) -> list[float]:
    """Long enough that filling the queue is a small part of the run."""
    scenario = _steady(rate, work, consumers=pool, queue_limit=room)
    return [run["mean_wait_s"] for run in _summaries(scenario)]


def _uneven_waits(rate: float, work: float, cv: float) -> list[float]:
    kind: dict[str, Any] = {"service": "lognormal", "service_cv": cv} if cv > 0.0 else {"service": "constant"}
    return [run["mean_wait_s"] for run in _summaries(_steady(rate, work, **kind))]


def _planned(rate: float, work: float, cv: float, pool: int, room: int) -> tuple[float, float]:
    """Mean p99 in seconds and mean share refused."""
    scenario = _steady(rate, work, consumers=pool, queue_limit=room, service="lognormal", service_cv=cv)
    runs = _summaries(scenario)
    return mean(run["p99_s"] for run in runs), mean(run["rejected"] / run["offered"] for run in runs)


def _keeps(rate: float, work: float, cv: float, pool: int, p99: float, lost: float) -> bool:
    """Whether some bound lets that pool keep both promises, by simulation."""
    if pool < max(1.0, rate * work * (1.0 - lost)):
        return False
    for share in (0.4, 0.7, 1.0, 2.0):
        late, gone = _planned(rate, work, cv, pool, max(1, int(share * p99 * pool / work)))
        if late <= p99 and gone <= lost:
            return True
    return False


def _pool(count: int) -> str:
    return "1 consumer" if count == 1 else f"{count} consumers"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if isfinite(seconds) else "without bound"


CHECKS = {"consumers": consumers, "bound": bound, "variation": variation, "plan": plan}
