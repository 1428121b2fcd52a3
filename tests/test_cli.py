"""`mq` itself: where --json may stand, damaged files of ours, an output that takes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from tests.loaded_mq import mq


@pytest.mark.parametrize(
    "words", ["labs --json", "--json labs", "labs --json list", "labs list --json", "--json labs list"]
)
def test_json_may_be_asked_for_at_every_place(tmp_path: Path, words: str) -> None:
    done = mq(tmp_path, *words.split())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["lab"] == "rabbitmq_work_queue"


@pytest.mark.lengthy
@pytest.mark.parametrize("words", ["status", "--json status", "env", "labs"])
def test_an_output_that_is_full_is_told_from_a_disk_that_is(tmp_path: Path, words: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mqcourse.cli", *words.split()],
            cwd=CHECKOUT,
            env={**os.environ, "MQ_HOME": str(tmp_path)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(full)
    assert done.returncode == Exit.ENVIRONMENT
    assert done.stderr.count("\n") == 1, done.stderr
    assert "what it prints cannot be written" in done.stderr


@pytest.mark.parametrize("damaged", ["", "{", "[]", "null", '"x"', "\xff"])
def test_damaged_addresses_are_said_on_one_line(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "endpoints.json").write_bytes(damaged.encode("latin-1"))
    done = mq(tmp_path, "env")
    assert done.returncode == Exit.ENVIRONMENT
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Write it again: `mq start`" in done.stderr


@pytest.mark.parametrize(
    "damaged",
    [
        "{",
        "[]",
        '{"lab": "rabbitmq_work_queue", "exercises": {"confirm": "many"}}',
        '{"lab": 1, "exercises": {}}',
        '{"lab": "rabbitmq_work_queue", "exercises": []}',
        "\x00\xff",
    ],
)
def test_a_damaged_line_of_points_costs_no_other(tmp_path: Path, damaged: str) -> None:
    progress = tmp_path / "progress"
    progress.mkdir()
    good = json.dumps({"lab": "rabbitmq_work_queue", "exercises": {"confirm": 2}})
    (progress / "labs.jsonl").write_bytes(f"{damaged}\n{good}\n{damaged}".encode("latin-1"))
    step = {"lab": "rabbitmq_work_queue", "exercise": "confirm"}
    steps = [
        {**step, "step": "hint", "number": "x"},
        {**step, "step": "try", "time": 5},
        {**step, "step": "hint"},
    ]
    (progress / "steps.jsonl").write_text("\n".join(map(json.dumps, steps)))
    done = mq(tmp_path, "labs", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["points"] == 2
    assert mq(tmp_path, "hint", "rabbitmq_work_queue", "confirm").returncode == 0


PROGRAM = """
import sys
{first}
from mqcourse import cli
{then}
sys.exit(cli.main({words!r}))
"""


def program(
    home: Path, words: list[str], first: str = "", then: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first, then=then, words=words)],
        cwd=CHECKOUT,
        env={**os.environ, "MQ_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_on_windows_one_line_says_where_the_course_runs(tmp_path: Path) -> None:
    done = program(tmp_path, ["status"], "sys.modules['fcntl'] = None", "sys.platform = 'win32'")
    assert done.returncode == Exit.ENVIRONMENT
    assert done.stderr.count("\n") == 1, done.stderr
    assert "WSL" in done.stderr


def test_a_benchmark_without_its_packages_says_what_installs_them(tmp_path: Path) -> None:
    done = program(tmp_path, ["bench", "simulator"], "sys.modules['benchmarks.simulator'] = None")
    assert done.returncode == Exit.ENVIRONMENT, done.stderr
    assert "needs benchmarks.simulator" in done.stderr
    assert "make test-fast" in done.stderr


def in_a_shell(home: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell in which `mq` is this checkout's."""
    mq_here = f"mq() {{ '{sys.executable}' -m mqcourse.cli \"$@\"; }}\n"
    return subprocess.run(
        ["bash", "-c", mq_here + line],
        cwd=CHECKOUT,
        env={**os.environ, "MQ_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("mq labs >&-", Exit.DONE),
        ("mq status >&- 2>&-", Exit.DONE),
        ("mq grade nosuch 2>&-", Exit.USAGE),
        ("mq reset kafka <&-", Exit.USAGE),
        ("mq hint nosuch 2>/dev/full", Exit.USAGE),
        ("mq status --watch --json | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}", Exit.DONE),
    ],
)
def test_streams_that_take_nothing_change_no_exit_code(tmp_path: Path, line: str, code: Exit) -> None:
    done = in_a_shell(tmp_path, line)
    assert done.returncode == code, done
    assert "Traceback" not in done.stderr


def test_a_closed_output_is_not_replaced_by_the_next_file(tmp_path: Path) -> None:
    """The first file that is opened would get its number, and what is printed."""
    (tmp_path / "endpoints.json").write_text("{}")
    assert in_a_shell(tmp_path, "mq env --json >&- 2>&-").returncode == Exit.DONE
    assert (tmp_path / "endpoints.json").read_text() == "{}"


def test_the_version_is_json_where_json_was_asked_for(tmp_path: Path) -> None:
    assert set(json.loads(mq(tmp_path, "--version", "--json").stdout)) == {"version"}


@pytest.mark.parametrize(
    "words", ["--seeds 0", "--seeds -1", "--seeds x", "--exercise nosuch", "kafka_log --exercise bounds"]
)
def test_a_table_of_no_verdict_is_refused(tmp_path: Path, words: str) -> None:
    done = mq(tmp_path, "labs", "table", *words.split())
    assert done.returncode == Exit.USAGE, done.stderr
