"""`mq up`, `down`, `status`, `reset`, `logs`, `doctor` as a learner types them, on a stack of the test's own."""

import base64
import http.client
import ipaddress
import json
import subprocess
import sys
import time

import pika
import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from mqcourse.exits import Exit
from mqcourse.stack import process
from mqcourse.stack.services.handshakes import http_status
from mqcourse.stack.services.rabbitmq import PLUGINS

pytestmark = [pytest.mark.stack]
KEYS = {
    "name",
    "state",
    "provider",
    "version",
    "endpoint",
    "management",
    "pid",
    "ready_s",
    "rss_mb",
    "data_dir",
    "streams",
}


def listening(pid: int) -> set[tuple[str, int]]:
    """(address, port) of every listening socket of a process and its children."""
    found = set()
    for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        found |= {
            (c.laddr.ip, c.laddr.port) for c in one.net_connections("inet") if c.status == psutil.CONN_LISTEN
        }
    return found


def test_status_tells_everything_the_course_promises(stack):
    rows = stack.status()
    assert set(rows) == {"rabbitmq", "kafka", "servicebus", "book", "jupyter"}
    for name in ("rabbitmq", "kafka"):
        row = rows[name]
        assert set(row) == KEYS
        assert row["state"] == "running"
        assert row["pid"]
        assert row["rss_mb"] > 50
        assert row["ready_s"] > 0
        assert row["data_dir"].startswith(str(stack.home))
    assert int(rows["rabbitmq"]["version"].split(".")[0]) >= 4
    assert rows["kafka"]["version"] == "4.4.0"
    assert rows["rabbitmq"]["management"] == f"http://127.0.0.1:{stack.base + 1}/"
    assert rows["rabbitmq"]["streams"] == f"rabbitmq-stream://guest:guest@127.0.0.1:{stack.base + 2}/%2F"


def test_everything_listens_on_the_loopback_only(stack):
    for child in process.owned(stack.home):
        for address, _ in listening(child.pid):
            assert ipaddress.ip_address(address.removeprefix("::ffff:")).is_loopback, child


def test_management_streams_and_prometheus_are_on(stack):
    assert http_status(stack.base + 1, "/", 5) == 200
    assert http_status(stack.base + 3, "/metrics", 5) == 200
    ports = {port for child in process.owned(stack.home, "rabbitmq") for _, port in listening(child.pid)}
    assert {stack.base + offset for offset in (0, 1, 2, 3, 4, 5)} <= ports
    assert {"rabbitmq_management", "rabbitmq_prometheus", "rabbitmq_stream"} <= set(PLUGINS)


def test_nothing_of_it_is_in_the_home_folder_of_the_user(stack):
    for child in process.owned(stack.home):
        for opened in child.open_files():
            assert "/.erlang" not in opened.path or opened.path.startswith(str(stack.home))
    assert (stack.home / "rabbitmq" / "home" / ".erlang.cookie").stat().st_mode & 0o777 == 0o400


def test_up_again_says_what_runs_and_starts_nothing(stack):
    before = {name: row["pid"] for name, row in stack.status().items()}
    stack.mq("up")
    assert {name: row["pid"] for name, row in stack.status().items()} == before


def test_the_json_of_every_command_is_json(stack):
    for words in (["up", "kafka"], ["status"], ["env"], ["doctor"], ["logs", "kafka"]):
        assert json.loads(stack.mq(*words, "--json").stdout)


def test_logs_are_the_brokers_own(stack):
    # all of it: other tests on this stack have logged hundreds of connections since its start
    text = stack.mq("logs", "rabbitmq", "-n", "1000000").stdout
    assert "Server startup complete" in text
    assert "\x1b" not in text
    assert len(stack.mq("logs", "kafka", "-n", "3").stdout.splitlines()) == 3


def test_rabbitmqs_own_tools_find_the_node(stack):
    listed = subprocess.run(
        [str(stack.home / "bin" / "rabbitmqctl"), "cluster_status", "--formatter", "json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert json.loads(listed.stdout)["running_nodes"] == ["mq@localhost"]


def test_bad_names_are_one_line_errors(stack):
    for words in (["up", "rabitmq"], ["down", "x"], ["reset", "x"], ["logs", "x"]):
        done = stack.mq(*words, check=False)
        assert done.returncode == Exit.USAGE
        assert len(done.stderr.splitlines()) == 1
        assert "Choose from: rabbitmq, kafka" in done.stderr


def fill(run) -> None:
    """Leave something of every kind in both brokers."""
    with pika.BlockingConnection(pika.URLParameters(run.endpoints.rabbitmq_url)) as connection:
        channel = connection.channel()
        channel.exchange_declare("left", "topic", durable=True)
        for queue, arguments in (
            ("left", {"x-queue-type": "quorum"}),
            ("s", {"x-queue-type": "stream"}),
            ("c", {}),
        ):
            channel.queue_declare(queue, durable=True, arguments=arguments)
            channel.queue_bind(queue, "left", "#")
        channel.confirm_delivery()
        for number in range(20):
            channel.basic_publish("left", "key", b"%d" % number)
    producer = KafkaProducer(**run.endpoints.kafka_settings)
    for number in range(20):
        producer.send("left", b"%d" % number).get(timeout=120)
    producer.close()
    consumer = KafkaConsumer(
        "left",
        group_id="left",
        auto_offset_reset="earliest",
        consumer_timeout_ms=10_000,
        **run.endpoints.kafka_settings,
    )
    next(iter(consumer))
    consumer.commit()
    consumer.close()


def management(run, path: str):
    connection = http.client.HTTPConnection("127.0.0.1", run.base + 1, timeout=120)
    login = base64.b64encode(b"guest:guest").decode()
    connection.request("GET", f"/{path}", headers={"Authorization": f"Basic {login}"})
    answer = json.load(connection.getresponse())
    connection.close()
    return answer


def assert_empty(run) -> None:
    assert management(run, "api/queues") == []
    assert [
        one["name"] for one in management(run, "api/exchanges") if not one["name"].startswith("amq.")
    ] == [""]
    assert [one["name"] for one in management(run, "api/vhosts")] == ["/"]
    assert [one["name"] for one in management(run, "api/users")] == ["guest"]
    admin = KafkaAdminClient(**run.endpoints.kafka_settings)
    try:
        assert set(admin.list_topics()) <= {"__consumer_offsets"}
        assert list(admin.list_groups()) == []
    finally:
        admin.close()


def test_reset_leaves_the_brokers_empty_and_running(empty_stack):
    empty_stack.mq("up")
    fill(empty_stack)
    empty_stack.mq("reset", "--yes")
    assert_empty(empty_stack)
    fill(empty_stack)  # and they work
    # reset of what is down leaves it down, and empty when it comes back
    empty_stack.mq("down")
    empty_stack.mq("reset", "--yes", "rabbitmq", "kafka")
    assert {row["state"] for row in empty_stack.status().values()} == {"stopped"}
    empty_stack.mq("up")
    assert_empty(empty_stack)


def test_a_node_whose_alarm_limits_were_changed_is_reset_too(empty_stack):
    empty_stack.mq("up", "rabbitmq")
    tool = str(empty_stack.home / "bin" / "rabbitmqctl")
    subprocess.run(
        [tool, "set_vm_memory_high_watermark", "absolute", "100MB"], check=True, capture_output=True
    )
    pid = empty_stack.status()["rabbitmq"]["pid"]
    deadline = time.monotonic() + 30
    while management(empty_stack, "api/nodes")[0].get("mem_limit", 1 << 30) == 1 << 30:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    empty_stack.mq("reset", "--yes", "rabbitmq")
    assert empty_stack.status()["rabbitmq"]["pid"] != pid
    with pika.BlockingConnection(pika.URLParameters(empty_stack.endpoints.rabbitmq_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("free", durable=True)
        channel.basic_publish("", "free", b"no alarm blocks this")


def test_jupyterlab_is_up_with_a_token_and_keeps_to_its_folder(empty_stack):
    empty_stack.mq("up", "jupyter")
    row = empty_stack.status()["jupyter"]
    token = (empty_stack.home / "jupyter" / "token").read_text()
    assert row["endpoint"] == f"http://127.0.0.1:{empty_stack.base + 31}/lab/tree/START.md"
    assert http_status(empty_stack.base + 31, "/api/contents", 5) == 403
    assert http_status(empty_stack.base + 31, f"/api/contents?token={token}", 5) == 200
    assert token not in " ".join(psutil.Process(row["pid"]).cmdline())
    assert (empty_stack.home / "jupyter").stat().st_mode & 0o077 == 0
    assert list((empty_stack.home / "jupyter" / "runtime").glob("jpserver-*.json"))
    empty_stack.mq("down")
    assert not process.owned(empty_stack.home)


def test_the_book_is_served_once_it_is_built(empty_stack):
    refused = empty_stack.mq("up", "book", check=False)
    assert refused.returncode == Exit.ENVIRONMENT
    assert "mq book build" in refused.stderr
    html = empty_stack.home / "book" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("<title>book</title>")
    empty_stack.mq("up", "book")
    row = empty_stack.status()["book"]
    assert row["endpoint"] == f"http://127.0.0.1:{empty_stack.base + 30}/"
    assert http_status(empty_stack.base + 30, "/", 5) == 200


def test_two_ups_at_once_start_one_stack(empty_stack):
    ups = [
        subprocess.Popen(
            [sys.executable, "-m", "mqcourse.cli", "up", "kafka", "--json"],
            env=empty_stack.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    results = [up.communicate() for up in ups]
    assert [up.returncode for up in ups] == [0, 0]
    pids = {row["pid"] for out, _ in results for row in json.loads(out) if row["name"] == "kafka"}
    assert len(pids) == 1
    assert any("waiting for another mq command" in err for _, err in results)


def test_down_leaves_nothing_not_even_epmd(empty_stack):
    empty_stack.mq("up", "rabbitmq")
    assert empty_stack.programs("epmd")
    empty_stack.mq("down")
    assert process.owned(empty_stack.home) == []
    assert {row["state"] for row in empty_stack.status().values()} == {"stopped"}
    assert json.loads((empty_stack.home / "endpoints.json").read_text()) == {}
