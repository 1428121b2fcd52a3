"""The database of a sink that an exercise writes: its rows and positions, and statements that hang or are refused."""

import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, Self

from mqcourse.grading import journal

Moment = Literal["BEFORE", "AFTER"]

CHANGES = ("INSERT", "UPDATE", "DELETE")

LOCKED_TIMES, LOCKED_PAUSE_S = 3, 0.1
"""So often in a row the database must be locked, with so long between, before a statement counts as one that hangs."""


class RowStore:
    """A SQLite file with the tables rows(value) and position(partition, next). As a context manager it is removed."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="mq-sink-")
        journal.note("here", "folder", self._folder)
        self.path = str(Path(self._folder) / "sink.sqlite")
        self._mine = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
        self._mine.executescript(
            "CREATE TABLE rows (value BLOB NOT NULL);"
            "CREATE TABLE position (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL);"
            # A view, because a trigger may not contain WITH.
            "CREATE VIEW endless (n) AS WITH RECURSIVE counted (n) AS "
            "(SELECT 1 UNION ALL SELECT n + 1 FROM counted) SELECT n FROM counted;"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._mine.close()
        for file in Path(self._folder).iterdir():
            file.unlink()
        Path(self._folder).rmdir()
        journal.gone("here", "folder", self._folder)

    @contextlib.contextmanager
    def hanging(self, moment: Moment) -> Iterator[None]:
        """Within this block a transaction stays open for good, before or after its change of the second table.

        The process that it belongs to must be killed before the block ends.
        """
        with self._at_the_second_table(moment, "SELECT count(*) FROM endless"):
            yield

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Within this block the statement fails that changes the second table."""
        with self._at_the_second_table("BEFORE", "SELECT RAISE(ABORT, 'the database refuses this change')"):
            yield

    @contextlib.contextmanager
    def _at_the_second_table(self, moment: Moment, body: str) -> Iterator[None]:
        """Which of the tables is the second one, is what an answer chooses: it finds the other one changed already."""
        counts = "SELECT count(*) FROM rows", "SELECT total(next) FROM position"
        rows, position = (self._mine.execute(count).fetchone()[0] for count in counts)
        changed = {"position": f"({counts[0]}) <> {rows}", "rows": f"({counts[1]}) <> {position}"}
        names = [f"{change}_{table}" for change in CHANGES for table in changed]
        for change in CHANGES:
            for table, other in changed.items():
                self._mine.execute(
                    f"CREATE TRIGGER {change}_{table} {moment} {change} ON {table} WHEN {other} BEGIN {body}; END"
                )
        try:
            yield
        finally:
            for name in names:
                self._mine.execute(f"DROP TRIGGER {name}")

    def hangs(self, limit_s: float, over: Callable[[], bool]) -> bool:
        """Wait until a transaction of somebody else stays open. False after that time, or when `over()`."""
        end_s = time.monotonic() + limit_s
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=0)) as other:
            times = 0
            while times < LOCKED_TIMES and time.monotonic() < end_s and not over():
                time.sleep(LOCKED_PAUSE_S)
                times = times + 1 if _locked(other) else 0
        return times == LOCKED_TIMES

    def rows(self) -> list[bytes]:
        """The values of the committed rows, in the order of their insertion."""
        found = [value for (value,) in self._mine.execute("SELECT value FROM rows ORDER BY rowid")]
        return [value if isinstance(value, bytes) else str(value).encode() for value in found]

    def position(self) -> Mapping[int, int]:
        """The committed next offsets, by partition."""
        return dict(self._mine.execute("SELECT partition, next FROM position ORDER BY partition"))


def _locked(connection: sqlite3.Connection) -> bool:
    """Whether another connection holds the lock of a writer."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    connection.execute("ROLLBACK")
    return False
