"""Random histories: the queue and the plain queue do the same, and no message is ever lost or settled twice."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from servicebus_emulator.broker.description import QueueDescription
from servicebus_emulator.broker.errors import (
    MessageLockLost,
    MessageNotFound,
    SessionCannotBeLocked,
    SessionLockLost,
)
from servicebus_emulator.broker.events import SessionLost
from servicebus_emulator.broker.message import Message, Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.transaction import Transaction

from ..plain_content import PlainContent
from .plain_queue import LOCK_S, MAX_DELIVERIES, PlainQueue, PlainReceiver, Record

OUTCOMES = {
    "complete": Outcome.COMPLETE,
    "abandon": Outcome.ABANDON,
    "defer": Outcome.DEFER,
    "dead-letter": Outcome.DEAD_LETTER,
    "release": Outcome.RELEASE,
}
SETTLED = st.sampled_from(sorted(OUTCOMES))
INDEX = st.integers(0, 999)


class Machine(RuleBasedStateMachine):
    """Drives a real and a plain queue with the same steps."""

    sessions = False

    @initialize(dead_letter_expired=st.booleans())
    def start(self, dead_letter_expired: bool) -> None:
        self.namespace = Namespace("test")
        self.queue = self._create(dead_letter_expired)
        self.plain = PlainQueue(self.sessions, dead_letter_expired)
        self.receivers: dict[int, Receiver] = {}
        self.transactions: dict[int, Transaction] = {}
        self.tokens: dict[str, bytes] = {}  # the last lock token by body
        self.spent: list[bytes] = []
        self.sent = 0
        self.total = 0

    def _create(self, dead_letter_expired: bool) -> Queue:
        return self.namespace.create_queue(
            QueueDescription(
                "q",
                requires_session=self.sessions,
                lock_duration_s=LOCK_S,
                max_delivery_count=MAX_DELIVERIES,
                dead_lettering_on_message_expiration=dead_letter_expired,
            ),
            0.0,
        )

    # -- steps
    @rule(
        count=st.integers(1, 3),
        ttl_s=st.sampled_from([None, None, 10, 50]),
        delay_s=st.sampled_from([None, None, 0, 20, 60]),
        session=st.sampled_from(["a", "b"]),
        transaction=st.none() | INDEX,
    )
    def send(
        self, count: int, ttl_s: int | None, delay_s: int | None, session: str, transaction: int | None
    ) -> None:
        session_id = session if self.sessions else None
        due_s = None if delay_s is None else self.plain.now_s + delay_s
        chosen = self._transaction(transaction)
        contents = []
        for _ in range(count):
            self.sent += 1
            contents.append(
                PlainContent(
                    str(self.sent), session_id=session_id, time_to_live_s=ttl_s, scheduled_enqueue_s=due_s
                )
            )
        before = self.plain.numbers
        numbers = self.queue.send(
            contents, self.plain.now_s, transaction=None if chosen is None else self.transactions[chosen]
        )
        for content in contents:
            self.plain.send(Record(content.body, 0, "", session_id, ttl_s=ttl_s, due_s=due_s), chosen)
        if chosen is None:
            assert numbers == list(range(before + 1, before + count + 1))
            self.total += count
        self._deliver()

    @rule(session=st.sampled_from(["a", "b"]))
    def open(self, session: str) -> None:
        number = len(self.receivers)
        if not self.sessions:
            self.receivers[number] = self.queue.open_receiver(ReceiveMode.PEEK_LOCK, self.plain.now_s)
            self.plain.receivers[number] = PlainReceiver()
            return
        if any(
            other.session == session and other.until_s is not None for other in self.plain.receivers.values()
        ):
            with pytest.raises(SessionCannotBeLocked):
                self.queue.open_session(session, ReceiveMode.PEEK_LOCK, self.plain.now_s)
            return
        self.receivers[number] = self.queue.open_session(session, ReceiveMode.PEEK_LOCK, self.plain.now_s)
        self.plain.receivers[number] = PlainReceiver(session, self.plain.now_s + LOCK_S)

    @precondition(lambda self: self._open_receivers())
    @rule(which=INDEX, credit=st.integers(1, 4))
    def add_credit(self, which: int, credit: int) -> None:
        number = self._pick(self._open_receivers(), which)
        self.receivers[number].add_credit(credit, self.plain.now_s)
        plain = self.plain.receivers[number]
        if not self.sessions or plain.until_s is not None:
            plain.credit += credit
            if self.plain.grants and self.plain.grants[-1][0] == number:
                self.plain.grants[-1][1] += credit
            elif not self.sessions:
                self.plain.grants.append([number, credit])
            self.plain.serve()
        self._deliver()

    @precondition(lambda self: self._open_receivers())
    @rule(which=INDEX)
    def drain(self, which: int) -> None:
        number = self._pick(self._open_receivers(), which)
        unused = self.receivers[number].drain()
        if not (self.sessions and self.plain.receivers[number].until_s is None):
            assert unused == self.plain.receivers[number].credit
        self.plain.receivers[number].credit = 0
        self.plain.grants = [grant for grant in self.plain.grants if grant[0] != number]

    @precondition(lambda self: self._locked())
    @rule(which=INDEX, outcome=SETTLED, by_token_alone=st.booleans(), transaction=st.none() | INDEX)
    def settle(self, which: int, outcome: str, by_token_alone: bool, transaction: int | None) -> None:
        record = self._pick(self._locked(), which)
        assert record.holder is not None
        token = self.tokens[record.body]
        chosen = self._transaction(transaction)
        real = None if chosen is None else self.transactions[chosen]
        receiver = self.receivers[record.holder]
        if by_token_alone:
            self.queue.settle(OUTCOMES[outcome], [token], self.plain.now_s, reason="given", transaction=real)
        elif outcome == "complete":
            receiver.complete(token, self.plain.now_s, real)
        else:
            receiver.settle(OUTCOMES[outcome], token, self.plain.now_s, reason="given", transaction=real)
        if chosen is None:
            self.spent.append(token)
            self.plain.settle(record, outcome)
            self.plain.serve()
        else:
            record.transaction, record.outcome = chosen, outcome
            self.plain.posts[chosen].append(record)
        self._deliver()

    @precondition(lambda self: self.spent)
    @rule(which=INDEX, outcome=SETTLED)
    def settle_again(self, which: int, outcome: str) -> None:
        """A lock that ended settles nothing, whoever says it and however."""
        token = self._pick(self.spent, which)
        with pytest.raises((MessageLockLost, SessionLockLost)):
            self.queue.settle(OUTCOMES[outcome], [token], self.plain.now_s)
        for receiver in self.receivers.values():
            with pytest.raises((MessageLockLost, SessionLockLost)):
                receiver.complete(token, self.plain.now_s)

    @precondition(lambda self: self._locked())
    @rule(which=INDEX)
    def renew(self, which: int) -> None:
        record = self._pick(self._locked(), which)
        assert record.holder is not None
        until_s = self.plain.now_s + LOCK_S
        if self.sessions:
            assert record.session is not None
            assert self.queue.renew_session_lock(record.session, self.plain.now_s) == until_s
            self.plain.receivers[record.holder].until_s = until_s
            for other in self.plain.held(record.holder):
                other.until_s = until_s
        else:
            assert self.queue.renew_locks([self.tokens[record.body]], self.plain.now_s) == [until_s]
            record.until_s = until_s

    @precondition(lambda self: any(record.state == "deferred" for record in self.plain.records))
    @rule(which=INDEX, by=INDEX)
    def receive_deferred(self, which: int, by: int) -> None:
        record = self._pick([record for record in self.plain.records if record.state == "deferred"], which)
        holders = [
            number
            for number in self._open_receivers()
            if not self.sessions
            or (
                self.plain.receivers[number].session == record.session
                and self.plain.receivers[number].until_s is not None
            )
        ]
        if not holders:
            return
        number = self._pick(holders, by)
        expired = record.expires_s is not None and record.expires_s <= self.plain.now_s
        if record.holder is None and expired:
            self.plain._expire(record)
        if record.holder is not None or expired:
            with pytest.raises(MessageNotFound):
                self._receive_deferred(record, number)
            return
        (message,) = self._receive_deferred(record, number)
        self.tokens[record.body] = message.lock_token or b""
        record.holder, record.shown_until_s = number, None
        record.until_s = self.plain.receivers[number].until_s if self.sessions else self.plain.now_s + LOCK_S

    def _receive_deferred(self, record: Record, number: int) -> list[Message]:
        return self.queue.receive_deferred(
            [record.number],
            ReceiveMode.PEEK_LOCK,
            self.plain.now_s,
            session_id=record.session,
            receiver=self.receivers[number],
        )

    @precondition(lambda self: any(record.state == "scheduled" for record in self.plain.records))
    @rule(which=INDEX, transaction=st.none() | INDEX)
    def cancel(self, which: int, transaction: int | None) -> None:
        record = self._pick([record for record in self.plain.records if record.state == "scheduled"], which)
        if record.transaction is not None:
            with pytest.raises(MessageNotFound):
                self.queue.cancel_scheduled([record.number], self.plain.now_s)
            return
        chosen = self._transaction(transaction)
        real = None if chosen is None else self.transactions[chosen]
        self.queue.cancel_scheduled([record.number], self.plain.now_s, transaction=real)
        if chosen is None:
            self.plain.records.remove(record)
            self.plain.vanished.append(record.body)
        else:
            record.transaction, record.outcome = chosen, "cancel"
            self.plain.posts[chosen].append(record)

    @precondition(lambda self: self._open_receivers())
    @rule(which=INDEX)
    def close(self, which: int) -> None:
        number = self._pick(self._open_receivers(), which)
        for record in self.plain.held(number):
            if record.transaction is None and self.plain.sessions:
                self.spent.append(self.tokens[record.body])
        self.receivers[number].close(self.plain.now_s)
        self.plain.close(number)
        self._deliver()

    @rule()
    def begin(self) -> None:
        number = max(self.transactions, default=-1) + 1
        self.transactions[number] = self.namespace.begin_transaction(self.plain.now_s)
        self.plain.posts[number] = []

    @precondition(lambda self: self.transactions)
    @rule(which=INDEX, commit=st.booleans())
    def end(self, which: int, commit: bool) -> None:
        number = self._pick(sorted(self.transactions), which)
        transaction = self.transactions.pop(number)
        if transaction.ended:
            del self.plain.posts[number]
            return
        if commit:
            self.total += sum(1 for record in self.plain.posts[number] if record.transaction is None)
            transaction.commit(self.plain.now_s)
            self.plain.commit(number)
        else:
            transaction.rollback(self.plain.now_s)
            self.plain.rollback(number)
        self._deliver()

    @rule(seconds=st.sampled_from([1, 5, 9, 10, 20, 30, 45]))
    def wait(self, seconds: int) -> None:
        """Transactions never grow two minutes old here: their time-out has tests of its own."""
        to_s = self.plain.now_s + seconds
        for number, transaction in list(self.transactions.items()):
            if transaction.deadline_s is not None and transaction.deadline_s <= to_s:
                transaction.rollback(self.plain.now_s)
                self.plain.rollback(number)
                del self.transactions[number]
                self._deliver()
        self.namespace.advance(to_s)
        self.plain.advance(to_s)
        lost = [event.receiver for event in self.namespace.pop_events() if isinstance(event, SessionLost)]
        assert all(receiver.session_lost for receiver in lost)
        self._deliver()

    # -- what must always hold
    @invariant()
    def same_messages(self) -> None:
        if not hasattr(self, "plain"):
            return
        real = [
            (
                message.content.body,  # type: ignore[attr-defined]
                message.sequence_number,
                message.state.name.lower(),
                message.delivery_count,
                message.locked_until_s or None,
                message.expires_s,
            )
            for message in self.queue.peek(0, 10_000, self.plain.now_s)
        ]
        plain = [
            (
                record.body,
                record.number,
                record.state,
                record.count,
                record.until_s or record.shown_until_s,
                record.expires_s,
            )
            for record in sorted(self.plain.records, key=lambda record: record.number)
        ]
        assert real == plain
        assert self.queue.dead_letter_queue is not None
        dead = [
            (
                message.sequence_number,
                message.content.body,
                message.content.application_properties()["DeadLetterReason"],
            )  # type: ignore[attr-defined]
            for message in self.queue.dead_letter_queue.peek(0, 10_000, self.plain.now_s)
        ]
        assert dead == sorted(self.plain.dead)

    @invariant()
    def nothing_lost_nothing_doubled(self) -> None:
        if not hasattr(self, "plain"):
            return
        fates = [record.body for record in self.plain.records]
        fates += [body for _, body, _ in self.plain.dead] + self.plain.completed + self.plain.vanished
        assert len(fates) == len(set(fates)) == self.total

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "plain"):
            return
        messages = list(self.queue.messages.values())
        assert self.queue.stored_bytes == sum(message.content.size_bytes for message in messages)
        assert self.queue.locked_count == sum(message.lock_token is not None for message in messages)
        states = [record.state for record in self.plain.records]
        assert (self.queue.active_count, self.queue.deferred_count, self.queue.scheduled_count) == (
            states.count("active"),
            states.count("deferred"),
            states.count("scheduled"),
        )

    # -- inside
    def _deliver(self) -> None:
        """Both delivered the same messages to the same receivers, in the same order (per session where there are any)."""
        numbers = {id(receiver): number for number, receiver in self.receivers.items()}
        real = [(numbers[id(receiver)], message) for receiver, message in self.namespace.pop_deliveries()]
        for _, message in real:
            body = message.content.body  # type: ignore[attr-defined]
            if body in self.tokens:
                self.spent.append(self.tokens[body])
            self.tokens[body] = message.lock_token or b""
        got = [(number, message.content.body) for number, message in real]  # type: ignore[attr-defined]
        wanted, self.plain.deliveries = self.plain.deliveries, []
        if self.sessions:
            got, wanted = sorted(got, key=lambda item: item[0]), sorted(wanted, key=lambda item: item[0])
        assert got == wanted

    def _transaction(self, index: int | None) -> int | None:
        return (
            None if index is None or not self.transactions else self._pick(sorted(self.transactions), index)
        )

    def _open_receivers(self) -> list[int]:
        return [number for number, receiver in self.receivers.items() if not receiver.closed]

    def _locked(self) -> list[Record]:
        """Held records that are free to settle."""
        return [
            record
            for record in self.plain.records
            if record.holder is not None and record.transaction is None
        ]

    @staticmethod
    def _pick(items: list, index: int):  # type: ignore[type-arg, no-untyped-def]
        return items[index % len(items)]


class SessionMachine(Machine):
    sessions = True


RUN = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestQueueAgainstThePlainOne = pytest.mark.lengthy(Machine.TestCase)
TestQueueAgainstThePlainOne.settings = RUN
TestSessionQueueAgainstThePlainOne = pytest.mark.lengthy(SessionMachine.TestCase)
TestSessionQueueAgainstThePlainOne.settings = RUN
