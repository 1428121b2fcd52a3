"""The database of payments that an exercise works on."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Ledger:
    """The database of the exercise once: what is committed in it, and a way to keep a commit waiting."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mq-once-")
        self.path = str(Path(self._folder.name) / "payments.sqlite")
        self._mine = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
        self._mine.execute("CREATE TABLE done (message_id TEXT PRIMARY KEY)")
        self._mine.execute("CREATE TABLE account (total INTEGER NOT NULL)")
        self._mine.execute("INSERT INTO account VALUES (0)")

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._mine.close()
        self._folder.cleanup()

    def done(self) -> set[str]:
        """The message ids that are noted and committed."""
        return {str(id_) for (id_,) in self._mine.execute("SELECT message_id FROM done")}

    def total(self) -> int:
        """The sum that is committed."""
        return int(self._mine.execute("SELECT sum(total) FROM account").fetchone()[0] or 0)

    def commits(self) -> int:
        """How many transactions have changed the file: its change counter (SQLite file format, section 1.3.7)."""
        with Path(self.path).open("rb") as file:
            file.seek(24)
            return int.from_bytes(file.read(4), "big")

    @contextlib.contextmanager
    def no_commit(self) -> Iterator[bool]:
        """Within this block a reader holds its lock, so nobody's commit ends.

        Gives False when an exclusive transaction is open already and lets no reader in.
        """
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=1)) as reader:
            reader.execute("BEGIN")
            try:
                reader.execute("SELECT count(*) FROM done").fetchone()
                kept = True
            except sqlite3.OperationalError:
                kept = False
            yield kept
            reader.execute("COMMIT")
