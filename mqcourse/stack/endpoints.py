"""Where the brokers are: the first call of every lab, chapter and test."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mqcourse.disk import write_private
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import state_folder
from mqcourse.variables import reach_loopback_directly

FILE = "endpoints.json"
ENVIRONMENT = {
    "rabbitmq_url": "MQ_RABBITMQ_URL",
    "rabbitmq_management_url": "MQ_RABBITMQ_MANAGEMENT_URL",
    "rabbitmq_stream_url": "MQ_RABBITMQ_STREAM_URL",
    "rabbitmq_nodes": "MQ_RABBITMQ_NODES",
    "rabbitmq_nodes_management": "MQ_RABBITMQ_NODES_MANAGEMENT",
    "rabbitmq_testing_url": "MQ_RABBITMQ_TESTING_URL",
    "kafka_bootstrap": "MQ_KAFKA_BOOTSTRAP",
    "kafka_nodes": "MQ_KAFKA_NODES",
    "servicebus_connection_string": "MQ_SERVICEBUS_CONNECTION_STRING",
    "postgres_url": "MQ_POSTGRES_URL",
}
"""A variable that is set wins over what `mq start` wrote: a cluster, or the cloud."""
KAFKA_ENVIRONMENT: Mapping[str, tuple[str, type]] = {
    "MQ_KAFKA_SECURITY_PROTOCOL": ("security_protocol", str),
    "MQ_KAFKA_SASL_MECHANISM": ("sasl_mechanism", str),
    "MQ_KAFKA_SASL_USERNAME": ("sasl_plain_username", str),
    "MQ_KAFKA_SASL_PASSWORD": ("sasl_plain_password", str),
    "MQ_KAFKA_SSL_CAFILE": ("ssl_cafile", str),
    "MQ_KAFKA_SSL_CERTFILE": ("ssl_certfile", str),
    "MQ_KAFKA_SSL_KEYFILE": ("ssl_keyfile", str),
    "MQ_KAFKA_SSL_PASSWORD": ("ssl_password", str),
    "MQ_KAFKA_SSL_CHECK_HOSTNAME": ("ssl_check_hostname", bool),
}
"""SASL and TLS settings of an external Kafka, by the names kafka-python gives them."""
SECURITY_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
"""kafka-python takes any other word for PLAINTEXT."""
STREAM_PORTS = {"rabbitmq-stream": 5552, "rabbitmq-stream+tls": 5551}
"""The stream plugin's own ports, by the schemes of the addresses that RabbitMQ's stream clients take."""
BROKER_OF = {
    "rabbitmq_url": ("RabbitMQ", "rabbitmq"),
    "rabbitmq_management_url": ("RabbitMQ's management", "rabbitmq"),
    "rabbitmq_stream_url": ("RabbitMQ's stream protocol", "rabbitmq"),
    "rabbitmq_nodes": ("RabbitMQ's cluster", "--nodes 3 rabbitmq"),
    "rabbitmq_nodes_management": ("The management of RabbitMQ's cluster", "--nodes 3 rabbitmq"),
    "rabbitmq_testing_url": ("RabbitMQ of the suite testing", "--suite testing rabbitmq"),
    "kafka_bootstrap": ("Kafka", "kafka"),
    "kafka_nodes": ("Kafka's cluster", "--nodes 3 kafka"),
    "servicebus_connection_string": ("Azure Service Bus", "servicebus"),
    "postgres_url": ("PostgreSQL", "postgres"),
}


@dataclass(frozen=True)
class Endpoints:
    """The addresses of the brokers.

    Asking for RabbitMQ's or Kafka's raises CourseError when it was never started and no variable names one.
    `servicebus_connection_string` is None until that broker runs.
    """

    known: Mapping[str, str]
    kafka_security: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rabbitmq_url(self) -> str:
        """For pika.URLParameters: amqp://user:password@host:port/%2F."""
        return self._known("rabbitmq_url")

    @property
    def rabbitmq_management_url(self) -> str:
        """The management UI and HTTP API: http://host:port/."""
        return self._known("rabbitmq_management_url")

    @property
    def rabbitmq_stream_url(self) -> str:
        """The stream protocol: rabbitmq-stream://user:password@host:port/%2F, or rabbitmq-stream+tls://…."""
        return self._known("rabbitmq_stream_url")

    @property
    def rabbitmq_stream_settings(self) -> dict[str, Any]:
        """Keyword arguments for every client of rstream: host, port, username, password, vhost, and TLS where set.

        Raises CourseError when the address is none of that protocol.
        """
        address = self.rabbitmq_stream_url
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:  # a port that is none
            parts, port = urlsplit(""), None
        if parts.scheme not in STREAM_PORTS or not parts.hostname:
            raise CourseError(
                f"{ENVIRONMENT['rabbitmq_stream_url']} is no address of RabbitMQ's stream protocol",
                do="Write it like rabbitmq-stream://user:password@host:5552/%2F",
                code=Exit.USAGE,
            )
        secure = parts.scheme.endswith("+tls")
        import ssl  # most commands start without it

        return {
            "host": parts.hostname,
            "port": port or STREAM_PORTS[parts.scheme],
            "username": unquote(parts.username or "guest"),
            "password": unquote(parts.password or "guest"),
            "vhost": unquote(parts.path.removeprefix("/")) or "/",
            **({"ssl_context": ssl.create_default_context()} if secure else {}),
        }

    @property
    def kafka_bootstrap(self) -> str:
        """host:port, or several with commas between."""
        return self._known("kafka_bootstrap")

    @property
    def kafka_settings(self) -> dict[str, Any]:
        """Keyword arguments for every client of kafka-python: bootstrap_servers, and SASL and TLS where set."""
        return {"bootstrap_servers": self.kafka_bootstrap.split(","), **self.kafka_security}

    @property
    def rabbitmq_nodes(self) -> list[str]:
        """The nodes of the cluster, each for pika.URLParameters, which of them run or not."""
        return self._known("rabbitmq_nodes").split(",")

    @property
    def rabbitmq_nodes_management(self) -> list[str]:
        """The management UI and HTTP API of each node, in the order of `rabbitmq_nodes`: http://host:port/."""
        return self._known("rabbitmq_nodes_management").split(",")

    @property
    def rabbitmq_testing_url(self) -> str:
        """RabbitMQ of the distribution's next release, for pika.URLParameters."""
        return self._known("rabbitmq_testing_url")

    @property
    def kafka_nodes(self) -> list[str]:
        """The brokers of the cluster, for bootstrap_servers, which of them run or not."""
        return self._known("kafka_nodes").split(",")

    @property
    def servicebus_administration(self) -> dict[str, Any]:
        """Keyword arguments for ServiceBusAdministrationClient.from_connection_string.

        That client speaks HTTPS only. `connection_verify` names the certificate that our emulator made for itself;
        with a namespace in the cloud it is True, and the usual authorities decide.
        """
        certificate = Path(self.known.get("servicebus_certificate", ""))
        return {
            "conn_str": self._known("servicebus_connection_string"),
            "connection_verify": str(certificate) if certificate.is_file() else True,
        }

    @property
    def servicebus_connection_string(self) -> str | None:
        """For ServiceBusClient.from_connection_string, or None."""
        return self.known.get("servicebus_connection_string")

    @property
    def postgres_url(self) -> str:
        """For psycopg.connect: postgresql://user:password@host:port/database."""
        return self._known("postgres_url")

    def _known(self, name: str) -> str:
        value = self.known.get(name)
        if value is None:
            broker, service = BROKER_OF[name]
            raise CourseError(
                f"{broker} has no address: it was not started, and {ENVIRONMENT[name]} is not set",
                do=f"Run `mq start {service}`",
                code=Exit.UNREACHABLE,
            )
        return value


def endpoints(state: Path | None = None, environment: Mapping[str, str] | None = None) -> Endpoints:
    """Where the brokers are: the environment's word first, else what `mq start` wrote into the state folder."""
    environment = os.environ if environment is None else environment
    reach_loopback_directly()  # in this very process: a notebook or a script of the learner's own, too
    file = (state or state_folder()) / FILE
    known: dict[str, str] = {}
    if file.is_file():
        known = _read(file)
    elsewhere = environment.get("MQ_SERVICEBUS_CONNECTION_STRING")
    if elsewhere and elsewhere != known.get("servicebus_connection_string"):
        known.pop("servicebus_certificate", None)  # our emulator's: no other namespace shows it
    known |= {
        name: environment[variable] for name, variable in ENVIRONMENT.items() if environment.get(variable)
    }
    if environment.get("MQ_RABBITMQ_URL"):
        for name in ("rabbitmq_management_url", "rabbitmq_stream_url"):
            if not environment.get(ENVIRONMENT[name]):
                known.pop(name, None)  # the local broker's would be the wrong one
    protocol = environment.get("MQ_KAFKA_SECURITY_PROTOCOL")
    if protocol and protocol not in SECURITY_PROTOCOLS:
        raise CourseError(
            f"MQ_KAFKA_SECURITY_PROTOCOL is {protocol!r}",
            do=f"Set it to one of: {', '.join(SECURITY_PROTOCOLS)}",
            code=Exit.USAGE,
        )
    security = {
        name: _typed(environment[variable], kind)
        for variable, (name, kind) in KAFKA_ENVIRONMENT.items()
        if environment.get(variable)
    }
    return Endpoints(known, security)


def _read(file: Path) -> dict[str, str]:
    """The addresses that `mq start` wrote. CourseError when the file is damaged."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {name: str(value) for name, value in found.items() if value}
    except (ValueError, AttributeError) as error:
        raise CourseError(
            f"{file} does not hold the brokers' addresses any more",
            do="Write it again: `mq start` (what runs goes on running)",
            code=Exit.ENVIRONMENT,
        ) from error


def _typed(text: str, kind: type) -> Any:
    return text.lower() in ("1", "true", "yes") if kind is bool else text


def write(state: Path, known: Mapping[str, str | None]) -> None:
    """Keep the addresses for other processes; replaced at once, so that no reader sees half a file."""
    file = state / FILE
    write_private(file, json.dumps(dict(known), indent=2) + "\n")
