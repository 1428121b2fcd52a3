"""`mq bench servicebus`: what the Service Bus emulator costs and carries, beside RabbitMQ 4's own AMQP 1.0 listener.

Clients are processes of their own (benchmarks/_servicebus_client.py, benchmarks/dotnet): the real SDKs against the
emulator, that of .NET where it is installed, and one plain AMQP 1.0 client against both brokers. Processor time is the server's, read from the operating system. The
brokers are the benchmark's own, on their own ports; a learner's stack is not touched.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks._servicebus_client import BATCH, BODY
from mqcourse.bench.csharp import LEFT_OUT, command
from mqcourse.bench.table import Table
from mqcourse.home import CHECKOUT, software_folder
from mqcourse.stack import ports

Say = Callable[[str], None]

FOLDER = Path(__file__).parent
QUEUE = "bench"
MESSAGES = 2_000
"""Messages of one client in one round."""
ROUNDS = 3
"""The round with the least processor time is shown: other work on the machine only ever adds to it."""
MANY_CLIENTS = 4
STARTS = 9
STORED = 10_000
CPU_LIMIT_US = {"in memory": 60.0, "SQLite": 120.0}
START_LIMIT_S, MEMORY_LIMIT_MB = 0.3, 60.0

KEY = (
    "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
)
CONFIG = {
    "UserConfig": {
        "Namespaces": [
            {"Name": "sbemulatorns", "Queues": [{"Name": QUEUE, "Properties": {"LockDuration": "PT5M"}}]}
        ],
        "Logging": {"Type": "Console"},
    }
}
PYTHON = (sys.executable, "-m", "benchmarks._servicebus_client")
COLUMNS = (
    "server",
    "store",
    "client",
    "operation",
    "clients",
    "messages/s",
    "server CPU us per message",
    "server's share of a core",
)


class Figures(NamedTuple):
    """One round: messages a second, the server's processor time for each, and its share of a core."""

    per_s: float
    cpu_us: float
    share: float


@dataclass(frozen=True)
class Target:
    """A server under test: where it listens and which processes are its own."""

    address: str
    processes: tuple[psutil.Process, ...]
    program: tuple[str, ...] = PYTHON
    """What starts a client, with its kind, the address, the queue and the number of messages behind it."""

    def cpu_s(self) -> float:
        """Processor seconds of all its processes so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)

    def run(self, kind: str, clients: int, messages: int = MESSAGES) -> Figures:
        """Start client processes, let them off at once, and wait for all."""
        workers = [self._client(kind, messages) for _ in range(clients)]
        try:
            for worker in workers:
                _line(worker, "ready")
            began_s, cpu_s = time.perf_counter(), self.cpu_s()
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write("\n")
                worker.stdin.flush()
            for worker in workers:
                _line(worker, "done")
            took_s, cpu_s = time.perf_counter() - began_s, self.cpu_s() - cpu_s
            for worker in workers:
                worker.wait(30)
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()
        done = clients * messages
        return Figures(done / took_s, cpu_s / done * 1e6, cpu_s / took_s)

    def _client(self, kind: str, messages: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.program, kind, self.address, QUEUE, str(messages)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )


def _line(worker: subprocess.Popen[str], pattern: str) -> None:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not re.match(pattern, line):
        raise RuntimeError(
            f"a client of the benchmark failed; it said {line!r} and ended with {worker.wait(30)}"
        )


def measure(say: Say) -> Table:
    """Rows of every combination, then what start and memory are; targets are those of the emulator's issue."""
    rows: list[tuple[str | int | float | None, ...]] = []
    measured: dict[tuple[str, str, str, str, int], Figures] = {}

    def note(server: str, store: str, client: str, clients: int, rounds: dict[str, list[Figures]]) -> None:
        for operation, figures in rounds.items():
            best = min(figures, key=lambda each: each.cpu_us)
            measured[server, store, client, operation, clients] = best
            shown = (round(best.per_s), round(best.cpu_us, 1), round(best.share, 2))
            rows.append((server, store, client, operation, clients, *shown))

    sdk = {
        "send batches": "sdk-batches",
        "send singly": "sdk-singles",
        "receive and complete": "sdk-receives",
    }
    dotnet = {"send batches": "batches", "send singly": "singles", "receive and complete": "receives"}
    plain = {"send singly": "plain-singles", "receive and accept": "plain-receives"}
    stores = {"in memory": False, "SQLite": True}
    with tempfile.TemporaryDirectory(prefix="mq bench ", dir=software_folder().parent) as name:
        folder = Path(name)
        for clients in (1, MANY_CLIENTS):
            for store, durable in stores.items():
                with emulator(folder, durable=durable) as target:
                    label = f"{clients} x azure-servicebus, {store}"
                    note(
                        "emulator",
                        store,
                        "azure-servicebus",
                        clients,
                        _rounds(target, sdk, clients, label, say),
                    )
        csharp = command(FOLDER / "dotnet", folder)
        if csharp is None:
            say(LEFT_OUT)
        for clients, (store, durable) in product((1, MANY_CLIENTS) if csharp else (), stores.items()):
            with emulator(folder, durable=durable, program=tuple(csharp or ())) as target:
                label = f"{clients} x Azure.Messaging.ServiceBus, {store}"
                rounds = _rounds(target, dotnet, clients, label, say)
                note("emulator", store, "Azure.Messaging.ServiceBus (.NET)", clients, rounds)
        for store, durable in stores.items():
            with emulator(folder, durable=durable) as target:
                label = f"plain AMQP client, {store}"
                note("emulator", store, "plain AMQP 1.0", 1, _rounds(target, plain, 1, label, say))
        with rabbitmq(folder, say) as (target, rabbit_version):
            label = "plain AMQP client, RabbitMQ"
            rounds = _rounds(target, plain, 1, label, say)
            note("RabbitMQ", "classic queue, durable", "plain AMQP 1.0", 1, rounds)
        say(f"{STARTS} starts")
        starts_s = [_start_s(folder) for _ in range(STARTS)]
        say(f"memory with {STORED:,} messages stored")
        memory_mb = {store: _memory_mb(folder, durable) for store, durable in stores.items()}
    targets: list[tuple[str, float, str, bool]] = []
    for store, limit_us in CPU_LIMIT_US.items():
        figures = measured["emulator", store, "azure-servicebus", "receive and complete", MANY_CLIENTS]
        what = f"CPU per received and completed message, {store}, {MANY_CLIENTS} SDK clients, us"
        targets.append((what, round(figures.cpu_us, 1), f"<= {limit_us:g}", figures.cpu_us <= limit_us))
    busiest = max(
        figures.share
        for (_, _, client, _, clients), figures in measured.items()
        if client == "azure-servicebus" and clients == MANY_CLIENTS
    )
    what = (
        f"largest share of a core with {MANY_CLIENTS} SDK clients (below 1: the clients are the bottleneck)"
    )
    targets.append((what, round(busiest, 2), "< 1", busiest < 1.0))
    best_s, middle_s = min(starts_s), statistics.median(starts_s)
    targets.append(
        ("exec to ready, quickest start, s", round(best_s, 3), f"< {START_LIMIT_S}", best_s < START_LIMIT_S)
    )
    for store, used_mb in memory_mb.items():
        what = f"resident memory with {STORED:,} messages of 1 KB, {store}, MB"
        targets.append((what, round(used_mb, 1), f"< {MEMORY_LIMIT_MB:g}", used_mb < MEMORY_LIMIT_MB))
    return Table(
        title="The Service Bus emulator, measured",
        columns=COLUMNS,
        rows=rows,
        versions={
            "azure-servicebus": version("azure-servicebus"),
            **({"Azure.Messaging.ServiceBus": _dotnet_sdk()} if csharp else {}),
            "RabbitMQ": rabbit_version,
        },
        targets=targets,
        notes=[
            f"Messages of {len(BODY):,} bytes, {MESSAGES:,} a client and round, batches of {BATCH}; "
            f"the round of {ROUNDS} with the least processor time. Clients and server share the machine's cores.",
            "The SDK waits for the service's word on each message it completes, and so does the plain client.",
            "SQLite: every confirm waits until its change is on the disk (WAL, synchronous=FULL); several clients' "
            "confirms share one sync.",
            "RabbitMQ: a durable classic queue, but the plain client's messages are not marked durable, so RabbitMQ "
            "need not sync them: compare its rows with the emulator's in memory.",
            f"Starts: the quickest of {STARTS} is the one other work disturbed least; their median is {middle_s:.3f} s.",
        ],
    )


def _dotnet_sdk() -> str:
    """The version that the .NET client's project asks for."""
    project = (FOLDER / "dotnet" / "ServiceBusClient.csproj").read_text(encoding="utf-8")
    found = re.search(r'Include="Azure\.Messaging\.ServiceBus" Version="([^"]+)"', project)
    assert found is not None
    return found[1]


def _rounds(
    target: Target, kinds: dict[str, str], clients: int, label: str, say: Say
) -> dict[str, list[Figures]]:
    """Every operation in turn, ROUNDS times; what is sent in a round is enough for its receives."""
    found: dict[str, list[Figures]] = {operation: [] for operation in kinds}
    for number in range(1, ROUNDS + 1):
        for operation, kind in kinds.items():
            say(f"{label}: {operation}, round {number} of {ROUNDS}")
            found[operation].append(target.run(kind, clients))
    return found


@contextmanager
def emulator(folder: Path, *, durable: bool, program: tuple[str, ...] = PYTHON) -> Iterator[Target]:
    """An emulator of the benchmark's own, with one queue."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        process, port = _started(folder, ["--data", data] if durable else [])
        try:
            yield Target(f"Endpoint=sb://127.0.0.1:{port};{KEY}", (psutil.Process(process.pid),), program)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _started(folder: Path, arguments: list[str]) -> tuple[subprocess.Popen[str], int]:
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "servicebus_emulator", "--config", str(config), "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        # Python keeps compiled modules after a first start; a setting that forbids it would be measured otherwise.
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    )
    assert process.stdout is not None
    found = re.search(r"ready on 127\.0\.0\.1:(\d+)", process.stdout.readline())
    if found is None:
        raise RuntimeError(f"the emulator did not start; it ended with {process.wait(30)}")
    return process, int(found[1])


def _start_s(folder: Path) -> float:
    """Seconds from exec to the line that says the emulator is ready."""
    began_s = time.perf_counter()
    process, _ = _started(folder, [])
    took_s = time.perf_counter() - began_s
    process.terminate()
    process.communicate(timeout=30)
    return took_s


def _memory_mb(folder: Path, durable: bool) -> float:
    """Resident memory once STORED messages of 1 KB lie in the queue."""
    with emulator(folder, durable=durable) as target:
        target.run("sdk-batches", 1, STORED)
        return target.processes[0].memory_info().rss / 1e6


@contextmanager
def rabbitmq(folder: Path, say: Say) -> Iterator[tuple[Target, str]]:
    """RabbitMQ from a stack of the benchmark's own, with one durable classic queue; its version."""
    import pika

    from benchmarks.stack import Bench
    from mqcourse.stack import process, record

    base = ports.next_free_base(ports.course_bases(), 20000)
    bench = Bench(folder / "home", software_folder(), base)
    say("RabbitMQ: start")
    try:
        bench.mq("up", "rabbitmq")
        known = record.read(bench.home, "rabbitmq")
        assert known is not None
        parameters = pika.URLParameters(known.endpoint)
        with pika.BlockingConnection(parameters) as connection:
            connection.channel().queue_declare(QUEUE, durable=True)
        owned = tuple(process.owned(bench.home, "rabbitmq"))
        yield Target(f"127.0.0.1:{parameters.port}", owned), known.version
    finally:
        bench.mq("down")
