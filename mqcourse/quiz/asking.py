"""A session in a terminal by single keys, and line by line where there is none."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TextIO

from mqcourse.book.question import Question
from mqcourse.quiz.card_text import back, front
from mqcourse.quiz.journal import RATINGS, Review
from mqcourse.quiz.statistics import SURE

FELT = ", ".join(f"{key} {name.lower()}" for key, name in enumerate(SURE.values(), 1))
REVEAL = f"""Answer aloud, then say how sure you are:
{FELT}.
Space or Enter shows a strong answer, q ends."""
RATE = "How well did you know it? 1 not yet, 2 with gaps, 3 good, 4 easily; q ends."
FOUR = ("1", "2", "3", "4")
"""The keys that say how sure a reader is, and after the answer rate it."""
SHOWS = (" ", "\n", "\r")
ENDS = ("q", "\x04", "")
"""A key that ends the session: q, Ctrl-D, or an input that has ended."""


def ask(
    cards: Sequence[Question],
    key: Callable[[], str],
    show: Callable[[str], None],
    keep: Callable[[Review], None],
    width: int,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Show each card, its answer after a key, and keep its rating at once; gives how many were rated.

    A number before the answer is how sure the reader is; the last one counts, and a card may go without.
    """
    rated = 0
    for place, question in enumerate(cards, 1):
        show(f"\n[{place} of {len(cards)}] {front(question, width)}\n\n{REVEAL}")
        sure = None
        while (pressed := _one_of(key, (*FOUR, *SHOWS))) in FOUR:
            sure, felt = list(SURE.items())[int(pressed) - 1]
            show(f"{pressed}: {felt.lower()}, about {sure}%")
        if pressed in ENDS:
            return rated
        show(f"\n{back(question, width)}\n\n{RATE}")
        pressed = _one_of(key, FOUR)
        if pressed in ENDS:
            return rated
        rating = RATINGS[int(pressed) - 1]
        keep(Review(now(), question.id, rating, sure))
        show(f"{pressed}: {rating}")
        rated += 1
    return rated


def _one_of(key: Callable[[], str], wanted: tuple[str, ...]) -> str:
    """The first key that means something here."""
    while (pressed := key()) not in wanted and pressed not in ENDS:
        pass
    return pressed


@contextlib.contextmanager
def keys(stream: TextIO) -> Iterator[Callable[[], str]]:
    """Where keys come from: single ones of a terminal, which is put back in order afterwards; else the first of a line."""
    if not stream.isatty():
        yield lambda: _of_line(stream.readline())
        return
    import termios
    import tty

    before = termios.tcgetattr(stream)
    try:
        tty.setcbreak(stream.fileno())
        yield lambda: stream.read(1)
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


def _of_line(line: str) -> str:
    """The key of a line that was typed: its first sign, Enter for an empty line, "" at the end of the input."""
    return line.strip()[:1] or ("\n" if line else "")


def written(text: str) -> None:
    """A text on standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
