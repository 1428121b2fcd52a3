"""What a learner can get wrong before anything runs: one line that says what to do, and nothing left behind."""

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import software_folder
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress
from mqcourse.stack import process
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import Ports
from mqcourse.stack.services import kafka_startup_cache, rabbitmq
from mqcourse.stack.services.kafka_node import Node, Program, format_data
from tests import loaded_mq
from tests.run_stack import CHECKOUT, free_base


def run_mq(tmp_path: Path, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run mq on folders and ports of the test's own: the run's stack may be up, and its cache full."""
    own = {
        "MQ_SOFTWARE": str(tmp_path / "software"),
        "MQ_CACHE": str(tmp_path / "cache"),
        "MQ_PORT_BASE": str(free_base()),
    }
    return loaded_mq.mq(tmp_path / "home", *words, **{**own, **env})


def mq(tmp_path: Path, *words: str, code: Exit = Exit.ENVIRONMENT, **env: str) -> str:
    """Run mq, expect it to fail with one line and this code, and return that line."""
    done = run_mq(tmp_path, *words, **env)
    assert done.returncode == code, done
    errors = [line for line in done.stderr.splitlines() if line.startswith("mq ")]
    assert len(errors) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return errors[0]


@pytest.mark.parametrize("variable", ["MQ_HOME", "MQ_SOFTWARE"])
def test_a_folder_that_cannot_be_written(tmp_path, variable):
    (tmp_path / "file").touch()
    error = mq(tmp_path, "up", "kafka", **{variable: str(tmp_path / "file" / "x")})
    assert "cannot write" in error
    assert "MQ_HOME and MQ_SOFTWARE" in error


def test_a_wrong_java_is_said_before_anything_is_fetched(tmp_path):
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    error = mq(tmp_path, "up", "kafka", MQ_JAVA=str(java))
    assert "11.0.2" in error
    assert not list((tmp_path / "software").rglob("*.jar"))


def test_no_network_on_the_first_run(tmp_path):
    error = mq(tmp_path, "up", "kafka", code=Exit.NETWORK, MQ_MAVEN_URL="http://127.0.0.1:9")
    assert "Check the network" in error


@pytest.mark.lengthy
def test_one_failed_download_keeps_no_other_broker_down(tmp_path, refused_port):
    own = {"MQ_PORT_BASE": str(free_base()), "MQ_MAVEN_URL": f"http://127.0.0.1:{refused_port}"}
    try:
        done = run_mq(tmp_path, "start", "kafka", "servicebus", **own)
        assert done.returncode == Exit.SOME_FAILED, done
        table = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
        assert "running" in table["Azure Service Bus emulator"]
        assert "stopped" in table["Kafka"]
        (said,) = [line for line in done.stderr.splitlines() if line.startswith("mq start: ")]
        assert said.startswith("mq start: kafka: cannot fetch ")
        assert run_mq(tmp_path, "status", "--check", "servicebus", **own).returncode == Exit.DONE
        assert run_mq(tmp_path, "status", "--check", **own).returncode == Exit.UNREACHABLE
    finally:
        assert run_mq(tmp_path, "stop", **own).returncode == Exit.DONE


def test_an_old_rabbitmq_is_never_started(tmp_path):
    (tmp_path / "old" / "sbin").mkdir(parents=True)
    (tmp_path / "old" / "sbin" / "rabbitmq-server").touch()
    (tmp_path / "old" / "plugins" / "rabbit-3.12.1").mkdir(parents=True)
    error = mq(tmp_path, "up", "rabbitmq", MQ_RABBITMQ_HOME=str(tmp_path / "old"))
    assert "3.12.1" in error
    assert "needs 4 or newer" in error


def test_useless_settings(tmp_path):
    assert "MQ_PORT_BASE" in mq(tmp_path, "up", "kafka", code=Exit.USAGE, MQ_PORT_BASE="high")
    assert "MQ_PROVIDER" in mq(tmp_path, "up", "kafka", code=Exit.USAGE, MQ_PROVIDER="podman")
    assert "was never started" in mq(tmp_path, "logs", "kafka", code=Exit.UNREACHABLE)


def test_a_file_where_the_state_folder_should_be(tmp_path):
    (tmp_path / "home").touch()
    assert "cannot write" in mq(tmp_path, "up", "kafka")
    assert "cannot write" in mq(tmp_path, "reset", "--yes", "kafka")


@pytest.mark.lengthy
def test_an_error_is_json_too_where_json_was_asked_for(tmp_path):
    for code, words in (
        (2, ["up", "x"]),
        (2, ["down", "x"]),
        (2, ["reset", "x", "--yes"]),
        (4, ["logs", "kafka"]),
        (2, ["grade", "x.ipynb"]),
    ):
        done = run_mq(tmp_path, *words, "--json")
        assert done.returncode == code
        assert done.stderr == f"mq {words[0]}: {json.loads(done.stdout)['error']}\n"


@pytest.fixture
def full_disk(tmp_path):
    """A folder of a disk that has no byte left."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with contextlib.suppress(OSError), (folder / "fill").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["rabbitmq", "kafka", "servicebus", "jupyter"])
def test_a_full_disk(tmp_path, full_disk, name):
    assert "is full. Free some space" in mq(tmp_path, "up", name, MQ_HOME=str(full_disk))


@pytest.mark.lengthy
def test_a_path_that_rabbitmq_cannot_bear_is_said_at_once(tmp_path):
    own = {"MQ_HOME": str(tmp_path / "learner's"), "MQ_PORT_BASE": str(free_base())}
    error = mq(tmp_path, "up", "rabbitmq", MQ_SOFTWARE=str(software_folder()), **own)
    assert "apostrophe" in error
    assert "MQ_HOME" in error


def test_rabbitmq_is_not_started_where_it_would_block_every_publisher(tmp_path, monkeypatch):
    monkeypatch.setattr(rabbitmq, "DISK_LIMIT_BYTES", 1 << 60)
    with pytest.raises(
        CourseError, match=r"nearly full: \d+ MB are free, and RabbitMQ takes no message below"
    ):
        rabbitmq.RabbitMQ().prepare(StackLayout(tmp_path, software_folder(), Ports(27100)))


def test_a_cluster_id_that_begins_with_a_dash_is_no_option(tmp_path, monkeypatch):
    """One random id in 64 does."""
    asked = []

    class Recorder:
        def command(self, node, main, *, extra=()):
            asked.extend(main)
            (node.data).mkdir(parents=True)
            return (sys.executable, "-c", "")

    monkeypatch.setattr(
        "mqcourse.stack.services.kafka_node.uuid.uuid4", lambda: type("Id", (), {"bytes": b"\xfb" * 16})
    )
    node = Node(tmp_path, 1, 2, 0)
    format_data(Recorder(), node)
    (cluster_id,) = [word for word in asked if "cluster-id" in word]
    assert cluster_id.startswith("--cluster-id=-")


MOUNTED = """
import subprocess, sys
from pathlib import Path
from mqcourse.stack.services.kafka_node import Node, format_data
node = Node(Path(sys.argv[1]), 1, 2, 0)
subprocess.run(["mount", "-t", "tmpfs", "none", str(node.data)], check=True)
try:
    format_data(None, node)
except Exception as error:
    print(type(error).__name__, error, sep=": ")
"""


def test_kafkas_data_on_a_mount_point_is_one_line(tmp_path):
    node = Node(tmp_path, 1, 2, 0)
    node.data.mkdir()
    kept = node.pristine
    kept.mkdir()
    (kept / "meta.properties").touch()
    alone = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("a user may not mount anything here")
    done = subprocess.run(
        [*alone, sys.executable, "-c", MOUNTED, str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"CourseError: {node.data} is a mount point")
    assert "Unmount it" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_reset_after_an_upgrade_takes_nothing_that_the_older_release_formatted(tmp_path, monkeypatch):
    node = Node(tmp_path, 1, 2, 0)
    now = node.pristine
    monkeypatch.setattr("mqcourse.install.jars.KAFKA_VERSION", "4.3.1")
    assert node.pristine != now
    assert node.pristine.name == "formatted-2-4.3.1"


def test_a_cache_that_java_refuses_is_not_called_used(tmp_path):
    from mqcourse.install import jars, java

    found = java.find()
    if not found.has_aot_cache:
        pytest.skip("this Java has no AOT cache")
    bad = tmp_path / "bad.aot"
    bad.write_bytes(b"no cache")
    assert (
        kafka_startup_cache.why_unusable(Program(found, jars.class_path(tmp_path, jars.locked()), "x"), bad)
        is not None
    )


def end_training(folder: Path) -> None:
    """End whoever makes the cache on idle time for a stack of this test run: it holds the lock."""
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.cmdline()[-2:] == ["mqcourse.stack.services.kafka_startup_cache", str(folder)]:
                process.kill([*one.children(recursive=True), one])


@pytest.mark.stack
def test_the_running_broker_uses_the_cache(stack):
    """It is made here, and not waited for: on a busy machine what runs on idle time may take its time."""
    from mqcourse.home import software_folder
    from mqcourse.stack.services.kafka_node import program

    kafka = program(software_folder())
    if not kafka.java.has_aot_cache:
        pytest.skip("this Java has no AOT cache")
    folder = software_folder() / "kafka"
    if kafka_startup_cache.usable(kafka, folder) is None:
        end_training(folder)
        with only_one(folder / "aot.lock", say=lambda _line: None, waiting_for="another training run"):
            assert kafka_startup_cache.make(kafka, folder, Progress(quiet=True))
    stack.mq("down", "kafka")  # it may have started before there was a cache
    stack.mq("up", "kafka")
    cache = kafka_startup_cache.usable(kafka, folder)
    assert cache is not None
    assert kafka_startup_cache.why_unusable(kafka, cache) is None
    maps = Path(f"/proc/{stack.status()['kafka']['pid']}/maps")
    if maps.exists():
        assert str(cache) in maps.read_text()
