"""Files that are made from masters in this repo: compared with what the masters give, and written again."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mqcourse.errors import CourseError

Derive = Callable[[], Mapping[Path, str]]
"""Gives every derived file and what it has to hold. Raises CourseError for a master that it cannot read."""


def problems(derive: Derive) -> Iterator[str]:
    """One line for each derived file that is not what its masters give, or one that names what cannot be made."""
    try:
        made = derive()
    except CourseError as error:
        yield str(error)
        return
    for path, text in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path.name} is not what its masters give: run `make derived`"


def renew(derive: Derive) -> None:
    """Write the derived files."""
    for path, text in derive().items():
        path.write_text(text, encoding="utf-8")
