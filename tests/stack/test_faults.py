"""What is killed: status tells the truth within a second, up mends it, nothing is left behind."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from mqcourse.exits import Exit
from mqcourse.home import software_folder
from mqcourse.progress import Progress
from mqcourse.stack import doctor, ports, process, repair, stack
from tests.run_stack import CHECKOUT, RunStack, free_base

pytestmark = [pytest.mark.stack]


def state_soon(run: RunStack, name: str, state: str, within_s: float = 1.0) -> None:
    """`mq status` says `state` of a service within a second (plus what starting mq itself takes)."""
    deadline = time.monotonic() + within_s
    while (said := next(row.state for row in stack.status(run.home) if row.name == name)) != state:
        assert time.monotonic() < deadline, f"{name} is said to be {said}, not {state}"


@pytest.mark.parametrize(("name", "mend"), [("rabbitmq", ["up", "rabbitmq"]), ("kafka", ["doctor", "--fix"])])
def test_a_killed_broker_is_seen_at_once_and_mended(empty_stack, name, mend):
    empty_stack.mq("up", name)
    pid = empty_stack.status()[name]["pid"]
    os.kill(pid, signal.SIGKILL)
    state_soon(empty_stack, name, "killed")
    page = empty_stack.mq("status", check=False)
    assert page.returncode == Exit.UNREACHABLE
    assert f"mq start {name}" in page.stdout
    empty_stack.mq(*mend)
    row = empty_stack.status()[name]
    assert row["state"] == "running"
    assert row["pid"] != pid


def test_a_stopped_process_is_unresponsive_not_running(empty_stack):
    empty_stack.mq("up", "kafka")
    pid = empty_stack.status()["kafka"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        state_soon(empty_stack, "kafka", "unresponsive")
    finally:
        os.kill(pid, signal.SIGCONT)
    state_soon(empty_stack, "kafka", "running", within_s=10)


def test_who_watches_sees_each_change_and_the_doctor_mends_what_does_not_answer(empty_stack):
    empty_stack.mq("up", "servicebus")
    pid = empty_stack.status()["servicebus"]["pid"]
    with subprocess.Popen(
        [sys.executable, "-m", "mqcourse", "status", "--watch", "--json", "servicebus"],
        env=empty_stack.env,
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        seen = (json.loads(line)[0] for line in watching.stdout)
        assert next(seen)["state"] == "running"
        os.kill(pid, signal.SIGSTOP)
        assert next(seen)["state"] == "unresponsive"
        (empty_stack.home / "endpoints.json").write_text("{")
        done = empty_stack.mq("doctor", "--fix", "--json")
        assert all(finding["ok"] for finding in json.loads(done.stdout)), done.stdout
        assert "stopped and started: servicebus" in done.stderr
        assert "written again" in done.stderr
        # the stopped process runs once more, to hear that it is to end
        while (row := next(seen))["state"] != "running" or row["pid"] == pid:
            pass
        watching.send_signal(signal.SIGINT)
        assert watching.wait(120) == Exit.INTERRUPTED


def test_the_doctor_leaves_ports_that_another_program_took(tmp_path, monkeypatch):
    monkeypatch.delenv("MQ_PORT_BASE")
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    base = free_base()
    kept = tmp_path / "ports.json"
    kept.write_text(json.dumps({"base": base}))
    with socket.create_server(("127.0.0.1", base + 20)):
        findings = doctor.examine()
        assert [finding.check for finding in findings if not finding.ok] == ["ports"]
        repaired = repair.repair(findings, Progress(quiet=True))
        assert repaired == [f"ports: the next start takes the block from {stack.recorded_base(tmp_path)} on"]
        assert stack.recorded_base(tmp_path) != base
        assert all(finding.ok for finding in doctor.examine())
        # where the user says which block, that stays
        monkeypatch.setenv("MQ_PORT_BASE", str(base))
        assert repair.repair(doctor.examine(), Progress(quiet=True)) == []


def test_after_everything_is_killed_up_brings_it_back_and_down_leaves_nothing(empty_stack):
    empty_stack.mq("up")
    process.kill(process.owned(empty_stack.home))
    assert {
        row["state"] for row in empty_stack.status().values() if row["name"] in ("rabbitmq", "kafka")
    } == {"killed"}
    empty_stack.mq("up")
    assert all(empty_stack.status()[name]["state"] == "running" for name in ("rabbitmq", "kafka"))
    empty_stack.mq("down")
    assert process.owned(empty_stack.home) == []


@pytest.mark.parametrize("moment", ["epmd", "node"])
def test_a_launcher_killed_while_starting_leaves_no_orphan(empty_stack, moment):
    up = subprocess.Popen(
        [sys.executable, "-m", "mqcourse.cli", "up", "rabbitmq"],
        env=empty_stack.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wanted = {"epmd": "epmd", "node": "beam.smp"}[moment]
    deadline = time.monotonic() + 60
    while not empty_stack.programs(wanted, "rabbitmq"):
        assert time.monotonic() < deadline
    up.kill()
    up.wait()
    empty_stack.mq("up", "rabbitmq")
    assert empty_stack.status()["rabbitmq"]["state"] == "running"
    assert len(empty_stack.programs("beam.smp")) == 1
    empty_stack.mq("down")
    assert process.owned(empty_stack.home) == []


def test_epmd_left_by_a_killed_node_goes_with_down(empty_stack):
    empty_stack.mq("up", "rabbitmq")
    os.kill(empty_stack.status()["rabbitmq"]["pid"], signal.SIGKILL)
    assert empty_stack.programs("epmd")
    empty_stack.mq("down")
    assert process.owned(empty_stack.home) == []


def test_up_brings_back_a_killed_epmd_so_that_the_tools_find_the_node_again(empty_stack):
    empty_stack.mq("up", "rabbitmq")
    node = empty_stack.status()["rabbitmq"]["pid"]
    process.kill(empty_stack.programs("epmd"))
    empty_stack.mq("up", "rabbitmq")
    assert empty_stack.status()["rabbitmq"]["pid"] == node
    assert len(empty_stack.programs("epmd")) == 1
    # the node looks for a new epmd every two seconds
    await_startup = [str(empty_stack.home / "bin" / "rabbitmqctl"), "--timeout", "30", "await_startup"]
    deadline = time.monotonic() + 30
    while subprocess.run(await_startup, env=empty_stack.env, capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline


def test_an_epmd_that_a_tool_started_stands_in_nobodys_way(empty_stack):
    """RabbitMQ's tools start one when none runs, such as after `mq down`."""
    empty_stack.mq("up", "rabbitmq")
    empty_stack.mq("down")
    tool = subprocess.run(
        [str(empty_stack.home / "bin" / "rabbitmqctl"), "status"],
        env=empty_stack.env,
        capture_output=True,
        check=False,
    )
    assert tool.returncode != 0
    assert len(empty_stack.programs("epmd")) == 1
    empty_stack.mq("up", "rabbitmq")
    assert empty_stack.status()["rabbitmq"]["state"] == "running"
    empty_stack.mq("down")
    assert empty_stack.programs("epmd") == []


@pytest.fixture
def standing_mirror():
    """The address of a mirror that begins to send and then stands still."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        held: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(server.accept()[0])
                    held[-1].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nPK")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for one in held:
            one.close()


@contextlib.contextmanager
def launched(run: RunStack, *words: str, **env: str) -> "Iterator[subprocess.Popen[str]]":
    """`mq WORDS`, killed at the end; it heeds an interrupt also where the tests run in a shell's background."""
    heedful = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [
        sys.executable,
        "-c",
        f"{heedful}; runpy.run_module('mqcourse.cli', run_name='__main__')",
        *words,
    ]
    with subprocess.Popen(command, env={**run.env, **env}, stderr=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def test_an_interrupt_does_not_wait_for_a_network_that_stands_still(empty_stack, tmp_path, standing_mirror):
    software = tmp_path / "soft ware"
    # a cache of its own, too: the run's may hold the jars since its stack fetched them
    away = {
        "MQ_SOFTWARE": str(software),
        "MQ_CACHE": str(tmp_path / "cache"),
        "MQ_MAVEN_URL": standing_mirror,
    }
    with launched(empty_stack, "up", "kafka", **away) as up:
        deadline = time.monotonic() + 60
        while not list(software.glob("kafka/jars/*.part")):
            assert time.monotonic() < deadline
        up.send_signal(signal.SIGINT)
        _, said = up.communicate(timeout=120)
    assert up.returncode == 130
    assert said.splitlines()[-1] == "mq up: interrupted; run it again to go on"


def test_stop_ends_a_start_that_is_under_way_and_status_tells_of_it(empty_stack, tmp_path, standing_mirror):
    away = {
        "MQ_SOFTWARE": str(tmp_path / "software"),
        "MQ_CACHE": str(tmp_path / "cache"),
        "MQ_MAVEN_URL": standing_mirror,
    }
    with launched(empty_stack, "start", "kafka", **away) as start:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "software").glob("kafka/jars/*.part")):
            assert time.monotonic() < deadline
        assert empty_stack.status()["kafka"]["state"] == "starting"
        assert empty_stack.status()["rabbitmq"]["state"] == "stopped"
        stopped = empty_stack.mq("stop")
        assert start.wait(60) == Exit.INTERRUPTED
    assert "ending the start that is under way" in stopped.stderr
    assert empty_stack.status()["kafka"]["state"] == "stopped"
    assert process.owned(empty_stack.home) == []


def test_what_an_installation_started_ends_with_down_though_its_launcher_was_killed(
    stack, empty_stack, tmp_path
):
    """On jars that are there, as the run's own stack needs them, too. The training run for Kafka's AOT cache: a Java that takes for ever."""
    jars = tmp_path / "software" / "kafka" / "jars"
    shutil.copytree(software_folder() / "kafka" / "jars", jars, copy_function=os.symlink)
    java = tmp_path / "java"
    java.write_text(
        '#!/bin/sh\n[ "$1" = -version ] && echo \'openjdk version "25.0.1"\' && exit\nexec sleep 1000\n'
    )
    java.chmod(0o755)
    away = {
        "MQ_SOFTWARE": str(tmp_path / "software"),
        "MQ_CACHE": str(tmp_path / "cache"),
        "MQ_JAVA": str(java),
    }
    with launched(empty_stack, "up", "kafka", **away):
        deadline = time.monotonic() + 60
        while not empty_stack.programs("sleep"):
            assert time.monotonic() < deadline
    empty_stack.mq("down")
    assert process.owned(empty_stack.home) == []


def test_a_taken_port_names_port_holder_and_setting(empty_stack):
    with socket.create_server(("127.0.0.1", empty_stack.base + 10)):
        done = empty_stack.mq("up", "kafka", check=False)
    assert done.returncode == Exit.ENVIRONMENT
    error = done.stderr.strip().splitlines()[-1]
    assert str(empty_stack.base + 10) in error
    assert f"process {os.getpid()}" in error
    assert "MQ_PORT_BASE" in error
    assert process.owned(empty_stack.home) == []


def test_a_broker_that_ends_while_starting_fails_at_once_with_its_log(empty_stack):
    empty_stack.mq("up", "kafka")
    empty_stack.mq("down", "kafka")
    properties = empty_stack.home / "kafka" / "data" / "meta.properties"
    properties.write_text(properties.read_text().replace("node.id=1", "node.id=7"))
    done = empty_stack.mq("up", "kafka", check=False)
    assert done.returncode == Exit.UNREACHABLE
    *progress, said = done.stderr.strip().splitlines()
    assert all(line.endswith(": Kafka") for line in progress)  # on a slow machine
    assert "ended while starting" in said  # and did not only run out of time
    assert "node" in said
    assert process.owned(empty_stack.home) == []


def test_one_that_fails_takes_no_other_down(empty_stack):
    with socket.create_server(("127.0.0.1", empty_stack.base + 1)):
        done = empty_stack.mq("up", "rabbitmq", "kafka", check=False)
    assert done.returncode == Exit.SOME_FAILED
    assert empty_stack.status()["kafka"]["state"] == "running"
    assert empty_stack.status()["rabbitmq"]["state"] == "stopped"


def test_two_checkouts_run_side_by_side_without_a_word(tmp_path, monkeypatch):
    """Neither sets MQ_PORT_BASE; both start from the same default block."""
    monkeypatch.delenv("MQ_PORT_BASE")
    default = ports.next_free_base(ports.course_bases(), start=free_base())
    runs = []
    for name in ("one", "two"):
        home = tmp_path / name
        home.mkdir()
        (home / "ports.json").write_text(f'{{"base": {default}}}')
        runs.append(home)

    def mq(home, *words):
        env = {**os.environ, "MQ_HOME": str(home)}
        subprocess.run([sys.executable, "-m", "mqcourse.cli", *words], env=env, cwd=CHECKOUT, check=True)

    try:
        for home in runs:
            mq(home, "up", "kafka")
        bases = [RunStack(home, 0).endpoints.kafka_bootstrap for home in runs]
        assert bases[0] == f"127.0.0.1:{default + 10}"
        assert bases[1] != bases[0]
        # the second one keeps its block, and its data under the new ports
        mq(runs[1], "down")
        mq(runs[1], "up", "kafka")
        assert RunStack(runs[1], 0).endpoints.kafka_bootstrap == bases[1]
    finally:
        for home in runs:
            mq(home, "down")
    assert [child for home in runs for child in process.owned(home)] == []


def test_a_block_that_moved_finds_its_data_again(empty_stack):
    """Another block of ports for the same data: Kafka's voter keeps its address in its metadata."""
    from kafka import KafkaConsumer, KafkaProducer

    empty_stack.mq("up", "kafka")
    producer = KafkaProducer(**empty_stack.endpoints.kafka_settings)
    producer.send("kept", b"kept").get(timeout=120)
    producer.close()
    empty_stack.mq("down")
    moved = RunStack(empty_stack.home, free_base())
    moved.mq("up", "kafka")
    consumer = KafkaConsumer(
        "kept", auto_offset_reset="earliest", consumer_timeout_ms=10_000, **moved.endpoints.kafka_settings
    )
    assert next(iter(consumer)).value == b"kept"
    consumer.close()


def test_the_pid_of_a_finished_broker_is_never_signalled(empty_stack):
    """A record whose pid now belongs to someone else: down leaves that process alone."""
    empty_stack.mq("up", "kafka")
    empty_stack.mq("down")
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        record = {
            "name": "kafka",
            "provider": "native",
            "version": "4.3.1",
            "base": empty_stack.base,
            "endpoint": "",
            "management": None,
            "data_dir": None,
            "pid": bystander.pid,
            "born_s": psutil.Process(bystander.pid).create_time() - 100,
            "started_s": 0.0,
            "ready_s": 1.0,
        }
        (empty_stack.home / "run" / "kafka.json").write_text(json.dumps(record))
        assert empty_stack.status()["kafka"]["state"] == "killed"
        empty_stack.mq("down")
        assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n")
