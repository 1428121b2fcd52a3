"""Copies of notebooks that a command replaces: whatever a learner wrote into one can be had back."""

import hashlib
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from mqcourse.disk import make_folder, unwritable, write_text
from mqcourse.home import state_folder
from mqcourse.small_file import object_of


def keep(path: Path, now: datetime | None = None) -> Path:
    """Copy a file to kept/ in the state folder, under its name and the time; gives the copy."""
    stamp = (now or datetime.now().astimezone()).strftime("%Y-%m-%d-%H%M%S")
    folder = make_folder(state_folder() / "kept")
    copy = folder / f"{path.stem}-{stamp}{path.suffix}"
    number = 1
    while copy.exists():
        number += 1
        copy = folder / f"{path.stem}-{stamp}-{number}{path.suffix}"
    try:
        shutil.copyfile(path, copy)
    except OSError as error:
        raise unwritable(copy, error) from error
    return copy


def is_ours(path: Path) -> bool:
    """Whether nobody wrote into a notebook: it is as `note_built` noted it, or as git has it."""
    raw = path.read_bytes()
    return _built().get(str(path)) == _digest(raw) or raw == _committed(path)


def note_built(path: Path) -> None:
    """Keep what a notebook was built as."""
    file = _file()
    make_folder(file.parent)
    write_text(file, json.dumps(_built() | {str(path): _digest(path.read_bytes())}))


def _file() -> Path:
    return state_folder() / "built.json"


def _built() -> dict[str, Any]:
    return object_of(_file())


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _committed(path: Path) -> bytes | None:
    """The file in the last commit, or None without git or outside a repository."""
    try:
        shown = subprocess.run(
            ["git", "show", f"HEAD:./{path.name}"], cwd=path.parent, capture_output=True, check=False
        )
    except OSError:
        return None
    return shown.stdout if shown.returncode == 0 else None
