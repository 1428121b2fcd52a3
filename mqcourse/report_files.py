"""A report on disk: its forms under one name, and no file that exists is replaced."""

import os
from collections.abc import Mapping
from pathlib import Path

from mqcourse.disk import make_folder, unwritable

PRIVATE = 0o600


def write(folder: Path, name: str, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write a file for each suffix; the name gets a number where one of them exists. CourseError where it cannot be done.

    Only their owner reads them: they hold what people typed.
    """
    make_folder(folder)
    number = 1
    while True:
        called = name if number == 1 else f"{name}-{number}"
        paths = [folder / f"{called}{suffix}" for suffix in texts]
        if not any(os.path.lexists(path) for path in paths) and _all_new(paths, texts):
            return tuple(paths)
        number += 1


def _all_new(paths: list[Path], texts: Mapping[str, str]) -> bool:
    """Write them all; false when another program made one of them meanwhile."""
    for path, text in zip(paths, texts.values(), strict=True):
        try:
            target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
            with os.fdopen(target, "w", encoding="utf-8") as out:
                out.write(text)
        except FileExistsError:
            return False
        except OSError as error:
            raise unwritable(path, error) from error
    return True
