"""Pytest plugin for the SDK's own tests: sends the SDK's clients to the emulator instead of the cloud.

What the cloud's tests get from Azure Resource Manager (queues, topics, subscriptions, rules of access) is made
through the emulator's own administration. The clients under test are the SDK's, unchanged, over TLS: they are only
given the options that the SDK documents for another address and certificate, since without Microsoft's domain name
the port cannot be part of the namespace.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import os
import sys
import types
from pathlib import Path

import pytest
from azure.servicebus import TransportType
from azure.servicebus._common._configuration import Configuration
from azure.servicebus._pyamqp import _connection
from azure.servicebus._pyamqp.aio import _connection_async
from azure.servicebus.management import AccessRights as Rights
from azure.servicebus.management import AuthorizationRule, ServiceBusAdministrationClient

NAMESPACE = "localhost"
POLICY, KEY = os.environ["SERVICEBUS_SAS_POLICY"], os.environ["SERVICEBUS_SAS_KEY"]
SUFFIX = os.environ["SERVICEBUS_ENDPOINT_SUFFIX"]  # ":port"
CERTIFICATE = os.environ["REQUESTS_CA_BUNDLE"]
ADDRESS = f"sb://{NAMESPACE}{SUFFIX}"


class Properties(types.SimpleNamespace):
    """Stand-in for the models of azure-mgmt-servicebus: a bag of settings."""


class AccessRights:
    """Of azure-mgmt-servicebus: the same words in lower-case names."""

    manage = "Manage"
    send = "Send"
    listen = "Listen"


def _administration():
    return ServiceBusAdministrationClient.from_connection_string(
        f"Endpoint={ADDRESS};SharedAccessKeyName={POLICY};SharedAccessKey={KEY}"
    )


def _keys(entity_path, name, key):
    ending = f";EntityPath={entity_path}" if entity_path else ""
    return types.SimpleNamespace(
        primary_connection_string=f"Endpoint={ADDRESS}/;SharedAccessKeyName={name};SharedAccessKey={key}{ending}",
        key_name=name,
        primary_key=key,
    )


class _Operations:
    """Queues, topics, subscriptions and namespaces, as far as the preparers use them."""

    def begin_create_or_update(self, _group, _name, _settings):
        resource = types.SimpleNamespace(name=NAMESPACE)
        return types.SimpleNamespace(result=lambda: resource)


class _Namespaces(_Operations):
    def create_or_update_authorization_rule(self, _group, _namespace, _name, rule):
        """Rules of a namespace are configured at start (see suite.CONFIG); pick the one with these rights."""
        self.chosen = {("Listen",): "listen-only", ("Send",): "send-only"}.get(tuple(rule.rights), POLICY)
        return types.SimpleNamespace(name=self.chosen)

    def list_keys(self, _group, _namespace, name):
        chosen = getattr(self, "chosen", POLICY if name == "RootManageSharedAccessKey" else name)
        return _keys("", chosen, KEY)

    def delete(self, _group, _name):
        pass

    def delete_authorization_rule(self, _group, _namespace, _name):
        pass


class _Queues:
    def create_or_update(self, _group, _namespace, name, settings):
        with _administration() as client:
            return client.create_queue(name, **vars(settings))

    def delete(self, _group, _namespace, name):
        with _administration() as client:
            client.delete_queue(name)

    def create_or_update_authorization_rule(self, _group, _namespace, queue, name, rule):
        with _administration() as client:
            properties = client.get_queue(queue)
            properties.authorization_rules = [
                *(properties.authorization_rules or []),
                AuthorizationRule(
                    type="SharedAccessAuthorizationRule",
                    claim_type="SharedAccessKey",
                    claim_value="None",
                    key_name=name,
                    primary_key=KEY,
                    secondary_key="",
                    rights=[Rights(word) for word in rule.rights],
                ),
            ]
            client.update_queue(properties)
        return types.SimpleNamespace(name=name)

    def list_keys(self, _group, _namespace, queue, name):
        return _keys(queue, name, KEY)

    def delete_authorization_rule(self, _group, _namespace, queue, name):
        with _administration() as client:
            properties = client.get_queue(queue)
            properties.authorization_rules = [
                rule for rule in properties.authorization_rules if rule.key_name != name
            ]
            client.update_queue(properties)


class _Topics:
    def create_or_update(self, _group, _namespace, name, _settings):
        with _administration() as client:
            return client.create_topic(name)

    def delete(self, _group, _namespace, name):
        with _administration() as client:
            client.delete_topic(name)


class _Subscriptions:
    def create_or_update(self, _group, _namespace, topic, name, settings):
        with _administration() as client:
            return client.create_subscription(topic, name, **vars(settings))

    def delete(self, _group, _namespace, topic, name):
        with _administration() as client:
            client.delete_subscription(topic, name)


class ServiceBusManagementClient:
    """Stand-in for the client of azure-mgmt-servicebus."""

    def __init__(self):
        self.namespaces = _Namespaces()
        self.queues = _Queues()
        self.topics = _Topics()
        self.subscriptions = _Subscriptions()


class ResourceManagementClient:
    """Stand-in for the client of azure-mgmt-resource: a group is only a name."""

    def __init__(self):
        made = types.SimpleNamespace(name="group")
        self.resource_groups = types.SimpleNamespace(
            create_or_update=lambda *_: made,
            begin_delete=lambda *_, **__: types.SimpleNamespace(result=lambda: None),
        )


def _module(name, **members):
    made = types.ModuleType(name)
    vars(made).update(members)
    sys.modules[name] = made
    return made


# imported by one module of the suite, raised by nothing in it
_module("azure.common", AzureHttpError=Exception, AzureConflictHttpError=Exception)
_module("azure.mgmt", __path__=[])
_module("azure.mgmt.resource", ResourceManagementClient=ResourceManagementClient)
_module("azure.mgmt.servicebus", ServiceBusManagementClient=ServiceBusManagementClient, __path__=[])
_module(
    "azure.mgmt.servicebus.models",
    SBQueue=Properties,
    SBSubscription=Properties,
    SBAuthorizationRule=Properties,
    AccessRights=AccessRights,
)


# The SDK takes no port for TLS: it is always the service's own one.
_connection.SECURE_PORT = _connection_async.SECURE_PORT = int(SUFFIX.removeprefix(":"))
_plain_configuration = Configuration.__init__


@functools.wraps(_plain_configuration)
def _aimed(self, **kwargs):
    """Give a client the emulator's certificate, and for WebSocket its port, unless the case gives its own."""
    if kwargs["hostname"].partition(":")[0] == NAMESPACE and not kwargs.get("custom_endpoint_address"):
        kwargs["connection_verify"] = kwargs.get("connection_verify") or CERTIFICATE
        if kwargs.get("transport_type") is TransportType.AmqpOverWebsocket:
            kwargs["custom_endpoint_address"] = ADDRESS
    _plain_configuration(self, **kwargs)


Configuration.__init__ = _aimed


@pytest.fixture(scope="session")
def test_proxy():
    """The recording proxy of the cloud's tests; nothing is recorded here."""


def pytest_pyfunc_call(pyfuncitem):
    """Run a case that is a coroutine and has no preparer around it."""
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        wanted = inspect.signature(pyfuncitem.obj).parameters
        asyncio.run(pyfuncitem.obj(**{n: v for n, v in pyfuncitem.funcargs.items() if n in wanted}))
        return True
    return None


_found = {}


def pytest_runtest_logreport(report):
    """Write one line for each case when it is over: the worst of its set-up, call and tear-down counts."""
    known = _found.setdefault(
        report.nodeid, {"case": report.nodeid, "outcome": "passed", "took_s": 0.0, "text": ""}
    )
    known["took_s"] = round(known["took_s"] + report.duration, 3)
    if report.failed:
        known["outcome"], known["text"] = "failed", known["text"] + str(report.longreprtext)[-4000:]
    elif report.skipped and known["outcome"] == "passed":
        known["outcome"], known["text"] = "skipped", str(report.longrepr)[-500:]
    if report.when == "teardown":
        with Path(os.environ["CONFORMANCE_REPORT"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(known) + "\n")
