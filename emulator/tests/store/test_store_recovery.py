"""What a confirmed change is worth: recovery at every commit, from torn files, and its errors."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest

from servicebus_emulator.broker.description import (
    EntityStatus,
    QueueDescription,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.broker.message import MessageState, Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.store.errors import StoreError
from servicebus_emulator.store.recovery import database_path, open_namespace
from servicebus_emulator.store.sqlite_journal import SqliteJournal

from ..plain_content import PlainContent
from .history import found, live
from .picture import Picture, picture


def start(folder: Path, now_s: float = 0.0, seed: int = 0) -> tuple[Namespace, SqliteJournal]:
    return open_namespace(folder, "test", PlainContent.decode, now_s, seed=seed)


def copied(folder: Path, to: Path) -> Path:
    """The files as a crash at this moment would leave them (the -shm file is not kept across a crash)."""
    to.mkdir()
    for file in folder.iterdir():
        if not file.name.endswith("-shm"):
            shutil.copy(file, to / file.name)
    return to


def recovered(folder: Path) -> Picture:
    """Read at time 0, so that nothing has expired meanwhile: what is compared is what the disk holds."""
    namespace, journal = start(folder, seed=1)
    try:
        return picture(namespace)
    finally:
        journal.close()


@pytest.mark.lengthy
@pytest.mark.parametrize("seed", range(3))
def test_a_crash_at_any_commit_finds_everything_again(tmp_path: Path, seed: int) -> None:
    namespace, journal = start(tmp_path / "live", seed=seed)
    found(namespace, 1000.0)
    journal.commit()
    before = picture(namespace, after_crash=True)
    crashes: list[Path] = []

    def crash_in_the_middle() -> None:
        crashes.append(copied(tmp_path / "live", tmp_path / f"middle{len(crashes)}"))

    journal.before_commit = crash_in_the_middle
    for step, _ in enumerate(live(namespace, Random(seed), 60)):
        written = len(crashes)
        journal.commit()
        after = picture(namespace, after_crash=True)
        if len(crashes) > written:
            assert recovered(crashes[-1]) == before  # all or nothing: an unfinished commit left no trace
        assert recovered(copied(tmp_path / "live", tmp_path / f"after{step}")) == after
        before = after
        shutil.rmtree(tmp_path / f"after{step}")
    assert len(crashes) > 25
    journal.close()


def test_a_torn_write_ahead_log_leaves_a_whole_commit(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path / "live")
    found(namespace, 1000.0)
    journal.commit()
    pictures = [picture(namespace, after_crash=True)]
    for _ in live(namespace, Random(7), 40):
        journal.commit()
        pictures.append(picture(namespace, after_crash=True))
    log = database_path(tmp_path / "live", "test").with_suffix(".db-wal")
    size = log.stat().st_size
    random = Random(3)
    reached = set()
    for attempt in range(40):
        torn = copied(tmp_path / "live", tmp_path / f"torn{attempt}")
        with (torn / log.name).open("r+b") as file:
            file.truncate(random.randrange(size // 4, size))
        state = recovered(torn)
        candidates = [number for number, wanted in enumerate(pictures) if wanted == state]
        assert candidates, "a state that no commit had"
        reached.add(candidates[0])
    assert len(reached) > 5
    journal.close()


def test_what_was_not_committed_is_forgotten(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path / "live")
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    orders.send([PlainContent("kept")], 0.0)
    journal.commit()
    orders.send([PlainContent("lost")], 0.0)
    assert journal.dirty
    assert journal.confirms_waiting
    namespace, other = start(copied(tmp_path / "live", tmp_path / "copy"))
    assert [message.content.body for message in namespace.queue("orders").peek(0, 9, 0.0)] == ["kept"]  # type: ignore[attr-defined]
    other.close()
    journal.close()


def test_a_lock_held_at_the_crash_counts_as_a_failed_delivery(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path / "live")
    orders = namespace.create_queue(QueueDescription("orders", max_delivery_count=2), 0.0)
    orders.send([PlainContent("first"), PlainContent("second")], 0.0)
    for life in range(2):
        reader = namespace.queue("orders").open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
        reader.add_credit(1, 0.0)
        journal.commit()
        namespace, other = start(copied(tmp_path / "live", tmp_path / f"life{life}"))
        journal.close()
        shutil.rmtree(tmp_path / "live")
        other.close()
        shutil.move(tmp_path / f"life{life}", tmp_path / "live")
        namespace, journal = start(tmp_path / "live")
        if life == 0:
            assert [message.delivery_count for message in namespace.queue("orders").peek(0, 9, 0.0)] == [1, 0]
    orders = namespace.queue("orders")
    assert [message.sequence_number for message in orders.peek(0, 9, 0.0)] == [2]
    assert orders.dead_letter_queue is not None
    (dead,) = orders.dead_letter_queue.peek(0, 9, 0.0)
    assert dead.content.application_properties()["DeadLetterReason"] == "MaxDeliveryCountExceeded"
    journal.close()


def test_locks_alone_do_not_press_for_a_commit(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    orders.send([PlainContent("a")], 0.0)
    journal.commit()
    reader = orders.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(1, 0.0)
    assert (journal.dirty, journal.confirms_waiting) == (True, False)
    ((_, message),) = namespace.pop_deliveries()
    assert message.lock_token is not None
    reader.settle(Outcome.ABANDON, message.lock_token, 0.0)
    assert journal.confirms_waiting
    journal.close()


def test_what_fell_due_while_nothing_ran_happens_in_order(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    orders = namespace.create_queue(
        QueueDescription("orders", dead_lettering_on_message_expiration=True), 0.0
    )
    orders.send(
        [PlainContent("expires", time_to_live_s=50.0), PlainContent("due", scheduled_enqueue_s=60.0)], 0.0
    )
    journal.close()
    namespace, journal = start(tmp_path, 1000.0)
    namespace.advance(1000.0)
    orders = namespace.queue("orders")
    (message,) = orders.peek(0, 9, 1000.0)
    assert (message.sequence_number, message.enqueued_s, message.state) == (3, 60.0, MessageState.ACTIVE)
    assert orders.dead_letter_queue is not None
    assert orders.dead_letter_queue.active_count == 1
    journal.close()


def test_after_a_restart_a_clock_that_was_moved_is_right_again_and_what_was_stored_moves_back(
    tmp_path: Path,
) -> None:
    namespace, journal = start(tmp_path)
    day_s = 86_400.0
    described = QueueDescription(
        "q", requires_duplicate_detection=True, duplicate_detection_history_time_window_s=60
    )
    queue = namespace.create_queue(described, 100.0)
    journal.clock_moved(day_s)
    ahead_s = day_s + 200.0
    queue.send([PlainContent("dies", message_id="m", time_to_live_s=60.0)], ahead_s)
    queue.schedule([PlainContent("later", scheduled_enqueue_s=ahead_s + 90.0)], ahead_s)
    namespace.create_queue(QueueDescription("ahead"), ahead_s)
    journal.close()

    namespace, journal = start(tmp_path, now_s=200.0)
    queue = namespace.queue("q")
    dies, later = queue.peek(1, 9, 200.0)
    assert (dies.enqueued_s, dies.expires_s, later.scheduled_s) == (200.0, 260.0, 290.0)
    assert (queue.created_s, namespace.queue("ahead").created_s) == (100.0, 200.0)
    assert queue.send([PlainContent("again", message_id="m")], 250.0) == [0]
    namespace.advance(261.0)
    assert queue.send([PlainContent("again", message_id="m")], 261.0) != [0]
    namespace.advance(291.0)
    journal.close()
    namespace, journal = start(tmp_path, now_s=300.0)  # set right once, not again
    assert [message.enqueued_s for message in namespace.queue("q").peek(1, 9, 300.0)] == [261.0, 290.0]
    journal.close()


def test_sequence_numbers_go_on_after_everything_was_received(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    orders.send([PlainContent("a"), PlainContent("b")], 0.0)
    orders.purge(0.0)
    journal.close()
    namespace, journal = start(tmp_path)
    assert namespace.queue("orders").send([PlainContent("c")], 0.0) == [3]
    assert namespace.create_queue(QueueDescription("new"), 0.0).store_id > namespace.queue("orders").store_id
    journal.close()


def test_an_idle_entity_is_not_deleted_for_the_time_nothing_ran(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    namespace.create_queue(QueueDescription("orders", auto_delete_on_idle_s=300), 0.0)
    journal.close()
    namespace, journal = start(tmp_path, 10_000.0)
    namespace.advance(10_000.0)
    namespace.queue("orders")
    namespace.advance(10_301.0)
    assert namespace.queues() == []
    journal.close()
    namespace, journal = start(tmp_path, 10_400.0)
    assert namespace.queues() == []
    journal.close()


def test_descriptions_and_updates_survive(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    namespace.create_topic(TopicDescription("T", user_metadata="héé"), 5.0)
    namespace.create_subscription("t", SubscriptionDescription("S"), 5.0)
    changed = SubscriptionDescription("S", status=EntityStatus.RECEIVE_DISABLED, max_delivery_count=7)
    namespace.update_subscription("t", changed, 6.0)
    journal.close()
    namespace, journal = start(tmp_path)
    subscription = namespace.subscription("t", "s")
    assert subscription.description == changed
    assert (subscription.created_s, subscription.updated_s) == (5.0, 6.0)
    assert namespace.topic("t").description.user_metadata == "héé"
    journal.close()


def test_a_message_that_came_and_went_between_commits_never_reaches_the_disk(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    journal.commit()
    statements: list[str] = []
    journal._connection.set_trace_callback(statements.append)
    reader = orders.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    for _ in range(50):
        orders.send([PlainContent("a")], 0.0)
        reader.add_credit(1, 0.0)
        ((_, message),) = namespace.pop_deliveries()
        assert message.lock_token is not None
        reader.complete(message.lock_token, 0.0)
    journal.commit()
    journal._connection.set_trace_callback(None)
    assert not any("message" in statement for statement in statements)
    assert len(statements) == 3  # begin, the sequence number, commit
    journal.close()


def test_batches_may_be_sealed_here_and_written_later(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path / "live")
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    orders.send([PlainContent("a")], 0.0)
    first = journal.seal()
    orders.purge(0.0)
    second = journal.seal()
    assert journal.seal() is None
    assert first is not None
    assert second is not None
    first.write()
    assert [m for m in recovered(copied(tmp_path / "live", tmp_path / "one"))["orders"]["messages"]]  # type: ignore[index]
    second.write()
    assert recovered(copied(tmp_path / "live", tmp_path / "two"))["orders"]["messages"] == []  # type: ignore[index]
    journal.close()


def test_the_file_shrinks_when_its_messages_are_gone(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    for _ in range(10):
        orders.send([PlainContent("x" * 1000) for _ in range(1_000)], 0.0)
    journal.commit()
    orders.purge(0.0)
    journal.commit()
    journal.compact()
    journal.close()
    assert database_path(tmp_path, "test").stat().st_size < 1_000_000


def test_two_emulators_cannot_share_a_folder(tmp_path: Path) -> None:
    _, journal = start(tmp_path)
    with pytest.raises(StoreError, match="in use by another emulator"):
        start(tmp_path)
    journal.close()
    start(tmp_path)[1].close()


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = database_path(tmp_path, "test")
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="not a readable emulator database"):
        start(tmp_path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    start(tmp_path)[1].close()
    connection = sqlite3.connect(database_path(tmp_path, "test"))
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError, match="newer emulator"):
        start(tmp_path)


def test_a_full_disk_stops_confirming_and_a_restart_has_the_last_commit(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    orders.send([PlainContent("kept")], 0.0)
    journal.commit()
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count={pages + 5}")
    orders.send([PlainContent("x" * 100_000)], 0.0)
    for _ in range(2):
        with pytest.raises(StoreError, match="Cannot write"):
            journal.commit()
        orders.send([PlainContent("small")], 0.0)
    journal.close()
    namespace, journal = start(tmp_path)
    assert [message.content.body for message in namespace.queue("orders").peek(0, 9, 0.0)] == ["kept"]  # type: ignore[attr-defined]
    journal.close()


def test_each_namespace_has_its_own_file(tmp_path: Path) -> None:
    for name in ("one", "two/../x"):
        namespace, journal = open_namespace(tmp_path, name, PlainContent.decode, 0.0)
        namespace.create_queue(QueueDescription(f"q-{len(name)}"), 0.0)
        journal.close()
    namespace, journal = open_namespace(tmp_path, "one", PlainContent.decode, 0.0)
    assert [queue.path for queue in namespace.queues()] == ["q-3"]
    journal.close()
    assert all(file.parent == tmp_path for file in tmp_path.iterdir())


def test_a_message_received_and_completed_between_two_full_commits_costs_one_small_row(
    tmp_path: Path,
) -> None:
    namespace, journal = start(tmp_path / "live")
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    orders.send([PlainContent("kept"), PlainContent("done")], 0.0)
    journal.commit()
    reader = orders.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(2, 0.0)
    _, (_, done) = namespace.pop_deliveries()
    assert done.lock_token is not None
    reader.complete(done.lock_token, 0.0)
    written: list[str] = []
    journal._connection.set_trace_callback(written.append)
    journal.commit(locks=False)
    journal._connection.set_trace_callback(None)
    assert [line.split()[0] for line in written] == ["BEGIN", "INSERT", "COMMIT"]
    crashed, other = start(copied(tmp_path / "live", tmp_path / "copy"))
    (kept,) = crashed.queue("orders").peek(0, 9, 0.0)
    assert (kept.sequence_number, kept.delivery_count) == (1, 0)  # its lock had not been committed
    other.close()
    journal.commit()
    crashed, other = start(copied(tmp_path / "live", tmp_path / "later"))
    (kept,) = crashed.queue("orders").peek(0, 9, 0.0)
    assert (kept.sequence_number, kept.delivery_count) == (1, 1)
    other.close()
    journal.close()


@pytest.mark.lengthy
def test_rows_of_removed_messages_are_swept_away_in_the_end(tmp_path: Path) -> None:
    namespace, journal = start(tmp_path)
    orders = namespace.create_queue(QueueDescription("orders"), 0.0)
    orders.send([PlainContent(str(n)) for n in range(1200)], 0.0)
    journal.commit()
    reader = orders.open_receiver(ReceiveMode.RECEIVE_AND_DELETE, 0.0)
    for _ in range(1200):
        reader.add_credit(1, 0.0)
        journal.commit(locks=False)
        (gone,) = journal._connection.execute("SELECT count(*) FROM gone").fetchone()
        assert gone < 500
    journal.commit()
    for query in ("SELECT count(*) FROM gone", "SELECT count(*) FROM message"):
        assert journal._connection.execute(query).fetchone() == (0,)
    journal.close()


@pytest.mark.parametrize(("version", "later_tables"), [(1, ("gone", "clock")), (2, ("clock",))])
def test_a_file_of_an_earlier_schema_is_taken_over(
    tmp_path: Path, version: int, later_tables: tuple[str, ...]
) -> None:
    namespace, journal = start(tmp_path)
    namespace.create_queue(QueueDescription("orders"), 0.0).send([PlainContent("old")], 0.0)
    journal.close()
    connection = sqlite3.connect(journal.path)
    for table in later_tables:
        connection.execute(f"DROP TABLE {table}")
    connection.execute(f"PRAGMA user_version={version}")
    connection.close()
    namespace, journal = start(tmp_path)
    (message,) = namespace.queue("orders").peek(0, 9, 0.0)
    assert message.content.body == "old"  # type: ignore[attr-defined]
    journal.close()
