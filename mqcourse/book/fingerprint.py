"""What the kept results of a chapter depend on beside its own cells, as one short key.

Jupyter Cache compares a chapter's code cells and nothing else, so results would outlive the code they came from. The
key names the folder of results: another key, another folder, and every chapter runs again.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from mqcourse.home import CHECKOUT

PACKAGE = "mqcourse"
EMULATOR = "servicebus_emulator"
"""A broker that changes without a new version: its sources stand for it."""
PINS = ("requirements.txt",)
CODE_CELL = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{code-cell\}.*?$(?P<body>.*?)^(?P=fence)\s*$", re.MULTILINE | re.DOTALL
)
IMPORT = re.compile(
    rf"^\s*(?:from|import)\s+(?P<module>{PACKAGE}(?:\.\w+)*)(?:\s+import\s+(?P<names>[\w, ]+))?", re.MULTILINE
)


def fingerprint(chapters: Iterable[Path], versions: Mapping[str, str], root: Path = CHECKOUT) -> str:
    """Sixteen hexadecimal digits over the modules that the chapters use, our emulator, the pins and the versions."""
    digest = hashlib.sha256()
    beside = {root / pin for pin in PINS if (root / pin).exists()} | set((root / EMULATOR).rglob("*.py"))
    for path in sorted(modules_used(chapters, root) | beside):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    for name, version in sorted(versions.items()):
        digest.update(f"\0{name}={version}".encode())
    return digest.hexdigest()[:16]


def modules_used(chapters: Iterable[Path], root: Path = CHECKOUT) -> set[Path]:
    """The package's source files that the code cells import, and all that those import in turn, at any depth."""
    waiting: list[str] = []
    for chapter in chapters:
        for cell in CODE_CELL.finditer(chapter.read_text(encoding="utf-8")):
            for found in IMPORT.finditer(cell["body"]):
                waiting.append(found["module"])
                waiting += [
                    f"{found['module']}.{name.split()[0]}"
                    for name in (found["names"] or "").split(",")
                    if name.strip()
                ]
    files: set[Path] = set()
    while waiting:
        for path in sources_of(waiting.pop(), root):
            if path not in files:
                files.add(path)
                waiting += imports_of(path, root)
    return files


def sources_of(module: str, root: Path) -> list[Path]:
    """The file of a module and the `__init__` of every package above it; empty for names that are not modules."""
    parts = module.split(".")
    found = [
        path for i in range(1, len(parts)) if (path := root.joinpath(*parts[:i], "__init__.py")).exists()
    ]
    for path in (root.joinpath(*parts).with_suffix(".py"), root.joinpath(*parts, "__init__.py")):
        if path.exists():
            found.append(path)
    return found


def imports_of(path: Path, root: Path) -> list[str]:
    """The package's modules that a source file imports, those inside functions too."""
    own = list(path.relative_to(root).with_suffix("").parts)
    if own[-1] == "__init__":
        own.pop()
        base = own
    else:
        base = own[:-1]
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(base[: len(base) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module or "") if part)
            found.append(module)
            found += [f"{module}.{alias.name}" for alias in node.names]
    return [name for name in found if name.split(".")[0] == PACKAGE]
