"""The external provider: a broker that someone else runs, named by a variable. It is looked at, never touched."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.stack import record
from mqcourse.stack.endpoints import ENVIRONMENT, endpoints
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.providers.provider import HANDSHAKE_LIMIT_S, Observation, Provider
from mqcourse.stack.record import Record
from mqcourse.stack.services.service import Service

VARIABLES = {
    "rabbitmq": ENVIRONMENT["rabbitmq_url"],
    "kafka": ENVIRONMENT["kafka_bootstrap"],
    "servicebus": ENVIRONMENT["servicebus_connection_string"],
    "postgres": ENVIRONMENT["postgres_url"],
}
FORMS = {
    "rabbitmq": "amqp://user:password@host:5672/%2F",
    "kafka": "host:9092,other:9092",
    "servicebus": "Endpoint=sb://host/;SharedAccessKeyName=name;SharedAccessKey=key",
    "postgres": "postgresql://user:password@host:5432/database",
}
DEFAULT_PORTS = {"amqp": 5672, "amqps": 5671, "sb": 5671, "postgresql": 5432, "postgres": 5432, "": 9092}
POSTGRESQL = ("postgresql://", "postgres://")
AMQP = ("amqp://", "amqps://")
SCHEMES = {"rabbitmq": AMQP, "kafka": ("",), "servicebus": ("Endpoint=sb://",), "postgres": POSTGRESQL}
"""How an address of each begins."""
LOGIN_LIMIT_S = 10


class External(Provider):
    """Brokers of elsewhere: a cluster, the cloud."""

    name = "external"
    takes_ports = False

    def start(self, service: Service, layout: StackLayout) -> Record:
        """See that it accepts our login, without creating anything there.

        Raises CourseError naming the variable when it does not.
        """
        variable = VARIABLES[service.name]
        address = os.environ.get(variable)
        if not address:
            raise CourseError(
                f"MQ_PROVIDER is external, but {variable} is not set",
                do=f"Set {variable}, or unset MQ_PROVIDER",
                code=Exit.USAGE,
            )
        if not well_formed(service.name, address):
            raise CourseError(
                f"{variable} is {shown(address)!r}, which is no address of {_title(service)}",
                do=f"Write it like {FORMS[service.name]}",
                code=Exit.USAGE,
            )
        began = time.monotonic()
        try:
            # first, since the clients say less about a closed port, and Kafka's tries for ten seconds
            _connect(hosts_of(address), LOGIN_LIMIT_S)
            version = LOGINS[service.name](layout)
        except CourseError:
            raise
        except Exception as error:  # each client has errors of its own; all mean the same here
            raise CourseError(
                f"{_title(service)} does not let us in at {shown(address)} ({type(error).__name__}: {error})",
                do=f"Check {variable} and its SASL and TLS settings, or unset it to use a local one",
                code=Exit.UNREACHABLE,
            ) from error
        known = Record(
            name=service.name,
            provider=self.name,
            version=version,
            base=layout.ports.base,
            endpoint=shown(address),
            management=_beside(service, "rabbitmq_management_url"),
            streams=_beside(service, "rabbitmq_stream_url"),
            data_dir=None,
            pid=None,
            born_s=0.0,
            started_s=time.time(),
            ready_s=round(time.monotonic() - began, 3),
        )
        record.write(layout.state, known)
        return known

    def lives(self, known: Record) -> bool:
        """Checked again each time."""
        return False

    def adopt(self, service: Service, layout: StackLayout, known: Record) -> Record:
        """There is nothing to wait for."""
        return self.start(service, layout)

    def observe(self, service: Service, layout: StackLayout, known: Record) -> Observation:
        """Whether its address accepts connections."""
        address = os.environ.get(VARIABLES[service.name]) or known.endpoint
        reached = well_formed(service.name, address) and _accepts(hosts_of(address))
        return Observation("external" if reached else "unreachable")

    def stop(self, service: Service, state: Path) -> None:
        """It is not ours to stop; it is only forgotten."""
        record.forget(state, service.name)

    def empty(self, service: Service, layout: StackLayout) -> None:
        """Refuse: its data belongs to whoever runs it."""
        raise CourseError(
            f"{service.title} is external ({VARIABLES[service.name]}): its data is not ours to throw away",
            do="Empty it where it runs, or unset the variable",
            code=Exit.USAGE,
        )


def unvisited(service: Service) -> Record:
    """What is known of an external broker before `mq start` has looked at it: its address."""
    address = shown(os.environ.get(VARIABLES[service.name], ""))
    return Record(
        name=service.name,
        provider=External.name,
        version="",
        base=0,
        endpoint=address,
        management=None,
        data_dir=None,
        pid=None,
        born_s=0.0,
        started_s=0.0,
    )


def _title(service: Service) -> str:
    """Its name where it is not our emulator that runs."""
    return service.title.removesuffix(" emulator")


def well_formed(name: str, address: str) -> bool:
    """Whether an address has the form that the clients of this broker read (see FORMS)."""
    try:
        pairs = hosts_of(address)
    except ValueError:  # a port that is none, half an IPv6 address
        return False
    # the key of a connection string may stand anywhere in it, and in any order
    begins = any(part.startswith(SCHEMES[name]) for part in address.split(";"))
    return begins and all(host and not set(host) & set(" /@;") for host, _ in pairs)


def _beside(service: Service, name: str) -> str | None:
    """Another address of RabbitMQ, such as its own page, without a password that the address may hold."""
    address = os.environ.get(ENVIRONMENT[name]) if service.name == "rabbitmq" else None
    return address and shown(address)


def shown(address: str) -> str:
    """An address without its password or key."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "…"
    if parts.password:
        return address.replace(f":{parts.password}@", ":…@", 1)
    if "SharedAccessKey=" in address:
        return ";".join(part for part in address.split(";") if not part.startswith("SharedAccessKey="))
    return address


def hosts_of(address: str) -> list[tuple[str, int]]:
    """The (host, port) pairs of an AMQP URL, a bootstrap list, or a Service Bus connection string."""
    if address.startswith((*AMQP, *POSTGRESQL)):
        parts = urlsplit(address)
        return [(parts.hostname or "localhost", parts.port or DEFAULT_PORTS[parts.scheme])]
    fields = dict(part.split("=", 1) for part in address.split(";") if "=" in part)
    if "Endpoint" in fields:
        parts = urlsplit(fields["Endpoint"])
        local = 5672 if fields.get("UseDevelopmentEmulator", "").lower() == "true" else DEFAULT_PORTS["sb"]
        return [(parts.hostname or "localhost", parts.port or local)]
    pairs = []
    for one in address.split(","):
        host, _, port = one.strip().rpartition(":") if ":" in one else (one.strip(), "", "")
        if port and not (port.isdigit() and int(port) < 1 << 16):
            raise ValueError(f"{port!r} is no port")
        pairs.append((host.strip("[]"), int(port or DEFAULT_PORTS[""])))
    return pairs


def _accepts(pairs: Sequence[tuple[str, int]]) -> bool:
    with contextlib.suppress(OSError):
        _connect(pairs, HANDSHAKE_LIMIT_S)
        return True
    return False


def _connect(pairs: Sequence[tuple[str, int]], timeout_s: float) -> None:
    """Raise the last one's error when none of the addresses accepts a connection."""
    error: OSError | None = None
    for pair in pairs:
        try:
            socket.create_connection(pair, timeout=timeout_s).close()
            return
        except OSError as refused:
            error = refused
    raise error or OSError("no address")


def _rabbitmq(layout: StackLayout) -> str:
    import pika

    parameters = pika.URLParameters(endpoints(layout.state).rabbitmq_url)
    parameters.socket_timeout = parameters.stack_timeout = LOGIN_LIMIT_S
    connection = pika.BlockingConnection(parameters)
    try:
        properties: Mapping[str, object] = connection._impl.server_properties
        return str(properties.get("version", "unknown"))
    finally:
        connection.close()


def _kafka(layout: StackLayout) -> str:
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(
        **endpoints(layout.state).kafka_settings,
        request_timeout_ms=LOGIN_LIMIT_S * 1000,
        bootstrap_timeout_ms=LOGIN_LIMIT_S * 1000,
    )
    try:
        node = admin.describe_cluster()["brokers"][0]["broker_id"]
        # as far as the requests it knows tell: 4.3 may be any 4.3.x
        return ".".join(map(str, admin.get_broker_version_data(node).broker_version))
    finally:
        admin.close()


def _servicebus(layout: StackLayout) -> str:
    """It is reached. More is unknown, since the SDK raises the same error for a missing entity and for a wrong key."""
    return "unknown"


def _postgres(layout: StackLayout) -> str:
    import psycopg

    with psycopg.connect(endpoints(layout.state).postgres_url, connect_timeout=LOGIN_LIMIT_S) as connection:
        return str(connection.info.parameter_status("server_version"))


LOGINS = {"rabbitmq": _rabbitmq, "kafka": _kafka, "servicebus": _servicebus, "postgres": _postgres}
