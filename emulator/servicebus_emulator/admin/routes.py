"""Where a request goes: the administration, the page with its JSON API, health, metrics.

The administration's clients always say ``api-version``; so the page's few names can never hide an entity
of the same name from them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from servicebus_emulator.admin import access, atom, entity_operations, metrics, namespaces, page_api
from servicebus_emulator.admin.host import Host
from servicebus_emulator.admin.http import Request, Response
from servicebus_emulator.broker.errors import BrokerError

_WEB = Path(__file__).with_name("web")
_FILES = {
    (): ("index.html", "text/html; charset=utf-8"),
    ("page.js",): ("page.js", "text/javascript; charset=utf-8"),
    ("page.css",): ("page.css", "text/css; charset=utf-8"),
}
_GUARDS = (
    # nothing from elsewhere, no frame around it, no address of it told to others
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
)


def respond(request: Request, host: Host, now_s: float) -> Response:
    """The answer to one request; ``now_s`` is the emulator's clock (it may run ahead of the machine's)."""
    if request.method == "HEAD":
        return replace(respond(replace(request, method="GET"), host, now_s), body=b"")
    refused = stranger(request, host)
    if refused is not None:
        return refused
    hosted = host.namespaces[namespaces.named_by(request.host, host.namespaces)]
    if "api-version" in request.query:
        return entity_operations.respond(request, host, hosted, now_s)
    own = _own(request, host, now_s)
    return own if own is not None else entity_operations.respond(request, host, hosted, now_s)


def stranger(request: Request, host: Host) -> Response | None:
    """The answer to a web page that is none of ours, or to a name that is none of ours; None for all others."""
    try:
        access.require_no_stranger(request, host)
    except access.AccessRefused as error:
        if "api-version" in request.query:
            return atom.error_response(error.status, str(error), error.sub_code)
        return _json(error.status, {"error": str(error)})
    return None


def wants_probe(request: Request, host: Host) -> bool:
    """Whether the server should probe (a send and a receive) before it requests the answer.

    For a request that will be refused it does no such work.
    """
    if request.segments != ("health",) or "api-version" in request.query:
        return False
    try:
        access.require_no_stranger(request, host)
        access.require_this_machine(request, host)
    except access.AccessRefused:
        return False
    return True


def _own(request: Request, host: Host, now_s: float) -> Response | None:
    """The emulator's own answers, None when the path is not one of them."""
    segments = request.segments
    if segments == ("favicon.ico",):
        return Response(204)
    if segments not in (*_FILES, ("health",), ("metrics",)) and segments[:1] != ("api",):
        return None
    try:
        access.require_this_machine(request, host)
        if segments == ("health",):
            return _health(host)
        if segments == ("metrics",):
            return Response(200, metrics.text(host).encode(), "text/plain; version=0.0.4; charset=utf-8")
        if segments in _FILES:
            if request.method != "GET":
                return _json(405, {"error": f"{request.method} is not for this address."})
            name, kind = _FILES[segments]
            return Response(200, (_WEB / name).read_bytes(), kind, _GUARDS)
        access.require_page(request, host)
        return _json(*page_api.respond(request, host, now_s))
    except access.AccessRefused as error:
        return _json(error.status, {"error": str(error)})
    except BrokerError as error:
        return _json(error.status, {"error": str(error), "condition": error.condition})


def _health(host: Host) -> Response:
    """The official emulator's answer, with what was measured beside it."""
    health = host.health
    told: dict[str, object] = {
        "status": "healthy" if health.healthy else "unhealthy",
        "message": "Service is healthy."
        if health.healthy
        else "Service not available. Please try after some time.",
        "probe": "one message sent and received",
        "tookMilliseconds": round(health.took_s * 1000, 3),
    }
    if health.failure:
        told["failure"] = health.failure
    return _json(200 if health.healthy else 503, told)


def _json(status: int, value: object) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, "application/json; charset=utf-8", _GUARDS)
