"""The whole book, built once from its kept runs and served by the course's own server, and a real browser."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mqcourse.book.build import build_book
from mqcourse.home import CHECKOUT
from mqcourse.stack.services.book_server import server, serving


@dataclass
class Built:
    """The HTML folder, its address, and the chapters' pages in the order of the table of contents."""

    folder: Path
    url: str
    pages: list[str] = field(default_factory=list)

    def address(self, page: str) -> str:
        return f"{self.url}{page}.html"


def chapters() -> list[str]:
    import yaml

    toc = yaml.safe_load((CHECKOUT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])]


@pytest.fixture(scope="session")
def built() -> Iterator[Built]:
    """The book, strictly built. MQ_BUILT_BOOK names a folder of HTML to look at instead, while working on pages."""
    known = BEFORE.get("MQ_BUILT_BOOK")
    folder = Path(known) if known else build_book(lambda line: None)
    with serving(server(folder, 0)) as address:
        yield Built(folder, f"{address}/", chapters())


# The run's own fixtures take every MQ_ variable away; this one is asked for by hand.
BEFORE = {name: value for name, value in os.environ.items() if name == "MQ_BUILT_BOOK"}
