"""The package-lock.json of every package.json in the checkout, made again without any registry's address."""

import subprocess
from pathlib import Path

from mqcourse.home import CHECKOUT
from mqcourse.install.npm import run_npm


def folders(checkout: Path = CHECKOUT) -> list[Path]:
    """The folders whose npm packages are pinned."""
    listing = subprocess.run(
        ["git", "ls-files", "*package-lock.json"], cwd=checkout, capture_output=True, text=True, check=True
    )
    return [(checkout / name).parent for name in listing.stdout.splitlines()]


def renew(folder: Path) -> None:
    """Write package-lock.json from package.json. Raises CourseError when npm fails."""
    (folder / "package-lock.json").unlink(missing_ok=True)
    options = ("--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts")
    run_npm(["install", *options, "--no-audit", "--no-fund"], folder)
