"""A static host as they are: files below a folder, packed with gzip for browsers that take it."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from mqcourse.stack.services.book_server import BookServer, serving

PACKED = {".html", ".js", ".mjs", ".css", ".json", ".svg", ".wasm", ".txt"}


@cache
def packed(path: Path) -> bytes:
    """The file's content as it goes over the line; packed once, as a host's cache does."""
    return gzip.compress(path.read_bytes(), 6)


class Host(SimpleHTTPRequestHandler):
    """Answers GET; HTTP/1.1 with connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.suffix not in PACKED or not path.is_file():
            return super().do_GET()
        content = packed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages says
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def static_host(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback; gives the address, with a slash at the end."""
    # the book's own server: with the standard library's queue of five, connections of a page that asks for dozens
    # of files at once are reset
    with serving(BookServer(("127.0.0.1", 0), partial(Host, directory=str(folder)))) as address:
        yield f"{address}/"
