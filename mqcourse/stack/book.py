"""The built book, served on the loopback."""

import sys
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack import wire
from mqcourse.stack.place import Place
from mqcourse.stack.ports import MARK
from mqcourse.stack.service import Addresses, Launch, NotReady
from mqcourse.variables import Kind, environment_of


class Book:
    """The service `book`."""

    name = "book"
    title = "the book"
    ports: tuple[str, ...] = ("book",)
    is_broker = False
    start_limit_s = 30.0
    stop_grace_s = 5.0

    def install(self, place: Place, progress: Progress) -> str:
        """Nothing to install; the course's version."""
        from importlib.metadata import version

        return version("mastering-message-queues")

    def html(self, place: Place) -> Path:
        """Where `mq book build` puts the pages."""
        return place.folder(self.name) / "html"

    def prepare(self, place: Place) -> list[Launch]:
        """The server of the built pages."""
        html = self.html(place)
        if not (html / "index.html").is_file():
            raise CourseError("the book is not built yet", do="Run `mq book build`", code=Exit.ENVIRONMENT)
        port = place.ports.of("book")
        argv = (
            sys.executable,
            "-m",
            "mqcourse.stack.bookserver",
            str(html),
            str(port),
            f"{MARK}{place.ports.base}",
        )
        return [Launch(argv, environment_of(Kind.PYTHON), place.state)]

    def helpers(self, place: Place) -> list[Launch]:
        """It has none."""
        return []

    def probe(self, place: Place) -> None:
        """Its first page."""
        if not self.answers(place, 2):
            raise NotReady("the book's first page does not come")

    def answers(self, place: Place, timeout_s: float) -> bool:
        """The front page, or at least a "not found" while it is being built anew."""
        return wire.answers_http(place.ports.of("book"), "/index.html", timeout_s)

    def addresses(self, place: Place) -> Addresses:
        """What to open in a browser."""
        return Addresses(f"http://127.0.0.1:{place.ports.of('book')}/")

    def data_dir(self, place: Place) -> Path | None:
        """The pages."""
        return self.html(place)

    def empty_running(self, place: Place) -> bool:
        """Nothing of it is data."""
        return True

    def empty(self, place: Place) -> None:
        """Nothing of it is data."""
