"""The contracts of pyproject.toml hold, and each refuses an import that is planted against it; no circle, no clock."""

from __future__ import annotations

import ast
import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

HERE = Path(__file__).parents[1]
PACKAGE = HERE / "servicebus_emulator"
READS_THE_CLOCK = {"__main__.py", "client.py", "net/server.py"}

PLANTED = [
    *(
        ("broker/queue.py", name)
        for name in (
            *(
                f"servicebus_emulator.{room}"
                for room in ("amqp.types", "gateway.cbs", "net.server", "store.schema")
            ),
            *("servicebus_emulator.sas", "socket", "asyncio", "time", "threading", "mqcourse"),
        )
    ),
    ("amqp/link.py", "servicebus_emulator.broker.message"),
    ("amqp/link.py", "servicebus_emulator.client"),
    ("amqp/link.py", "socket"),
    ("store/schema.py", "servicebus_emulator.admin.duration"),
    ("admin/routes.py", "servicebus_emulator.gateway.cbs"),
    ("admin/routes.py", "time"),
    ("config/reader.py", "servicebus_emulator.gateway.cbs"),
    ("gateway/cbs.py", "servicebus_emulator.emulator"),
    ("gateway/cbs.py", "servicebus_emulator.net.client_socket"),
    ("gateway/cbs.py", "socket"),
    ("net/client_socket.py", "time"),
    ("net/client_socket.py", "mqcourse"),
    ("testing/pytest_plugin.py", "servicebus_emulator.broker.queue"),
    ("client.py", "servicebus_emulator.broker.queue"),
    ("broker/added.py", "time"),
]
"""A file, which is made where it is new, and what it imports."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "contracts.py"):
        shutil.copy(HERE / name, tmp_path)
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def plant(folder: Path, file: str, text: str) -> None:
    path = folder / PACKAGE.name / file
    path.parent.mkdir(exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(before + text, encoding="utf-8")


def module_of(file: str) -> str:
    return f"{PACKAGE.name}.{file.removesuffix('.py').replace('/', '.')}"


def test_the_contracts_hold(copied: Path) -> None:
    done = lint(copied)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_a_planted_import_is_refused_wherever_it_is_written(copied: Path) -> None:
    places = itertools.cycle(
        (
            "\nimport {}\n",
            "\ndef later() -> None:\n    import {}\n",
            "\nif TYPE_CHECKING:\n    import {}\n",
        )
    )
    for (file, name), text in zip(PLANTED, places, strict=False):
        plant(copied, file, text.format(name))
    done = lint(copied)
    assert done.returncode == 1, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    unseen = [
        (file, name)
        for file, name in PLANTED
        if not any(
            line in told
            for line in (
                f"{module_of(file)} -> {name} ",
                f"{module_of(file)} is not allowed to import {name}",
            )
        )
    ]
    assert unseen == [], done.stdout


def test_a_new_file_or_folder_that_is_in_no_layer_is_refused(copied: Path) -> None:
    plant(copied, "added.py", "")
    plant(copied, "new/__init__.py", "")
    told = re.findall(r"^- (\S+)$", lint(copied).stdout, re.MULTILINE)
    assert sorted(told) == ["servicebus_emulator.added", "servicebus_emulator.new"]


def circles(package: str) -> Iterator[str]:
    """Imports that are part of a circle when modules are loaded or functions are called."""
    graph = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=True)
    for module in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            if graph.chain_exists(importer=imported, imported=module):
                yield f"{module} imports {imported}, which needs it"


def test_no_module_is_in_a_circle() -> None:
    assert list(circles("servicebus_emulator")) == []


def test_a_circle_is_found_also_in_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "in_a_circle"
    package.mkdir()
    for name, text in {"__init__": "", "a": "from in_a_circle import b\n"}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    (package / "b.py").write_text("def later():\n    from in_a_circle import a\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert len(list(circles("in_a_circle"))) == 2


def test_only_the_server_the_command_line_and_the_client_ask_for_the_time() -> None:
    asking = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "monotonic", "time")
        if isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date", "time")
    }
    assert asking <= READS_THE_CLOCK
