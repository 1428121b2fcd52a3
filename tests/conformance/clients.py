"""The clients that are run, in the order of the table, each in the version that is pinned."""

from __future__ import annotations

from dataclasses import dataclass

ADMINISTRATION = "administration"
"""The part of a client's cases that speaks HTTPS and no AMQP."""


@dataclass(frozen=True)
class Client:
    """A client library: its short name here, title, language, version, what is run, what the run needs.

    `parts` divides its cases into rows of the table, each of which can be run alone: (title, how the case begins), the
    first that fits counts.
    """

    name: str
    title: str
    language: str
    version: str
    what: str
    needs: str
    skips: str = "skipped by the client's own suite"
    parts: tuple[tuple[str, str], ...] = ()

    def part(self, case: str) -> str:
        """The part that a case belongs to; empty where the client has none."""
        return next((title for title, beginning in self.parts if case.startswith(beginning)), "")


_ALL = (
    Client(
        "dotnet",
        "Azure.Messaging.ServiceBus",
        ".NET",
        "7.21.0",
        "A program of this project: senders, receivers, sessions, processors, rules, transactions across entities, "
        "administration.",
        "the .NET SDK 8 or newer (`dotnet` on PATH)",
    ),
    Client(
        "amqpnetlite",
        "AMQPNetLite",
        ".NET",
        "2.5.5",
        "The same program's cases for a plain AMQP 1.0 client: types, settlement, requests to `$management`, "
        "transactions.",
        "the .NET SDK 8 or newer (`dotnet` on PATH)",
    ),
    Client(
        "python",
        "azure-servicebus",
        "Python",
        "7.15.0",
        "The SDK's own live tests, synchronous and asyncio, with those of administration.",
        "nothing but this project",
        parts=(
            (ADMINISTRATION, "mgmt_tests/"),
            ("asyncio, queues", "async_tests/test_queues_async.py"),
            ("asyncio, others", "async_tests/"),
            ("queues", "test_queues.py"),
            ("others", ""),
        ),
    ),
    Client(
        "javascript",
        "@azure/service-bus",
        "JavaScript",
        "7.9.5",
        "A program of this project: messaging, sessions, rules, administration, batch delete.",
        "nothing but this project",
    ),
    Client(
        "java",
        "azure-messaging-servicebus",
        "Java",
        "7.17.20",
        "A program of this project: synchronous, asynchronous and processor clients, sessions, transactions, "
        "administration.",
        "a JDK 17 or newer and Maven (`javac`, `mvn` on PATH)",
    ),
    Client(
        "go",
        "azservicebus",
        "Go",
        "1.11.0",
        "The SDK's own tests, those of the package admin and of its AMQP layer among them.",
        "Go 1.25 or newer (`go` on PATH)",
        "need the SDK's own fault injector or a recording, and skip themselves without it",
        parts=(("messages", "azservicebus::"), (ADMINISTRATION, "admin::"), ("AMQP layer", "internal::")),
    ),
    Client(
        "gocloud",
        "gocloud.dev/pubsub/azuresb",
        "Go",
        "0.48.0",
        "The driver's own conformance tests.",
        "Go 1.25 or newer (`go` on PATH)",
        "skipped by the driver's own suite, which has no such feature for Service Bus",
    ),
    Client(
        "rust",
        "fe2o3-amqp",
        "Rust",
        "0.18.4",
        "A program of this project: a plain AMQP 1.0 client, with transactions. Two crates for Service Bus cannot "
        "use another port. azure_messaging_servicebus 0.21.0 speaks HTTP to `NAMESPACE.servicebus.windows.net` alone, "
        "and azservicebus 0.25.1 keeps the host of its endpoint and drops the port.",
        "Rust 1.85 or newer (`cargo` on PATH)",
    ),
    Client(
        "celery",
        "Celery with kombu",
        "Python",
        "5.7.0",
        "Tasks over kombu's transport `azureservicebus`, with a separate worker.",
        "nothing but this project",
    ),
    Client(
        "rhea",
        "rhea",
        "JavaScript",
        "3.0.5",
        "A program of this project: a plain AMQP 1.0 client.",
        "nothing but this project",
    ),
    Client(
        "proton",
        "python-qpid-proton",
        "Python",
        "0.40.0",
        "A program of this project: a plain AMQP 1.0 client, with transactions.",
        "a C compiler",
    ),
)
CLIENTS = {one.name: one for one in _ALL}
