"""A page with explorers, built by the book's own directive and theme, served under a sub-path, in a real browser."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mqcourse.home import CHECKOUT
from mqcourse.stack.services.book_server import serving

CONF = f"""
extensions = ["myst_parser", "mqcourse.book.directives.html_element", "mqcourse.book.directives.backpressure"]
html_theme = "sphinx_book_theme"
html_static_path = [{str(CHECKOUT / "book" / "_static")!r}]
html_css_files = ["course.css"]
html_favicon = {str(CHECKOUT / "book" / "_static" / "favicon.svg")!r}
html_context = {{"default_mode": "auto"}}
html_sourcelink_suffix = ""
"""
PAGE = """# Explorers

```{backpressure} overload
```

## Two

```{backpressure} drop
change:
  queue_limit: 200
beside:
  on_full: drop-oldest
sliders: [queue_limit, on_full, rate_per_s]
id: two
```
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page; it lies under a sub-path, as a project's page does on a static host."""
    source = tmp_path_factory.mktemp("source")
    root = tmp_path_factory.mktemp("root")
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    (source / "plain.md").write_text("---\norphan: true\n---\n# Plain\n\nNo explorer.\n", encoding="utf-8")
    out = root / "some" / "course"
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(source), str(out)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))) as address:
        yield f"{address}/some/course/index.html"


@pytest.fixture
def page(browser: Any, site: str) -> Iterator[Any]:
    """The page in a browser of its own, with everything that went wrong held against it at the end."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 1000}, reduced_motion="reduce", accept_downloads=True
    )
    page = context.new_page()
    wrong: list[str] = []
    own = site.split("/some/")[0]
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((own, "blob:", "data:")) else wrong.append(r.url))
    page.goto(site)
    yield page
    context.close()
    assert not wrong
