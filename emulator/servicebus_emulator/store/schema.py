"""Tables of a namespace's database file, and how its connection is set up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from servicebus_emulator.store.errors import StoreError

SCHEMA_VERSION = 3
SEQUENCE_BITS = (
    40  # a message's row id is store id << 40 | sequence number: one integer key, in delivery order
)

_TABLES = """
CREATE TABLE entity (
  store_id INTEGER PRIMARY KEY, path TEXT NOT NULL, description TEXT NOT NULL, created_s REAL, updated_s REAL);
CREATE TABLE sequence (store_id INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE message (
  id INTEGER PRIMARY KEY, state INTEGER NOT NULL, delivery_count INTEGER NOT NULL, locked INTEGER NOT NULL,
  enqueued_s REAL NOT NULL, enqueued_number INTEGER NOT NULL, expires_s REAL, scheduled_s REAL, hops INTEGER NOT NULL,
  source TEXT, content BLOB NOT NULL);
CREATE TABLE session (
  store_id INTEGER, session_id TEXT, state BLOB NOT NULL, updated_s REAL NOT NULL,
  PRIMARY KEY (store_id, session_id)) WITHOUT ROWID;
CREATE TABLE seen (
  store_id INTEGER, key TEXT, seen_s REAL NOT NULL, PRIMARY KEY (store_id, key)) WITHOUT ROWID;
CREATE INDEX seen_by_time ON seen (store_id, seen_s);
CREATE TABLE rule (
  store_id INTEGER, name TEXT, position INTEGER NOT NULL, description TEXT NOT NULL,
  PRIMARY KEY (store_id, name)) WITHOUT ROWID;
"""
_LATER = {
    2: "CREATE TABLE gone (id INTEGER PRIMARY KEY)",
    3: "CREATE TABLE clock (id INTEGER PRIMARY KEY, offset_s REAL NOT NULL)",
}
"""What each version of the schema added to the one before."""


def connect(path: Path, now_s: float) -> sqlite3.Connection:
    """Open (or make) a database file for this process alone.

    WAL: a commit appends and syncs one file. synchronous=FULL: a commit that returned is on the disk, so a confirm
    after it survives kill -9 and a power cut (sqlite.org/pragma.html#pragma_synchronous). Raises StoreError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_private(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.2)
    except (OSError, sqlite3.Error) as problem:
        raise StoreError(
            f"Cannot open {path}: {problem}. Check that the folder exists and can be written."
        ) from problem
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        if version == 0:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA journal_size_limit=16777216")
        connection.execute("PRAGMA cache_size=-4096")
        connection.execute("BEGIN IMMEDIATE")
        if version == 0:
            for statement in _TABLES.split(";"):
                if statement.strip():
                    connection.execute(statement)
        for added_by, statement in _LATER.items():
            if version < added_by:
                connection.execute(statement)
        if version < SCHEMA_VERSION:
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        if version <= SCHEMA_VERSION:
            connection.execute("DELETE FROM message WHERE id IN (SELECT id FROM gone)")
            connection.execute("DELETE FROM gone")
            _set_back(connection, now_s)
        connection.execute("COMMIT")
    except sqlite3.Error as problem:
        connection.close()
        if "locked" in str(problem):
            raise StoreError(
                f"{path} is in use by another emulator: end that one first, or give this one another --data folder."
            ) from problem
        raise StoreError(
            f"{path} is not a readable emulator database: {problem}. Move it away to start empty."
        ) from problem
    if version > SCHEMA_VERSION:
        connection.close()
        raise StoreError(
            f"{path} was written by a newer emulator (schema {version}, this one has {SCHEMA_VERSION}): "
            "use that version, or another --data folder."
        )
    return connection


def _make_private(path: Path) -> None:
    """The file and what SQLite keeps beside it (with the same rights) are their owner's only, whatever they were before."""
    path.touch(mode=0o600)
    for file in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        if file.exists():
            file.chmod(0o600)


def _set_back(connection: sqlite3.Connection, now_s: float) -> None:
    """Undo a clock that a person moved forward: the machine's own counts again, and what was stored goes back with it.

    So a message that had a minute to live when the emulator ended has a minute left, and no time is in the future.
    """
    found = connection.execute("SELECT offset_s FROM clock").fetchone()
    if found is None:
        return
    (offset_s,) = found
    connection.execute(
        "UPDATE message SET enqueued_s=enqueued_s-?1, expires_s=expires_s-?1, scheduled_s=scheduled_s-?1",
        (offset_s,),
    )
    connection.execute("UPDATE session SET updated_s=updated_s-?", (offset_s,))
    connection.execute("UPDATE seen SET seen_s=seen_s-?", (offset_s,))
    connection.execute(
        "UPDATE entity SET created_s=min(created_s, ?1), updated_s=min(updated_s, ?1)", (now_s,)
    )
    connection.execute("DELETE FROM clock")
