"""The last page of `mq start`: what runs, what failed and why, and what to type."""

import os
from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.stack import shell, status_page
from mqcourse.stack.stack import Status

ROWS = [
    Status(
        "rabbitmq",
        "running",
        "native",
        endpoint="amqp://a",
        management="http://m/",
        streams="rabbitmq-stream://s",
    ),
    Status("kafka", "stopped", "native"),
    Status("servicebus", "running", "native", endpoint="Endpoint=sb://b;SharedAccessKey=secret"),
    Status("book", "running", "native", endpoint="http://book/"),
    Status("jupyter", "running", "native", endpoint="http://lab/"),
]


def test_one_that_failed_is_named_with_its_reason_beside_those_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    (tmp_path / "jupyter").mkdir()
    (tmp_path / "jupyter" / "token").write_text("t")
    text = status_page.whole(ROWS, {"kafka": CourseError("Kafka ended while starting: no memory")})
    assert "FAILED  Kafka: Kafka ended while starting: no memory" in text
    assert "`make start` tries again what failed" in text
    for there in ("amqp://a", "rabbitmq-stream://s", "sb://b", "http://book/", "http://lab/?token=t"):
        assert there in text
    assert "secret" not in text


def test_without_a_failure_it_says_what_to_read_first() -> None:
    text = status_page.whole(ROWS)
    assert "FAILED" not in text
    assert "begin with its first chapter" in text


def test_it_says_how_mq_is_typed_only_where_it_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path / "a state"))
    monkeypatch.setenv("PATH", os.defpath)
    assert f". '{tmp_path}/a state/activate'" in status_page.whole(ROWS)
    shell.write_activation(tmp_path / "a state")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a state' / 'bin'}{os.pathsep}{os.defpath}")
    assert "activate" not in status_page.whole(ROWS)
