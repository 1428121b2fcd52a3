"""Where the page's review has its parts: its scripts in book/_static, and the memory model in an npm package."""

import shutil
from pathlib import Path

from mqcourse.home import CHECKOUT
from mqcourse.install.npm import node_modules
from mqcourse.progress import Progress

LOCKED = Path(__file__).parent / "ts-fsrs"
MODEL = "ts-fsrs/dist/index.umd.js"
"""A script that works in a page opened from a folder too, where a browser loads no module."""
STATIC = CHECKOUT / "book" / "_static"
FOLDER = "ts-fsrs"
"""Where the model and its licence are in the built book's _static."""


def publish(folder: Path, progress: Progress | None = None) -> None:
    """Put the model and its licence into `folder`. Raises CourseError when npm cannot fetch the package."""
    package = node_modules(LOCKED, progress)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(package / MODEL, folder / "ts-fsrs.js")
    shutil.copyfile(package / "ts-fsrs" / "LICENSE", folder / "LICENSE.txt")
