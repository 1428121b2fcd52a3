"""Opening a namespace's database: everything a crash must not lose, back in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from servicebus_emulator.broker.catalog import restore_entity
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.limits import UNLIMITED, Limits
from servicebus_emulator.broker.message import Content, Message, MessageState
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.restore import (
    by_store_id,
    end_locks,
    restore_message,
    restore_seen,
    restore_session,
)
from servicebus_emulator.broker.subscription import Subscription
from servicebus_emulator.store.description_json import from_json, id_from_json
from servicebus_emulator.store.schema import SEQUENCE_BITS, connect
from servicebus_emulator.store.sqlite_journal import SqliteJournal


def database_path(folder: Path, namespace_name: str) -> Path:
    """The file of a namespace: one each, so that one namespace's commits never wait for another's."""
    return folder / (re.sub(r"[^A-Za-z0-9._-]", "_", namespace_name) + ".db")


def open_namespace(
    folder: Path,
    namespace_name: str,
    decode: Callable[[bytes], Content],
    now_s: float,
    *,
    limits: Limits = UNLIMITED,
    seed: int = 0,
) -> tuple[Namespace, SqliteJournal]:
    """The namespace as the last commit left it, and its journal (the caller closes it).

    `decode` turns `Content.encoded` back into a content. What fell due while nothing ran happens at the first
    `Namespace.advance`, in order. Raises StoreError.
    """
    path = database_path(folder, namespace_name)
    connection = connect(path, now_s)
    namespace = Namespace(namespace_name, limits=limits, seed=seed)
    for store_id, entity_path, text, created_s, updated_s in connection.execute(
        "SELECT store_id, path, description, created_s, updated_s FROM entity ORDER BY store_id"
    ):
        restore_entity(namespace, store_id, entity_path, from_json(text), created_s, updated_s, now_s)
    entities = by_store_id(namespace)
    for store_id, text in connection.execute("SELECT store_id, description FROM rule ORDER BY position"):
        subscription = entities.get(store_id)
        if isinstance(subscription, Subscription):
            subscription.restore_rule(from_json(text))
    for store_id, last in connection.execute("SELECT store_id, last FROM sequence"):
        if store_id in entities:
            entities[store_id].last_sequence_number = last
    for store_id, session_id, state, updated_s in connection.execute(
        "SELECT store_id, session_id, state, updated_s FROM session"
    ):
        queue = entities.get(store_id)
        if isinstance(queue, Queue):
            restore_session(queue, session_id, state, updated_s)
    for store_id, text, seen_s in connection.execute(
        "SELECT store_id, key, seen_s FROM seen ORDER BY seen_s"
    ):
        if store_id in entities:
            restore_seen(entities[store_id], id_from_json(text), seen_s)
    locked: dict[Queue, list[Message]] = {}
    for row in connection.execute("SELECT * FROM message ORDER BY id"):
        entity = entities.get(row[0] >> SEQUENCE_BITS)
        if entity is not None:
            message = _message(row, decode)
            _check_sequence(entity, message)
            restore_message(entity, message, locked=bool(row[3]))
            if row[3] and isinstance(entity, Queue):
                locked.setdefault(entity, []).append(message)
    journal = SqliteJournal(connection, path)
    namespace.journal = journal
    for queue_of_locked, messages in locked.items():
        end_locks(queue_of_locked, messages, now_s)
    journal.commit()
    return namespace, journal


def _check_sequence(entity: Entity, message: Message) -> None:
    """Never give a stored message's number out again."""
    entity.last_sequence_number = max(entity.last_sequence_number, message.sequence_number)


def _message(row: tuple[Any, ...], decode: Callable[[bytes], Content]) -> Message:
    (
        row_id,
        state,
        delivery_count,
        _,
        enqueued_s,
        enqueued_number,
        expires_s,
        scheduled_s,
        hops,
        source,
        content,
    ) = row
    message = Message(
        decode(content),
        int(row_id) & ((1 << SEQUENCE_BITS) - 1),
        enqueued_s,
        enqueued_sequence_number=enqueued_number,
        expires_s=expires_s,
        state=MessageState(state),
        scheduled_s=scheduled_s,
        delivery_count=delivery_count,
        dead_letter_source=source,
        hops=hops,
    )
    return message
