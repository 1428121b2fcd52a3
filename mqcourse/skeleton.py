"""What the commands `new` have in common: names, files that are not overwritten, and the marks of what is left to write."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from mqcourse.disk import make_folder, write_text
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import shown

MARK = "TODO(author)"
"""Marks a place of a skeleton where its author has to write something. A learner's own TODO has no brackets."""
CLOSING = re.compile(r"(?:\"[\]),} ]*| \|)$")
"""What ends a line of TOML, of Python or of a table after the words of a mark."""
NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")


def check_name(word: str, what: str, joint: str) -> None:
    """CourseError unless the word is a name: small letters and digits, joined by `joint`."""
    other = "-" if joint == "_" else "_"
    if not NAME.fullmatch(word) or other in word:
        raise CourseError(
            f"{word!r} is no name for a {what}",
            do=f"Use small letters and digits, with {joint!r} between words, such as "
            + joint.join(("first", "steps")),
            code=Exit.USAGE,
        )


def write(texts: Mapping[Path, str]) -> list[Path]:
    """Write new files; CourseError before the first is written when one of them exists."""
    for path in texts:
        if path.exists():
            raise CourseError(f"{shown(path)} exists already", do="Choose another name", code=Exit.USAGE)
    for path, text in texts.items():
        make_folder(path.parent)
        write_text(path, text)
    return list(texts)


def left(path: Path) -> Iterator[str]:
    """What is left to write in a file: a line for each mark."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if MARK in line:
            yield f"{shown(path)}:{number}: {MARK}{CLOSING.sub('', line.partition(MARK)[2])}"
