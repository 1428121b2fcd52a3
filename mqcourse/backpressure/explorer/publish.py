"""What the explorer needs beside a page, put into one folder: its module, and Python for those who ask for it.

explorer.js         the module that the page loads
explorer-file.js    the same as a script, for a page that was opened from a folder
python-worker.js    starts Pyodide, when a reader asks
python.json         the model's own source, by path
pyodide/            Pyodide from its npm package (locked), with the SimPy that is installed here as a wheel in the lock
                    file that Pyodide reads, by checksum
"""

import ast
import base64
import hashlib
import json
import shutil
import zipfile
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path

from mqcourse.backpressure.explorer.bundle import BUNDLE, WEB, classic
from mqcourse.errors import CourseError
from mqcourse.home import CHECKOUT
from mqcourse.install.npm import node_modules
from mqcourse.progress import Progress

LOCKED = WEB / "pyodide"
WORKER = WEB / "python-worker.js"
FROM_FILE = "explorer-file.js"
PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
ROOTS = ("mqcourse.backpressure.model.simulation", "mqcourse.backpressure.model.scenario", "mqcourse.errors")


def publish(folder: Path, progress: Progress | None = None) -> None:
    """Put all of it into `folder`, writing only what changed. Raises CourseError when Pyodide cannot be fetched."""
    package = node_modules(LOCKED, progress) / "pyodide"
    pyodide = folder / "pyodide"
    pyodide.mkdir(parents=True, exist_ok=True)
    name, wheel = simpy_wheel()
    for path, content in (
        (folder / BUNDLE.name, BUNDLE.read_bytes()),
        (folder / FROM_FILE, classic(BUNDLE.read_text(encoding="utf-8")).encode()),
        (folder / WORKER.name, WORKER.read_bytes()),
        (folder / "python.json", json.dumps(sources()).encode()),
        (
            pyodide / "pyodide-lock.json",
            json.dumps(lock(package / "pyodide-lock.json", name, wheel)).encode(),
        ),
        (pyodide / name, wheel),
    ):
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    for file in PYODIDE_FILES:
        if not (package / file).exists():
            raise CourseError(
                f"Pyodide's package has no {file}", do="Renew its lock and see what it holds now"
            )
        target = pyodide / file
        if not target.exists() or target.stat().st_size != (package / file).stat().st_size:
            shutil.copyfile(package / file, target)


def sources() -> dict[str, str]:
    """The model's modules by path, found by following their imports, in the order of their names."""
    found: dict[str, str] = {}
    ahead = list(ROOTS)
    while ahead:
        name = ahead.pop()
        base = CHECKOUT / name.replace(".", "/")
        path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        key = path.relative_to(CHECKOUT).as_posix()
        if key in found or not path.exists():
            continue
        found[key] = path.read_text(encoding="utf-8")
        parts = name.split(".")
        ahead += [".".join(parts[:length]) for length in range(1, len(parts))]
        for node in ast.walk(ast.parse(found[key])):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mqcourse"):
                ahead.append(str(node.module))
    return dict(sorted(found.items()))


def simpy_wheel() -> tuple[str, bytes]:
    """File name and content of a wheel made of the installed SimPy; the same bytes every time."""
    package = distribution("simpy")
    buffer = BytesIO()
    info = f"simpy-{package.version}.dist-info"
    records = []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:

        def put(name: str, content: bytes) -> None:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)

        for file in sorted(package.files or [], key=str):
            name = file.as_posix()
            wanted = name.startswith("simpy/") or name in (f"{info}/METADATA", f"{info}/WHEEL")
            if not wanted or "__pycache__" in name:
                continue
            content = file.read_binary()
            put(name, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            records.append(f"{name},sha256={digest},{len(content)}")
        put(f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,", ""]).encode())
    return f"simpy-{package.version}-py3-none-any.whl", buffer.getvalue()


def lock(theirs: Path, name: str, wheel: bytes) -> dict[str, object]:
    """Pyodide's lock file with one package in it, SimPy, and its checksum."""
    read = json.loads(theirs.read_text(encoding="utf-8"))
    version = name.split("-")[1]
    read["packages"] = {
        "simpy": {
            "name": "simpy",
            "version": version,
            "file_name": name,
            "install_dir": "site",
            "sha256": hashlib.sha256(wheel).hexdigest(),
            "package_type": "package",
            "imports": ["simpy"],
            "depends": [],
            "unvendored_tests": False,
        }
    }
    return dict(read)
