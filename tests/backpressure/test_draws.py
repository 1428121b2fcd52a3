"""The determinism contract's ground: functions that are right, and streams that stay what they are."""

import math
import random
import statistics
import struct
from itertools import pairwise

import pytest

from mqcourse.backpressure.model import draws, numerics


def bits(x: float) -> str:
    """A double as 16 hexadecimal digits."""
    return struct.pack(">d", x).hex()


def ulps(x: float, truth: float) -> float:
    return abs(x - truth) / math.ulp(truth)


def test_ln_and_exp_are_within_one_and_a_half_units_of_the_library() -> None:
    rng = random.Random(1)
    for _ in range(20_000):
        x = rng.random() * 10.0 ** rng.randint(-300, 300) or 0.5
        assert ulps(numerics.ln(x), math.log(x)) <= 1.5, x
        y = rng.uniform(-690, 690)
        assert ulps(numerics.exp(y), math.exp(y)) <= 1.5, y
    assert numerics.ln(1.0) == 0.0
    assert numerics.exp(0.0) == 1.0
    assert numerics.exp(1e9) == numerics.exp(700.0)
    assert numerics.exp(-1e9) == numerics.exp(-700.0) > 0.0


def test_the_normal_quantile_is_the_standard_librarys() -> None:
    normal = statistics.NormalDist()
    rng = random.Random(2)
    for u in [rng.random() for _ in range(5_000)] + [1e-12, 2.0**-33, 0.075, 0.925, 0.5, 1 - 2.0**-33]:
        assert numerics.normal_quantile(u) == pytest.approx(normal.inv_cdf(u), rel=1e-13, abs=1e-14)


def test_the_first_draws_of_each_stream_stay_as_they_are() -> None:
    """mulberry32 written anew, beside what draws.py gives: a twin that passes this has the generator right."""

    def mulberry32(state: int) -> int:
        state &= 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (state | 1)) % 2**32
        t ^= (t + ((t ^ (t >> 7)) * (t | 61)) % 2**32) % 2**32
        return t ^ (t >> 14)

    for seed in (0, 1, 7, 2**32 - 1):
        for number, purpose in enumerate(draws.STREAMS):
            draw = draws.uniform(seed, purpose)
            place = number * 268_435_399 + seed * 165_902_235 % 2**28
            for step in range(1, 4):
                assert draw() == (mulberry32((place + step) * 0x6D2B79F5) + 0.5) / 2**32


def test_known_bits() -> None:
    """For a twin to copy, and so that no change of an operation's order goes unseen; the library's exp(-1.2) ends in df."""
    assert bits(draws.uniform(1, "arrivals")()) == "3fdb69cd94200000"
    assert bits(draws.uniform(1, "client")()) == "3fe798234ad00000"
    assert bits(numerics.ln(0.3)) == "bff34378fcbda721"
    assert bits(numerics.exp(-1.2)) == "3fd346c4167a12de"
    assert bits(numerics.normal_quantile(0.01)) == "c0029c5c4630ff0e"


def test_no_two_streams_meet_and_seeds_are_apart() -> None:
    step_of = {draws.start(3, stream): stream for stream in range(len(draws.STREAMS))}
    assert len(step_of) == len(draws.STREAMS) <= 16
    starts = sorted((seed * draws.SEED_SPACING) & 0x0FFFFFFF for seed in range(1000))
    assert min(later - earlier for earlier, later in pairwise(starts)) == 122_215


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("make", "mean", "cv"),
    [
        (lambda draw: draws.scaled_exponential(draw, 2.0), 2.0, 1.0),
        (lambda draw: draws.lognormal(draw, 2.0, 0.7), 2.0, 0.7),
        (lambda draw: draws.pareto(draw, 2.0, 6.0), 2.0, (1 / 24) ** 0.5),
        (lambda draw: draws.constant(2.0), 2.0, 0.0),
    ],
)
def test_variates_have_their_mean_and_variation(make: object, mean: float, cv: float) -> None:
    variate = make(draws.uniform(5, "work"))  # type: ignore[operator]
    sample = [variate() for _ in range(100_000)]
    assert statistics.fmean(sample) == pytest.approx(mean, rel=0.01)
    assert statistics.pstdev(sample) / mean == pytest.approx(cv, rel=0.04, abs=1e-12)


def test_streams_are_uniform_and_not_correlated() -> None:
    samples = []
    for purpose in draws.STREAMS:
        draw = draws.uniform(11, purpose)
        samples.append([draw() for _ in range(10_000)])
    for index, one in enumerate(samples):
        counts = [0] * 20
        for u in one:
            counts[int(u * 20)] += 1
        chi2 = sum((count - 500) ** 2 / 500 for count in counts)
        assert chi2 < 43.8  # 99.9% of chi-squared with 19 degrees of freedom
        for other in samples[index + 1 :]:
            assert abs(statistics.correlation(one, other)) < 0.04  # four standard errors
