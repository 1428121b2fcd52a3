"""The recorder for transactions of Service Bus: it notes what the calls of the emulator's small AMQP client gave.

The Azure SDK for Python has no transactions, so the chapter about them uses that client. Administration clients are
watched as in `servicebus.py`.
"""

from contextlib import AbstractContextManager
from typing import Any

from mqcourse.replay import servicebus
from mqcourse.replay.tape import Tape, label_of, recording, tape


def record(name: str, **clients: Any) -> AbstractContextManager[None]:
    """Record what these clients do, and those that programs of this cell `watch`."""
    return recording(name, "servicebus", _watch, clients)


def watch(client: Any, who: str) -> None:
    """Let a client take part in the recording that runs, under this name. Without a recording it does nothing."""
    running = tape()
    if running is not None:
        _watch(client, who, running)


def _watch(client: Any, who: str, tape: Tape) -> None:
    if hasattr(client, "transaction"):
        Client(client, who, tape).attach()
    else:
        servicebus.Counts(client, who, tape).attach()


class Client:
    """Notes what the senders, receivers and transactions of one client do."""

    def __init__(self, client: Any, who: str, tape: Tape) -> None:
        self.client = client
        self.who = who
        self.tape = tape

    def attach(self) -> None:
        """Begin: with every sender, receiver and transaction that is opened from now on."""
        senders, receivers, transactions = self.client.sender, self.client.receiver, self.client.transaction

        def sender(address: str, **options: Any) -> Any:
            return self.sends(senders(address, **options), address)

        def receiver(address: str, **options: Any) -> Any:
            return self.receives(receivers(address, **options), address)

        def transaction() -> Any:
            return self.transacts(transactions())

        self.client.sender, self.client.receiver, self.client.transaction = sender, receiver, transaction
        self.write("joined")

    def write(self, did: str, **what: Any) -> None:
        """An event."""
        self.tape.write(self.who, did, **what)

    def sends(self, sender: Any, address: str) -> Any:
        """Note what a sender posts."""
        posts = sender.post

        def post(body: Any, *arguments: Any, transaction: Any = None, **options: Any) -> Any:
            inside = None if transaction is None else transaction.transaction_id.hex()
            what = {"entity": address, "message": label_of(body), "transaction": inside}
            try:
                given = posts(body, *arguments, transaction=transaction, **options)
            except Exception as error:
                self.write("not-sent", messages=1, why=type(error).__name__)
                raise
            self.write("sent", **what)
            return given

        sender.post = post
        return sender

    def receives(self, receiver: Any, address: str) -> Any:
        """Note what a receiver receives and settles."""
        takes, completes = receiver.receive, receiver.complete

        def take(*arguments: Any, **options: Any) -> Any:
            message = takes(*arguments, **options)
            body, sequence = label_of(bytes(message.body)), message.sequence_number
            self.write("received", entity=address, message=body, sequence=sequence)
            return message

        def complete(message: Any, transaction: Any = None) -> Any:
            given = completes(message, transaction)
            inside = None if transaction is None else transaction.transaction_id.hex()
            body, sequence = label_of(bytes(message.body)), message.sequence_number
            self.write("completed", message=body, sequence=sequence, transaction=inside)
            return given

        receiver.receive, receiver.complete = take, complete
        return receiver

    def transacts(self, transaction: Any) -> Any:
        """Note how a transaction ends."""
        discharges, number = transaction._discharge, transaction.transaction_id.hex()

        def discharge(*, fail: bool) -> Any:
            given = discharges(fail=fail)
            self.write("rolled-back" if fail else "committed", transaction=number)
            return given

        transaction._discharge = discharge
        self.write("began", transaction=number)
        return transaction
