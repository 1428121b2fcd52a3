"""How chapters are executed: against the running stack, with results kept only as long as they are true."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError

from mqcourse.book.fingerprint import fingerprint
from mqcourse.book.running import broker_versions
from mqcourse.errors import CourseError
from mqcourse.home import state_folder

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

KEPT = 3
"""Folders of results that stay: this key's, and the last two others (another branch, another broker version)."""


def prepare(app: "Sphinx", config: "Config") -> None:
    """Ask the brokers for their versions, and choose the folder of results by all that results depend on."""
    try:
        versions = broker_versions()
    except CourseError as error:
        raise ConfigError(str(error)) from error
    chapters = [path for path in (Path(app.srcdir) / "book").rglob("*.md") if path.name != "README.md"]
    key = fingerprint(chapters, versions)
    results = state_folder() / "book" / "results"
    keep_at_home_nothing()
    (results / key).mkdir(parents=True, exist_ok=True)
    os.utime(results / key)
    for old in sorted(results.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    config.mqcourse_versions = versions
    config.mqcourse_fingerprint = key
    config.nb_execution_cache_path = str(results / key)


def keep_at_home_nothing() -> None:
    """Point the kernels' settings, histories and font lists to the course's own folder."""
    folder = state_folder() / "jupyter"
    for variable, name in (
        ("IPYTHONDIR", "ipython"),
        ("JUPYTER_CONFIG_DIR", "config"),
        ("JUPYTER_DATA_DIR", "data"),
        ("JUPYTER_RUNTIME_DIR", "runtime"),
        ("MPLCONFIGDIR", "matplotlib"),
    ):
        (folder / name).mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(folder / name)


def setup(app: "Sphinx") -> None:
    """Register the values (a change of either reads every page again) and the handler, before myst-nb's own."""
    app.add_config_value("mqcourse_versions", {}, "env", types=[dict])
    app.add_config_value("mqcourse_fingerprint", "", "env", types=[str])
    app.connect("config-inited", prepare, priority=100)
