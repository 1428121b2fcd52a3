"""Random numbers that every language repeats: mulberry32, one stream for each purpose.

mulberry32 (T. Ettinger, 2017, public domain) counts its 32-bit state up by a constant and scrambles it. A
separate stream for arrivals, work, keys and so on keeps scenarios comparable: change the service time, and the same
messages still arrive at the same times (common random numbers; Law, Simulation Modeling and Analysis, 11.2).
"""

from collections.abc import Callable
from math import sqrt

from mqcourse.backpressure.model.numerics import exp, ln, normal_quantile

Draw = Callable[[], float]

STREAMS = (
    "arrivals",
    "bursts",
    "work",
    "class",
    "key",
    "poison",
    "error",
    "crash",
    "repair",
    "backoff",
    "client",
)
"""What each stream is for; its place in this tuple is its number in the contract."""

MASK = 0xFFFFFFFF
STEP = 0x6D2B79F5
STREAM_SPACING = 0x0FFFFFC7
"""Draws between the starts of two streams: the largest prime below 2**28, so that sixteen streams fit."""
SEED_SPACING = 165_902_235
"""2**28 divided by the golden ratio: successive seeds start as far apart as they can."""


def start(seed: int, stream: int) -> int:
    """The first state of a stream: the counter after `stream * STREAM_SPACING + seed * SEED_SPACING mod 2**28` steps."""
    steps = stream * STREAM_SPACING + ((seed * SEED_SPACING) & 0x0FFFFFFF)
    return (steps * STEP) & MASK


def uniform(seed: int, purpose: str) -> Draw:
    """A function that draws the next number of a stream: (k + 0.5) / 2**32 with k a 32-bit number, never 0 or 1."""
    state = start(seed, STREAMS.index(purpose))

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        t ^= (t + (t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF
        return ((t ^ (t >> 14)) + 0.5) * 2.3283064365386963e-10  # times 2**-32: exact

    return draw


def exponential(draw: Draw) -> Draw:
    """Exponential numbers with mean 1, one draw each, by inversion: -ln(u)."""

    def next_one() -> float:
        return -ln(draw())

    return next_one


def constant(value: float) -> Draw:
    """Always the same value; draws nothing."""

    def next_one() -> float:
        return value

    return next_one


def scaled_exponential(draw: Draw, mean: float) -> Draw:
    """Exponential numbers with the given mean: mean * -ln(u)."""

    def next_one() -> float:
        return mean * -ln(draw())

    return next_one


def lognormal(draw: Draw, mean: float, cv: float) -> Draw:
    """Lognormal numbers with the given mean and coefficient of variation: exp(mu + sigma * z), z by inversion."""
    variance = ln(1.0 + cv * cv)
    sigma = sqrt(variance)
    mu = ln(mean) - 0.5 * variance

    def next_one() -> float:
        return exp(mu + sigma * normal_quantile(draw()))

    return next_one


def pareto(draw: Draw, mean: float, tail: float) -> Draw:
    """Pareto numbers with the given mean and tail index (> 1; below 2 the variance is infinite), by inversion."""
    least = mean * (tail - 1.0) / tail

    def next_one() -> float:
        return least * exp(-ln(draw()) / tail)

    return next_one
