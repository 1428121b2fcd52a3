"""Which provider runs a service."""

import os
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.stack import record
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import Ports
from mqcourse.stack.providers.docker import IN_COMPOSE, Docker
from mqcourse.stack.providers.external import VARIABLES, External
from mqcourse.stack.providers.native import Native
from mqcourse.stack.providers.provider import Provider
from mqcourse.stack.services.service import Service

_ALL: tuple[Provider, ...] = (Native(), Docker(), External())
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _ALL}


def chosen(service: Service, state: Path) -> Provider:
    """The provider to start a service with.

    A variable that names a broker (MQ_RABBITMQ_URL …) makes it external, unless it only repeats what `mq env`
    printed for our own brokers. Else MQ_PROVIDER, else native. Book and JupyterLab are always processes here.
    """
    variable = VARIABLES.get(service.name)
    if variable is None:
        return PROVIDERS["native"]
    address = os.environ.get(variable)
    if address and not _is_ours(service, state, address):
        return PROVIDERS["external"]
    wanted = os.environ.get("MQ_PROVIDER") or "native"
    if wanted not in PROVIDERS:
        raise CourseError(
            f"MQ_PROVIDER is {wanted!r}", do=f"Set it to one of: {', '.join(PROVIDERS)}", code=Exit.USAGE
        )
    return PROVIDERS[wanted] if service.name in IN_COMPOSE else PROVIDERS["native"]


def _is_ours(service: Service, state: Path, address: str) -> bool:
    known = record.read(state, service.name)
    if known is None or known.provider == "external":
        return False
    layout = StackLayout(state, state, Ports(known.base))
    return address in service.addresses(layout).known.values()
