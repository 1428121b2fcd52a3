"""Where the brokers are: the environment first, then what `mq start` wrote."""

import inspect
import json
import ssl

import pytest

from mqcourse.errors import CourseError
from mqcourse.stack import endpoints
from mqcourse.stack.endpoints import write

LOCAL = {
    "rabbitmq_url": "amqp://guest:guest@127.0.0.1:27100/%2F",
    "rabbitmq_management_url": "http://127.0.0.1:27101/",
    "rabbitmq_stream_url": "rabbitmq-stream://guest:guest@127.0.0.1:27102/%2F",
    "kafka_bootstrap": "127.0.0.1:27110",
}


def test_they_are_what_up_wrote(tmp_path):
    write(tmp_path, LOCAL)
    found = endpoints(tmp_path, {})
    assert found.rabbitmq_url == LOCAL["rabbitmq_url"]
    assert found.rabbitmq_management_url == LOCAL["rabbitmq_management_url"]
    assert found.kafka_bootstrap == "127.0.0.1:27110"
    assert found.kafka_settings == {"bootstrap_servers": ["127.0.0.1:27110"]}
    assert found.servicebus_connection_string is None


def test_a_missing_broker_is_an_error_only_when_it_is_asked_for(tmp_path):
    found = endpoints(tmp_path, {"MQ_KAFKA_BOOTSTRAP": "one:9092,two:9092"})
    assert found.kafka_settings["bootstrap_servers"] == ["one:9092", "two:9092"]
    with pytest.raises(CourseError, match="mq start rabbitmq"):
        _ = found.rabbitmq_url
    with pytest.raises(CourseError, match="mq start kafka"):
        _ = endpoints(tmp_path, {}).kafka_settings


def test_the_environment_wins_and_hides_the_local_management_ui_and_stream_port(tmp_path):
    write(tmp_path, LOCAL)
    found = endpoints(tmp_path, {"MQ_RABBITMQ_URL": "amqps://u:p@cluster/prod"})
    assert found.rabbitmq_url == "amqps://u:p@cluster/prod"
    with pytest.raises(CourseError, match="MQ_RABBITMQ_MANAGEMENT_URL"):
        _ = found.rabbitmq_management_url
    with pytest.raises(CourseError, match="MQ_RABBITMQ_STREAM_URL"):
        _ = found.rabbitmq_stream_settings
    assert found.kafka_bootstrap == LOCAL["kafka_bootstrap"]


def test_a_stream_address_becomes_the_arguments_of_rstream(tmp_path):
    write(tmp_path, LOCAL)
    assert endpoints(tmp_path, {}).rabbitmq_stream_settings == {
        "host": "127.0.0.1",
        "port": 27102,
        "username": "guest",
        "password": "guest",
        "vhost": "/",
    }
    cloud = {"MQ_RABBITMQ_STREAM_URL": "rabbitmq-stream+tls://me:p%40ss@cluster/prod"}
    found = endpoints(tmp_path, cloud).rabbitmq_stream_settings
    assert isinstance(found.pop("ssl_context"), ssl.SSLContext)
    assert found == {
        "host": "cluster",
        "port": 5551,
        "username": "me",
        "password": "p@ss",
        "vhost": "prod",
    }


@pytest.mark.parametrize("address", ["amqp://cluster", "rabbitmq-stream://", "rabbitmq-stream://cluster:x"])
def test_a_stream_address_of_another_form_is_refused_without_its_password(tmp_path, address):
    found = endpoints(tmp_path, {"MQ_RABBITMQ_STREAM_URL": address})
    with pytest.raises(CourseError, match="no address of RabbitMQ's stream protocol"):
        _ = found.rabbitmq_stream_settings


def test_every_stream_setting_is_one_that_rstream_takes(tmp_path):
    import rstream

    address = {"MQ_RABBITMQ_STREAM_URL": "rabbitmq-stream+tls://cluster"}
    settings = set(endpoints(tmp_path, address).rabbitmq_stream_settings)
    for client in (
        rstream.Producer,
        rstream.Consumer,
        rstream.SuperStreamProducer,
        rstream.SuperStreamConsumer,
    ):
        assert settings <= set(inspect.signature(client).parameters)


def test_sasl_and_tls_settings_pass_through_by_kafka_pythons_names(tmp_path):
    found = endpoints(
        tmp_path,
        {
            "MQ_KAFKA_BOOTSTRAP": "cluster:9093",
            "MQ_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "MQ_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "MQ_KAFKA_SASL_USERNAME": "me",
            "MQ_KAFKA_SASL_PASSWORD": "secret",
            "MQ_KAFKA_SSL_CAFILE": "/ca.pem",
            "MQ_KAFKA_SSL_CHECK_HOSTNAME": "false",
        },
    )
    assert found.kafka_settings == {
        "bootstrap_servers": ["cluster:9093"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "me",
        "sasl_plain_password": "secret",
        "ssl_cafile": "/ca.pem",
        "ssl_check_hostname": False,
    }


def test_every_setting_is_one_that_kafka_python_knows(tmp_path):
    from kafka import KafkaProducer

    from mqcourse.stack.endpoints import KAFKA_ENVIRONMENT

    assert {name for name, _ in KAFKA_ENVIRONMENT.values()} <= set(KafkaProducer.DEFAULT_CONFIG)


def test_they_are_frozen_and_written_whole(tmp_path):
    write(tmp_path, {**LOCAL, "servicebus_connection_string": None})
    assert json.loads((tmp_path / "endpoints.json").read_text())["kafka_bootstrap"]
    with pytest.raises(AttributeError):
        endpoints(tmp_path, {}).known = {}
    assert [file.name for file in tmp_path.iterdir()] == ["endpoints.json"]


EMULATOR = (
    "Endpoint=sb://127.0.0.1:27120;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;"
)


def test_the_administration_trusts_the_emulators_own_certificate_and_in_the_cloud_the_usual_authorities(
    tmp_path,
):
    with pytest.raises(CourseError, match="mq start servicebus"):
        _ = endpoints(tmp_path, {}).servicebus_administration
    certificate = tmp_path / "certificate.pem"
    certificate.touch()
    write(
        tmp_path,
        {"servicebus_connection_string": EMULATOR, "servicebus_certificate": str(certificate)},
    )
    local = {"conn_str": EMULATOR, "connection_verify": str(certificate)}
    assert endpoints(tmp_path, {}).servicebus_administration == local
    # what `mq env` exports is the same namespace
    exported = {"MQ_SERVICEBUS_CONNECTION_STRING": EMULATOR}
    assert endpoints(tmp_path, exported).servicebus_administration == local
    cloud = {
        "MQ_SERVICEBUS_CONNECTION_STRING": "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKey=k"
    }
    assert endpoints(tmp_path, cloud).servicebus_administration == {
        "conn_str": cloud["MQ_SERVICEBUS_CONNECTION_STRING"],
        "connection_verify": True,
    }
    certificate.unlink()
    assert endpoints(tmp_path, {}).servicebus_administration["connection_verify"] is True
