"""What the kept outputs of a chapter depend on, as one short key: its own cells, and what they use of the course.

Not part of it, though outputs may change with them: the versions of brokers and packages, which the record names
instead, and the course's modules that only find addresses and start brokers. Comments, docstrings and line breaks of a
module do not count either: they print nothing.
"""

import ast
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mqcourse.book.chapter import Chapter
from mqcourse.home import CHECKOUT

PACKAGE = "mqcourse"
ADDRESSES = (
    "mqcourse.stack",
    "mqcourse.install",
    "mqcourse.home",
    "mqcourse.errors",
    "mqcourse.progress",
    "mqcourse.variables",
)
"""Modules that a cell uses to reach a broker, without effect on what it prints; not followed."""
IMPORT = re.compile(
    rf"^\s*(?:from|import)\s+(?P<module>{PACKAGE}(?:\.\w+)*)(?:\s+import\s+(?P<names>[\w, ]+))?", re.MULTILINE
)


def fingerprint(chapter: Chapter) -> str:
    """Sixteen hexadecimal digits over the code cells of a chapter and the modules of the course that they use."""
    digest = hashlib.sha256()
    for cell in chapter.cells:
        digest.update(f"\0{cell.source}".encode())
    for path in sorted(modules_used([cell.source for cell in chapter.cells], chapter.root)):
        digest.update(f"\0{path.relative_to(chapter.root).as_posix()}\0".encode())
        digest.update(code_of(path).encode())
    return digest.hexdigest()[:16]


def code_of(path: Path) -> str:
    """A module as it is executed: without comments, docstrings and layout."""
    return _code_of(path.read_bytes())


@cache
def _code_of(source: bytes) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # a text that stands alone: a docstring, or the note below a constant
            node.body = [one for one in node.body if not _is_text(one)]
    return ast.unparse(tree)  # not ast.dump, which differs between versions of Python


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def modules_used(cells: Iterable[str], root: Path = CHECKOUT) -> set[Path]:
    """The package's source files that the code cells import, and all that those import in turn, at any depth.

    The `__init__` of a package above a module counts only for what it imports when it is loaded: a cell that uses
    the module calls none of its functions.
    """
    waiting: list[str] = []
    for cell in cells:
        for found in IMPORT.finditer(cell):
            waiting.append(found["module"])
            waiting += [
                f"{found['module']}.{name.split()[0]}"
                for name in (found["names"] or "").split(",")
                if name.strip()
            ]
    files: set[Path] = set()
    passed: set[Path] = set()
    while waiting:
        module = waiting.pop()
        if any(module == one or module.startswith(f"{one}.") for one in ADDRESSES):
            continue
        for path in above(module, root) - passed:
            passed.add(path)
            waiting += imports_of(path, root, when_loaded=True)
        for path in sources_of(module, root) - files:
            files.add(path)
            waiting += imports_of(path, root)
    return files


def above(module: str, root: Path) -> set[Path]:
    """The `__init__` of every package above a module."""
    parts = module.split(".")
    found = (root.joinpath(*parts[:i], "__init__.py") for i in range(1, len(parts)))
    return {path for path in found if path.exists()}


def sources_of(module: str, root: Path) -> set[Path]:
    """The file of a module; empty for names that are not modules."""
    parts = module.split(".")
    files = (root.joinpath(*parts).with_suffix(".py"), root.joinpath(*parts, "__init__.py"))
    return {path for path in files if path.exists()}


def imports_of(path: Path, root: Path, *, when_loaded: bool = False) -> list[str]:
    """The package's modules that a source file imports, those inside functions too unless only `when_loaded`."""
    own = list(path.relative_to(root).with_suffix("").parts)
    if own[-1] == "__init__":
        own.pop()
        base = own
    else:
        base = own[:-1]
    return list(_imported(path.read_bytes(), tuple(base), when_loaded))


@cache
def _imported(source: bytes, base: tuple[str, ...], when_loaded: bool) -> tuple[str, ...]:
    found: list[str] = []
    tree = ast.parse(source)
    for node in tree.body if when_loaded else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(base[: len(base) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module or "") if part)
            found.append(module)
            found += [f"{module}.{alias.name}" for alias in node.names]
    return tuple(name for name in found if name.split(".")[0] == PACKAGE)
