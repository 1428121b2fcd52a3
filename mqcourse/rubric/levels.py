"""The levels of cards, and those of answers."""

LEVELS = {"J": "Junior", "M": "Mid", "S": "Senior", "St": "Staff"}
"""Short name in the bank, name on the page; in rising order."""
RUBRIC = {"mid": "Mid", "senior": "Senior", "staff": "Staff"}
"""The levels of answers that a rubric distinguishes, in rising order."""
NAMES = {"J": "junior", "M": "mid", "S": "senior", "St": "staff"}
"""The level as it is typed, by its short name."""
