"""Which of several namespaces a client means: the first label of the host name it asked for.

``orders.localhost`` and ``orders.servicebus.windows.net`` (through the hosts file) name the namespace
``orders`` when there is one; an address or any other name means the default namespace, the first one.
AMQP gives the name in ``open.hostname``, HTTP in ``Host``.
"""

from __future__ import annotations

from collections.abc import Iterable

from servicebus_emulator.sas import host_of


def named_by(host: str, names: Iterable[str]) -> str:
    """The namespace, out of ``names`` (lower case, the default one first), that a host name means."""
    known = list(names)
    label = hostname(host).partition(".")[0]
    return label if label in known else known[0]


def hostname(host: str) -> str:
    """A host without port and brackets, lower case."""
    return host_of(f"sb://{host}") if host else ""
