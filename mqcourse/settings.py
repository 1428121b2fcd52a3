"""The variables that a user of the course may set: one table, for the help, the README and for telling a typo.

A flag wins over a variable, a variable over what is recorded in the state folder, that over the default.
"""

import os
from collections.abc import Mapping

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.nearest import nearest

SETTINGS: Mapping[str, str] = {
    "MQ_HOME": "the folder of data, logs, addresses and points (default: .mq in the checkout)",
    "MQ_SOFTWARE": "the folder of installed brokers, jars and browsers (default: .mq/software in the checkout)",
    "MQ_CACHE": "the folder of downloads that all checkouts share (default: ~/.cache/mastering-message-queues)",
    "MQ_PORT_BASE": "the first of the 60 ports that the stack uses (default: the first free block from 27100)",
    "MQ_PROVIDER": "how brokers are run: native (default), docker or external",
    "MQ_RABBITMQ_HOME": "an installed RabbitMQ 4 to use instead of fetching one",
    "MQ_JAVA": "a Java 17 or newer for Kafka",
    "MQ_CHROMIUM": "a Chromium for the tests in the browser",
    "MQ_BWRAP": "the bubblewrap program that shuts strangers' answers in",
    "MQ_MAVEN_URL": "a Maven mirror to fetch Kafka's jars from",
    "MQ_CSHARP": "a command that takes C# files, -- and arguments, for the tests in C# without dotnet",
    "MQ_TRUST_ANSWERS": "1: nbgrader's autograde runs the answers without a sandbox",
    "MQ_RABBITMQ_URL": "the address of an existing RabbitMQ: amqp://user:password@host:5672/%2F",
    "MQ_RABBITMQ_MANAGEMENT_URL": "where its management page is",
    "MQ_RABBITMQ_STREAM_URL": "where its stream plugin is: rabbitmq-stream://user:password@host:5552/%2F",
    "MQ_RABBITMQ_NODES": "the addresses of an existing cluster, with commas between: amqp://…,amqp://…",
    "MQ_RABBITMQ_NODES_MANAGEMENT": "where the management page of each of its nodes is, with commas between",
    "MQ_RABBITMQ_TESTING_URL": "the address of a second, newer RabbitMQ: amqp://user:password@host:5672/%2F",
    "MQ_KAFKA_BOOTSTRAP": "the address of an existing Kafka: host:9092,other:9092",
    "MQ_KAFKA_NODES": "the addresses of an existing cluster: host:9092,other:9092,third:9092",
    "MQ_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
    "MQ_KAFKA_SASL_MECHANISM": "such as PLAIN or SCRAM-SHA-512",
    "MQ_KAFKA_SASL_USERNAME": "the name it is to let in",
    "MQ_KAFKA_SASL_PASSWORD": "and its password",
    "MQ_KAFKA_SSL_CAFILE": "the certificates that may sign for it (PEM)",
    "MQ_KAFKA_SSL_CERTFILE": "a certificate of yours (PEM)",
    "MQ_KAFKA_SSL_KEYFILE": "its private key (PEM)",
    "MQ_KAFKA_SSL_PASSWORD": "the password of that key",
    "MQ_KAFKA_SSL_CHECK_HOSTNAME": "whether its certificate must name the host: true or false",
    "MQ_SERVICEBUS_CONNECTION_STRING": "the address of an existing Service Bus: Endpoint=sb://host/;SharedAccessKeyName=…",
    "MQ_POSTGRES_URL": "the address of an existing PostgreSQL: postgresql://user:password@host:5432/database",
}
"""The meaning of each variable."""
OURS = {
    "MQ_BOOK_RUN",
    "MQ_BUILT_BOOK",
    "MQ_GRADING_RUN",
    "MQ_PORT_MARK",
    "MQ_REPLAY_TAPE",
    "MQ_SERVICE",
    "MQ_SQL_PASSWORD",
    "MQ_STACK",
    "MQ_TEST_RUN",
}
"""What the course's own processes tell each other; `compose.yaml` is filled in with MQ_PORT_NAME besides."""
TYPO = 0.82
"""How like one of ours a name must be to be taken for it: IBM's MQ has variables of the same beginning."""


def refuse_typos(environment: Mapping[str, str] | None = None) -> None:
    """Raise CourseError for a variable whose name is nearly one of ours, because it would have no effect."""
    environment = os.environ if environment is None else environment
    for name in environment:
        if not name.startswith("MQ_") or name in SETTINGS or name in OURS:
            continue
        meant = nearest(name, SETTINGS, TYPO)
        if meant is not None:
            raise CourseError(
                f"{name} is set, and means nothing here",
                do=f"Did you mean {meant}? Else unset it; `mq help environment` lists those there are",
                code=Exit.USAGE,
            )
