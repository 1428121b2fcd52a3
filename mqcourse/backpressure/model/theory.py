"""The results of queueing theory for a steady queue: closed forms to compare the simulation with.

Rates in messages per second, times in seconds. Every function raises CourseError for a load without a steady
state. Letters: lambda the arrival rate, mu = 1 / service_mean_s, c consumers, a = lambda / mu the offered load in
erlangs, rho = a / c.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.errors import CourseError


@dataclass(frozen=True)
class Steady:
    """Long-run means. `mean_wait_s` is the time to the start of work, of those admitted; latency adds the work."""

    model: str
    source: str
    throughput_per_s: float
    utilisation: float
    mean_waiting: float
    mean_in_system: float
    mean_wait_s: float
    mean_latency_s: float
    lost_share: float = 0.0
    class_wait_s: tuple[float, ...] = ()


def littles_law(throughput_per_s: float, mean_latency_s: float) -> float:
    """L = lambda W: the mean number in a system, whatever happens in it.

    Source: J. D. C. Little, A Proof for the Queuing Formula L = lambda W, Operations Research 9 (1961).
    """
    return throughput_per_s * mean_latency_s


def mm1(rate_per_s: float, service_mean_s: float) -> Steady:
    """M/M/1: Poisson arrivals, exponential work, one consumer; W = 1 / (mu - lambda).

    Source: L. Kleinrock, Queueing Systems I (1975), 3.2.
    """
    rho = _stable(rate_per_s, service_mean_s, 1)
    wait = rho * service_mean_s / (1.0 - rho)
    return _steady("M/M/1", "Kleinrock 1975, 3.2", rate_per_s, service_mean_s, 1, wait)


def erlang_b(load: float, consumers: int) -> float:
    """The share of messages that finds all consumers busy and is lost (M/G/c/c): B(c) = a B(c-1) / (c + a B(c-1)).

    Source: A. K. Erlang 1917; the recursion in Kleinrock 1975, 3.6; the kind of work does not matter (Sevast'yanov 1957).
    """
    blocked = 1.0
    for c in range(1, consumers + 1):
        blocked = load * blocked / (c + load * blocked)
    return blocked


def erlang_c(load: float, consumers: int) -> float:
    """The share of messages that has to wait in M/M/c: C = B / (1 - rho (1 - B)).

    Source: A. K. Erlang 1917; Kleinrock 1975, 3.5.
    """
    rho = load / consumers
    blocked = erlang_b(load, consumers)
    return blocked / (1.0 - rho * (1.0 - blocked))


def mmc(rate_per_s: float, service_mean_s: float, consumers: int) -> Steady:
    """M/M/c: c consumers on one queue; Wq = C / (c mu - lambda).

    Source: Kleinrock 1975, 3.5 (Erlang C).
    """
    _stable(rate_per_s, service_mean_s, consumers)
    wait = erlang_c(rate_per_s * service_mean_s, consumers) / (consumers / service_mean_s - rate_per_s)
    return _steady("M/M/c", "Kleinrock 1975, 3.5", rate_per_s, service_mean_s, consumers, wait)


def mm1k(rate_per_s: float, service_mean_s: float, room: int) -> Steady:
    """M/M/1/K: at most K = `room` messages in the system, more are rejected. Source: Kleinrock 1975, 3.6."""
    return mmck(rate_per_s, service_mean_s, 1, room)


def mmcc(rate_per_s: float, service_mean_s: float, consumers: int) -> Steady:
    """M/M/c/c: no waiting places; the lost share is Erlang B. Source: Kleinrock 1975, 3.6."""
    return mmck(rate_per_s, service_mean_s, consumers, consumers)


def mmck(rate_per_s: float, service_mean_s: float, consumers: int, room: int) -> Steady:
    """M/M/c/K: c consumers, at most K = `room` >= c messages in the system; a birth-death chain, steady at any load.

    Source: D. Gross, C. M. Harris, Fundamentals of Queueing Theory (4th ed. 2008), 2.5.
    """
    if room < consumers:
        raise CourseError(
            f"theory: the capacity (`room`) is {room} messages",
            do=f"Allowed: from consumers, {consumers}, messages",
        )
    load = rate_per_s * service_mean_s
    weights, weight = [1.0], 1.0
    for n in range(1, room + 1):
        weight *= load / min(n, consumers)
        if weight > 1e200:
            weights = [one * 1e-200 for one in weights]
            weight *= 1e-200
        weights.append(weight)
    whole = sum(weights)
    lost = weights[-1] / whole
    waiting = sum((n - consumers) * w for n, w in enumerate(weights) if n > consumers) / whole
    throughput = rate_per_s * (1.0 - lost)
    wait = waiting / throughput
    name = "M/M/1/K" if consumers == 1 else "M/M/c/c" if room == consumers else "M/M/c/K"
    return _steady(name, "Gross & Harris 2008, 2.5", throughput, service_mean_s, consumers, wait, lost)


def md1(rate_per_s: float, service_mean_s: float) -> Steady:
    """M/D/1: every message takes the same work; half the waiting of M/M/1. Source: Kleinrock 1975, 5.6."""
    return mg1(rate_per_s, service_mean_s, 0.0, name="M/D/1")


def mg1(rate_per_s: float, service_mean_s: float, service_cv: float, *, name: str = "M/G/1") -> Steady:
    """M/G/1: any kind of work, of which only mean and variation count; Wq = rho E[S] (1 + cv^2) / (2 (1 - rho)).

    Source: F. Pollaczek 1930, A. Khinchine 1932; Kleinrock 1975, 5.6.
    """
    rho = _stable(rate_per_s, service_mean_s, 1)
    wait = rho * service_mean_s * (1.0 + service_cv * service_cv) / (2.0 * (1.0 - rho))
    return _steady(name, "Pollaczek-Khinchine; Kleinrock 1975, 5.6", rate_per_s, service_mean_s, 1, wait)


def cobham(
    rates_per_s: Sequence[float], service_mean_s: float, service_cv: float = 1.0, consumers: int = 1
) -> Steady:
    """Non-preemptive priorities, the most important class first, one kind of work for all.

    W_k = W_0 / ((1 - sigma_(k-1)) (1 - sigma_k)), sigma_k the load of the classes up to k; W_0 = lambda E[S^2] / 2 with
    one consumer, C / (c mu) with c consumers and exponential work.
    Source: A. Cobham, Priority Assignment in Waiting Line Problems, Operations Research 2 (1954).
    """
    rate = sum(rates_per_s)
    _stable(rate, service_mean_s, consumers)
    if consumers == 1:
        residual = rate * service_mean_s * service_mean_s * (1.0 + service_cv * service_cv) / 2.0
    elif service_cv == 1.0:
        residual = erlang_c(rate * service_mean_s, consumers) * service_mean_s / consumers
    else:
        raise CourseError(
            "theory: with several consumers only exponential work (service_cv 1) has a closed form"
        )
    waits, before = [], 0.0
    for one in rates_per_s:
        up_to = before + one * service_mean_s / consumers
        waits.append(residual / ((1.0 - before) * (1.0 - up_to)))
        before = up_to
    wait = sum(one * w for one, w in zip(rates_per_s, waits, strict=True)) / rate
    steady = _steady("M/G/1 with priorities", "Cobham 1954", rate, service_mean_s, consumers, wait)
    return Steady(**{**vars(steady), "class_wait_s": tuple(waits)})


def service_cv(s: Scenario) -> float:
    """Standard deviation over mean of the work; infinite for a Pareto tail index of 2 or less."""
    if s.service == "constant":
        return 0.0
    if s.service == "exponential":
        return 1.0
    if s.service == "lognormal":
        return s.service_cv
    a = s.service_tail
    return (1.0 / (a * (a - 2.0))) ** 0.5 if a > 2.0 else float("inf")


def expected(s: Scenario) -> Steady | None:
    """The closed form that fits a scenario, or None when there is none (or no steady state)."""
    plain = (
        s.arrivals == "poisson"
        and (s.surge_for_s == 0.0 or s.surge_factor == 1.0)
        and s.prefetch == 1
        and s.delivery_s == 0.0
        and s.partitions == 0
        and (s.queue_limit is None or s.on_full == "reject")
        and s.on_full != "expire"
        and s.expire_after_s is None
        and s.throttle == "none"
        and s.client_timeout_s is None
        and s.client_retries == 0
        and s.autoscale == "none"
        and s.crash_every_s is None
        and s.error_share == 0.0
        and s.poison_share == 0.0
    )
    cv = service_cv(s)
    kinds = [share for share in s.priority_mix if share > 0.0]
    ranked = s.order == "priority" and len(kinds) > 1
    if not plain or cv == float("inf"):
        return None
    if s.queue_limit is not None:
        if s.service == "exponential" or s.queue_limit == 0:
            return mmck(s.rate_per_s, s.service_mean_s, s.consumers, s.consumers + s.queue_limit)
        return None
    if s.rate_per_s * s.service_mean_s >= s.consumers or (s.consumers > 1 and s.service != "exponential"):
        return None
    if ranked:
        whole = sum(s.priority_mix)
        return cobham(
            [s.rate_per_s * share / whole for share in s.priority_mix], s.service_mean_s, cv, s.consumers
        )
    if s.service != "exponential":
        return mg1(s.rate_per_s, s.service_mean_s, cv, name="M/D/1" if cv == 0.0 else "M/G/1")
    return (
        mm1(s.rate_per_s, s.service_mean_s)
        if s.consumers == 1
        else mmc(s.rate_per_s, s.service_mean_s, s.consumers)
    )


def _stable(rate_per_s: float, service_mean_s: float, consumers: int) -> float:
    rho = rate_per_s * service_mean_s / consumers
    if not 0.0 < rho < 1.0:
        raise CourseError(
            f"theory: rate_per_s is {rate_per_s:.6g} messages/s, and there is no steady state",
            do=f"Allowed: above 0 and below {consumers / service_mean_s:.6g} messages/s",
        )
    return rho


def _steady(
    model: str, source: str, throughput: float, service: float, consumers: int, wait: float, lost: float = 0.0
) -> Steady:
    """Little's law gives the numbers from the times."""
    return Steady(
        model=model,
        source=source,
        throughput_per_s=throughput,
        utilisation=throughput * service / consumers,
        mean_waiting=littles_law(throughput, wait),
        mean_in_system=littles_law(throughput, wait + service),
        mean_wait_s=wait,
        mean_latency_s=wait + service,
        lost_share=lost,
    )
