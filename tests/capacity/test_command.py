"""`mq capacity` as a reader types it: the table, JSON, wrong numbers, and a time from a record of `mq measure`."""

import json
from pathlib import Path
from typing import Any

import pytest

from mqcourse.capacity.measured import measured
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from tests.loaded_mq import mq


def record(**changes: Any) -> dict[str, Any]:
    """A record in the form of `mq measure --json`: two consumers that are busy all the time, in stretched time."""
    return {
        "broker": "Kafka",
        "version": "4.3.1",
        "scenario": {"rate_per_s": 100.0, "service_mean_s": 0.025, "consumers": 2},
        "stretch": 2.0,
        "figures": [{"figure": "throughput_per_s", "simulated": 80.0, "measured": 80.0, "error": 0.0}],
        **changes,
    }


def test_the_table_has_a_line_for_each_result(tmp_path: Path) -> None:
    done = mq(tmp_path, "capacity", "--messages", "1e12", "--per", "day")
    assert done.returncode == Exit.DONE
    assert (
        "Mean rate                         11.57 million messages/s      1 trillion per day ÷ 86,400 s\n"
        in done.stdout
    )
    assert len(done.stdout.splitlines()) == 25 + 2
    assert "The defaults are an example" in done.stdout


def test_json_has_what_was_stated_and_every_formula_with_its_source(tmp_path: Path) -> None:
    done = mq(tmp_path, "capacity", "--copies", "2", "--broker-hour", "0.5", "--json")
    found = json.loads(done.stdout)
    assert found["workload"]["copies"] == 2
    assert found["prices"]["broker_hour"] == 0.5
    assert found["measured"] is None
    assert all(one["formula"] and one["source"] for one in found["figures"])


def test_sources_are_printed_on_request(tmp_path: Path) -> None:
    assert "KIP-578" not in mq(tmp_path, "capacity").stdout
    assert "KIP-578" in mq(tmp_path, "capacity", "--sources").stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            "--messages 0",
            "mq capacity: messages is 0 messages. Allowed: from 0.001 to 10000000000000 messages\n",
        ),
        ("--copies two", "mq capacity: copies is 'two'. Allowed: whole numbers from 1 to 10 copies\n"),
        ("--free-disk 1", "mq capacity: free_disk is 1 share. Allowed: from 0 to 0.95 share\n"),
        ("--disk-tb -1", "mq capacity: disk_tb is -1 TB. Allowed: from 0.001 to 100000 TB\n"),
    ],
)
def test_a_wrong_number_is_one_line_with_field_unit_and_range(tmp_path: Path, words: str, line: str) -> None:
    done = mq(tmp_path, "capacity", *words.split())
    assert done.returncode == Exit.USAGE
    assert done.stderr == line


def test_a_measured_time_is_used_and_named(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps(record()))
    done = mq(tmp_path, "capacity", "--messages", "500", "--measured", str(file))
    assert done.returncode == Exit.DONE
    # 80 messages/s in a time that was stretched twice are 160 messages/s, and 80 for each consumer
    assert done.stdout.startswith(
        "processing_ms is 12.5 ms, measured on Kafka 4.3.1: 2 consumers did 160 messages/s\n"
    )
    found = json.loads(mq(tmp_path, "capacity", "--measured", str(file), "--json").stdout)
    assert found["workload"]["processing_ms"] == 12.5
    both = mq(tmp_path, "capacity", "--measured", str(file), "--processing-ms", "3")
    assert both.returncode == Exit.USAGE
    assert "both give the time of a message" in both.stderr


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"scenario": {"rate_per_s": 80.0, "consumers": 2}}, "were not busy all the time"),
        ({"scenario": {"rate_per_s": 100.0, "autoscale": "lag"}}, "were not busy all the time"),
        ({"scenario": {"no_field": 1}}, "is no record of `mq measure`"),
        ({"figures": []}, "is no record of `mq measure`"),
        ({"stretch": "x"}, "is no record of `mq measure`"),
    ],
)
def test_a_record_that_gives_no_limit_is_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(CourseError, match=line) as refused:
        measured(json.dumps(record(**changes)), "run.json")
    assert refused.value.exit_code == Exit.USAGE


def test_partitions_limit_the_consumers_that_work() -> None:
    one = record(scenario={"rate_per_s": 100.0, "consumers": 4, "partitions": 2})
    assert measured(json.dumps(one), "run.json").processing_ms == 12.5


def test_a_file_that_is_missing_or_no_text_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    missing = mq(tmp_path, "capacity", "--measured", str(file))
    assert (missing.returncode, missing.stderr.count("\n")) == (Exit.USAGE, 1)
    file.write_bytes(b"\xff\xfe")
    assert "it is no text" in mq(tmp_path, "capacity", "--measured", str(file)).stderr
    file.write_text("[1]")
    assert "is no record" in mq(tmp_path, "capacity", "--measured", str(file)).stderr
