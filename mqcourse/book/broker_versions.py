"""Which brokers run, and which database, asked of the servers themselves: chapters are executed against them, and a record holds versions."""

from collections.abc import Callable, Sequence
from functools import partial

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import state_folder
from mqcourse.stack import endpoints, record

PATIENCE_S = 10
"""A broker that `mq start` called ready answers at once; one that was killed refuses the connection at once."""


def broker_versions(names: Sequence[str]) -> dict[str, str]:
    """Version by service, of those named, in the stack's names. Logs into each one.

    Raises CourseError when one of them does not answer.
    """
    asked: dict[str, Callable[[], str]] = {
        "rabbitmq": rabbitmq_version,
        "kafka": kafka_version,
        "servicebus": servicebus_version,
        "postgres": postgres_version,
        "rabbitmq-testing": partial(rabbitmq_version, "rabbitmq-testing"),
    }
    return {name: asked[name]() for name in names}


def rabbitmq_version(service: str = "rabbitmq") -> str:
    """RabbitMQ's own description at login: that of the stable one, or of `rabbitmq-testing`."""
    import pika
    import pika.exceptions

    known = endpoints()
    parameters = pika.URLParameters(
        known.rabbitmq_url if service == "rabbitmq" else known.rabbitmq_testing_url
    )
    parameters.socket_timeout = parameters.stack_timeout = PATIENCE_S
    try:
        connection = pika.BlockingConnection(parameters)
    except (pika.exceptions.AMQPError, OSError) as error:
        raise CourseError(
            f"RabbitMQ does not answer at {parameters.host}:{parameters.port} ({type(error).__name__})",
            do=f"Chapters are executed against it: run `mq start {service}`",
            code=Exit.UNREACHABLE,
        ) from error
    try:
        return str(connection._impl.server_properties["version"])
    finally:
        connection.close()


def kafka_version() -> str:
    """The version that was started, or for a broker elsewhere, the level of its `metadata.version`."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    settings = endpoints().kafka_settings
    try:
        admin = KafkaAdminClient(**settings, request_timeout_ms=PATIENCE_S * 1000)
    except (KafkaError, OSError) as error:
        raise CourseError(
            f"Kafka does not answer at {endpoints().kafka_bootstrap} ({type(error).__name__})",
            do="Chapters are executed against it: run `mq start kafka`",
            code=Exit.UNREACHABLE,
        ) from error
    try:
        started = record.read(state_folder(), "kafka")
        if started is not None and started.endpoint == endpoints().kafka_bootstrap:
            return started.version
        level = admin.describe_features()["metadata.version"]["finalized"][1]
        return f"with metadata.version level {level}"
    finally:
        admin.close()


def servicebus_version() -> str:
    """The version of our emulator, or for a namespace elsewhere, its tier."""
    from azure.core.exceptions import AzureError
    from azure.servicebus.management import ServiceBusAdministrationClient

    settings = endpoints().servicebus_administration
    try:
        with ServiceBusAdministrationClient.from_connection_string(
            **settings, retry_total=0, connection_timeout=PATIENCE_S, read_timeout=PATIENCE_S
        ) as admin:
            tier = admin.get_namespace_properties().messaging_sku
    except AzureError as error:
        raise CourseError(
            f"Azure Service Bus does not answer ({type(error).__name__})",
            do="Chapters are executed against it: run `mq start servicebus`",
            code=Exit.UNREACHABLE,
        ) from error
    started = record.read(state_folder(), "servicebus")
    if started is not None and started.endpoint == settings["conn_str"]:
        return started.version
    return f"in the cloud, tier {tier}"


def postgres_version() -> str:
    """The server's own word at login: "18.4"."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    url = endpoints().postgres_url
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE_S) as connection:
            return str(connection.info.parameter_status("server_version")).split()[0]
    except psycopg.OperationalError as error:
        at = conninfo_to_dict(url)
        raise CourseError(
            f"PostgreSQL does not answer at {at.get('host')}:{at.get('port')} ({type(error).__name__})",
            do="Chapters are executed against it: run `mq start postgres`",
            code=Exit.UNREACHABLE,
        ) from error
