"""A small file of ours that is damaged, by a crash, a full disk or an editor, counts as none and is made again."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mqcourse import plan
from mqcourse.book import kept_pages, runnable
from mqcourse.grading import copies, leftovers, saved_points, start_page
from mqcourse.install import jars, rabbitmq
from mqcourse.small_file import object_of, text_of
from mqcourse.stack import ports, record, shell, stack
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import Ports
from mqcourse.stack.record import Record
from mqcourse.stack.services import jupyter, kafka_startup_cache
from mqcourse.stack.services.kafka_node import Program

DAMAGES = {
    "empty": b"",
    "half": b'{"base": 2',
    "list": b"[]",
    "null": b"null",
    "word": b'"x"',
    "deep": b"[" * 100_000,
    "no text": b"\xff\xfe\x00",
    "zeros": bytes(64),
    "other kinds": b'{"base": "many", "sources": 5, "kafka": "long", "name": 1, "pid": "one", "exercises": [], "made": 5}',
    "too much": b'{"base": 99999999, "kafka": 1e300, "name": "kafka", "more": true}',
}
RECORD = Record("kafka", "native", "4.3.1", 27100, "x:1", None, None, 1, 1.5, 2.5, 3.5)


def _token(state: Path) -> None:
    token = jupyter.Jupyter().token(StackLayout(state, state, Ports(27100)))
    assert token.isalnum()
    assert jupyter.with_token("http://x/", state) == f"http://x/?token={token}"


def _activation(state: Path) -> None:
    shell.write_activation(state)
    assert "PATH=" in (state / "activate").read_text()


def _start_page(state: Path) -> None:
    start_page.write_start(state)
    assert (state / start_page.START).read_text().startswith("# The labs")


def _journal(_state: Path) -> None:
    leftovers.sweep()


READERS: dict[str, Callable[[Path], None]] = {
    "ports.json": lambda state: _is(stack.recorded_base(state), ports.DEFAULT_BASE),
    "run/kafka.json": lambda state: _is(record.read(state, "kafka"), None),
    "book/served.json": lambda _state: _is(kept_pages.book_is_current(), False),
    "built.json": lambda state: _is(copies.is_ours(state / "built.json"), False),
    "progress/labs.jsonl": lambda _state: _is(saved_points.best(), {}),
    "progress/steps.jsonl": lambda _state: _is(saved_points.tries("kafka_log", "lag"), []),
    "jupyter/token": _token,
    "activate": _activation,
    "bin/mq": _activation,
    "START.md": _start_page,
    "took.json": lambda _state: _is(plan.expected({"kafka": 10.0}), {"kafka": 10.0}),
    "chapter.ipynb": lambda state: _is(runnable.made_from(state / "chapter.ipynb"), ""),
    "grading/1-1.jsonl": _journal,
    "kafka/jars/verified": lambda state: _is(jars.is_complete(state / "kafka" / "jars"), False),
    "rabbitmq/complete": lambda state: _is(rabbitmq._in_prefix(state / "rabbitmq"), None),
}


def _is(found: object, expected: object) -> None:
    assert found == expected


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, damage: str
) -> None:
    for variable in ("MQ_HOME", "MQ_CACHE", "MQ_SOFTWARE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.delenv("MQ_PORT_BASE", raising=False)
    (tmp_path / "book" / "html").mkdir(parents=True)
    (tmp_path / "book" / "html" / "index.html").touch()
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(DAMAGES[damage])
    READERS[name](tmp_path)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_cache_whose_mark_is_damaged_is_not_used(tmp_path: Path, damage: str) -> None:
    program = Program(java=None, class_path="a.jar", fingerprint="x")  # type: ignore[arg-type]
    file = kafka_startup_cache.cache_file(program, tmp_path)
    file.write_bytes(b"cache")
    file.with_suffix(".verified").write_bytes(DAMAGES[damage])
    assert kafka_startup_cache.usable(program, tmp_path) is None


def test_a_whole_record_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    record.write(tmp_path, RECORD)
    assert record.read(tmp_path, "kafka") == RECORD
    older = json.loads(record.path(tmp_path, "kafka").read_text()) | {"of_an_older_course": 1}
    record.path(tmp_path, "kafka").write_text(json.dumps(older))
    assert record.read(tmp_path, "kafka") is None


def test_what_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    assert text_of(tmp_path) == ""  # a folder
    assert object_of(tmp_path / "none") == {}
    secret = tmp_path / "secret"
    secret.write_text("{}")
    secret.chmod(0)
    assert object_of(secret) == {} or os.geteuid() == 0
