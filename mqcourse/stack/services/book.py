"""The built book, served on the loopback."""

import sys
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import MARK
from mqcourse.stack.services import handshakes
from mqcourse.stack.services.service import Addresses, Launch, NotReady, Service
from mqcourse.variables import Kind, environment_of


class Book(Service):
    name = "book"
    title = "the book"
    ports: tuple[str, ...] = ("book",)
    is_broker = False
    start_limit_s = 30.0
    stop_grace_s = 5.0

    def install(self, layout: StackLayout, progress: Progress) -> str:
        """No installation; the course's version."""
        from importlib.metadata import version

        return version("mastering-message-queues")

    def html(self, layout: StackLayout) -> Path:
        """Where `mq book build` puts the pages."""
        return layout.folder(self.name) / "html"

    def prepare(self, layout: StackLayout) -> list[Launch]:
        """The server of the built pages."""
        html = self.html(layout)
        if not (html / "index.html").is_file():
            raise CourseError("the book is not built yet", do="Run `mq book build`", code=Exit.ENVIRONMENT)
        port = layout.ports.of("book")
        argv = (
            sys.executable,
            "-m",
            "mqcourse.stack.services.book_server",
            str(html),
            str(port),
            f"{MARK}{layout.ports.base}",
        )
        return [Launch(argv, environment_of(Kind.PYTHON), layout.state)]

    def probe(self, layout: StackLayout) -> None:
        """Its first page."""
        if not self.answers(layout, 2):
            raise NotReady("the book's first page is not served")

    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """The front page, or at least a "not found" while it is being built again."""
        return handshakes.answers_http(layout.ports.of("book"), "/index.html", timeout_s)

    def addresses(self, layout: StackLayout) -> Addresses:
        """What to open in a browser."""
        return Addresses(f"http://127.0.0.1:{layout.ports.of('book')}/")

    def data_dir(self, layout: StackLayout) -> Path | None:
        return self.html(layout)
