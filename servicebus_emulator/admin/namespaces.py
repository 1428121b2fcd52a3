"""Which of several namespaces a client means: the first label of the host name it asked for.

``orders.localhost`` and ``orders.servicebus.windows.net`` (through the hosts file) name the namespace
``orders`` when there is one; an address or any other name means the default namespace, the first one.
AMQP gives the name in ``open.hostname``, HTTP in ``Host``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from servicebus_emulator.sas import host_of

_LOCAL_ENDINGS = (".localhost", ".internal", ".local", ".servicebus.windows.net")


def named_by(host: str, names: Iterable[str]) -> str:
    """The namespace, out of ``names`` (lower case, the default one first), that a host name means."""
    known = list(names)
    label = hostname(host).partition(".")[0]
    return label if label in known else known[0]


def hostname(host: str) -> str:
    """A host without port and brackets, lower case."""
    return host_of(f"sb://{host}") if host else ""


def is_local_name(host: str) -> bool:
    """Whether a Host header can only be this machine's own name, not a name that a stranger's DNS points here.

    An address is safe (a page of another site cannot have it as its own origin here), and so is a name
    without a dot or under a top-level name that public DNS never serves.
    """
    name = hostname(host)
    if not name:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(_LOCAL_ENDINGS)
    return True
