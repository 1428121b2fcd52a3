"""Which package may import which (import-linter's contracts in pyproject.toml), and no import hidden in a function."""

import ast
import re
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from mqcourse import cli
from mqcourse.home import CHECKOUT

LINTER = Path(sys.executable).parent / "lint-imports"
PLANTED = {
    "mqcourse/install/java.py": "mqcourse.stack.ports",
    "mqcourse/stack/ports.py": "mqcourse.backpressure.model.scenario",
    "mqcourse/stack/process.py": "mqcourse.book.build",
    "mqcourse/stack/stack.py": "mqcourse.grading.manifest",
    "mqcourse/backpressure/model/theory.py": "mqcourse.book.chapter",
    "mqcourse/backpressure/model/scenario.py": "mqcourse.backpressure.sweep",
    "mqcourse/backpressure/model/broker.py": "mqcourse.backpressure.model.consumers",
    "mqcourse/grading/manifest.py": "mqcourse.book.facts",
    "mqcourse/grading/journal.py": "mqcourse.grading.brokers.kafka",
    "mqcourse/grading/trial.py": "mqcourse.grading.judge",
    "mqcourse/grading/brokers/kafka.py": "mqcourse.grading.brokers.rabbitmq",
    "mqcourse/book/chapter.py": "mqcourse.grading.verdict",
    "mqcourse/book/facts.py": "mqcourse.start",
    "mqcourse/home.py": "mqcourse.disk",
    "mqcourse/errors.py": "mqcourse.settings",
    "mqcourse/stack/services/kafka.py": "mqcourse.stack.services.rabbitmq",
    "mqcourse/stack/services/service.py": "mqcourse.stack.providers.choice",
    "mqcourse/stack/providers/native.py": "mqcourse.stack.providers.docker",
    "mqcourse/book/toml_file.py": "mqcourse.book.directives.block",
    "mqcourse/stack/services/servicebus.py": "servicebus_emulator",
    "mqcourse/install/apt.py": "tools.pins",
    "mqcourse/install/download.py": "mqcourse.install.jars",
}
"""One forbidden import of each kind. The last one closes a circle within a layer."""
NEW_FILES = (
    "mqcourse/anywhere.py",
    "mqcourse/stack/anywhere.py",
    "mqcourse/stack/services/anywhere.py",
    "mqcourse/stack/providers/anywhere.py",
    "mqcourse/book/anywhere.py",
    "mqcourse/grading/anywhere.py",
    "mqcourse/grading/brokers/anywhere.py",
    "mqcourse/backpressure/anywhere.py",
    "mqcourse/backpressure/model/anywhere.py",
)


def linted(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The course's modules, to plant imports in."""
    for package in ("mqcourse", "tools"):
        shutil.copytree(
            CHECKOUT / package,
            tmp_path / package,
            ignore=lambda folder, names: [
                name for name in names if not (Path(folder) / name).is_dir() and not name.endswith(".py")
            ],
        )
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.lengthy
def test_the_layers_hold() -> None:
    found = linted(CHECKOUT)
    assert found.returncode == 0, found.stdout


@pytest.mark.lengthy
def test_each_forbidden_import_is_refused_wherever_it_is_written(copy: Path) -> None:
    for number, (file, module) in enumerate(PLANTED.items()):
        with (copy / file).open("a", encoding="utf-8") as source:
            # at the top of a module and hidden in a function, by turns
            source.write(f"def _planted():\n    import {module}\n" if number % 2 else f"import {module}\n")
    found = linted(copy)
    assert found.returncode == 1, found.stdout + found.stderr
    told = " ".join(found.stdout.split())
    unseen = [
        (file, module)
        for file, module in PLANTED.items()
        if f"{file.removesuffix('.py').replace('/', '.')} -> {module}" not in told
    ]
    assert unseen == [("mqcourse/install/download.py", "mqcourse.install.jars")]
    assert "No cycles are allowed in mqcourse.install" in told


@pytest.mark.lengthy
def test_a_new_file_that_is_in_no_layer_is_refused(copy: Path) -> None:
    for file in NEW_FILES:
        (copy / file).touch()
    found = linted(copy)
    assert found.returncode == 1
    modules = [file.removesuffix(".py").replace("/", ".") for file in NEW_FILES]
    told = re.findall(r"^- (\S+)$", found.stdout, re.MULTILINE)
    assert sorted(told) == sorted(modules)


def inner_imports(path: Path) -> list[int]:
    """The lines of a module that import something of the course inside a function, without a reason beside them."""
    with path.open("rb") as source:
        remarks = {
            token.start[0] for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT
        }
    return [
        node.lineno
        for function in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mqcourse"))
        or (isinstance(node, ast.Import) and any(name.name.startswith("mqcourse") for name in node.names))
        if node.lineno not in remarks
    ]


@pytest.mark.lengthy
def test_an_import_inside_a_function_has_its_reason_beside_it() -> None:
    """In a command's own module none is needed: `mq --help` loads all of these, and must not load what they run."""
    commands = {CHECKOUT / f"{module.replace('.', '/')}.py" for module in cli.COMMANDS}
    found = {
        str(path.relative_to(CHECKOUT)): lines
        for path in sorted((CHECKOUT / "mqcourse").rglob("*.py"))
        if path not in commands and (lines := inner_imports(path))
    }
    assert found == {}
