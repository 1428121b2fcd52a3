"""The whole book, built once from its kept runs and served on the loopback, and a real browser."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mqcourse.book.build import build_book
from mqcourse.home import CHECKOUT


@dataclass
class Built:
    """The HTML folder, its address, and the chapters' pages in the order of the table of contents."""

    folder: Path
    url: str
    pages: list[str] = field(default_factory=list)

    def address(self, page: str) -> str:
        return f"{self.url}{page}.html"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def chapters() -> list[str]:
    import yaml

    toc = yaml.safe_load((CHECKOUT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])]


@pytest.fixture(scope="session")
def built() -> Iterator[Built]:
    """The book, strictly built. MQ_BUILT_BOOK names a folder of HTML to look at instead, while working on pages."""
    known = BEFORE.get("MQ_BUILT_BOOK")
    folder = Path(known) if known else build_book(lambda line: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Built(folder, f"http://127.0.0.1:{server.server_port}/", chapters())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# The run's own fixtures take every MQ_ variable away; this one is asked for by hand.
BEFORE = {name: value for name, value in os.environ.items() if name == "MQ_BUILT_BOOK"}
