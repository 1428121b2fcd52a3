""".NET's ticks as XML Schema writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicebus_emulator.broker import ticks


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "PT0S"),
        (1, "PT0.0000001S"),
        (-1_234_567, "-PT0.1234567S"),
        (864_000_000_000, "P1D"),
        (937_840_000_010, "P1DT2H3M4.000001S"),
        (2**63 - 1, "P10675199DT2H48M5.4775807S"),
        (-(2**63), "-P10675199DT2H48M5.4775808S"),
    ],
)
def test_a_span_is_written_and_read_to_its_last_digit(number: int, text: str) -> None:
    assert ticks.span_text(number) == text
    assert ticks.span_ticks(text) == number


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_span_comes_back(number: int) -> None:
    assert ticks.span_ticks(ticks.span_text(number)) == number


@given(st.integers(0, 3_155_378_975_999_999_999))
def test_every_moment_comes_back(number: int) -> None:
    assert ticks.moment_ticks(ticks.moment_text(number)) == number


def test_a_moment_counts_from_the_year_1() -> None:
    assert ticks.moment_text(621_355_968_001_234_567) == "1970-01-01T00:00:00.1234567Z"


@pytest.mark.parametrize("text", ["", "1 s", "P1Y", "PT1.S", "PT-1S"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        ticks.span_ticks(text)
