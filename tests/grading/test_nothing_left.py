"""Whatever ends a grading, and whatever fails beside it: nothing is left behind, and no right answer costs a point."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from mqcourse.exits import Exit
from mqcourse.grading import journal, leftovers, manifest, master, run
from mqcourse.grading.submission import Submission
from mqcourse.home import CHECKOUT
from mqcourse.stack.record import read as read_record
from tests.run_stack import RunStack

pytestmark = [pytest.mark.stack]

LAB_OF = {
    "rabbitmq": "rabbitmq_work_queue",
    "kafka": "kafka_log",
    "servicebus": "servicebus_peek_lock",
}


def begin(lab_name: str, folder: Path, **env: str) -> "subprocess.Popen[str]":
    """`mq grade` of the reference, in the background."""
    path = folder / f"{lab_name}.ipynb"
    path.write_text(master.solution_notebook(manifest.find(lab_name)), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "mqcourse.cli", "grade", str(path)],
        cwd=CHECKOUT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        preexec_fn=_heed,
    )


def _heed() -> None:
    """nohup ignores SIGHUP, and a child inherits that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def swept(stack: RunStack) -> bool:
    """Whether nothing is recorded after one more sweep: one that finds a broker busy leaves its things to the next."""
    leftovers.sweep()
    return journals(stack.home) == ""


def wait_for(condition: Callable[[], Any], limit_s: float = 120.0) -> Any:
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def journals(home: Path) -> str:
    """What the journals of other processes hold: this one, which judges in other tests, has one of its own."""
    files = (home / "grading").glob("*.jsonl")
    return "".join(file.read_text() for file in files if not file.name.startswith(f"{os.getpid()}-"))


def processes(home: Path) -> list[psutil.Process]:
    """Those of gradings on the stack whose home this is."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # it ends while we look
            marks = process.environ()
            if journal.MARK in marks and marks.get("MQ_HOME") == str(home) and process.status() != "zombie":
                found.append(process)
    return found


def left_at_the_brokers(stack: RunStack) -> list[str]:
    import pika
    from azure.servicebus.management import ServiceBusAdministrationClient
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(**stack.endpoints.kafka_settings)
    found = [name for name in admin.list_topics() if name.startswith("check.")]
    found += [str(group) for group in admin.list_groups() if "check." in str(group) or "slow." in str(group)]
    admin.close()
    with ServiceBusAdministrationClient.from_connection_string(
        **stack.endpoints.servicebus_administration
    ) as bus:
        found += [queue.name for queue in bus.list_queues() if queue.name.startswith("check.")]
    import urllib.request

    url = stack.endpoints.rabbitmq_management_url.rstrip("/")
    parameters = pika.URLParameters(stack.endpoints.rabbitmq_url)
    opener = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    opener.add_password(None, url, parameters.credentials.username, parameters.credentials.password)
    client = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(opener)
    )
    for kind in ("queues", "exchanges"):
        with client.open(f"{url}/api/{kind}") as reply:
            found += [
                each["name"] for each in json.load(reply) if each["name"].startswith(("check.", "mine."))
            ]
    return found


@pytest.mark.parametrize("lab", LAB_OF.values())
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_grading_that_is_ended_leaves_nothing(
    stack: RunStack, lab: str, how: signal.Signals, tmp_path: Path
) -> None:
    grading = begin(lab, tmp_path)
    wait_for(lambda: "check." in journals(stack.home))
    grading.send_signal(how)
    grading.communicate(timeout=120)
    assert grading.returncode == (130 if how is signal.SIGINT else -how)
    wait_for(lambda: not processes(stack.home))
    if how is signal.SIGKILL:
        wait_for(lambda: swept(stack))  # what the run could not give back alone, the next one does
    with contextlib.suppress(AssertionError):
        wait_for(lambda: not journals(stack.home))
    assert journals(stack.home) == ""
    assert not list((stack.home / "grading").glob("run-*"))
    assert left_at_the_brokers(stack) == []


def test_what_was_killed_altogether_is_swept_by_the_next_run(stack: RunStack, tmp_path: Path) -> None:
    grading = begin("kafka_log", tmp_path)
    wait_for(lambda: "check." in journals(stack.home))
    everybody = psutil.Process(grading.pid).children(recursive=True)
    for process in (psutil.Process(grading.pid), *everybody):
        process.suspend()  # nobody of them sees the end of another one
    for process in (psutil.Process(grading.pid), *everybody):
        process.kill()
    grading.communicate(timeout=120)
    wait_for(lambda: not processes(stack.home))
    assert "check." in journals(stack.home)
    wait_for(lambda: swept(stack))
    assert not list((stack.home / "grading").glob("run-*"))
    assert left_at_the_brokers(stack) == []


MAKING = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True, env={})
def work(queue, handle):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(601)"], start_new_session=True)
    channel = pika.BlockingConnection(pika.URLParameters(at.rabbitmq_url)).channel()
    channel.exchange_declare("mine.exchange", durable=True)
    channel.queue_declare("mine.queue", durable=True)
    channel.basic_consume(queue, lambda channel, method, properties, body: handle(body))
    channel.start_consuming()
"""


def sleepers() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-1:] in (
                ["import time; time.sleep(600)"],
                ["import time; time.sleep(601)"],
            ):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def test_what_an_answer_makes_and_starts_goes_with_it(stack: RunStack) -> None:
    lab = manifest.find("rabbitmq_work_queue")
    report = run.grade_submission(Submission(lab, {"acknowledge": MAKING}, {}))
    assert report.points == 0
    assert sleepers() == []
    assert left_at_the_brokers(stack) == []


def test_what_somebody_else_made_stays(stack: RunStack) -> None:
    import pika

    with pika.BlockingConnection(pika.URLParameters(stack.endpoints.rabbitmq_url)) as connection:
        channel = connection.channel()
        channel.exchange_declare("mine.exchange", durable=True)
        run.grade_submission(Submission(manifest.find("rabbitmq_work_queue"), {"acknowledge": MAKING}, {}))
        channel.exchange_declare("mine.exchange", passive=True)
        channel.exchange_delete("mine.exchange")


@pytest.fixture
def own_stack(empty_stack: RunStack, monkeypatch: pytest.MonkeyPatch) -> RunStack:
    """A stack that may be killed."""
    monkeypatch.setenv("MQ_HOME", str(empty_stack.home))
    monkeypatch.setenv("MQ_PORT_BASE", str(empty_stack.base))
    return empty_stack


@pytest.mark.parametrize("broker", list(LAB_OF))
def test_a_broker_that_dies_while_answers_run_costs_nobody_a_point(
    own_stack: RunStack, broker: str, tmp_path: Path
) -> None:
    """Killed at three moments of the run, the last time brought back at once, so that it answers again in the end."""
    own_stack.mq("up", broker)
    for moment, again in (("run-", False), ("check.", False), ("check.", True)):
        own_stack.mq("up", broker)
        # what the run before this one could not remove, as its broker was gone
        wait_for(lambda: swept(own_stack))
        grading = begin(LAB_OF[broker], tmp_path)
        # the run has begun; a check has begun
        wait_for(lambda moment=moment: moment in journals(own_stack.home))
        record = read_record(own_stack.home, broker)
        assert record
        assert record.pid
        os.kill(record.pid, signal.SIGKILL)
        if again:
            own_stack.mq("up", broker)
        out, said = grading.communicate(timeout=300)
        assert grading.returncode == Exit.UNREACHABLE, out + said
        assert "went away while the answers ran" in said or "does not answer" in said
        assert out == ""
        assert not (own_stack.home / "progress").exists()
