"""Checks of the lab backpressure_sizing: each answer is held to closed forms and to simulations with several seeds.

The cases are drawn from the answer's seed, and drawn again until each of the usual mistakes is off in one of them.
"""

import random
from collections.abc import Callable, Sequence
from math import ceil, floor, isfinite, sqrt
from statistics import mean, pstdev, stdev
from typing import Any

import psutil

from mqcourse.backpressure import Scenario, simulate
from mqcourse.backpressure.model.theory import mg1, mmc
from mqcourse.errors import CourseError
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, GuaranteesBroken, Trial

MESSAGES = 6_000
"""Of a simulated run: its mean latency is then good to about a tenth at the loads asked for."""
RUNS = 5
"""Simulated runs, each with its own seed."""
MOST_RUNS = 60
"""Where that many leave it open whether a plan keeps a promise, it does. Near full load p99 of one run scatters by half
of itself; of this many the mean is off by at least six standard errors where consumers are one too few."""
SURE = 4.0
"""A promise is broken when the mean of the runs is off by more than so many of its standard errors. Near full load the
share that one run refuses scatters by more than what was agreed, so the mean of a few alone would accuse by chance."""
WITHIN = 0.05
"""How far a predicted wait may be from theory."""
MOST_CPU_S = 10.0
"""Processor time for one case, as in the exercise: a busy machine makes it no shorter."""

PLANS = (
    (1.79, 1.5, 10.2, 0.01, 3),
    (1.83, 1.5, 14.5, 0.01, 3),
    (2.87, 0.8, 9.3, 0.01, 4),
    (2.96, 1.5, 22.0, 0.01, 4),
    (2.03, 1.2, 13.0, 0.01, 3),
    (2.26, 1.8, 19.5, 0.03, 3),
    (2.39, 0.8, 10.9, 0.03, 3),
    (2.61, 1.5, 14.4, 0.02, 3),
    (2.64, 0.8, 10.0, 0.02, 3),
    (3.35, 0.5, 4.6, 0.03, 4),
    (3.43, 1.5, 12.1, 0.03, 4),
    (3.46, 1.8, 18.6, 0.01, 4),
    (3.62, 1.5, 17.2, 0.01, 4),
)
"""(load, cv, p99 / mean work, share that may be lost, fewest consumers): fewest by simulation, as `keeps` finds it, and
one more keeps p99 and loss with a margin of a fifth."""

TIGHT = tuple(row for row in PLANS if row[-1] > ceil(row[0]))
"""Plans that the load alone, rounded up, does not give, whatever the queue limit; nor does a plan that keeps the mean."""

LOOSE = tuple(row for row in PLANS if row not in TIGHT)


def consumers(answer: Answer) -> Sequence[Breach]:
    """The smallest pool that keeps a mean latency: (rate_per_s, service_mean_s, promise_s)."""
    draw = answer.draw("consumers")
    names = ("rate_per_s", "service_mean_s", "promise_s")
    breaches: list[Breach] = []
    for (rate, work, promise), found in _ask(answer, "consumers_for", names, _pools(draw)):
        where = f"{rate:g} messages per second, {work * 1000:g} ms of work, {promise * 1000:g} ms promised"
        if isinstance(found, bool) or not isinstance(found, int) or found < 1:
            breaches.append(_odd(where, found, "a whole number of consumers"))
            continue
        best = _smallest(lambda pool: _mean_latency_s(rate, work, pool) <= promise)  # noqa: B023
        if found < best:
            simulated = _simulated(breaches, draw, "mean_latency_s", _steady(rate, work, consumers=found))
            breaches.append(
                Breach(
                    Guarantee.PROMISE,
                    f"{where}: with {_pool(found)} the mean latency is {_ms(_mean_latency_s(rate, work, found))} by "
                    f"theory{simulated}",
                )
            )
        elif found > best:
            breaches.append(
                Breach(Guarantee.THRIFTY, f"{where}: {_pool(found)}, and fewer would keep the promise")
            )
    return breaches


def bound(answer: Answer) -> Sequence[Breach]:
    """The largest queue whose messages wait no longer than promised when it is always full."""
    draw = answer.draw("bound")
    names = ("service_mean_s", "consumers", "promise_s")
    breaches: list[Breach] = []
    for (work, pool, promise), found in _ask(answer, "limit_for", names, _bounds(draw)):
        where = f"{_pool(pool)} with {work * 1000:g} ms of work, {promise:g} s promised"
        if isinstance(found, bool) or not isinstance(found, int) or found < 0:
            breaches.append(_odd(where, found, "a whole number of messages"))
            continue
        # The more arrives, the nearer the queue is to being always full; then its mean wait is bound / rate of leaving.
        best = floor(promise * pool / work)
        if found > best:
            breaches.append(
                Breach(
                    Guarantee.PROMISE,
                    f"{where}: a queue of {found} that is always full makes a message wait {found * work / pool:.4g} s "
                    "on average, by Little's law",
                )
            )
        elif found < best:
            breaches.append(
                Breach(
                    Guarantee.THRIFTY,
                    f"{where}: a queue of {found} that is always full makes a message wait {found * work / pool:.4g} s, "
                    "and a larger limit also meets the target",
                )
            )
    return breaches


def variation(answer: Answer) -> Sequence[Breach]:
    """The mean wait of one consumer, from its measured work."""
    draw = answer.draw("variation")
    breaches: list[Breach] = []
    for (rate, work), found in _ask(answer, "mean_wait_s", ("rate_per_s", "work_s"), _measured(draw)):
        average = mean(work)
        cv = pstdev(work) / average
        where = (
            f"{rate:g} messages per second, work of {average * 1000:.3g} ms on average, its coefficient of variation "
            f"{cv:.2f}"
        )
        if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
            breaches.append(_odd(where, found, "a number of seconds"))
            continue
        theory = mg1(rate, average, cv).mean_wait_s
        if abs(found - theory) > WITHIN * theory:
            kind: dict[str, Any] = (
                {"service": "lognormal", "service_cv": cv} if cv > 0.0 else {"service": "constant"}
            )
            simulated = _simulated(breaches, draw, "mean_wait_s", _steady(rate, average, **kind))
            breaches.append(
                Breach(
                    Guarantee.AGREES,
                    f"{where}: {_ms(found)} is predicted, theory gives {_ms(theory)}{simulated}",
                )
            )
    return breaches


def plan(answer: Answer) -> Sequence[Breach]:
    """A whole plan under uneven work. No closed form gives p99, so theory gives what is impossible, simulation the rest."""
    draw = answer.draw("plan")
    names = ("rate_per_s", "service_mean_s", "service_cv", "p99_s", "most_lost_share")
    rows = draw.sample((draw.choice(TIGHT), draw.choice(LOOSE)), 2)
    cases = [_scaled(draw, row) for row in rows]
    breaches: list[Breach] = []
    for (*_row, fewest), ((rate, work, cv, p99, lost), found) in zip(
        rows, _ask(answer, "plan", names, cases, most_cpu_s=MOST_CPU_S), strict=True
    ):
        where = (
            f"{rate:g} messages per second, {work * 1000:g} ms of work, its coefficient of variation {cv:g}"
        )
        pool, room = (
            (found.get("consumers"), found.get("queue_limit")) if isinstance(found, dict) else (None, None)
        )
        if not (isinstance(pool, int) and isinstance(room, int) and pool > 0 and room >= 0):
            breaches.append(
                _odd(where, found, 'a dictionary {"consumers": …, "queue_limit": …} of whole numbers')
            )
            continue
        if pool < rate * work * (1.0 - lost):
            breaches.append(
                Breach(
                    Guarantee.AGREED_LOSS,
                    f"{where}: {_pool(pool)} can do {pool / work:g} per second at best, so more than {lost:.0%} is "
                    "lost by arithmetic",
                )
            )
            continue
        late, gone = _broken(draw, (rate, work, cv, pool, room), (p99 * 1.05, lost + 0.002))
        if late is not None:
            breaches.append(
                Breach(
                    Guarantee.PROMISE,
                    f"{where}: with {_pool(pool)} and a queue limit of {room} p99 is {_ms(late)}, {_ms(p99)} was promised",
                )
            )
        if gone is not None:
            breaches.append(
                Breach(
                    Guarantee.AGREED_LOSS,
                    f"{where}: with {_pool(pool)} and a queue limit of {room} {gone:.1%} is refused, {lost:.0%} was agreed",
                )
            )
        if pool > fewest + 1:
            breaches.append(
                Breach(
                    Guarantee.THRIFTY,
                    f"{where}: {_pool(pool)}, and two fewer or less would keep the promise",
                )
            )
    return breaches


def _pools(draw: random.Random) -> list[tuple[float, float, float]]:
    """Cases for a pool: some need no more than the load, some one or two consumers on top."""

    def mistakes(rate: float, work: float, promise: float) -> list[int]:
        load = rate * work
        waits = _smallest(lambda pool: _mean_latency_s(rate, work, pool) - work <= promise)
        return [ceil(load), ceil(load / 0.7), ceil(load / 0.8), ceil(load) + 1, waits]

    def case(extra: int) -> tuple[float, float, float]:
        work = round(draw.uniform(0.004, 0.3), 3)
        rate = round((draw.randint(1, 6) + draw.uniform(0.2, 0.9)) / work, 1)
        pool = floor(rate * work) + 1 + extra
        least, most = _mean_latency_s(rate, work, pool), _mean_latency_s(rate, work, pool - 1)
        most = min(most, 2.0 * least)
        return rate, work, round(least + (most - least) * draw.uniform(0.3, 0.7), 5)

    while True:
        cases = [case(extra) for extra in draw.sample((0, 1, 1, 2), 4)]
        right = [_smallest(lambda pool: _mean_latency_s(r, w, pool) <= p) for r, w, p in cases]  # noqa: B023
        wrong = zip(*(mistakes(*each) for each in cases), strict=True)
        if all(list(each) != right for each in wrong):
            return cases


def _bounds(draw: random.Random) -> list[tuple[float, int, float]]:
    """Cases for a queue limit, all away from a whole number, where rounding would decide."""
    cases = []
    for pool in (1, *draw.sample(range(2, 13), 3)):
        work = round(draw.uniform(0.005, 0.3), 3)
        waiting = draw.randint(20, 400) + draw.uniform(0.3, 0.7)
        promise = round(waiting * work / pool, 4)
        if 0.2 < promise * pool / work % 1.0 < 0.8:
            cases.append((work, pool, promise))
    return cases if len(cases) == 4 else _bounds(draw)


def _measured(draw: random.Random) -> list[tuple[float, list[float]]]:
    """Rates and measured work: even, all alike, one long piece, a few very long ones."""

    def waits(rate: float, work: Sequence[float]) -> list[float]:
        average, spread = mean(work), pstdev(work)
        busy = rate * average

        def formula(square: float) -> float:
            return busy * average * (1.0 + square) / (2.0 * (1.0 - busy))

        cv = spread / average
        right = formula(cv**2)
        sample = stdev(work) / average
        return [
            right,
            formula(1.0),
            formula(0.0),
            formula(cv),
            formula(spread**2),
            formula(sample**2),
            right + average,
        ]

    while True:
        scale = draw.uniform(0.004, 0.05)
        even = [scale * draw.uniform(0.85, 1.15) for _ in range(6)]
        mixed = [scale * draw.uniform(0.4, 0.8) for _ in range(draw.randint(4, 6))] + [
            scale * draw.uniform(4, 6)
        ]
        long = [scale * draw.uniform(0.8, 1.2) for _ in range(12)] + [
            scale * draw.uniform(9, 14) for _ in range(2)
        ]
        alike = [scale] * draw.randint(3, 8)
        cases = []
        for work in draw.sample((even, mixed, long, alike), 4):
            rounded = [round(each, 4) for each in draw.sample(work, len(work))]
            cases.append((round(draw.uniform(0.4, 0.8) / mean(rounded), 2), rounded))
        right, *wrong = zip(*(waits(*each) for each in cases), strict=True)
        if all(
            any(abs(one - other) > 1.5 * WITHIN * other for one, other in zip(each, right, strict=True))
            for each in wrong
        ):
            return cases


def _scaled(
    draw: random.Random, row: tuple[float, float, float, float, int]
) -> tuple[float, float, float, float, float]:
    """A row of PLANS in its own time scale."""
    load, cv, late, lost, _fewest = row
    work = round(draw.uniform(0.008, 0.08), 4)
    return load / work, work, cv, late * work, lost


def _ask(
    answer: Answer,
    function: str,
    names: Sequence[str],
    cases: Sequence[Any],
    *,
    most_cpu_s: float = MOST_CPU_S,
) -> list[tuple[Any, Any]]:
    """Each case with what the answer makes of it; every case in its own process."""
    with Trial(answer) as trial:
        programs = [
            trial.start(f"{function}()", function, **dict(zip(names, case, strict=True))) for case in cases
        ]
        return [
            (case, _result(trial, program, most_cpu_s)) for case, program in zip(cases, programs, strict=True)
        ]


def _result(trial: Trial, program: Program, most_cpu_s: float) -> Any:
    """What the function returned. GuaranteesBroken when it used more processor time than that and had not ended."""

    def used_up() -> bool:
        try:
            times = psutil.Process(program.pid).cpu_times()
        except psutil.Error:
            return False
        return bool(times.user + times.system > most_cpu_s)

    longest_s = 6.0 * most_cpu_s  # for an answer that waits and computes nothing
    trial.wait(lambda _seen: not program.running or used_up(), deadline_s=longest_s)
    if program.running:
        raise GuaranteesBroken(
            [
                Breach(
                    Guarantee.ENDS,
                    f"{program.name} had not ended after {most_cpu_s:g} s of processor time"
                    if used_up()
                    else f"{program.name} had not ended after {longest_s:g} s",
                )
            ]
        )
    return trial.result(program)


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


def _seeds(draw: random.Random) -> list[int]:
    """Other than those of the lab's text."""
    return draw.sample(range(1_000, 100_000), RUNS)


def _simulated(breaches: Sequence[Breach], draw: random.Random, figure: str, scenario: Scenario) -> str:
    """The simulation's result, for the first case that is wrong: each takes as long as a whole check."""
    if breaches:
        return ""
    return f" (simulated: {_ms(mean(simulate(scenario.but(seed=seed)).summary[figure] for seed in _seeds(draw)))})"


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


def _planned(
    seeds: Sequence[int], rate: float, work: float, cv: float, pool: int, room: int
) -> list[tuple[float, float]]:
    """Of each run p99 in seconds and the share refused."""
    scenario = _steady(rate, work, consumers=pool, queue_limit=room, service="lognormal", service_cv=cv)
    runs = [simulate(scenario.but(seed=seed)).summary for seed in seeds]
    return [(run["p99_s"], run["rejected"] / run["offered"]) for run in runs]


def _broken(
    draw: random.Random, planned: tuple[float, float, float, int, int], allowed: tuple[float, float]
) -> list[float | None]:
    """The mean p99 and the mean share refused of a plan, each where it is above what is allowed and not by chance."""
    runs: list[tuple[float, float]] = []
    while True:
        runs += _planned(_seeds(draw), *planned)
        figures = list(zip(*runs, strict=True))
        surely = [
            mean(seen) if mean(seen) - SURE * stdev(seen) / sqrt(len(seen)) > most else None
            for seen, most in zip(figures, allowed, strict=True)
        ]
        kept = all(mean(seen) <= most for seen, most in zip(figures, allowed, strict=True))
        if kept or any(surely) or len(runs) >= MOST_RUNS:
            return surely


def keeps(
    seeds: Sequence[int],
    load: float,
    cv: float,
    late: float,
    lost: float,
    pool: int,
    *,
    reserve: float = 0.0,
) -> bool:
    """Whether some queue limit lets that pool meet both targets with that margin, by simulation: how PLANS was made.

    `load` is rate × mean work, `late` p99 in units of the mean work.
    """
    if pool < max(1.0, load * (1.0 - lost)):
        return False
    for share in (0.4, 0.5, 0.7, 1.0, 1.5):
        runs = _planned(seeds, load, 1.0, cv, pool, max(1, int(share * late * pool)))
        p99, gone = (mean(seen) for seen in zip(*runs, strict=True))
        if p99 <= late * (1.0 - reserve) and gone <= lost * (1.0 - 2.0 * reserve):
            return True
    return False


def _pool(count: int) -> str:
    return "1 consumer" if count == 1 else f"{count} consumers"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if isfinite(seconds) else "without bound"


CHECKS = {"consumers": consumers, "bound": bound, "variation": variation, "plan": plan}
