"""A broker that cannot be used is said to be what it is; real clients, real refusals."""

import re
import socket
import ssl
from collections.abc import Iterator

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.servicebus.management import ServiceBusAdministrationClient

from mqcourse.stack.unanswered import unanswered
from tests.run_stack import RunStack

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


@pytest.fixture
def nobody_there() -> Iterator[int]:
    """A port that is bound, so nobody else gets it, and at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_nobody_there_does_not_answer(nobody_there: int) -> None:
    said = of_servicebus(nobody_there)
    assert "does not answer" in said
    assert "`mq start servicebus`" in said


@pytest.mark.parametrize("number", [401, 403, 24010, 54037])
def test_a_number_in_a_port_or_an_address_is_no_refusal(number: int) -> None:
    error = ServiceRequestError(
        f"<HTTPSConnection(host='127.0.0.1', port={number}) at 0x7f{number}0>: Connection refused"
    )
    assert "does not answer" in str(unanswered("servicebus", error))


@pytest.mark.stack
def test_a_refused_key_is_said_to_be_refused(stack: RunStack) -> None:
    wrong = {**stack.endpoints.servicebus_administration}
    wrong["conn_str"] = re.sub(r"SharedAccessKey=[^;]*", "SharedAccessKey=d3Jvbmc=", wrong["conn_str"])
    with (
        ServiceBusAdministrationClient.from_connection_string(**wrong, retry_total=0) as admin,
        pytest.raises(AzureError) as caught,
    ):
        admin.get_namespace_properties()
    assert "refuses the name or key" in str(unanswered("servicebus", caught.value))


def test_a_proxy_in_between_is_named(nobody_there: int) -> None:
    proxy = f"http://127.0.0.1:{nobody_there}"
    said = of_servicebus(nobody_there, proxies={"https": proxy})
    assert "through a proxy" in said
    assert "mq start" not in said


def test_one_that_speaks_no_tls_is_no_broker_that_is_down() -> None:
    """As the administration client reports it, which leaves its socket open then."""
    error = ServiceRequestError("cannot connect", error=ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"))
    assert "certificate" in str(unanswered("servicebus", error))


def test_brokers_that_are_down_by_their_own_clients(nobody_there: int) -> None:
    import pika
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    with pytest.raises(pika.exceptions.AMQPError) as caught:
        pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", nobody_there))
    assert str(unanswered("rabbitmq", caught.value)).startswith("RabbitMQ does not answer")
    with pytest.raises(KafkaError) as kafka:
        KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{nobody_there}", bootstrap_timeout_ms=500)
    assert str(unanswered("kafka", kafka.value)).startswith("Kafka does not answer")


def test_what_nobody_foresaw_is_said_as_it_is() -> None:
    assert "answers with an error (ValueError: odd)" in str(unanswered("kafka", ValueError("odd")))
