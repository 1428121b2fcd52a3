"""A scenario on Service Bus, by azure-servicebus: a sender, a peek-lock receiver for each consumer, one that looks on.

Measured are: credit (prefetch: what a receiver grants, the broker locks and sends ahead), on a queue of the stack's
namespace; and throttling (throttle "token-bucket", block_timeout_s) on an emulator of the run's own in the Standard
tier, whose 1,000 credits a second are the whole namespace's: who finds none is told "server busy", and the SDK waits
and tries again. A queue is bounded by its size in GB and not in messages, and a send returns when the broker has the
message: queue_limit and outbox_limit have no setting.
"""

import contextlib
import logging
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import OperationTimeoutError, ServiceBusServerBusyError
from azure.servicebus.management import CorrelationRuleFilter, ServiceBusAdministrationClient

from mqcourse.backpressure.measure.plan import Planned
from mqcourse.backpressure.measure.record import Record, started_version
from mqcourse.backpressure.model.producer import arrivals
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.errors import CourseError
from mqcourse.home import state_folder
from mqcourse.stack.process import SERVICE_VARIABLE, STATE_VARIABLE
from mqcourse.stack.unanswered import unanswered
from mqcourse.variables import Kind, environment_of

SUPPORTED = {"throttle", "throttle_rate_per_s", "throttle_burst", "block_timeout_s"}
BODY = b"." * 256
CREDITS_PER_S = 1000
"""Of a namespace in the Standard tier: a message sent or delivered costs one (learn.microsoft.com
service-bus-throttling)."""
FIRST_RETRY_S = 1.6
"""How long azure-servicebus 7.15.0 waits before its first retry (0.8 s, doubled); 3.2 and 6.4 s before the others."""
LOCK_S = 300
LOOK_EVERY_S = 0.1
SUBSCRIPTION = "measured"


@dataclass(frozen=True)
class Namespace:
    """Where to run: what ServiceBusAdministrationClient.from_connection_string takes, and what it is called."""

    administration: dict[str, Any]
    title: str
    version: str


def adapted(scenario: Scenario) -> tuple[Scenario, list[str]]:
    """The scenario as Service Bus has it, and what was changed; raises for what it can't do."""
    if scenario.throttle == "aimd":
        raise CourseError(
            "throttle = 'aimd' cannot be measured on Service Bus",
            do="Choose none or token-bucket (the credits of the Standard tier)",
        )
    return scenario, []


def with_credits(scenario: Scenario, notes: list[str]) -> tuple[Scenario, int]:
    """The token bucket nearest to the namespace's credits, and how many messages a batch has.

    The credits are what they are, so it is the message that costs as many as the scenario's rate requires: it is sent
    in a batch to a topic, whose filter lets only this one through. All of the batch is paid for, and the delivery.
    Credits are not saved up from one second to the next: the bucket holds those of one.
    """
    if scenario.throttle == "none":
        return scenario, 1
    credits = round(CREDITS_PER_S / scenario.throttle_rate_per_s)
    if not 2 <= credits <= CREDITS_PER_S:
        raise CourseError(
            f"throttle_rate_per_s is {scenario.throttle_rate_per_s:.4g} messages/s at the measured speed",
            do=f"Allowed: from 1 to {CREDITS_PER_S // 2} messages/s, as {CREDITS_PER_S} credits/s can be divided",
        )
    rate_per_s = CREDITS_PER_S / credits
    notes.append(
        f"throttle_rate_per_s: {rate_per_s:.4g} messages/s, throttle_burst: {rate_per_s:.4g} messages; "
        f"each goes in a batch of {credits - 1}, which with one delivery costs {credits} of {CREDITS_PER_S} credits/s"
    )
    return scenario.but(throttle_rate_per_s=rate_per_s, throttle_burst=max(1.0, rate_per_s)), credits - 1


@contextlib.contextmanager
def of_the_stack() -> Iterator[Namespace]:
    """The namespace of the stack, or the one that MQ_SERVICEBUS_CONNECTION_STRING names."""
    from mqcourse.stack import endpoints  # here: a test hands in its own address

    settings = endpoints().servicebus_administration
    emulator = settings["connection_verify"] is not True
    title = "Service Bus emulator" if emulator else "Azure Service Bus"
    yield Namespace(settings, title, started_version("servicebus") if emulator else "")


@contextlib.contextmanager
def of_the_standard_tier() -> Iterator[Namespace]:
    """A namespace on a separate emulator, which holds to the limits of the Standard tier."""
    with tempfile.TemporaryDirectory(prefix="mq-measure-") as folder:
        arguments = ["--port", "0", "--tier", "standard", "--tls", "--data", folder]
        marks = {
            STATE_VARIABLE: str(state_folder()),
            SERVICE_VARIABLE: "measure",
        }  # so that `mq down` finds it
        process = subprocess.Popen(
            [sys.executable, "-m", "servicebus_emulator", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=environment_of(Kind.PYTHON) | marks,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            ready, _, connection_string = process.stdout.readline().strip().partition("): ")
            if not ready:
                raise CourseError(f"the Service Bus emulator ended with {process.wait()} before it was ready")
            certificate = str(Path(folder) / "tls" / "certificate.pem")
            yield Namespace(
                {"conn_str": connection_string, "connection_verify": certificate},
                "Service Bus emulator (Standard tier)",
                version("servicebus-emulator"),
            )
        finally:
            process.terminate()
            process.communicate()


class Run:
    """A separate queue in the namespace (with a throttle: a topic and a subscription), and the threads that drive it."""

    def __init__(
        self, scenario: Scenario, planned: list[Planned], namespace: Namespace, batch: int, overshoot_s: float
    ) -> None:
        self.scenario = scenario
        self.planned = planned
        self.record = Record(planned, scenario.duration_s)
        self.namespace = namespace
        self.batch = batch
        self.overshoot_s = overshoot_s
        self.name = f"measure-{uuid.uuid4().hex[:12]}"
        self.on_topic = scenario.throttle != "none"
        self.ready = threading.Semaphore(0)  # one for each receiver that is attached, or failed

    def execute(self) -> tuple[Record, float]:
        """Drive the whole run; the record, and the delivery time in seconds."""
        admin = self.administration()
        try:
            try:
                self.create(admin)
            except AzureError as error:
                raise unanswered("servicebus", error) from error
            try:
                with self.client() as client, self.sender(client) as sender:
                    delivery_s = self.delivery_time(sender)
                    self.drive(sender, admin)
            finally:
                (admin.delete_topic if self.on_topic else admin.delete_queue)(self.name)
        finally:
            admin.close()
        for trouble in self.record.trouble:
            raise trouble
        return self.record, delivery_s

    def administration(self) -> ServiceBusAdministrationClient:
        """The client that makes entities and counts their messages."""
        return ServiceBusAdministrationClient.from_connection_string(**self.namespace.administration)

    def create(self, admin: ServiceBusAdministrationClient) -> None:
        """The queue; or the topic, and a subscription to the messages that are measured."""
        lock = f"PT{LOCK_S}S"
        if not self.on_topic:
            admin.create_queue(self.name, lock_duration=lock)
            return
        admin.create_topic(self.name)
        admin.create_subscription(self.name, SUBSCRIPTION, lock_duration=lock)
        admin.create_rule(
            self.name, SUBSCRIPTION, "measured", filter=CorrelationRuleFilter(label=SUBSCRIPTION)
        )
        admin.delete_rule(self.name, SUBSCRIPTION, "$Default")

    def client(self) -> ServiceBusClient:
        """A separate client: they are for one thread each. Retries are the SDK's."""
        return ServiceBusClient.from_connection_string(self.namespace.administration["conn_str"])

    def sender(self, client: ServiceBusClient) -> Any:
        """To the queue or topic."""
        return client.get_topic_sender(self.name) if self.on_topic else client.get_queue_sender(self.name)

    def receiver(self, client: ServiceBusClient) -> Any:
        """In peek-lock mode. The SDK grants credit for one message more than `prefetch_count`, so one less is asked for."""
        ahead = self.scenario.prefetch - 1
        if self.on_topic:
            return client.get_subscription_receiver(self.name, SUBSCRIPTION, prefetch_count=ahead)
        return client.get_queue_receiver(self.name, prefetch_count=ahead)

    def drive(self, sender: Any, admin: ServiceBusAdministrationClient) -> None:
        """Start everything, produce, wait for the end."""
        record = self.record
        threads = [record.thread(self.consume) for _ in range(self.scenario.consumers)]
        for thread in threads:
            thread.start()
        for _ in threads:
            self.ready.acquire()
        sampler = record.thread(lambda: self.sample_depth(admin))
        threads.append(sampler)
        self.active_messages(admin)  # the first look is slow, it connects
        record.start()
        sampler.start()
        try:
            self.produce(sender)
            record.wait_until(self.scenario.duration_s)
        finally:
            record.stop.set()
            for thread in threads:
                thread.join()

    def delivery_time(self, sender: Any) -> float:
        """From sending to the consumer's receive on an idle entity, in seconds: the median of 30."""
        seen = []
        with self.client() as client, self.receiver(client) as receiver:
            for _ in range(30):
                begun = time.monotonic()
                sender.send_messages(ServiceBusMessage(BODY, subject=SUBSCRIPTION))
                (message,) = receiver.receive_messages(max_message_count=1, max_wait_time=30)
                seen.append(time.monotonic() - begun)
                receiver.complete_message(message)
        return sorted(seen)[15]

    def produce(self, sender: Any) -> None:
        """Send every message when it is due. While a send waits for credits, the source is blocked and makes no messages."""
        record, s = self.record, self.scenario
        next_arrival = arrivals(s)
        at = next_arrival(0.0)
        for message in list(self.planned):
            if at >= s.duration_s or not record.wait_until(at):
                return
            self.planned[message.number] = replace(message, due_s=at)
            record.sent[message.number] = at
            paid_for = [ServiceBusMessage(BODY) for _ in range(self.batch - 1)]
            wanted = ServiceBusMessage(BODY, subject=SUBSCRIPTION, message_id=str(message.number))
            with _Refusals() as refusals:
                try:
                    sender.send_messages([wanted, *paid_for], timeout=s.block_timeout_s)
                except (ServiceBusServerBusyError, OperationTimeoutError):
                    record.lost[message.number] = record.now()
            now = record.now()
            busy = refusals.busy or record.lost[message.number] is not None
            if busy:
                record.blocked.append((at, now))
            at = next_arrival(now if busy else at)

    def consume(self) -> None:
        """Take, work, complete, until the run ends."""
        record = self.record
        free_since_s: float | None = None
        try:
            with self.client() as client, self.receiver(client) as receiver:
                self.ready.release()
                while not record.stop.is_set():
                    for message in receiver.receive_messages(max_message_count=1, max_wait_time=0.2):
                        free_since_s = record.work(int(message.message_id), self.overshoot_s, free_since_s)
                        receiver.complete_message(message)
        finally:
            self.ready.release()

    def sample_depth(self, admin: ServiceBusAdministrationClient) -> None:
        """Count the active messages every tenth of a second."""
        record = self.record
        at = LOOK_EVERY_S
        while record.wait_until(at) and at < self.scenario.duration_s:
            active = self.active_messages(admin)
            seen_at = record.now()
            record.depth.append((seen_at, active))
            at = max(at + LOOK_EVERY_S, seen_at)

    def active_messages(self, admin: ServiceBusAdministrationClient) -> int:
        """The broker's number; the locked ones are among them."""
        seen = (
            admin.get_subscription_runtime_properties(self.name, SUBSCRIPTION)
            if self.on_topic
            else admin.get_queue_runtime_properties(self.name)
        )
        return seen.active_message_count or 0


class _Refusals(logging.Handler):
    """Whether the broker said "server busy" to this thread meanwhile: the SDK tries again, and writes it to its log only.

    How long a send took would not tell: on a busy machine it may take as long without a refusal.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.busy = False
        self._thread = threading.get_ident()
        self._logger = logging.getLogger("azure.servicebus._base_handler")

    def __enter__(self) -> Self:
        self._level = self._logger.level
        self._logger.setLevel(logging.INFO)
        self._logger.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and isinstance(record.args, tuple):
            self.busy |= any(isinstance(each, ServiceBusServerBusyError) for each in record.args)


def busy(record: Record) -> list[str]:
    """How often the broker said that it was busy, in words; empty when it never did."""
    if not record.blocked:
        return []
    made = sum(sent is not None for sent in record.sent)
    return [
        f"{len(record.blocked)} of {made} sends were told 'server busy'; the SDK waited {FIRST_RETRY_S} s or longer each time"
    ]
