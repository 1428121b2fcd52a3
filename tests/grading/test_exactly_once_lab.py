"""What the lab on Kafka's transactions draws shows every mistake, and its database hangs and refuses where it must."""

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.grading import checks, journal, manifest
from mqcourse.grading.brokers.row_store import Moment, RowStore

lab: Any = checks.module(manifest.find("kafka_exactly_once"))

seeds = st.integers(0, 10**6)


@given(seeds)
def test_each_worker_refuses_a_transfer_and_goes_on_with_another_one(seed: int) -> None:
    drawn = lab._transfers(random.Random(seed))
    (early,) = {*drawn.refused} & {*drawn.first}
    (late,) = {*drawn.refused} & {*drawn.second}
    assert drawn.first[0] < early < drawn.cut <= drawn.first[-1]
    assert late < drawn.second[-1]
    assert {1, drawn.second[-1]} <= {*drawn.wanted}
    assert not {*drawn.wanted} & {early, late, drawn.cut}


@given(seeds)
def test_a_billing_worker_is_killed_between_each_two_steps(seed: int) -> None:
    kills = lab._kills(random.Random(seed))
    assert all(step in kills for step in (lab.OFFSETS, lab.COMMIT, lab.NEXT))
    assert len(kills) == len({*kills}) < len(lab.WORKERS)


def test_a_kill_in_the_work_is_drawn_too() -> None:
    assert {lab.PRICE in lab._kills(random.Random(seed)) for seed in range(20)} == {True, False}


def test_numbers_are_dealt_to_partitions_in_turn() -> None:
    assert lab._in_turn(range(1, 6), 2) == {0: [1, 3, 5], 1: [2, 4]}


ROW = "INSERT INTO rows VALUES ('x')"
NEXT = "INSERT OR REPLACE INTO position VALUES (0, 7)"
UPSERT = "INSERT INTO position VALUES (0, 8) ON CONFLICT (partition) DO UPDATE SET next = excluded.next"
WORKER = """
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
store.execute(sys.argv[2])
store.execute("BEGIN IMMEDIATE")
for statement in sys.argv[3:]:
    store.execute(statement)
    print("done", flush=True)
store.execute("COMMIT")
"""


def work(store: RowStore, mode: str, statements: Sequence[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, store.path, f"PRAGMA journal_mode = {mode}", *statements],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.lengthy
@pytest.mark.parametrize("moment", ["BEFORE", "AFTER"])
@pytest.mark.parametrize(
    ("mode", "statements"), [("DELETE", [ROW, NEXT]), ("WAL", [NEXT, ROW]), ("DELETE", [ROW, UPSERT])]
)
def test_a_transaction_hangs_at_its_second_table_and_a_kill_undoes_it(
    mode: str, statements: list[str], moment: Moment
) -> None:
    with RowStore() as store:
        with store.hanging(moment):
            worker = work(store, mode, statements)
            try:
                assert store.hangs(60, lambda: worker.poll() is not None)
            finally:
                worker.kill()
                said, _ = worker.communicate()
        assert said.split() == ["done"]
        assert (store.rows(), store.position()) == ([], {})
        done = work(store, mode, statements)
        assert done.communicate(timeout=60)[1] == ""
        assert store.rows() == [b"x"]
        assert list(store.position()) == [0]


@pytest.mark.parametrize("statements", [[ROW, NEXT], [NEXT, ROW], [ROW, UPSERT]])
def test_the_statement_at_the_second_table_is_refused(statements: list[str]) -> None:
    with RowStore() as store:
        with store.refusing():
            said, error = work(store, "DELETE", statements).communicate(timeout=60)
        assert said.split() == ["done"]
        assert "the database refuses this change" in error
        assert (store.rows(), store.position()) == ([], {})


def test_a_store_notes_its_folder_and_removes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    with RowStore() as store:
        folder = Path(store.path).parent
        assert journal.open_things(journal.read(journal.own_file())) == [("here", "folder", str(folder))]
    assert not folder.exists()
    assert not journal.own_file().exists()
