"""A queue as one would write it on a blackboard: one list, searched from the start, no index, no heap.

It is what the real queue is held to. Slow and obvious on purpose: every rule of the documentation stands here once,
in the plainest form.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LOCK_S = 30
MAX_DELIVERIES = 3


@dataclass
class Record:
    body: str
    number: int
    state: str  # active, deferred, scheduled
    session: str | None = None
    count: int = 0
    expires_s: int | None = None
    ttl_s: int | None = None
    due_s: int | None = None
    holder: int | None = None  # receiver
    until_s: int | None = None
    shown_until_s: int | None = None  # a peeked deferred message shows the lock it had when it was put aside
    transaction: int | None = None
    outcome: str | None = None  # what the transaction will do


@dataclass
class PlainReceiver:
    session: str | None = None
    until_s: int | None = None  # of the session's lock, None when it has none
    credit: int = 0
    closed: bool = False


@dataclass
class PlainQueue:
    sessions: bool
    dead_letter_expired: bool
    now_s: int = 0
    numbers: int = 0
    records: list[Record] = field(default_factory=list)
    dead: list[tuple[int, str, str]] = field(default_factory=list)  # (number, body, reason)
    completed: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)  # expired, not dead-lettered; cancelled
    receivers: dict[int, PlainReceiver] = field(default_factory=dict)
    grants: list[list[int]] = field(default_factory=list)  # [receiver, credits]
    deliveries: list[tuple[int, str]] = field(default_factory=list)
    posts: dict[int, list[Record]] = field(default_factory=dict)  # open transactions

    # -- sending
    def send(self, record: Record, transaction: int | None = None) -> None:
        if transaction is not None:
            self.posts[transaction].append(record)
            return
        self._store(record)
        self.serve()

    def _store(self, record: Record) -> None:
        self.numbers += 1
        record.number = self.numbers
        if record.due_s is not None and record.due_s > self.now_s:
            record.state = "scheduled"
        else:
            record.state = "active"
            record.expires_s = None if record.ttl_s is None else self.now_s + record.ttl_s
        self.records.append(record)

    # -- delivering
    def serve(self) -> None:
        if self.sessions:
            for number, receiver in self.receivers.items():
                while receiver.credit and receiver.until_s is not None:
                    record = self._first(receiver.session)
                    if record is None:
                        break
                    receiver.credit -= 1
                    self._lock(record, number, receiver.until_s)
            return
        while self.grants and (record := self._first(None)):
            grant = self.grants[0]
            grant[1] -= 1
            if not grant[1]:
                self.grants.pop(0)
            self.receivers[grant[0]].credit -= 1
            self._lock(record, grant[0], self.now_s + LOCK_S)

    def _first(self, session: str | None) -> Record | None:
        free = [
            record
            for record in self.records
            if record.state == "active"
            and record.holder is None
            and (not self.sessions or record.session == session)
        ]
        return min(free, key=lambda record: record.number, default=None)

    def _lock(self, record: Record, receiver: int, until_s: int) -> None:
        record.holder, record.until_s, record.shown_until_s = receiver, until_s, None
        self.deliveries.append((receiver, record.body))

    # -- settling
    def settle(self, record: Record, outcome: str) -> None:
        held_until_s, record.holder, record.until_s = record.until_s, None, None
        if outcome == "complete":
            self.records.remove(record)
            self.completed.append(record.body)
        elif outcome == "dead-letter":
            self._bury(record, "given")
        elif outcome == "defer":
            record.state, record.shown_until_s = "deferred", held_until_s
        else:
            self._back(record, failed=outcome == "abandon")

    def _back(self, record: Record, failed: bool) -> None:
        record.holder = record.until_s = record.shown_until_s = None
        if failed:
            record.count += 1
            if record.count >= MAX_DELIVERIES:
                self._bury(record, "MaxDeliveryCountExceeded")
                return
        if record.state == "active" and record.expires_s is not None and record.expires_s <= self.now_s:
            self._expire(record)

    def _bury(self, record: Record, reason: str) -> None:
        self.records.remove(record)
        self.dead.append((record.number, record.body, reason))

    def _expire(self, record: Record) -> None:
        if self.dead_letter_expired:
            self._bury(record, "TTLExpiredException")
        else:
            self.records.remove(record)
            self.vanished.append(record.body)

    def close(self, number: int) -> None:
        receiver = self.receivers[number]
        receiver.closed = True
        receiver.credit = 0
        receiver.until_s = None
        self.grants = [grant for grant in self.grants if grant[0] != number]
        for record in sorted(self.held(number), key=lambda record: record.number):
            if record.transaction is None and self.sessions:
                self._back(record, failed=False)
        self.serve()

    def held(self, number: int) -> list[Record]:
        return [record for record in self.records if record.holder == number]

    # -- time
    def advance(self, to_s: int) -> None:
        """The next thing due, one after the other, until nothing is due."""
        while True:
            due: list[tuple[int, int, object, object]] = []
            for number, receiver in self.receivers.items():
                if receiver.until_s is not None and receiver.until_s <= to_s:
                    due.append((receiver.until_s, 1, receiver.session, number))
            for record in self.records:
                free = record.transaction is None
                if record.state == "scheduled" and free and record.due_s is not None and record.due_s <= to_s:
                    due.append((record.due_s, 0, record.number, record))
                elif not self.sessions and free and record.until_s is not None and record.until_s <= to_s:
                    due.append((record.until_s, 2, record.number, record))
                elif (
                    record.state == "active"
                    and record.holder is None
                    and record.expires_s is not None
                    and record.expires_s <= to_s
                ):
                    due.append((record.expires_s, 3, record.number, record))
            if not due:
                break
            at_s, kind, _, what = min(due, key=lambda item: item[:3])
            self.now_s = max(self.now_s, at_s)
            if kind == 1:
                assert isinstance(what, int)
                self.receivers[what].until_s = None
                self.receivers[what].credit = 0
                for record in sorted(self.held(what), key=lambda record: record.number):
                    if record.transaction is None:
                        self._back(record, failed=True)
                continue
            assert isinstance(what, Record)
            if kind == 0:
                self._activate(what, at_s)
            elif kind == 2:
                self._back(what, failed=True)
            else:
                self._expire(what)
        self.now_s = to_s
        self.serve()

    def _activate(self, record: Record, at_s: int) -> None:
        self.records.remove(record)
        self.numbers += 1
        record.number, record.state = self.numbers, "active"
        record.expires_s = None if record.ttl_s is None else at_s + record.ttl_s
        self.records.append(record)

    # -- transactions
    def commit(self, transaction: int) -> None:
        for step in self._steps(transaction):
            if step.transaction == transaction:
                step.transaction = None
                if step.outcome == "cancel":
                    self.records.remove(step)
                    self.vanished.append(step.body)
                else:
                    assert step.outcome is not None
                    self.settle(step, step.outcome)
            else:
                self._store(step)
        del self.posts[transaction]
        self.serve()

    def rollback(self, transaction: int) -> None:
        for step in self._steps(transaction):
            if step.transaction != transaction:
                continue
            step.transaction = None
            if step.outcome == "cancel":
                if step.due_s is not None and step.due_s <= self.now_s:
                    self._activate(step, self.now_s)
                continue
            assert step.holder is not None
            receiver = self.receivers[step.holder]
            if receiver.closed and self.sessions:
                self._back(step, failed=False)
            elif (self.sessions and receiver.until_s is None) or (
                not self.sessions and step.until_s is not None and step.until_s <= self.now_s
            ):
                self._back(step, failed=True)
        del self.posts[transaction]
        self.serve()

    def _steps(self, transaction: int) -> list[Record]:
        """Posts (not stored yet) and settled records in the order in which they joined."""
        return list(self.posts[transaction])
