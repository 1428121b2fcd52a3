"""A broker that cannot be used is said to be what it is; real clients, real refusals."""

import socket
import ssl

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.servicebus.management import ServiceBusAdministrationClient

from mqcourse.stack.unanswered import unanswered

HERE = "Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=n;SharedAccessKey=a2V5;UseDevelopmentEmulator=true"


def of_servicebus(port: int, **settings: object) -> str:
    with (
        ServiceBusAdministrationClient.from_connection_string(
            HERE.format(port=port), retry_total=0, connection_timeout=5, **settings
        ) as admin,
        pytest.raises(AzureError) as caught,
    ):
        admin.get_namespace_properties()
    return str(unanswered("servicebus", caught.value))


def nobody_there() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_nobody_there_does_not_answer() -> None:
    assert "does not answer" in of_servicebus(nobody_there())
    assert "`mq up servicebus`" in of_servicebus(nobody_there())


def test_a_proxy_in_between_is_named() -> None:
    proxy = f"http://127.0.0.1:{nobody_there()}"
    said = of_servicebus(nobody_there(), proxies={"https": proxy})
    assert "through a proxy" in said
    assert "mq up" not in said


def test_one_that_speaks_no_tls_is_no_broker_that_is_down() -> None:
    """As the administration client reports it, which leaves its socket open then."""
    error = ServiceRequestError("cannot connect", error=ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"))
    assert "certificate" in str(unanswered("servicebus", error))


def test_brokers_that_are_down_by_their_own_clients() -> None:
    import pika
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    with pytest.raises(pika.exceptions.AMQPError) as caught:
        pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", nobody_there()))
    assert str(unanswered("rabbitmq", caught.value)).startswith("RabbitMQ does not answer")
    with pytest.raises(KafkaError) as kafka:
        KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{nobody_there()}", bootstrap_timeout_ms=500)
    assert str(unanswered("kafka", kafka.value)).startswith("Kafka does not answer")


def test_what_nobody_foresaw_is_said_as_it_is() -> None:
    assert "answers with an error (ValueError: odd)" in str(unanswered("kafka", ValueError("odd")))
