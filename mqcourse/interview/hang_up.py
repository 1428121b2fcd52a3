"""What ends an interview from outside, as Ctrl-C does: a terminal that is closed, and SIGTERM."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class HangUp:
    """The first SIGHUP or SIGTERM raises KeyboardInterrupt while somebody is being asked, and later ones do nothing:
    a shell sends SIGHUP again, while the report is still being written."""

    def __init__(self) -> None:
        self.heard: int | None = None
        """The number of the first of these signals."""
        self.asking = True

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        first, self.heard = self.heard is None, self.heard or number
        if first and self.asking:
            raise KeyboardInterrupt


@contextlib.contextmanager
def hang_up() -> Iterator[HangUp]:
    """Both signals go to a HangUp inside, except one that is ignored already, as by nohup."""
    found = HangUp()
    before = {
        each: signal.signal(each, found)
        for each in (signal.SIGHUP, signal.SIGTERM)
        if signal.getsignal(each) != signal.SIG_IGN
    }
    try:
        yield found
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
