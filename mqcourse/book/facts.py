"""The facts of the course that depend on a version: book/facts.toml, loaded and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from mqcourse.book.toml_file import read_toml
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT

FACTS = CHECKOUT / "book" / "facts.toml"
FIELDS = {"text": str, "product": str, "version": str, "source": str, "url": str, "checked": date}
OPTIONAL = {"test": str}


@dataclass(frozen=True)
class Fact:
    """One claim that is true of a version, with where it was read and when.

    `version` is the version that the source names; `test` names the test that proves the fact on a
    broker, where there is one.
    """

    id: str
    text: str
    product: str
    version: str
    source: str
    url: str
    checked: date
    test: str = ""

    @property
    def stamp(self) -> str:
        """Product and version as they are shown beside the text: "RabbitMQ 4.3"."""
        return f"{self.product} {self.version}".strip()


def load_facts(path: Path = FACTS) -> Mapping[str, Fact]:
    """Every fact by its id, in the order of the file; CourseError names the file, the fact and the field."""
    return read_toml(path, _facts, missing=f"there is no file of facts at {path}")


@cache
def _facts(file: str, text: str) -> Mapping[str, Fact]:
    return {name: _fact(file, name, fields) for name, fields in tomllib.loads(text).items()}


def _fact(file: str, name: str, fields: Any) -> Fact:
    where = f"{file}, fact {name!r}"
    if not isinstance(fields, dict):
        raise CourseError(
            f"{where}: not a table", do=f"Write [{name}] and its fields below", code=Exit.SAID_NO
        )
    for field, kind in FIELDS.items():
        value = fields.get(field)
        if value is None or value == "":
            raise CourseError(f"{where}, field {field!r}: missing", do="Give it", code=Exit.SAID_NO)
        if type(value) is not kind:
            raise CourseError(
                f"{where}, field {field!r}: {value!r} is not a {kind.__name__}", code=Exit.SAID_NO
            )
    for field, value in fields.items():
        if field not in FIELDS and field not in OPTIONAL:
            raise CourseError(
                f"{where}, field {field!r}: unknown",
                do=f"Fields: {', '.join({**FIELDS, **OPTIONAL})}",
                code=Exit.SAID_NO,
            )
        if field in OPTIONAL and not isinstance(value, str):
            raise CourseError(f"{where}, field {field!r}: {value!r} is not a str", code=Exit.SAID_NO)
    if not fields["url"].startswith("https://"):
        raise CourseError(
            f"{where}, field 'url': {fields['url']!r} does not start with https://", code=Exit.SAID_NO
        )
    return Fact(id=name, **fields)
