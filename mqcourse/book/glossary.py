"""The terms of the course: book/glossary.toml, loaded and held to its form."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT

GLOSSARY = CHECKOUT / "book" / "glossary.toml"
PRODUCTS = {"rabbitmq": "RabbitMQ", "kafka": "Kafka", "servicebus": "Azure Service Bus"}
"""A field of the file, and the product whose word it holds."""
GROUPS = {
    "products": "The same thing in three products",
    "delivery": "Delivery",
    "rabbitmq": "RabbitMQ",
    "kafka": "Kafka",
    "servicebus": "Azure Service Bus",
    "load": "Load and queueing",
    "python": "Python in the cells",
}
"""The parts of the page, in their order."""


@dataclass(frozen=True)
class Term:
    """One term: its name, what it is, the forms in which it occurs, and each product's own word for it."""

    id: str
    name: str
    text: str
    group: str
    forms: tuple[str, ...]
    rabbitmq: str = ""
    kafka: str = ""
    servicebus: str = ""

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return f"term-{self.id}"

    @property
    def words(self) -> tuple[str, ...]:
        """The products' words, in the order of PRODUCTS; empty where the file gives none."""
        found = tuple(str(getattr(self, product)) for product in PRODUCTS)
        return found if any(found) else ()


def load_glossary(path: Path = GLOSSARY) -> Mapping[str, Term]:
    """Every term by its id, in the order of the file; CourseError names the file, the term and the field."""
    try:
        return _terms(path.name, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"the glossary {path} does not exist", code=Exit.SAID_NO) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{path.name} is not TOML: {error}", do="Correct that line", code=Exit.SAID_NO
        ) from error


@cache
def _terms(file: str, text: str) -> Mapping[str, Term]:
    found = {}
    for name, fields in tomllib.loads(text).items():
        where = f"{file}, term {name!r}"
        allowed = {"name", "text", "forms", "group", *PRODUCTS}
        for field in fields:
            if field not in allowed:
                raise CourseError(
                    f"{where}, field {field!r}: unknown",
                    do=f"Fields: {', '.join(sorted(allowed))}",
                    code=Exit.SAID_NO,
                )
        for field in ("text", "group"):
            if not fields.get(field):
                raise CourseError(f"{where}, field {field!r}: missing", do="Give it", code=Exit.SAID_NO)
        if fields["group"] not in GROUPS:
            raise CourseError(
                f"{where}: no group {fields['group']!r}", do=f"Groups: {', '.join(GROUPS)}", code=Exit.SAID_NO
            )
        if 0 < sum(product in fields for product in PRODUCTS) < len(PRODUCTS):
            raise CourseError(
                f"{where}: words for some products only", do="Give all three, or none", code=Exit.SAID_NO
            )
        shown = fields.pop("name", name)
        found[name] = Term(id=name, name=shown, forms=tuple(fields.pop("forms", (shown,))), **fields)
    return found
