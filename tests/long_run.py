"""How often a test repeats what it does: a few times in `make test`, many times in `make test-long`."""

import os

LONG = "TEST_LONG"
"""The environment variable that `make test-long` sets to 1."""


def times(in_each_run: int, in_a_long_one: int) -> int:
    """The one of the two numbers that this run is for."""
    return in_a_long_one if os.environ.get(LONG) == "1" else in_each_run
