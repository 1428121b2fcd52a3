"""Cause an error on purpose in a chapter's cell, and print it as the last line of its traceback."""

import sys
import textwrap
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

SHOWN = 400
"""Characters of a text that are printed: kafka-python repeats a whole request and its response in some errors."""


@contextmanager
def provoked(kind: type[BaseException], text: str) -> Iterator[None]:
    """The block ends with an exception of this class, whose line has `text`. The line is printed.

    An exception of another class passes through. AssertionError when the block ends without one, or with another text.
    """
    try:
        yield
    except kind as error:
        line = last_line(error)
        if text not in line:
            raise AssertionError(f"another text than {text!r}: {line}") from error
        sys.stdout.write(f"{textwrap.shorten(line, SHOWN, placeholder=' […]')}\n")
        return
    raise AssertionError(f"the block ended without {kind.__name__}")


def last_line(error: BaseException) -> str:
    """What Python prints of an exception below its traceback: class and text, in one line."""
    return " ".join("".join(traceback.format_exception_only(error)).split())
