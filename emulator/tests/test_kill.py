"""kill -9 of the emulator under load, twenty times on one folder of data, seen from its clients.

What a client was told is what counts: a send that was confirmed is there after any number of crashes, and a message
whose completion was confirmed never comes again. EMULATOR_KILL_SEED says where the random moments start.
"""

from __future__ import annotations

import json
import os
import threading
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from servicebus_emulator.client import AmqpClient, ClientError

from . import running_emulator
from .running_emulator import Running

ROUNDS = 20
SEED = int(os.environ.get("EMULATOR_KILL_SEED", "4"))
SENDERS, RECEIVERS = 2, 2
QUEUE = "queue0"

pytestmark = [pytest.mark.wire, pytest.mark.slow]


@dataclass
class Facts:
    """What clients did and were told, by body; all rounds together."""

    sending: set[bytes] = field(default_factory=set)
    sent: set[bytes] = field(default_factory=set)
    completing: set[bytes] = field(default_factory=set)
    completed: set[bytes] = field(default_factory=set)
    came_back: list[bytes] = field(default_factory=list)
    never_sent: list[bytes] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def received(self, body: bytes) -> None:
        if body in self.completed:
            self.came_back.append(body)
        if body not in self.sending:
            self.never_sent.append(body)


class Load:
    """Clients at work on one emulator until it is killed; each is a thread with a connection of its own."""

    def __init__(self, running: Running, facts: Facts, round_number: int) -> None:
        self.running = running
        self.facts = facts
        self.round_number = round_number
        self.killed = False
        self.confirmed = threading.Semaphore(0)
        self.threads = [
            threading.Thread(target=self._guarded, args=(work, number))
            for number, work in enumerate([self._send] * SENDERS + [self._receive] * RECEIVERS)
        ]

    def kill_after(self, confirms: int) -> None:
        """Let the clients off, and kill -9 as soon as so many confirms have reached them."""
        for thread in self.threads:
            thread.start()
        for _ in range(confirms):
            assert self.confirmed.acquire(timeout=120), (self.facts.failures, self.running.log.read_text())
        self.killed = True
        self.running.kill()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()

    def _guarded(self, work, number: int) -> None:
        try:
            with AmqpClient(self.running.connection_string()) as client:
                work(client, number)
        except (ClientError, OSError) as error:
            if not self.killed:
                self.facts.failures.append(f"round {self.round_number}: {error!r}")

    def _send(self, client: AmqpClient, number: int) -> None:
        sender = client.sender(QUEUE)
        count = 0
        while True:
            count += 1
            body = b"%d-%d-%d " % (self.round_number, number, count) + bytes(count % 700)
            self.facts.sending.add(body)
            sender.post(body)
            self.facts.sent.add(body)
            self.confirmed.release()

    def _receive(self, client: AmqpClient, number: int) -> None:
        receiver = client.receiver(QUEUE)
        while True:
            message = receiver.receive(30)
            self.facts.received(message.body)
            self.facts.completing.add(message.body)
            receiver.complete(message)
            self.facts.completed.add(message.body)
            self.confirmed.release()


def start(folder: Path) -> Running:
    return running_emulator.start(folder, "--data", str(folder / "data"))


def test_twenty_kills_under_load_lose_nothing_confirmed_and_bring_nothing_back(tmp_path: Path) -> None:
    random = Random(SEED)
    facts = Facts()
    for round_number in range(1, ROUNDS + 1):
        Load(start(tmp_path), facts, round_number).kill_after(random.randrange(1, 600))
        assert (facts.failures, facts.came_back, facts.never_sent) == ([], [], [])
    survivor = start(tmp_path)
    left: list[bytes] = []
    try:
        with AmqpClient(survivor.connection_string()) as client:
            client.sender(QUEUE).post(b"the last")
            receiver = client.receiver(QUEUE)
            while not left or left[-1] != b"the last":
                left.append(receiver.receive(30).body)
    finally:
        assert survivor.stop() == 0
    dead = len(facts.sent - facts.completing - set(left))
    assert dead == 0, f"{dead} confirmed messages were lost"
    assert not facts.completed & set(left), "a completed message came back"
    assert len(left) == len(set(left)), "a message is there twice"
    assert set(left) - {b"the last"} <= facts.sending
    assert min(len(facts.sent), len(facts.completed)) > 500


def test_a_kill_within_a_transaction_leaves_nothing_of_it_and_one_after_its_commit_everything(
    tmp_path: Path,
) -> None:
    def start() -> Running:
        return running_emulator.start(tmp_path, "--data", str(tmp_path / "data"))

    def killed(running: Running, *, committed: bool) -> None:
        with AmqpClient(running.connection_string()) as client:
            sender, receiver = client.sender(QUEUE), client.receiver(QUEUE)
            taken = receiver.receive()
            transaction = client.transaction()
            sender.post(taken.body + b", done", transaction=transaction)
            receiver.complete(taken, transaction)
            if committed:
                transaction.commit()
            running.kill()

    def stored(running: Running) -> list[str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/api/messages?entity={QUEUE}") as answer:
            return sorted(message["body"] for message in json.load(answer)["messages"])

    running = start()
    with AmqpClient(running.connection_string()) as client:
        sender = client.sender(QUEUE)
        sender.post(b"first")
        sender.post(b"second")
    killed(running, committed=False)
    running = start()
    assert stored(running) == ["first", "second"]
    killed(running, committed=True)
    running = start()
    assert stored(running) == ["first, done", "second"]
    running.stop()
