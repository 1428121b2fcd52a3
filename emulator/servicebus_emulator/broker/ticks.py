""".NET's ticks of 100 nanoseconds as text and back, to the last digit; Python's own times end at the sixth.

Spans are XML Schema's durations, moments its dateTime in UTC; a moment counts from the year 1.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

A_SECOND = 10_000_000
_YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)
_SPAN = re.compile(
    r"(?P<sign>-?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?"
)
_NAMED_IN_S = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def span_text(ticks: int) -> str:
    """`P1DT2H3M4.1234567S`."""
    whole_s, fraction = divmod(abs(ticks), A_SECOND)
    days, rest = divmod(whole_s, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    digits = f".{fraction:07d}".rstrip("0") if fraction else ""
    clock = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    if seconds or digits:
        clock += f"{seconds}{digits}S"
    date = f"{days}D" if days else ""
    sign = "-" if ticks < 0 else ""
    return f"{sign}P{date}T{clock}" if clock else f"{sign}P{date}" if date else "PT0S"


def span_ticks(text: str) -> int:
    """Raises ValueError for what is no duration of days and smaller."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text[:40]}' is no duration")
    with localcontext() as exact:
        exact.prec = 60
        total_s = sum(
            Decimal((found[name] or "0").replace(",", ".")) * in_s for name, in_s in _NAMED_IN_S.items()
        )
        ticks = int(total_s * A_SECOND)
    return -ticks if found["sign"] else ticks


def moment_text(ticks: int) -> str:
    """`2026-11-26T12:00:00.1234567Z`. Raises OverflowError beyond the year 9999."""
    whole_s, fraction = divmod(ticks, A_SECOND)
    digits = f".{fraction:07d}".rstrip("0") if fraction else ""
    return f"{(_YEAR_1 + timedelta(seconds=whole_s)).replace(tzinfo=None).isoformat()}{digits}Z"


def moment_ticks(text: str) -> int:
    """The way back from `moment_text`."""
    clock, _, digits = text.removesuffix("Z").partition(".")
    whole = (datetime.fromisoformat(f"{clock}+00:00") - _YEAR_1) // timedelta(seconds=1)
    return whole * A_SECOND + int(digits.ljust(7, "0"))
