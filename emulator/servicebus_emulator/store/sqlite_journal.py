"""A journal in SQLite with group commit: many changes, one transaction, one sync."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from servicebus_emulator.broker.description import Description, RuleDescription
from servicebus_emulator.broker.message import Message
from servicebus_emulator.store.description_json import id_to_json, to_json
from servicebus_emulator.store.errors import StoreError
from servicebus_emulator.store.schema import SEQUENCE_BITS

_INSERT = "INSERT OR REPLACE INTO message VALUES (?,?,?,?,?,?,?,?,?,?,?)"
_UPDATE = "UPDATE message SET state=?, delivery_count=?, locked=? WHERE id=?"
_GONE = "INSERT INTO gone VALUES (?)"
_DELETE = "DELETE FROM message WHERE id=?"
_FORGET = "DELETE FROM gone"
_SEQUENCE = "INSERT OR REPLACE INTO sequence VALUES (?,?)"
Row = tuple[Any, ...]
_VACUUM_EVERY_COMMITS = 256
_SWEEP_AT = 500
"""Removed messages whose rows are deleted together: each alone would write its own page, or more."""


class _Pending:
    """What is known of a message since the last commit. `message` None: it is gone."""

    __slots__ = ("is_new", "message", "rewritten")

    def __init__(self, message: Message | None, is_new: bool, rewritten: bool) -> None:
        self.message = message
        self.is_new = is_new
        self.rewritten = rewritten


class Batch:
    """Changes taken out of the journal as plain rows; `write` may run in another thread."""

    __slots__ = ("_journal", "_statements")

    def __init__(self, journal: SqliteJournal, statements: list[tuple[str, list[Row]]]) -> None:
        self._journal = journal
        self._statements = statements

    def write(self) -> None:
        """One transaction, one sync; returns when all of it is on the disk. Raises StoreError (nothing was stored)."""
        self._journal.write(self._statements)


class SqliteJournal:
    """Gathers changes cheaply (a dict entry each) and writes their last state at `commit`.

    A message that arrived and left between two commits never reaches the disk. Batches must be written in the order in
    which they were sealed. After a StoreError the journal refuses to go on: what the broker holds in memory is then
    ahead of the disk, so nothing more may be confirmed; a restart goes back to the last commit.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self.commits = 0
        self._connection = connection
        self._messages: dict[int, _Pending] = {}
        self._locked: dict[int, Message] = {}
        self._gone: set[int] = set()  # in the table of that name: their rows are not deleted yet
        self._sequences: dict[int, int] = {}
        self._other: list[tuple[str, Row]] = []
        self._confirms_waiting = False
        self._rule_position = connection.execute("SELECT coalesce(max(position), 0) FROM rule").fetchone()[0]
        self._failure: StoreError | None = None
        self.before_commit: Callable[[], None] | None = None  # tests look at the disk here

    @property
    def dirty(self) -> bool:
        return bool(self._messages or self._locked or self._gone or self._sequences or self._other)

    @property
    def confirms_waiting(self) -> bool:
        return self._confirms_waiting

    # -- told by the broker
    def message_added(self, store_id: int, message: Message) -> None:
        self._messages[store_id << SEQUENCE_BITS | message.sequence_number] = _Pending(message, True, True)
        self._confirms_waiting = True

    def message_changed(self, store_id: int, message: Message) -> None:
        row_id = store_id << SEQUENCE_BITS | message.sequence_number
        if message.lock_token is not None:
            if row_id not in self._messages:
                self._locked[row_id] = message
            return
        if row_id not in self._messages:
            self._messages[row_id] = _Pending(message, False, False)
        self._locked.pop(row_id, None)
        self._confirms_waiting = True

    def message_rewritten(self, store_id: int, message: Message) -> None:
        row_id = store_id << SEQUENCE_BITS | message.sequence_number
        self._locked.pop(row_id, None)
        pending = self._messages.get(row_id)
        if pending is None:
            self._messages[row_id] = _Pending(message, False, True)
        else:
            pending.rewritten = True
        self._confirms_waiting = True

    def message_removed(self, store_id: int, sequence_number: int) -> None:
        row_id = store_id << SEQUENCE_BITS | sequence_number
        self._locked.pop(row_id, None)
        pending = self._messages.get(row_id)
        if pending is None:
            self._messages[row_id] = _Pending(None, False, False)
        elif pending.is_new:
            del self._messages[row_id]
        else:
            pending.message = None
        self._confirms_waiting = True

    def sequence_advanced(self, store_id: int, last_sequence_number: int) -> None:
        self._sequences[store_id] = last_sequence_number

    def session_changed(self, store_id: int, session_id: str, state: bytes | None, updated_s: float) -> None:
        if state is None:
            self._add("DELETE FROM session WHERE store_id=? AND session_id=?", store_id, session_id)
        else:
            self._add(
                "INSERT OR REPLACE INTO session VALUES (?,?,?,?)",
                store_id,
                session_id,
                bytes(state),
                updated_s,
            )

    def message_id_seen(self, store_id: int, key: object, seen_s: float) -> None:
        self._add("INSERT OR REPLACE INTO seen VALUES (?,?,?)", store_id, id_to_json(key), seen_s)

    def message_ids_forgotten(self, store_id: int, before_s: float) -> None:
        self._add("DELETE FROM seen WHERE store_id=? AND seen_s<=?", store_id, before_s)

    def entity_changed(
        self, store_id: int, path: str, description: Description, created_s: float, updated_s: float
    ) -> None:
        self._add(
            "INSERT OR REPLACE INTO entity VALUES (?,?,?,?,?)",
            store_id,
            path,
            to_json(description),
            created_s,
            updated_s,
        )

    def entity_removed(self, store_id: int) -> None:
        first, end = store_id << SEQUENCE_BITS, (store_id + 1) << SEQUENCE_BITS
        told: dict[int, Any]
        for told in (self._messages, self._locked):
            for row_id in [key for key in told if first <= key < end]:
                del told[row_id]
        self._sequences.pop(store_id, None)
        self._add("DELETE FROM message WHERE id>=? AND id<?", first, end)
        for table in ("entity", "sequence", "session", "seen", "rule"):
            self._add(f"DELETE FROM {table} WHERE store_id=?", store_id)  # noqa: S608 - table names of our own

    def rule_changed(self, store_id: int, rule: RuleDescription) -> None:
        self._rule_position += 1
        self._add(
            "INSERT INTO rule VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET description=excluded.description",
            store_id,
            rule.name,
            self._rule_position,
            to_json(rule),
        )

    def rule_removed(self, store_id: int, rule_name: str) -> None:
        self._add("DELETE FROM rule WHERE store_id=? AND name=?", store_id, rule_name)

    def clock_moved(self, offset_s: float) -> None:
        self._add("INSERT OR REPLACE INTO clock VALUES (1,?)", offset_s)

    def _add(self, statement: str, *values: object) -> None:
        self._other.append((statement, values))
        self._confirms_waiting = True

    # -- making it durable
    def commit(self, *, locks: bool = True) -> None:
        """Write everything told so far, in this thread; without `locks` they wait. Raises StoreError."""
        batch = self.seal(locks=locks)
        if batch is not None:
            batch.write()

    def seal(self, *, locks: bool = True) -> Batch | None:
        """Take out everything told so far, as it is now; None when there is nothing.

        Left without `locks`, a message received and completed within a second costs one delete and no update.
        """
        if locks and self._locked:
            for row_id, held in self._locked.items():
                if row_id not in self._messages:
                    self._messages[row_id] = _Pending(held, False, False)
            self._locked = {}
        if not (self._messages or self._sequences or self._other or (locks and self._gone)):
            return None
        added: list[Row] = []
        changed: list[Row] = []
        removed: list[Row] = []
        for row_id, pending in self._messages.items():
            message = pending.message
            if message is None:
                removed.append((row_id,))
            elif pending.rewritten:
                added.append(_row(row_id, message))
            else:
                locked = message.lock_token is not None
                changed.append((int(message.state), message.delivery_count, locked, row_id))
        statements: list[tuple[str, list[Row]]] = []
        for statement, values in self._other:
            # Consecutive equal statements run as one; their order among each other must stay.
            if statements and statements[-1][0] == statement:
                statements[-1][1].append(values)
            else:
                statements.append((statement, [values]))
        if removed:
            statements.append((_GONE, removed))
            self._gone.update(row[0] for row in removed)
        if self._gone and (locks or len(self._gone) >= _SWEEP_AT or self._returns(added)):
            statements += [(_DELETE, [(row_id,) for row_id in sorted(self._gone)]), (_FORGET, [()])]
            self._gone.clear()
        for statement, rows in ((_INSERT, added), (_UPDATE, changed)):
            if rows:
                statements.append((statement, rows))
        if self._sequences:
            statements.append((_SEQUENCE, list(self._sequences.items())))
        self._messages = {}
        self._sequences = {}
        self._other = []
        self._confirms_waiting = False
        return Batch(self, statements)

    def _returns(self, added: list[Row]) -> bool:
        """Whether a row is written again under the number of one that is gone."""
        return any(row[0] in self._gone for row in added)

    def write(self, statements: list[tuple[str, list[Row]]]) -> None:
        if self._failure is not None:
            raise self._failure
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement, rows in statements:
                if len(rows) == 1:
                    connection.execute(statement, rows[0])
                else:
                    connection.executemany(statement, rows)
            if self.before_commit is not None:
                self.before_commit()
            connection.execute("COMMIT")
        except sqlite3.Error as problem:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._failure = StoreError(
                f"Cannot write {self.path}: {problem}. What was not confirmed is not stored; free space on the disk "
                "and start the emulator again."
            )
            raise self._failure from problem
        self.commits += 1
        if self.commits % _VACUUM_EVERY_COMMITS == 0:
            self.compact()

    def compact(self) -> None:
        """Give pages of deleted messages back to the file system when they are most of the file."""
        connection = self._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        if free > 1024 and free * 2 > pages:
            connection.executescript("PRAGMA incremental_vacuum")  # execute() frees a single page only

    def close(self) -> None:
        """Write what is left and close the file."""
        try:
            if self._failure is None:
                self.commit()
        finally:
            self._connection.close()


def _row(row_id: int, message: Message) -> Row:
    return (
        row_id,
        int(message.state),
        message.delivery_count,
        message.lock_token is not None,
        message.enqueued_s,
        message.origin_number,
        message.expires_s,
        message.scheduled_s,
        message.hops,
        message.dead_letter_source,
        message.content.encoded,
    )
