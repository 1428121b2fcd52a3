"""Stand-in for Microsoft's devtools_testutils, which is on no package registry.

The SDK's own tests decorate each case with preparers that create cloud resources. These create the same
resources in the emulator. Only what the tests of azure-servicebus use is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import random
import string

from azure.core.exceptions import ResourceNotFoundError

# Arguments that pytest fills in; every other argument of a case comes from a preparer.
_PARAMETRIZED = ("uamqp_transport", "socket_transport")
_cache: dict[object, dict[str, object]] = {}


class AzureTestError(Exception):
    """A preparer could not do its work."""


class ReservedResourceNameError(AzureTestError):
    """Never raised here; imported by the preparers."""


class FakeResource:
    """A resource that is only a name."""

    def __init__(self, name, id):
        self.name = name
        self.id = id


class AzureMgmtRecordedTestCase:
    """Base class of the cases: always live, since the emulator is there."""

    is_live = True

    @staticmethod
    def await_prepared_test(fn):
        """Run an asyncio case to its end; the preparers around it are synchronous."""

        @functools.wraps(fn)
        def run(instance, *args, **kwargs):
            asyncio.run(fn(instance, *args, **kwargs))

        return run

    def create_random_name(self, name):
        return _random_name(name, 24)

    def get_resource_name(self, name):
        return _random_name(name, 24)


AzureRecordedTestCase = AzureMgmtRecordedTestCase


def _random_name(prefix, length):
    letters = "".join(random.choices(string.ascii_lowercase + string.digits, k=12))
    return (prefix[: max(1, length - len(letters))] + letters).lower()


def _run(fn, instance, kwargs):
    """Call a case or the next preparer; a coroutine is run to its end in a loop of its own."""
    accepted = inspect.signature(fn).parameters
    everything = getattr(fn, "_takes_everything", False)
    if not everything and not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values()):
        kwargs = {name: value for name, value in kwargs.items() if name in accepted}
    result = fn(instance, **kwargs)
    if inspect.isawaitable(result):
        asyncio.run(_awaited(result))


async def _awaited(result):
    await result


def _exposing(wrapper, fn):
    """Show pytest only the arguments that it fills in."""
    inner = inspect.signature(fn).parameters
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    shown = [
        p.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for n, p in inner.items()
        if n in _PARAMETRIZED
    ]
    wrapper.__signature__ = inspect.Signature([first, *shown])
    wrapper._takes_everything = True
    return wrapper


class AzureMgmtPreparer:
    """Creates a resource before the case and removes it afterwards; a cached one stays for all cases."""

    is_live = True

    def __init__(self, name_prefix, random_name_length=24, *, random_name_enabled=True, **_):
        self.name_prefix = name_prefix
        self.random_name_length = random_name_length
        self.random_name_enabled = random_name_enabled
        self.moniker = None
        self._cache_enabled = False
        self._cache_key = ()
        self.test_class_instance = None

    def set_cache(self, enabled, *key):
        self._cache_enabled = enabled
        self._cache_key = tuple(str(part) for part in key)

    def create_mgmt_client(self, client_class, **_):
        return client_class()

    def create_resource(self, name, **kwargs):
        return {}

    def remove_resource(self, name, **kwargs):
        pass

    def __call__(self, fn):
        @functools.wraps(fn)
        def prepared(instance, **kwargs):
            self.test_class_instance = instance
            name = _random_name(self.name_prefix, self.random_name_length)
            key = (type(self).__name__, self.name_prefix, self._cache_key)
            if self._cache_enabled:
                if key not in _cache:
                    _cache[key] = self.create_resource(name, **kwargs)
                made = _cache[key]
            else:
                made = self.create_resource(name, **kwargs)
            try:
                _run(fn, instance, {**kwargs, **made})
            finally:
                if not self._cache_enabled:
                    # a case may have deleted it itself
                    with contextlib.suppress(ResourceNotFoundError):
                        self.remove_resource(name, **{**kwargs, **made})

        return _exposing(prepared, fn)


class PowerShellPreparer:
    """Hands a case the values that a deployed environment would have; here they come from the variables."""

    def __init__(self, _directory, **defaults):
        self.values = {name: os.environ.get(name.upper(), default) for name, default in defaults.items()}

    def __call__(self, fn):
        @functools.wraps(fn)
        def prepared(instance, **kwargs):
            _run(fn, instance, {**self.values, **kwargs})

        return _exposing(prepared, fn)


class _GroupPreparer(AzureMgmtPreparer):
    """A resource group is only a name here."""

    def __init__(self, *args, **kwargs):
        super().__init__("group")

    def create_resource(self, name, **kwargs):
        return {"resource_group": FakeResource(name, name), "location": "here"}


CachedResourceGroupPreparer = RandomNameResourceGroupPreparer = _GroupPreparer


def recorded_by_proxy(fn):
    """Nothing is recorded: the case talks to the emulator."""
    return fn


def get_credential(is_async=False, **_):
    """The emulator's key, where the cloud's tests use the identity of the signed-in user."""
    if is_async:
        from azure.servicebus.aio._base_handler_async import ServiceBusSharedKeyCredential
    else:
        from azure.servicebus._base_handler import ServiceBusSharedKeyCredential
    return ServiceBusSharedKeyCredential(
        os.environ["SERVICEBUS_SAS_POLICY"], os.environ["SERVICEBUS_SAS_KEY"]
    )


def get_region_override(default):
    return default


def set_custom_default_matcher(**_):
    pass


def add_general_regex_sanitizer(**_):
    pass
