"""A host with a real broker and no server."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from azure.servicebus.management import ServiceBusAdministrationClient

from servicebus_emulator.admin.host import HostedNamespace
from servicebus_emulator.broker.limits import UNLIMITED, Limits
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.sas import AccessRule, KeyRing

from .in_memory import SmallHost, admin_client


@pytest.fixture
def make_host() -> Callable[..., SmallHost]:
    """A host with one namespace ``sbemulatorns`` of the given limits and rules, or several by name."""

    def make(
        *names: str, limits: Limits = UNLIMITED, rules: tuple[AccessRule, ...] = (), **kwargs: Any
    ) -> SmallHost:
        key_ring = KeyRing(rules) if rules else KeyRing()
        hosted = {
            name: HostedNamespace(name, Namespace(name, limits=limits), key_ring, time.time())
            for name in names or ("sbemulatorns",)
        }
        return SmallHost(hosted, **kwargs)

    return make


@pytest.fixture
def host(make_host: Callable[..., SmallHost]) -> SmallHost:
    return make_host()


@pytest.fixture
def broker(host: SmallHost) -> Namespace:
    return host.namespaces["sbemulatorns"].broker


@pytest.fixture
def admin(host: SmallHost) -> ServiceBusAdministrationClient:
    return admin_client(host)
