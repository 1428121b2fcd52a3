"""Every form of a request target, where HTTP is read: administration, page, health, WebSocket (RFC 9112 section 3.2)."""

import base64

import pytest

from servicebus_emulator.admin.http import Request, Response
from servicebus_emulator.net.http_layer import HttpLayer

WEBSOCKET = "/$servicebus/websocket"


def answer(method: str, target: str, host: str = "named", **headers: str) -> tuple[bytes, list[Request]]:
    """What one request is answered, and what was handed on."""
    seen: list[Request] = []

    def respond(request: Request) -> Response:
        seen.append(request)
        return Response(200, b"ok", "text/plain")

    layer = HttpLayer(
        respond, 0.0, stranger=lambda _request: None, secure=False, loopback=True, own_address="127.0.0.1"
    )
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    layer.receive(("\r\n".join(lines) + "\r\n\r\n").encode(), 0.0)
    return layer.take(), seen


def upgrade(target: str) -> bytes:
    key = base64.b64encode(bytes(16)).decode()
    return answer(
        "GET",
        target,
        Upgrade="websocket",
        Connection="Upgrade,Keep-Alive",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key=key,
        Sec_WebSocket_Protocol="AMQPWSB10",
    )[0]


@pytest.mark.parametrize(
    "target",
    [
        WEBSOCKET,
        f"{WEBSOCKET}/",
        f"{WEBSOCKET}?x=1",
        "/%24servicebus/WebSocket",
        f"https://localhost{WEBSOCKET}",
        f"HTTP://localhost:5672{WEBSOCKET}?x=1",
        f"wss://[::1]:5671{WEBSOCKET}",
    ],
)
def test_a_websocket_opens_for_every_form_of_its_address(target: str) -> None:
    assert upgrade(target).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(
    "target", ["/queue", "https://localhost/queue", "https://localhost", "http://h?$servicebus/websocket"]
)
def test_a_websocket_elsewhere_is_refused_with_a_reason(target: str) -> None:
    refusal = upgrade(target)
    assert refusal.startswith(b"HTTP/1.1 404 ")
    assert WEBSOCKET.encode() in refusal


@pytest.mark.parametrize(
    ("target", "host", "origin"),
    [
        ("/q?api-version=2021-05", "named", "/q?api-version=2021-05"),
        ("http://other:81/q?api-version=2021-05", "other:81", "/q?api-version=2021-05"),
        ("HTTPS://other", "other", "/"),
        ("http://other?x=http://third/", "other", "/?x=http://third/"),
        ("/http://inside/q", "named", "/http://inside/q"),
    ],
)
def test_the_absolute_form_replaces_the_host_header(target: str, host: str, origin: str) -> None:
    _, (request,) = answer("GET", target)
    assert (request.host, request.target) == (host, origin)


def test_options_may_ask_about_the_server_as_a_whole() -> None:
    text, seen = answer("OPTIONS", "*")
    assert text.startswith(b"HTTP/1.1 200 ")
    assert b"allow: GET" in text
    assert not seen


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("CONNECT", "localhost:5672", 501),
        ("CONNECT", "/queue", 400),
        ("GET", "*", 400),
        ("GET", "localhost:5672", 400),
        ("GET", "queue", 400),
        ("GET", "ftp://localhost/queue", 400),
        ("GET", "http:///queue", 400),
    ],
)
def test_what_is_no_target_here_is_refused_with_its_status(method: str, target: str, status: int) -> None:
    text, seen = answer(method, target)
    assert text.startswith(f"HTTP/1.1 {status} ".encode())
    assert not seen
