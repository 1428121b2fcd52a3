"""The table of states holds: each row is done to a real queue, and what no row names is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from servicebus_emulator.broker.description import QueueDescription
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.broker.message import Message, MessageState, Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.states import TRANSITIONS, Cause, State, Transition

from ..plain_content import PlainContent

LOCK_S, LIVES_S, DUE_S = 30.0, 1000.0, 500.0
LAST = {Cause.ABANDON_LAST, Cause.LOCK_EXPIRES_LAST}
SETTLING = {
    Cause.COMPLETE: Outcome.COMPLETE,
    Cause.ABANDON: Outcome.ABANDON,
    Cause.ABANDON_LAST: Outcome.ABANDON,
    Cause.RELEASE: Outcome.RELEASE,
    Cause.DEFER: Outcome.DEFER,
    Cause.DEAD_LETTER: Outcome.DEAD_LETTER,
}


class World:
    """A queue with one message, brought into a state."""

    def __init__(self, state: State, cause: Cause) -> None:
        description = QueueDescription(
            "orders",
            lock_duration_s=LOCK_S,
            max_delivery_count=1 if cause in LAST else 10,
            default_message_time_to_live_s=LIVES_S,
            dead_lettering_on_message_expiration=True,
        )
        self.queue: Queue = Namespace("states").create_queue(description, 0.0)
        due_s = DUE_S if state is State.SCHEDULED else None
        self.queue.send([PlainContent("one", scheduled_enqueue_s=due_s)], 0.0)
        self.holder: Receiver | None = None
        if state in (State.LOCKED, State.DEFERRED, State.DEFERRED_LOCKED):
            self.holder = self.receive(ReceiveMode.PEEK_LOCK)
        if state in (State.DEFERRED, State.DEFERRED_LOCKED):
            self.settle(Outcome.DEFER)
        if state is State.DEFERRED_LOCKED:
            self.queue.receive_deferred([1], ReceiveMode.PEEK_LOCK, 0.0, receiver=self.holder)
        assert self.state is state

    def receive(self, mode: ReceiveMode) -> Receiver:
        receiver = self.queue.open_receiver(mode, 0.0)
        receiver.add_credit(1, 0.0)
        receiver.drain()
        return receiver

    @property
    def message(self) -> Message | None:
        return next(iter(self.queue.messages.values()), None)

    def settle(self, outcome: Outcome) -> None:
        token = self.message.lock_token if self.message else None
        assert self.holder is not None
        self.holder.settle(outcome, token or b"no lock", 0.0)

    @property
    def state(self) -> State:
        message = self.message
        if message is None:
            assert self.queue.dead_letter_queue is not None
            return State.DEAD_LETTERED if self.queue.dead_letter_queue.messages else State.REMOVED
        locked = message.lock_token is not None
        return {
            MessageState.SCHEDULED: State.SCHEDULED,
            MessageState.ACTIVE: State.LOCKED if locked else State.ACTIVE,
            MessageState.DEFERRED: State.DEFERRED_LOCKED if locked else State.DEFERRED,
        }[message.state]

    def apply(self, cause: Cause) -> None:
        """Raises BrokerError for what the state does not allow; a receiver that finds nothing changes nothing."""
        acts: dict[Cause, Callable[[], object]] = {
            Cause.FALLS_DUE: lambda: self.queue.context.advance(DUE_S),
            Cause.CANCEL: lambda: self.queue.cancel_scheduled([1], 0.0),
            Cause.RECEIVE: lambda: self.receive(ReceiveMode.PEEK_LOCK),
            Cause.RECEIVE_AND_DELETE: lambda: self.receive(ReceiveMode.RECEIVE_AND_DELETE),
            Cause.RECEIVE_DEFERRED: lambda: self.queue.receive_deferred([1], ReceiveMode.PEEK_LOCK, 0.0),
            Cause.RECEIVE_DEFERRED_AND_DELETE: lambda: self.queue.receive_deferred(
                [1], ReceiveMode.RECEIVE_AND_DELETE, 0.0
            ),
            Cause.LOCK_EXPIRES: lambda: self.queue.context.advance(LOCK_S),
            Cause.LOCK_EXPIRES_LAST: lambda: self.queue.context.advance(LOCK_S),
            Cause.TIME_TO_LIVE_ENDS: lambda: self.queue.context.advance(LIVES_S),
        }
        if cause in SETTLING:
            if self.holder is None:
                self.holder = self.queue.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
            self.settle(SETTLING[cause])
        else:
            acts[cause]()


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: f"{row.before.name}-{row.cause.name}")
def test_a_row_holds(row: Transition) -> None:
    world = World(row.before, row.cause)
    before = world.message
    assert before is not None
    count, number = before.delivery_count, before.sequence_number
    world.apply(row.cause)
    assert world.state is row.after
    dead = world.queue.dead_letter_queue
    assert dead is not None
    after = world.message or next(iter(dead.messages.values()), None)
    if after is not None:
        assert after.delivery_count - count == ("delivery count" in row.note)
        assert (after.sequence_number != number) == ("sequence number" in row.note)


TIME = {Cause.FALLS_DUE, Cause.LOCK_EXPIRES, Cause.LOCK_EXPIRES_LAST, Cause.TIME_TO_LIVE_ENDS}
OTHERS = [
    (state, cause)
    for state in (State.SCHEDULED, State.ACTIVE, State.LOCKED, State.DEFERRED, State.DEFERRED_LOCKED)
    for cause in Cause
    if cause not in TIME and not any((row.before, row.cause) == (state, cause) for row in TRANSITIONS)
]


@pytest.mark.parametrize(("state", "cause"), OTHERS, ids=lambda one: one.name)
def test_what_no_row_names_changes_nothing(state: State, cause: Cause) -> None:
    world = World(state, cause)
    receives = cause in (Cause.RECEIVE, Cause.RECEIVE_AND_DELETE)
    if receives:
        world.apply(cause)
    else:
        with pytest.raises(BrokerError):
            world.apply(cause)
    assert world.state is state


def test_a_state_and_a_cause_have_one_row() -> None:
    pairs = [(row.before, row.cause) for row in TRANSITIONS]
    assert len(pairs) == len(set(pairs))
    assert {row.after for row in TRANSITIONS} | {State.SCHEDULED} == set(State)


def test_the_page_is_drawn_from_the_table() -> None:
    script = Path(__file__).parents[2] / "docs" / "draw_states.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
