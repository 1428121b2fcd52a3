"""A child process for the kill tests: sends and completes for ever, and prints what was confirmed, after the commit.

Lines: `sent N`, `completed N`, `scheduled N`, `deferred N`, `state N`, each true once printed; `completing N` is
printed before the commit: from then on message N may be gone.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

from servicebus_emulator.broker.description import QueueDescription
from servicebus_emulator.broker.message import Outcome, ReceiveMode
from servicebus_emulator.store.recovery import open_namespace

from ..plain_content import PlainContent


def main(folder: Path, seed: int) -> None:
    random = Random(seed)
    namespace, journal = open_namespace(folder, "kill", PlainContent.decode, 0.0, seed=seed)
    if namespace.find("orders") is None:
        namespace.create_queue(QueueDescription("orders", max_delivery_count=2000, lock_duration_s=300), 0.0)
        namespace.create_queue(QueueDescription("flow", requires_session=True), 0.0)
        journal.commit()
    orders, flow = namespace.queue("orders"), namespace.queue("flow")
    reader = orders.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    session = flow.open_session("s", ReceiveMode.PEEK_LOCK, 0.0)
    assert session.session is not None
    number = seed * 1_000_000
    print("ready", flush=True)
    while True:
        confirms: list[str] = []
        for _ in range(random.randrange(1, 20)):
            number += 1
            kind = random.randrange(10)
            if kind < 6:
                orders.send([PlainContent(str(number), padding_bytes=1)], 0.0)
                confirms.append(f"sent {number}")
            elif kind == 6:
                orders.send([PlainContent(str(number), scheduled_enqueue_s=1e9)], 0.0)
                confirms.append(f"scheduled {number}")
            elif kind == 7:
                flow.set_session_state("s", str(number).encode(), 0.0)
                confirms.append(f"state {number}")
        reader.add_credit(random.randrange(1, 12), 0.0)
        for _, message in namespace.pop_deliveries():
            assert message.lock_token is not None
            body = message.content.body  # type: ignore[attr-defined]
            choice = random.randrange(10)
            if choice < 7:
                print(f"completing {body}", flush=True)
                reader.complete(message.lock_token, 0.0)
                confirms.append(f"completed {body}")
            elif choice == 7:
                print(f"completing {body}", flush=True)  # it leaves the active ones
                reader.settle(Outcome.DEFER, message.lock_token, 0.0)
                confirms.append(f"deferred {body}")
        journal.commit()
        for line in confirms:
            print(line, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
