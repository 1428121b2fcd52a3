"""The README's pictures, taken of the running book and JupyterLab: python -m tools.pictures."""

import re
import sys
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT, state_folder
from mqcourse.stack import stack
from mqcourse.stack.services.jupyter import with_token
from tools.browser import chromium

FOLDER = CHECKOUT / "docs"
CHAPTER = "book/foundations/decoupling.html"
LAB = "labs/rabbitmq_work_queue.ipynb"
SIZE = {"width": 1280, "height": 800}


def addresses() -> dict[str, str]:
    """Where the book and JupyterLab are. Raises CourseError when one of them does not run."""
    found = {row.name: row.endpoint for row in stack.status() if row.state == "running" and row.endpoint}
    for name in ("book", "jupyter"):
        if name not in found:
            raise CourseError(f"{name} does not run", do="Run `make start` first", code=Exit.UNREACHABLE)
    return found


def take(folder: Path = FOLDER) -> list[Path]:
    """Write book.png and lab.png into the folder and return their paths."""
    where = addresses()
    folder.mkdir(exist_ok=True)
    book, lab = folder / "book.png", folder / "lab.png"
    with chromium() as browser:
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto(where["book"].rstrip("/") + "/" + CHAPTER)
        page.get_by_role("heading", name="Direct calls fail while billing fails").scroll_into_view_if_needed()
        page.locator("#direct-calls-fail-while-billing-fails-the-queue-only-delays-invoices").evaluate(
            "element => element.scrollIntoView()"
        )
        page.screenshot(path=book)
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        lab_page = re.sub(r"/lab/tree/.*", f"/lab/tree/{LAB}", where["jupyter"])
        page.goto(with_token(lab_page, state_folder()))
        page.locator(".jp-Notebook h1").first.wait_for(timeout=60_000)
        answer = page.locator(".jp-CodeCell", has_text="TODO").first
        answer.locator(".cm-content").wait_for(timeout=60_000)
        answer.evaluate("element => element.scrollIntoView({block: 'center'})")
        page.wait_for_timeout(1_000)  # the notebook draws its cells as they come into view
        page.screenshot(path=lab)
    return [book, lab]


if __name__ == "__main__":
    try:
        for path in take():
            sys.stdout.write(f"{path}\n")
    except CourseError as error:
        sys.exit(str(error))
