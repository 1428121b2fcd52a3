"""What a real RabbitMQ did, event by event."""

import contextlib
import uuid
from typing import Any

import pika

from mqcourse.stack import endpoints
from mqcourse.whatif.side_by_side import DELIVERY_LIMIT, PREFETCH
from tests.whatif.process import Process, wait_for


class RabbitTrace:
    """A quorum queue with a delivery limit and a dead-letter queue on the running broker, and one program at a time."""

    def __init__(self, wait_s: float = 0.0) -> None:
        self.wait_s = wait_s
        self.connection = pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url))
        self.version = str(self.connection._impl.server_properties["version"])
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        self.queue = f"test.whatif.{uuid.uuid4().hex[:8]}"
        self.dead = f"{self.queue}.dead"
        quorum = {"x-queue-type": "quorum"}
        self.channel.queue_declare(self.dead, durable=True, arguments=quorum)
        self.channel.queue_declare(
            self.queue,
            durable=True,
            arguments={
                **quorum,
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.dead,
            },
        )
        self.program: Process | None = None
        self.published = self.settled = self.held = 0

    def do(self, event: str) -> dict[str, Any]:
        """Cause an event; what it gave, and where the messages are once the broker is at rest."""
        seen: dict[str, Any] = {"event": event, "did": "nothing", "message": 0}
        if event == "publish":
            self.published += 1
            self.channel.basic_publish("", self.queue, str(self.published).encode(), mandatory=True)
            seen |= {"did": "published", "message": self.published}
        elif event == "receive":
            seen |= self.receive()
        elif event == "kill" and self.program is not None:
            self.program.kill()
            self.program, self.held = None, 0
            seen["did"] = "killed"
        elif event == "wait":
            self.connection.sleep(self.wait_s)
            seen["did"] = "waited"
        elif event in ("settle", "return") and self.held:
            assert self.program is not None
            self.program.ask(event)
            self.held -= 1
            self.settled += event == "settle"
            seen["did"] = "settled" if event == "settle" else "returned"
        return {**seen, "state": self.at_rest()}

    def receive(self) -> dict[str, Any]:
        if self.program is None:
            self.program = Process("rabbitmq", self.queue, str(PREFETCH))
        self.at_rest()
        taken = self.program.ask("take")
        if taken is None:
            return {"did": "full" if self.held == PREFETCH else "empty"}
        self.held += 1
        body, redelivered, failed = taken
        return {"did": "received", "message": int(body), "redelivered": redelivered, "failed": failed}

    def at_rest(self) -> dict[str, int]:
        """The counts, when all that the broker had to deliver has arrived."""

        def look() -> dict[str, int] | None:
            ready, dead = (self.count(name) for name in (self.queue, self.dead))
            unacked = self.published - self.settled - ready - dead
            if self.program is None:
                rest = unacked == 0
            else:
                rest = (ready == 0 or unacked == PREFETCH) and self.program.ask("count") == unacked
            return {"ready": ready, "unacked": unacked, "dead": dead} if rest else None

        found: dict[str, int] = wait_for(look, "until RabbitMQ has delivered what it can")
        return found

    def count(self, queue: str) -> int:
        return int(self.channel.queue_declare(queue, passive=True).method.message_count)

    def rest(self) -> list[list[Any]]:
        """The messages that are left once no program runs, in the order in which the queue gives them, then the dead ones."""
        self.do("kill")
        left = []
        while True:
            method, properties, body = self.channel.basic_get(self.queue)
            if method is None:
                break
            failed = (properties.headers or {}).get("x-delivery-count", 0)
            left.append([int(body), method.redelivered, failed])
        while True:
            method, _, body = self.channel.basic_get(self.dead)
            if method is None:
                return left
            left.append([int(body), "dead"])

    def close(self) -> None:
        if self.program is not None:
            self.program.kill()
        with contextlib.suppress(pika.exceptions.AMQPError):
            self.channel.queue_delete(self.queue)
            self.channel.queue_delete(self.dead)
            self.connection.close()
