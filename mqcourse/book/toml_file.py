"""How the book's files of facts and terms are read: what is wrong with the file itself is one line."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mqcourse.errors import CourseError
from mqcourse.exits import Exit

T = TypeVar("T")


def read_toml(path: Path, parse: Callable[[str, str], T], *, missing: str) -> T:
    """`parse(name, text)` of the file. CourseError when the file is missing, with those words, or is not TOML."""
    try:
        return parse(path.name, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(missing, code=Exit.SAID_NO) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{path.name} is not TOML: {error}", do="Correct that line", code=Exit.SAID_NO
        ) from error
