"""A real Chromium, driven by Playwright: for the browser tests, the page benchmark and the README's pictures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mqcourse.home import software_folder
from mqcourse.variables import Kind, environment_of
from tools.chromium import FLAGS, chromium_executable

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@contextmanager
def chromium(resolves: str = "") -> Iterator["Browser"]:
    """A headless Chromium without background network requests; closed at the end.

    `resolves` are rules for names, such as "MAP other.test 127.0.0.1".

    Raises CourseError when no Chromium can be had.
    """
    from playwright.sync_api import sync_playwright

    from mqcourse.install.npm import NODE

    # Playwright brings a Node that wants a library (libatomic) small systems lack; the one from the wheel does not
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))
    with sync_playwright() as playwright:
        own_home = str(software_folder() / "chromium-home")  # nothing of the course lies in $HOME
        browser = playwright.chromium.launch(
            executable_path=chromium_executable(),
            args=[*FLAGS, *([f"--host-resolver-rules={resolves}"] if resolves else [])],
            env={**environment_of(Kind.SYSTEM, XDG_CONFIG_HOME=own_home, XDG_CACHE_HOME=own_home)},
        )
        try:
            yield browser
        finally:
            browser.close()
