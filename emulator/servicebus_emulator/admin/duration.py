"""ISO 8601 durations as Service Bus writes them: days and smaller, such as ``PT1M30S``.

`MAX` is .NET's largest time span; Service Bus uses it for "never".
"""

from __future__ import annotations

import re

MAX = "P10675199DT2H48M5.4775807S"
MAX_S = 922337203685.4775807
"""`MAX` in seconds (the last digits are beyond a float)."""

_FORM = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?"
)
_NAMED_IN_S = {"weeks": 604_800.0, "days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0}


def parse(text: str) -> float:
    """Seconds of a duration. Raises ValueError for another form, or for years and months (no fixed length)."""
    found = _FORM.fullmatch(text.strip())
    if found is None or text.strip().endswith(("P", "T")):
        raise ValueError(f"'{text}' is no ISO 8601 duration such as PT1M30S or P1DT12H")
    total_s = 0.0
    for name, number in found.groupdict().items():
        if number is not None:
            total_s += float(number.replace(",", ".")) * _NAMED_IN_S[name]
    if total_s > MAX_S + 1:  # clients round the longest span up and down
        raise ValueError(f"'{text[:40]}' is longer than .NET's longest time span, {MAX}")
    return min(total_s, MAX_S)


def write(seconds: float) -> str:
    """The duration in Service Bus' own form; whatever is as long as .NET's longest span is written as it."""
    if seconds >= MAX_S - 1:
        return MAX
    whole = int(seconds)
    micros = round((seconds - whole) * 1_000_000)
    if micros == 1_000_000:
        whole, micros = whole + 1, 0
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, whole_s = divmod(rest, 60)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if whole_s or fraction:
        clock += f"{whole_s}{fraction}S"
    if not days and not clock:
        return "PT0S"
    return "P" + (f"{days}D" if days else "") + ("T" + clock if clock else "")
