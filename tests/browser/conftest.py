"""One Chromium and one axe-core for every browser test.

Chromium ends with the last of them: while Playwright's driver runs, its event loop counts as the thread's own, and a
later test that calls asyncio.run would be refused.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mqcourse.install.npm import node_modules
from tools.browser import chromium

HERE = Path(__file__).parent


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """A real Chromium."""
    with chromium(resolves="MAP rebound.test 127.0.0.1") as found:
        yield found


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, from its npm package."""
    modules = node_modules(HERE / "book" / "axe")
    return (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
