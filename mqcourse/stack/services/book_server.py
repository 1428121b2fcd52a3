"""The book over HTTP on the loopback: static files only, without directory listings.

Run as `python -m mqcourse.stack.services.book_server FOLDER PORT`; `mq start book` does.
"""

import argparse
import gzip
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mqcourse.content_policy import HEADER

TYPES = {
    ".wasm": "application/wasm",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".json": "application/json",
}
"""A browser refuses a module or WebAssembly under a wrong type, and a machine's own list may be short."""

COMPRESSED = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".wasm"}
"""Files that get smaller; pictures and fonts are compressed already."""


@lru_cache(maxsize=256)
def packed(file: Path, _changed_ns: int) -> bytes:
    """The file as gzip, without a time in it: the same bytes for the same page."""
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)


class BookHandler(SimpleHTTPRequestHandler):
    """Files of one folder; a folder without index.html is not there."""

    protocol_version = "HTTP/1.1"
    server_version = "mqcourse-book"
    _body: bytes | None = None
    _page_rules_itself = False

    def guess_type(self, path: Any) -> str:
        """Our own types first."""
        return TYPES.get(Path(path).suffix) or super().guess_type(path)

    def list_directory(self, path: Any) -> None:
        """Refuse: the book's pages are its only way in."""
        self.send_error(HTTPStatus.NOT_FOUND, "There is no such page in the book")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """As the base class, with the book's own page for an address that is not there."""
        page = Path(self.directory, "404.html")
        if code == HTTPStatus.NOT_FOUND and page.is_file():
            self.error_message_format = page.read_text(encoding="utf-8").replace("%", "%%")
        self._page_rules_itself = True  # 404.html allows its script and style, and no other
        try:
            super().send_error(code, message, explain)
        finally:
            self._page_rules_itself = False

    def send_head(self) -> Any:
        """As the base class, but never past a symbolic link out of the folder, and compressed where the client can."""
        root = Path(self.directory).resolve()
        try:
            file = Path(self.translate_path(self.path)).resolve()
            inside = file.is_relative_to(root)
        except (ValueError, OSError):  # a null byte, a name that is too long: no file has such a name
            inside = False
        if not inside:
            self.send_error(HTTPStatus.NOT_FOUND, "There is no such page in the book")
            return None
        self._body = self._compressed(file / "index.html" if file.is_dir() else file)
        try:
            opened = super().send_head()
            if opened is None or self._body is None:
                return opened
            opened.close()
            return io.BytesIO(self._body)
        finally:
            self._body = None

    def _compressed(self, file: Path) -> bytes | None:
        """The file as gzip; None where it is missing, does not get smaller, or the client takes no gzip."""
        taken = [name.split(";")[0].strip() for name in self.headers.get("Accept-Encoding", "").split(",")]
        if file.suffix not in COMPRESSED or "gzip" not in taken or not file.is_file():
            return None
        try:
            return packed(file, file.stat().st_mtime_ns)
        except OSError:  # removed or not readable: the base class answers
            return None

    def send_header(self, keyword: str, value: str) -> None:
        """As the base class, with the length of what is really sent."""
        if keyword == "Content-Length" and self._body is not None:
            super().send_header("Content-Encoding", "gzip")
            value = str(len(self._body))
        super().send_header(keyword, value)

    def end_headers(self) -> None:
        """The book may have been built again: the browser sends a request each time, and gets a 304 for an unchanged page."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("X-Content-Type-Options", "nosniff")
        if not self._page_rules_itself:
            self.send_header("Content-Security-Policy", HEADER)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Only errors are logged."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """As the base class; a reader who left is no error."""
        try:
            super().copyfile(source, outputfile)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


class BookServer(ThreadingHTTPServer):
    """One thread a connection; a page asks for dozens of files at once."""

    daemon_threads = True
    request_queue_size = 128


def server(folder: Path, port: int) -> BookServer:
    """A server of `folder` on 127.0.0.1:port (0: any), which listens but does not serve yet."""
    return BookServer(("127.0.0.1", port), partial(BookHandler, directory=str(folder)))


@contextmanager
def serving(made: ThreadingHTTPServer) -> Iterator[str]:
    """Serve in a thread as long as the block runs; gives the address, without a slash at its end."""
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("mark", nargs="?", help="names the block of ports, see mqcourse.stack.ports")
    arguments = parser.parse_args()
    with server(arguments.folder, arguments.port) as made:
        made.serve_forever()


if __name__ == "__main__":
    main()
