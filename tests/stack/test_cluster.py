"""Three nodes of RabbitMQ and of Kafka: what survives a killed and a paused leader, and what a lost majority is."""

import contextlib
import ipaddress
import json
import os
import random
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pika
import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from mqcourse.exits import Exit
from mqcourse.stack import ports, process
from tests.long_run import times
from tests.run_stack import RunStack, free_base

pytestmark = [pytest.mark.stack, pytest.mark.slow]

ROUNDS = times(2, 30)
STEPS = times(10, 100)
SEED = int(os.environ.get("CHAOS_SEED", "16"))
"""Which random failures each cluster gets; another one is for a run by hand."""
MORE = 100
"""So many further confirmed messages show that a cluster works again."""
LIMIT_S = 120
"""Far above what any wait here ever takes."""

LOADS = {
    "rabbitmq": """
import itertools, signal, sys, time
import pika

def leave(*_):
    signal.alarm(5)
    raise TimeoutError

signal.signal(signal.SIGALRM, leave)  # a node that is cut off answers, and confirms nothing
nodes = itertools.cycle(sys.argv[1].split(","))
number = 0
while True:
    try:
        signal.alarm(5)
        parameters = pika.URLParameters(next(nodes))
        parameters.heartbeat = 4  # a paused node is left
        with pika.BlockingConnection(parameters) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            while True:
                signal.alarm(5)
                message = pika.BasicProperties(delivery_mode=2)
                channel.basic_publish("", "kept", b"%d" % number, message, mandatory=True)
                print(number, flush=True)  # confirmed by a majority
                number += 1
                time.sleep(0.005)
    except (pika.exceptions.AMQPError, OSError):
        time.sleep(0.1)  # the same number again, at another node
""",
    "kafka": """
import sys, time
from kafka import KafkaProducer
from kafka.errors import KafkaError

number = 0
while True:
    producer = KafkaProducer(
        bootstrap_servers=sys.argv[1].split(","), acks="all", enable_idempotence=True, linger_ms=0,
        request_timeout_ms=3000, delivery_timeout_ms=60_000, max_block_ms=60_000,
    )
    try:
        while True:
            waiting = [(one, producer.send("kept", b"%d" % one)) for one in range(number, number + 10)]
            number += 10
            for one, future in waiting:
                future.get(timeout=90)
                print(one, flush=True)  # acknowledged by all in-sync replicas
            time.sleep(0.05)
    except KafkaError:
        pass  # other numbers, with another producer
    finally:
        producer.close(timeout=0)
""",
}
"""Programs that send for ever with the right settings, and print the number of every message that is confirmed.

Each is a process: kafka-python leaves the sockets of its refused reconnects open until its process ends.
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStack]:
    """Both clusters, in a folder and on ports of this file's own."""
    run = RunStack(tmp_path_factory.mktemp("mq home"), free_base())
    try:
        run.mq("start", "--nodes", "3")
        yield run
    finally:
        run.end()


def seen(run: RunStack, broker: str) -> dict[str, Any]:
    """What `mq cluster status BROKER --json` says."""
    said = run.mq("cluster", "status", broker, "--json", check=False)
    assert said.returncode in (Exit.DONE, Exit.SAID_NO), said.stderr
    (found,) = json.loads(said.stdout)
    assert said.returncode == (Exit.DONE if found["majority"] else Exit.SAID_NO)
    return found


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {LIMIT_S} s: {what}"
        time.sleep(0.2)


def is_whole(run: RunStack, broker: str) -> bool:
    """Whether all nodes answer, and each replica is in sync and has a leader."""
    found = seen(run, broker)
    return (
        found["majority"]
        and all(node["state"] == "running" for node in found["nodes"])
        and bool(found["replicated"])
        and all(one["leader"] and one["in_sync"] == [1, 2, 3] for one in found["replicated"])
    )


def is_alone(run: RunStack, broker: str, name: str, state: str) -> bool:
    """Whether this node is in that state, and the others run."""
    states = {node["name"]: node["state"] for node in seen(run, broker)["nodes"]}
    return states.pop(name) == state and set(states.values()) == {"running"}


def leader(run: RunStack, broker: str) -> str:
    """The node that leads what the load is sent to."""
    found: list[int] = []

    def is_led() -> bool:
        rows = seen(run, broker)["replicated"]
        found[:] = [one["leader"] for one in rows if one["name"].startswith("kept") and one["leader"]]
        return bool(found)

    wait_until(is_led, "there is a leader")
    return f"{broker}-{found[0]}"


def nodes_of(run: RunStack, broker: str) -> list[str]:
    known = run.endpoints
    return {"rabbitmq": known.rabbitmq_nodes, "kafka": known.kafka_nodes}[broker]


def declare(run: RunStack, broker: str) -> None:
    """The queue or topic `kept`, with three replicas that are in sync."""
    nodes = nodes_of(run, broker)
    if broker == "rabbitmq":
        with pika.BlockingConnection(pika.URLParameters(nodes[0])) as connection:
            arguments = {"x-queue-type": "quorum"}
            connection.channel().queue_declare("kept", durable=True, arguments=arguments)
    else:
        admin = KafkaAdminClient(bootstrap_servers=nodes)
        with contextlib.suppress(TopicAlreadyExistsError):
            admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=3)])
        admin.close()
    try:
        wait_until(lambda: is_whole(run, broker), f"the replicas of {broker} are in sync")
    except AssertionError as late:
        late.add_note(json.dumps(seen(run, broker)))  # which node or replica is missing
        raise


def everything(run: RunStack, broker: str, wanted: set[int]) -> set[int]:
    """The numbers of all messages that are there; RabbitMQ's are consumed until those that are wanted were seen."""
    nodes = nodes_of(run, broker)
    found: set[int] = set()
    if broker == "rabbitmq":
        with pika.BlockingConnection(pika.URLParameters(nodes[0])) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=500)
            for _, _, body in channel.consume("kept", auto_ack=True, inactivity_timeout=60):
                if body is not None:
                    found.add(int(body))
                if body is None or wanted <= found:
                    break
            channel.cancel()
        return found
    consumer = KafkaConsumer(bootstrap_servers=nodes)
    partition = TopicPartition("kept", 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    while consumer.position(partition) < end:
        for records in consumer.poll(timeout_ms=1000).values():
            found |= {int(record.value) for record in records}
    consumer.close()
    return found


@contextlib.contextmanager
def load(run: RunStack, broker: str) -> Iterator[set[int]]:
    """Messages flow in the block; the set gets the number of each that is confirmed."""
    confirmed: set[int] = set()
    command = [sys.executable, "-W", "ignore", "-c", LOADS[broker], ",".join(nodes_of(run, broker))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        assert program.stdout is not None
        lines = program.stdout
        reader = threading.Thread(
            target=lambda: confirmed.update(int(line) for line in _each(lines, confirmed))
        )
        reader.start()
        try:
            yield confirmed
        finally:
            program.kill()
            reader.join(LIMIT_S)
    assert not reader.is_alive()


def _each(lines: Any, confirmed: set[int]) -> Iterator[str]:
    for line in lines:
        if line.endswith("\n"):  # the last one may be cut off
            confirmed.add(int(line))
            yield line


def more_is_confirmed(confirmed: set[int], when: str) -> None:
    before = len(confirmed)
    wait_until(lambda: len(confirmed) >= before + MORE, f"{MORE} more confirmed messages, {when}")


def test_it_is_on_the_loopback_private_and_known_to_status_and_endpoints(cluster):
    names = {f"{broker}-{number}" for broker in ("rabbitmq", "kafka") for number in (1, 2, 3)}

    def running() -> set[str]:
        return {name for name, row in cluster.status().items() if row["state"] == "running"}

    wait_until(lambda: running() == names, "all nodes answer at once")
    rows = cluster.status()
    assert sum(row["rss_mb"] for row in rows.values() if row["rss_mb"]) < 2500
    known = cluster.endpoints
    at = [pika.URLParameters(url) for url in known.rabbitmq_nodes]
    assert [(one.host, one.port) for one in at] == [
        ("127.0.0.1", cluster.base + offset) for offset in (32, 33, 34)
    ]
    assert known.rabbitmq_nodes_management == [
        f"http://127.0.0.1:{cluster.base + offset}/" for offset in (35, 36, 37)
    ]
    assert known.kafka_nodes == [f"127.0.0.1:{cluster.base + offset}" for offset in (42, 43, 44)]
    for child in process.owned(cluster.home):
        with contextlib.suppress(psutil.NoSuchProcess):
            for one in child.net_connections("inet"):
                if one.status == psutil.CONN_LISTEN:
                    assert ipaddress.ip_address(one.laddr.ip.removeprefix("::ffff:")).is_loopback, child
    cookie = cluster.home / "rabbitmq-cluster" / "home" / ".erlang.cookie"
    assert stat.S_IMODE(cookie.stat().st_mode) == 0o400
    assert not stat.S_IMODE(cluster.home.stat().st_mode) & 0o077  # all of it lies in a folder that is closed


@pytest.mark.parametrize("broker", ["rabbitmq", "kafka"])
def test_a_killed_and_a_paused_leader_cost_no_confirmed_message(cluster, broker):
    declare(cluster, broker)
    with load(cluster, broker) as confirmed:
        more_is_confirmed(confirmed, "at the beginning")
        for _ in range(ROUNDS):
            killed = leader(cluster, broker)
            cluster.mq("chaos", "kill", killed)
            more_is_confirmed(confirmed, f"after {killed} was killed")
            cluster.mq("chaos", "heal", killed)
            wait_until(lambda: is_whole(cluster, broker), "the killed node is in sync again")
        paused = leader(cluster, broker)
        cluster.mq("chaos", "pause", paused)
        wait_until(lambda: is_alone(cluster, broker, paused, "paused"), f"{paused} is paused, the others run")
        more_is_confirmed(confirmed, f"after {paused} was paused")
        cluster.mq("chaos", "resume", paused)
        wait_until(lambda: is_whole(cluster, broker), "the paused node is in sync again")
        more_is_confirmed(confirmed, "at the end")
    lost = confirmed - everything(cluster, broker, confirmed)
    assert not lost, f"lost: {sorted(lost)[:10]} of {len(confirmed)}"


@pytest.mark.parametrize("broker", ["rabbitmq", "kafka"])
def test_a_leader_that_is_cut_off_costs_no_confirmed_message(cluster, broker):
    declare(cluster, broker)
    with load(cluster, broker) as confirmed:
        more_is_confirmed(confirmed, "at the beginning")
        cut = leader(cluster, broker)
        others = [number for number in (1, 2, 3) if f"{broker}-{number}" != cut]
        with contextlib.ExitStack() as left:
            if broker == "kafka":
                send = left.enter_context(sender_of_one(cluster))
                assert send(b"-1")
            cluster.mq("chaos", "partition", cut)
            if broker == "kafka":
                assert not send(b"-2")  # the old leader waits for replicas that it does not reach
        wait_until(lambda: leader(cluster, broker) != cut, "the others elect another leader")
        said = cluster.mq("cluster", "status", broker).stdout
        assert f"{others[0]}, {others[1]} have a majority" in said
        assert f"`mq chaos heal {cut}` joins them" in said
        more_is_confirmed(confirmed, f"while {cut} is cut off")
        cluster.mq("chaos", "heal", cut)
        wait_until(lambda: is_whole(cluster, broker), "the node that was cut off is in sync again")
        more_is_confirmed(confirmed, "at the end")
    found = everything(cluster, broker, confirmed)
    assert not confirmed - found, f"lost: {sorted(confirmed - found)[:10]} of {len(confirmed)}"
    if broker == "kafka":
        assert -1 in found
        assert -2 not in found  # the old leader's log was cut back to what the majority has


@contextlib.contextmanager
def sender_of_one(run: RunStack) -> Iterator[Callable[[bytes], bool]]:
    """Sends to the leader that was known first, whoever leads later; whether it was acknowledged with acks=all."""
    nodes = nodes_of(run, "kafka")
    producer = KafkaProducer(
        bootstrap_servers=nodes,
        acks="all",
        enable_idempotence=False,
        retries=0,
        request_timeout_ms=3000,
        delivery_timeout_ms=4000,
        linger_ms=0,
    )

    def send(value: bytes) -> bool:
        try:
            producer.send("kept", value).get(timeout=LIMIT_S)
        except KafkaError:
            return False
        return True

    try:
        yield send
    finally:
        producer.close(timeout=0)


@dataclass
class Node:
    """What the steps did to a node."""

    state: str = "running"
    isolated: bool = False


def majority_of(nodes: dict[str, Node]) -> bool:
    """Whether two of three nodes run and reach each other."""
    return sum(node.state == "running" and not node.isolated for node in nodes.values()) >= 2


def step(dice: random.Random, nodes: dict[str, Node]) -> tuple[str, str]:
    """Something that can happen next: the action and the node."""
    able = []
    for name, node in nodes.items():
        if node.state == "running":
            able += [("kill", name), ("pause", name), *([] if node.isolated else [("partition", name)])]
        elif node.state == "paused":
            able += [("kill", name), ("resume", name), ("heal", name)]
        if node.state == "killed" or node.isolated:
            able.append(("heal", name))
    return dice.choice(able)


@pytest.mark.parametrize("broker", ["rabbitmq", "kafka"])
def test_a_cluster_recovers_from_failures_in_any_order_or_says_that_it_has_no_majority(cluster, broker):
    dice = random.Random(SEED)
    declare(cluster, broker)
    nodes = {f"{broker}-{number}": Node() for number in (1, 2, 3)}
    done: list[str] = []
    with load(cluster, broker) as confirmed:
        more_is_confirmed(confirmed, "at the beginning")
        for _ in range(STEPS):
            action, name = step(dice, nodes)
            said = cluster.mq("chaos", action, name, check=False)
            done.append(f"{action} {name} -> {said.returncode}")
            story = f"seed {SEED}: {', '.join(done)}: {said.stderr}"
            node = nodes[name]
            if action == "heal" and said.returncode == Exit.UNREACHABLE:
                assert "cannot start alone" in said.stderr, story
            else:
                assert said.returncode == Exit.DONE, story
                node.state = {"kill": "killed", "pause": "paused"}.get(action, "running")
                node.isolated = action == "partition" or (node.isolated and action != "heal")
            has = majority_of(nodes)
            wait_until(lambda has=has: seen(cluster, broker)["majority"] == has, f"majority {has}, {story}")
        cluster.mq("chaos", "heal")
        wait_until(lambda: is_whole(cluster, broker), f"the cluster recovers, {story}")
        more_is_confirmed(confirmed, f"at the end, {story}")
    lost = confirmed - everything(cluster, broker, confirmed)
    assert not lost, f"lost: {sorted(lost)[:10]} of {len(confirmed)}, {story}"


def test_without_a_majority_status_says_so_and_after_a_heal_it_works_again(cluster):
    cluster.mq("chaos", "kill", "rabbitmq-1", "rabbitmq-2", "kafka-2", "kafka-3")

    def status() -> str:
        said = cluster.mq("cluster", "status", check=False)
        assert said.returncode == Exit.SAID_NO
        assert said.stdout.count("THERE IS NO MAJORITY") == 2, said.stdout
        assert "`mq chaos heal kafka-3`" in said.stdout
        return said.stdout

    wait_until(lambda: status().count("1 of 3 nodes answers") == 2, "the third node of each still answers")
    assert all(one["leader"] is None for one in seen(cluster, "rabbitmq")["replicated"])
    refused = cluster.mq("chaos", "pause", "kafka-2", check=False)
    assert refused.returncode == Exit.UNREACHABLE
    assert "mq chaos heal kafka-2" in refused.stderr

    cluster.mq("chaos", "heal")
    for broker in ("rabbitmq", "kafka"):
        wait_until(lambda broker=broker: is_whole(cluster, broker), f"{broker} is whole again")
        with load(cluster, broker) as confirmed:
            more_is_confirmed(confirmed, "after the majority came back")


def test_all_nodes_killed_at_once_come_back_with_every_confirmed_message_and_a_reset_empties_them(cluster):
    confirmed: dict[str, set[int]] = {}
    for broker in ("rabbitmq", "kafka"):
        declare(cluster, broker)
        with load(cluster, broker) as some:
            more_is_confirmed(some, "before all are killed")
            cluster.mq("chaos", "kill", *(f"{broker}-{number}" for number in (1, 2, 3)))
        confirmed[broker] = some
    cluster.mq("chaos", "heal")
    for broker, some in confirmed.items():
        wait_until(lambda broker=broker: is_whole(cluster, broker), f"{broker} is whole again")
        assert not some - everything(cluster, broker, some)
    cluster.mq("reset", "--yes", "rabbitmq-cluster", "kafka-cluster")
    for broker in confirmed:
        wait_until(lambda broker=broker: seen(cluster, broker)["majority"], f"{broker} has a majority again")
        assert seen(cluster, broker)["replicated"] == []


def test_a_stop_leaves_no_process_no_port_and_no_record(cluster):
    cluster.mq("chaos", "pause", "rabbitmq-3")
    cluster.mq("chaos", "partition", "rabbitmq-1", "kafka-1")
    cluster.mq("chaos", "slow", "kafka-2", "--ms", "50")
    nodes = seen(cluster, "kafka")["nodes"]
    assert [(node["cut_from"], node["delay_ms"]) for node in nodes] == [([2, 3], 0), ([1], 50), ([1], 0)]
    cluster.mq("stop")
    assert process.owned(cluster.home) == []
    assert ports.taken(ports.Ports(cluster.base).all().values()) == []
    assert list((cluster.home / "run").iterdir()) == []
    assert not {name for name in cluster.status() if name[-1].isdigit()}
    assert cluster.mq("cluster", "status", check=False).returncode == Exit.UNREACHABLE
    assert [*cluster.home.rglob("*.pid"), *cluster.home.rglob("links*.json")] == []
