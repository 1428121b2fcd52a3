"""The exit codes: one table for code, pages and the emulator, and none that a command makes up."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import MEANINGS, Exit, of_several
from mqcourse.home import CHECKOUT
from mqcourse.stack import doctor
from servicebus_emulator import exits as emulators
from tests.loaded_mq import mq

ROW = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)


def table_in(page: Path) -> dict[int, str]:
    return {int(code): words for code, words in ROW.findall(page.read_text(encoding="utf-8"))}


def test_the_pages_have_the_table_of_the_code() -> None:
    assert table_in(CHECKOUT / "README.md") == {int(code): words for code, words in MEANINGS.items()}
    assert set(MEANINGS) == set(Exit)
    emulators_page = CHECKOUT / "emulator" / "README.md"
    assert table_in(emulators_page) == {int(code): words for code, words in emulators.MEANINGS.items()}


def test_the_emulators_codes_are_the_courses() -> None:
    assert {each.name: each.value for each in emulators.Exit}.items() <= {
        each.name: each.value for each in Exit
    }.items()
    assert set(emulators.MEANINGS) == set(emulators.Exit)


def test_the_labs_page_names_no_code_that_the_table_has_not() -> None:
    codes = re.findall(
        r"^\| ([\d, ]+) \|", (CHECKOUT / "labs" / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    found = {int(one) for each in codes for one in each.split(",")}
    assert found
    assert found <= {int(each) for each in Exit}


@pytest.mark.lengthy
def test_every_error_of_a_command_says_which_code() -> None:
    """Without one it would be 1, which means a mistake of the course."""
    ours = {  # what no command ends with: caught, or a mistake indeed
        "mqcourse/book/kernel.py",
        "mqcourse/book/run.py",
        "mqcourse/stack/services/kafka_startup_cache.py",
        "mqcourse/stack/providers/native.py",
    }
    silent = set()
    for path in sorted((CHECKOUT / "mqcourse").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "CourseError"
                and not any(keyword.arg == "code" for keyword in node.keywords)
            ):
                silent.add(str(path.relative_to(CHECKOUT)))
    # the model knows nothing of commands: the one that calls it says the code
    silent = {name for name in silent if not name.startswith("mqcourse/backpressure/")}
    assert silent == ours


@pytest.mark.parametrize(
    ("codes", "count", "code"),
    [
        ([], 3, Exit.DONE),
        ([7], 1, Exit.NETWORK),
        ([7, 7], 2, Exit.NETWORK),
        ([7, 6], 2, Exit.SOME_FAILED),
        ([7], 2, Exit.SOME_FAILED),
    ],
)
def test_several_that_failed(codes: list[int], count: int, code: Exit) -> None:
    assert of_several(codes, count) is code


@pytest.mark.parametrize(
    "words",
    [
        "simulate nothing",
        "simulate rate_per_s=-1",
        "simulate {",
        "measure baseline --on nowhere",
        "measure nothing --on kafka",
    ],
)
def test_a_scenario_that_cannot_be_run_is_wrong_usage(tmp_path: Path, words: str) -> None:
    done = mq(tmp_path, *words.split())
    assert done.returncode == Exit.USAGE, done.stderr
    assert done.stderr.count("\n") == 1


def test_a_mistake_of_the_course_names_its_log(tmp_path: Path) -> None:
    program = (
        "import sys; from mqcourse import cli; from mqcourse.grading import labs_command as command\n"
        "command.run_list = None\n"
        "import mqcourse.grading.manifest as m\n"
        "def broken(path=None): raise ZeroDivisionError('on purpose')\n"
        "m.load = broken\n"
        "command.register.__globals__['run_list'] = lambda arguments: m.load()\n"
        "sys.exit(cli.main(['labs', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env={**os.environ, "MQ_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.UNEXPECTED
    assert done.stderr.count("\n") == 1, done.stderr
    log = tmp_path / "logs" / "mq.log"
    assert str(log) in json.loads(done.stdout)["error"]
    assert "ZeroDivisionError: on purpose" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_doctor_looks_at_all_and_ends_with_what_is_amiss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise RuntimeError("no such thing")

    def away() -> str:
        raise CourseError("the broker is away", do="Start it", code=Exit.UNREACHABLE)

    monkeypatch.setattr(doctor, "_java", broken)
    monkeypatch.setattr(doctor, "_brokers", away)
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    found = {each.check: each for each in doctor.examine()}
    assert not found["Java"].ok
    assert "no such thing" in found["Java"].seen
    assert found["brokers"].do == "Start it"
    assert found["Python"].ok
    assert doctor.exit_code([found["brokers"]]) is Exit.UNREACHABLE
    assert doctor.exit_code([found["Java"], found["brokers"]]) is Exit.ENVIRONMENT
    assert doctor.exit_code([found["Python"]]) is Exit.DONE


@pytest.mark.lengthy
def test_status_and_doctor_of_a_broker_elsewhere_that_is_not_there(
    tmp_path: Path, refused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_KAFKA_BOOTSTRAP", f"127.0.0.1:{refused_port}")
    done = mq(tmp_path, "status")
    assert done.returncode == Exit.UNREACHABLE
    assert "unreachable" in done.stdout
    bad = [each for each in json.loads(mq(tmp_path, "doctor", "--json").stdout) if not each["ok"]]
    assert "brokers" in {each["check"] for each in bad}


@pytest.mark.lengthy
def test_doctor_refuses_a_provider_that_there_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQ_PROVIDER", "podman")
    done = mq(tmp_path, "doctor", "--json")
    assert done.returncode != Exit.DONE
    assert {each["check"] for each in json.loads(done.stdout) if not each["ok"]} >= {"settings", "brokers"}
