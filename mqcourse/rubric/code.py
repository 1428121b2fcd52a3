"""A plan as a code that two people type: the level, the minutes, the seed, and a letter that shows a mistyped one."""

from mqcourse.rubric.levels import LEVELS, NAMES

LETTERS = ("a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z")  # fmt: skip
"""The letters that are read for no digit. They are 23, a prime that no weight of a digit has as a factor, so one wrong
digit, and two neighbours that changed places, give another letter."""
SEEDS = 1000000
"""A code holds a seed below this."""
LEAST_MINUTES = 3
MOST_MINUTES = 480
"""An interview has at least and at most these."""


def code_of(level: str, minutes: int, seed: int) -> str:
    """The code of a plan without a topic: senior-45-7-q."""
    place = list(LEVELS).index(level)
    number = (place * 1009 + minutes) * 1000003 + seed
    rest = number - int(number / 23) * 23
    return f"{NAMES[level]}-{minutes}-{seed}-{LETTERS[rest]}"
