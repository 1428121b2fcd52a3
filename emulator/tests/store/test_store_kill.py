"""kill -9 at random moments: nothing confirmed is lost, nothing completed comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from servicebus_emulator.broker.message import MessageState
from servicebus_emulator.store.recovery import open_namespace

from ..plain_content import PlainContent

HERE = Path(__file__).parent
ROUNDS = 20


def confirmed_until_killed(folder: Path, round_number: int, lines: int) -> list[str]:
    """Run the child until it has printed so many lines, kill it at once, and read what else it had printed."""
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE.parents[2])])
    child = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.sender_and_receiver", str(folder), str(round_number)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert child.stdout is not None
    with child.stdout as stream:
        said = [stream.readline() for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        said += stream.readlines()
    assert child.wait(timeout=120) == -signal.SIGKILL
    return [line.decode().strip() for line in said if line.endswith(b"\n")]


@pytest.mark.slow
def test_twenty_kills_lose_nothing_confirmed_and_bring_nothing_back(tmp_path: Path) -> None:
    random = Random(20)
    facts: dict[str, set[str]] = defaultdict(set)
    state = 0
    for round_number in range(1, ROUNDS + 1):
        said = confirmed_until_killed(tmp_path, round_number, random.randrange(1, 400))
        assert said[0] == "ready"
        for line in said[1:]:
            what, number = line.split()
            facts[what].add(number)
            if what == "state":
                state = int(number)
        namespace, journal = open_namespace(tmp_path, "kill", PlainContent.decode, 0.0)
        by_state: dict[MessageState, set[str]] = defaultdict(set)
        orders = namespace.queue("orders")
        for message in orders.messages.values():
            body = message.content.body  # type: ignore[attr-defined]
            assert body not in by_state[message.state]
            by_state[message.state].add(body)
        everything = set().union(*by_state.values())
        assert facts["sent"] - facts["completing"] <= by_state[MessageState.ACTIVE], (
            "a confirmed send was lost"
        )
        assert not facts["completed"] & everything, "a completed message came back"
        assert facts["scheduled"] <= by_state[MessageState.SCHEDULED]
        assert facts["deferred"] <= by_state[MessageState.DEFERRED]
        sessions = namespace.queue("flow").sessions
        assert sessions is not None
        kept = sessions.sessions["s"].state if "s" in sessions.sessions else None
        assert int(kept or b"0") >= state
        numbers = [message.sequence_number for message in orders.messages.values()]
        assert numbers == sorted(set(numbers))
        journal.close()
    assert len(facts["completed"]) > 200
    assert len(facts["sent"]) > 200
