"""ISO 8601 durations as Service Bus and its clients write them."""

import datetime

import isodate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicebus_emulator.admin import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1M", 60),
        ("P1DT2H3M4.5S", 93784.5),
        ("P2W", 1_209_600),
        ("PT0S", 0),
        ("PT10M1S", 601),
        ("P10675199DT2H48M5.4775807S", duration.MAX_S),
        ("P10675199DT2H48M5.477581S", duration.MAX_S),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert duration.parse(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "1M", "P1Y", "P1M", "PT-5S", "-PT5S", "PT1S2M", "00:01:00", "PT1.5M", "P99999999D"],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|longest time span"):
        duration.parse(text)


@given(st.timedeltas(min_value=datetime.timedelta(0), max_value=datetime.timedelta(days=3650)))
def test_what_is_written_is_what_the_sdk_reads_and_writes(span: datetime.timedelta) -> None:
    text = duration.write(span.total_seconds())
    assert isodate.parse_duration(text) == span
    assert duration.parse(isodate.duration_isoformat(span)) == pytest.approx(span.total_seconds(), abs=1e-6)


def test_never_is_written_as_dotnets_longest_span() -> None:
    assert duration.write(duration.MAX_S) == duration.MAX
    assert duration.write(float("inf")) == duration.MAX
