"""Who may import what inside the emulator (ARCHITECTURE.md, section Invariants)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "servicebus_emulator"


def imported(path: Path) -> set[str]:
    """Dotted names of everything a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:  # from . or .. : spelled out
                base = path.relative_to(PACKAGE.parent).parts[: -node.level]
                module = ".".join([*base, *([module] if module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def offenders(folder: str, *forbidden: str) -> list[str]:
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert files, f"no files in {folder}"
    return [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in files
        for name in sorted(imported(path))
        if any(name == item or name.startswith(item + ".") for item in forbidden)
    ]


def test_the_broker_knows_no_wire_no_socket_no_thread_and_no_clock() -> None:
    wire = [f"servicebus_emulator.{room}" for room in ("amqp", "admin", "gateway", "net", "config", "store")]
    assert (
        offenders("broker", *wire, "socket", "ssl", "asyncio", "threading", "time", "select", "sqlite3", "os")
        == []
    )


def test_the_broker_asks_nobody_what_time_it_is() -> None:
    asking = [
        path.name
        for path in sorted((PACKAGE / "broker").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
    ]
    assert asking == []


def test_the_protocol_knows_no_socket_and_no_broker() -> None:
    rooms = [f"servicebus_emulator.{room}" for room in ("admin", "gateway", "net", "config", "store")]
    allowed = "servicebus_emulator.broker"
    assert offenders("amqp", *rooms, allowed, "socket", "ssl", "asyncio", "threading", "select") == []


def test_the_store_knows_only_the_broker() -> None:
    rooms = [f"servicebus_emulator.{room}" for room in ("amqp", "admin", "gateway", "net", "config")]
    assert offenders("store", *rooms, "socket", "asyncio") == []


@pytest.mark.parametrize("name", ["time", "asyncio"])
def test_only_the_server_owns_the_clock(name: str) -> None:
    # client.py is a client: it runs in other processes, never in the emulator's.
    outside = [
        line for line in offenders(".", name) if not line.startswith(("net/server", "__main__", "client.py"))
    ]
    assert outside == []


def test_nothing_imports_the_course() -> None:
    assert offenders(".", "mqcourse") == []
