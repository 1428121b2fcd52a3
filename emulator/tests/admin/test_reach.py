"""By which names the emulator may be asked over HTTP, and by which web pages."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicebus_emulator.admin import routes
from servicebus_emulator.admin.reach import Reach, normal_origin

from .in_memory import HOST, SmallHost, asked

NAMESPACES = ("sbemulatorns", "orders")


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost:5672", "127.0.0.1:80", "127.8.8.8", "[::1]:5672", "10.1.2.3:5672"),
        *("orders", "orders.localhost:5672", "Orders.servicebus.windows.net", "box.example", "emulator:5672"),
    ],
)
def test_its_own_names(host: str) -> None:
    reach = Reach(frozenset({"emulator", "box.example"}))
    assert reach.names(host, "10.1.2.3", NAMESPACES)


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.local", "barename", "x.internal", "anything.servicebus.windows.net", "evil.localhost"),
        *("localhost.evil.example", "orders.evil.example", "10.9.9.9", "[fe80::1]", "127.0.0.1.evil.example"),
        *("localhost.", "a@localhost.evil", "%6cocalhost"),
    ],
)
def test_names_that_a_stranger_can_point_here(host: str) -> None:
    assert not Reach(frozenset({"emulator"})).names(host, "10.1.2.3", NAMESPACES)


@pytest.mark.parametrize(
    ("origin", "host", "secure"),
    [
        ("http://localhost:5672", "localhost:5672", False),
        ("http://LOCALHOST", "localhost:80", False),
        ("https://127.0.0.1:5671", "127.0.0.1:5671", True),
        ("https://localhost", "localhost", True),
        ("wss://localhost:5671", "localhost:5671", True),
        ("http://[::1]:5672", "[::1]:5672", False),
        ("http://app.example:3000", "localhost:5672", False),
    ],
)
def test_its_own_page_and_one_that_was_allowed(origin: str, host: str, secure: bool) -> None:
    assert Reach(origins=frozenset({"http://app.example:3000"})).admits(origin, host, secure=secure)


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "null",
            "http://evil.example",
            "http://localhost:3000",
            "https://localhost:5672",
            "http://127.0.0.1:5672",
        ),
        *(
            "http://localhost:5672.evil.example",
            "http://localhost:5672@evil.example",
            "file://",
            "http://[",
            "x",
        ),
    ],
)
def test_pages_of_others(origin: str) -> None:
    assert not Reach().admits(origin, "localhost:5672", secure=False)


@given(st.text())
def test_any_text_is_an_origin_or_none(text: str) -> None:
    assert normal_origin(text) == "" or normal_origin(normal_origin(text)) == normal_origin(text)


@pytest.mark.parametrize(
    "path", ["/api/state", "/metrics", "/health", "/", "/$namespaceinfo?api-version=2021-05"]
)
@pytest.mark.parametrize("authorize", [True, False])
def test_nothing_is_told_to_a_strangers_name_or_page(host: SmallHost, path: str, authorize: bool) -> None:
    host.authorize = authorize
    for headers in (
        {"host": "evil.local"},
        {"host": "anything.servicebus.windows.net"},
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site"},
    ):
        assert host.ask("GET", path, **headers).status == 403, headers


@pytest.mark.parametrize("authorize", [True, False])
def test_health_is_probed_for_nobody_who_is_refused(host: SmallHost, authorize: bool) -> None:
    host.authorize = authorize
    assert routes.wants_probe(asked("GET", "/health"), host)
    assert not routes.wants_probe(asked("GET", "/metrics"), host)
    assert not routes.wants_probe(asked("GET", "/health?api-version=2021-05"), host)
    for headers in (
        {"host": "evil.local"},
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
    ):
        assert not routes.wants_probe(asked("GET", "/health", **headers), host), headers
    elsewhere = replace(asked("GET", "/health"), loopback=False)
    assert routes.wants_probe(elsewhere, host) is not authorize


def test_a_link_on_another_site_leads_to_the_page_and_to_nothing_else(host: SmallHost) -> None:
    visit = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert host.ask("GET", "/", **visit).status == 200
    assert host.ask("GET", "/api/state", **visit).status == 403
    assert host.ask("POST", "/", **visit).status == 403


def test_the_pages_token_is_asked_for_where_there_is_one(host: SmallHost) -> None:
    host.reach = Reach(page_token="secret")
    for token in ("", "secre", "secret ", "sécret"):
        assert host.ask("GET", "/api/state", x_page_token=token).status == 401
        assert host.ask("POST", "/api/clock", b"{}", x_page_token=token).status == 401
    assert host.ask("GET", "/api/state", x_page_token="secret").status == 200
    assert host.ask("GET", "/").status == 200
    assert host.ask("GET", "/health", host=HOST).status == 200
