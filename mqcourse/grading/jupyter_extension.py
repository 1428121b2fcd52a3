"""What JupyterLab's server does for the course: links to the book lead to its pages, the start page stays current."""

from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback

from mqcourse.grading import start_page
from mqcourse.home import state_folder
from mqcourse.stack import record

LOOK_EVERY_MS = 1000
"""How soon the start page shows points that were reached just now."""


def _load_jupyter_server_extension(server: Any) -> None:
    """Called by the server, which was told of this module by its configuration."""
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(".*$", [(url_path_join(base, r"/book/?(.*)"), BookLink)])
    folder = Path(server.root_dir)
    start_page.write_start(folder)  # before the server answers, so that its first page is there
    PeriodicCallback(lambda: start_page.write_start(folder), LOOK_EVERY_MS).start()


class BookLink(JupyterHandler):
    """/book/interview/drop.md (as a lab names it) goes to the page of the served book, wherever it is served."""

    def get(self, path: str) -> None:
        """Redirect; where the book is not served, return what builds it."""
        known = record.read(state_folder(), "book")
        if known is None:
            self.set_status(503)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish("The book is not served now. Type in a terminal: mq start\n")
            return
        self.redirect(page_at(known.endpoint, path))


def page_at(book: str, path: str) -> str:
    """The address of a chapter's page: `interview/drop.md` of the book at `http://127.0.0.1:27120/`."""
    page = path.removesuffix(".md") + ".html" if path.endswith(".md") else path
    # the pages of the chapters lie under book/, the front page and its files do not
    return f"{book}book/{page}" if page else book
