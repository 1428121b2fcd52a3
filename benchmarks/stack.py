"""`mq bench stack`: how long the brokers take to install, start, recover and empty, and what memory they take.

Everything runs on a stack of its own (own folder, own ports), so a learner's stack is not touched. The first
start installs into an empty software folder, as on a fresh machine, and fetches about 90 MB.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mqcourse.bench.table import Table
from mqcourse.home import CHECKOUT, software_folder
from mqcourse.products import BROKERS
from mqcourse.stack import ports, process, record
from mqcourse.stack.services.kafka_node import SESSION_S

ROUNDS = 3
"""Medians of this many: one run differs from the next by up to a half on a small machine."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """A stack of the benchmark's own."""

    home: Path
    software: Path
    base: int

    def mq(self, *words: str) -> float:
        """Run `mq WORDS`; the seconds it took."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("MQ_")}
        env |= {"MQ_HOME": str(self.home), "MQ_SOFTWARE": str(self.software), "MQ_PORT_BASE": str(self.base)}
        env |= {
            name: os.environ[name]
            for name in ("MQ_MAVEN_URL", "MQ_JAVA", "MQ_RABBITMQ_HOME")
            if name in os.environ
        }
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "mqcourse.cli", *words],
            env=env,
            cwd=CHECKOUT,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        return time.monotonic() - began

    def ready_s(self, name: str) -> float:
        """How long the last start took from the first process to the probe's success."""
        known = record.read(self.home, name)
        assert known is not None
        assert known.ready_s is not None
        return known.ready_s

    def rss_mb(self, name: str) -> float:
        """Resident memory of all processes of a service."""
        return sum(one.memory_info().rss for one in process.owned(self.home, name)) / 1e6

    def kill(self, name: str) -> None:
        """kill -9 of the broker itself."""
        known = record.read(self.home, name)
        assert known is not None
        assert known.pid is not None
        os.kill(known.pid, signal.SIGKILL)


def measure(say: Say) -> Table:
    """Every figure of the local stack."""
    with tempfile.TemporaryDirectory(prefix="mq bench ", dir=software_folder().parent) as folder:
        bench = Bench(
            Path(folder) / "home",
            Path(folder) / "software",
            ports.next_free_base(ports.course_bases(), 20000),
        )
        try:
            return _measure(bench, say)
        finally:
            bench.mq("down")


def _measure(bench: Bench, say: Say) -> Table:
    say("first start: fetch, unpack, make the AOT cache, start")
    first_s = bench.mq("up")
    versions = {name: known.version for name in BROKERS if (known := record.read(bench.home, name))}
    rows: list[tuple[str, float | None, str]] = [("first start, all, empty cache", first_s, "s")]

    alone: dict[str, float] = {}
    together: list[float] = []
    later: list[float] = []
    singles: dict[str, list[float]] = {name: [] for name in BROKERS}
    commands: dict[str, list[float]] = {name: [] for name in BROKERS}
    bench.mq("down")
    for number in range(ROUNDS):
        # alone and together in one run and in turns, so that a slow minute of the machine hits both
        say(f"later starts, round {number + 1} of {ROUNDS}")
        for name in BROKERS:
            commands[name].append(bench.mq("up", name))
            singles[name].append(bench.ready_s(name))
            bench.mq("down")
        later.append(bench.mq("up"))
        together.append(max(bench.ready_s(name) for name in BROKERS))
        memory = {name: bench.rss_mb(name) for name in BROKERS}
        bench.mq("down")
    for name in BROKERS:
        alone[name] = statistics.median(singles[name])
        rows.append((f"{name} alone, start to probe", alone[name], "s"))
    ordinary = {name: statistics.median(commands[name]) for name in BROKERS}
    rows += [(f"`mq up {name}` alone", ordinary[name], "s") for name in BROKERS]
    all_s, slowest_s = statistics.median(together), max(alone.values())
    rows += [
        ("all together, start to last probe", all_s, "s"),
        ("later start, the whole `mq up`", statistics.median(later), "s"),
        *((f"memory of {name}", memory[name], "MB") for name in BROKERS),
    ]

    say("mq up when everything runs, status")
    bench.mq("up")
    rows.append(("`mq up` when all runs", statistics.median(bench.mq("up") for _ in range(ROUNDS)), "s"))
    rows.append(("`mq status`", statistics.median(bench.mq("status") for _ in range(ROUNDS)), "s"))

    say("reset")
    resets = [bench.mq("reset", "--yes") for _ in range(ROUNDS)]
    rows.append(("reset of all, worst", max(resets), "s"))

    recovery: dict[str, float] = {}
    for name in BROKERS:
        say(f"kill -9 of {name} to ready")
        recovery[name] = statistics.median(_recover(bench, name) for _ in range(ROUNDS))
        rows.append((f"kill -9 of {name}, then `mq up {name}`", recovery[name], "s"))

    say("Kafka's first acknowledged produce with and without the AOT cache")
    with_s, without_s = _produce_ack(bench, say)
    rows += [
        ("Kafka, start to acknowledged produce, AOT cache", with_s, "s"),
        ("Kafka, start to acknowledged produce, no AOT cache", without_s, "s"),
    ]
    return Table(
        title="The local broker stack",
        columns=("what", "figure", "unit"),
        rows=rows,
        versions=versions,
        targets=(
            _target("all together / slowest alone", all_s / slowest_s, 1.3),
            _target("reset, worst of all, s", max(resets), 5.0),
            # only when the killed broker's session has ended may the new one register
            _target(
                f"`mq up kafka` after kill -9 / its session of {SESSION_S:g} s or an ordinary start",
                recovery["kafka"] / max(SESSION_S, ordinary["kafka"]),
                1.5,
            ),
            _target("produce acknowledged, with AOT / without", with_s / without_s, 0.65),
        ),
        notes=(f"Medians of {ROUNDS} rounds unless it says otherwise; the first start is one run.",),
    )


def _target(what: str, figure: float, limit: float) -> tuple[str, float, str, bool]:
    return what, round(figure, 3), f"at most {limit}", figure <= limit


def _recover(bench: Bench, name: str) -> float:
    """Seconds from kill -9 to the next success of the probe, `mq up` included."""
    bench.kill(name)
    began = time.monotonic()
    bench.mq("up", name)
    return time.monotonic() - began


def _produce_ack(bench: Bench, say: Say) -> tuple[float, float]:
    """Median seconds from starting the broker's process to its first acknowledged record, with and without cache."""
    from mqcourse.stack.services import kafka_startup_cache
    from mqcourse.stack.services.kafka_node import Node, format_data, program

    bench.mq("down")
    kafka = program(bench.software)
    cache = kafka_startup_cache.usable(kafka, bench.software / "kafka")
    if cache is None:
        say("there is no AOT cache with this Java: both figures are without")
    figures: dict[bool, list[float]] = {True: [], False: []}
    block = ports.Ports(bench.base)
    node = Node(bench.home / "aot", block.of("kafka"), block.of("kafka_controller"), bench.base)
    node.write()
    format_data(kafka, node)
    for _ in range(ROUNDS):
        for with_cache in (True, False):
            extra = kafka_startup_cache.use(cache) if with_cache and cache else ()
            figures[with_cache].append(
                _start_to_ack(kafka.broker(node, extra=extra), node.folder, node.broker)
            )
    return statistics.median(figures[True]), statistics.median(figures[False])


def _start_to_ack(command: Sequence[str], folder: Path, port: int) -> float:
    from kafka import KafkaProducer

    from mqcourse.stack.services.kafka_node import environment

    began = time.monotonic()
    with (folder / "log").open("ab") as log:
        broker = subprocess.Popen(
            list(command), cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        while not ports.is_open(port):
            assert broker.poll() is None, (folder / "log").read_text()[-2000:]
            time.sleep(0.005)
        producer = KafkaProducer(
            bootstrap_servers=f"127.0.0.1:{port}",
            acks="all",
            linger_ms=0,
            reconnect_backoff_ms=10,
            reconnect_backoff_max_ms=50,
            retry_backoff_ms=10,
            request_timeout_ms=2000,
            delivery_timeout_ms=20_000,
            max_block_ms=20_000,
        )
        producer.send("ack", b"x").get(timeout=20)
        took_s = time.monotonic() - began
        producer.close(timeout=1)
        return took_s
    finally:
        broker.terminate()
        broker.wait()
