"""JupyterLab for the labs: on the loopback, with a token, all its own files in the state folder."""

import json
import os
import secrets
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mqcourse.home import CHECKOUT
from mqcourse.install.lock import make_folder, unwritable, write_private
from mqcourse.progress import Progress
from mqcourse.small_file import text_of
from mqcourse.stack import desk, wire
from mqcourse.stack.place import Place
from mqcourse.stack.service import Addresses, Launch, NotReady
from mqcourse.stack.shell import write_activation
from mqcourse.variables import Kind, environment_of

SETTINGS: dict[str, dict[str, Any]] = {
    "ServerApp": {
        "ip": "127.0.0.1",
        "port_retries": 0,
        "open_browser": False,
        "allow_remote_access": False,
        "allow_root": True,
        # links of the labs to the book, and a start page with the points so far
        "jpserver_extensions": {"mqcourse.stack.jupyter_extension": True},
    },
    # what the labs are made from is no reading for those who do them
    "ContentsManager": {"hide_globs": ["labs.toml", "README.md", "__pycache__", "*.pyc"]},
    # nothing of the course asks a third party: no news, no search for updates, no list of extensions
    "LabApp": {
        "news_url": None,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "extension_manager": "readonly",
    },
}
PAGE_SETTINGS: dict[str, dict[str, Any]] = {
    "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
}
# every cell is drawn: a lab is short, and the browser's own search then finds what is further down
USER_SETTINGS: dict[str, dict[str, Any]] = {
    # light or dark as the reader's system is
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    # the start page is to be read
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


TOKEN_CHARS = 48


class Jupyter:
    """The service `jupyter`."""

    name = "jupyter"
    title = "JupyterLab"
    ports: tuple[str, ...] = ("jupyter",)
    is_broker = False
    start_limit_s = 60.0
    stop_grace_s = 10.0

    def install(self, place: Place, progress: Progress) -> str:
        """It came with the requirements; its version."""
        return version("jupyterlab")

    def prepare(self, place: Place) -> list[Launch]:
        """Write its settings and a token; its folders are all under the state folder, none in $HOME."""
        folder = make_folder(place.folder(self.name))
        write_activation(place.state)
        here = {
            "port": place.ports.of("jupyter"),
            "root_dir": str(desk.lay_out(folder / "desk", place.state)),
            # no login shell: it would set PATH anew (/etc/profile), and `mq` could not be typed
            "terminado_settings": {"shell_command": [os.environ.get("SHELL") or "/bin/sh"]},
        }
        settings = {**SETTINGS, "ServerApp": {**SETTINGS["ServerApp"], **here}}
        try:
            folder.chmod(0o700)
            labconfig = make_folder(folder / "config" / "labconfig")
            (folder / "config" / "jupyter_server_config.json").write_text(
                json.dumps(settings), encoding="utf-8"
            )
            (labconfig / "page_config.json").write_text(json.dumps(PAGE_SETTINGS), encoding="utf-8")
            (labconfig / "default_setting_overrides.json").write_text(
                json.dumps(USER_SETTINGS), encoding="utf-8"
            )
        except OSError as error:
            raise unwritable(folder, error) from error
        programs = str(Path(sys.executable).parent)
        env = {
            **environment_of(Kind.PYTHON),
            # by the environment: a token on the command line could be read by other users
            "JUPYTER_TOKEN": self.token(place),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
            "MPLCONFIGDIR": str(folder / "matplotlib"),
            # jupyter-lsp asks npm where its packages are, and npm keeps a log of having been asked
            "npm_config_cache": str(folder / "npm"),
            "MQ_HOME": str(place.state),
            "PATH": os.pathsep.join([str(place.state / "bin"), programs, os.environ.get("PATH", os.defpath)]),
        }
        return [
            Launch((sys.executable, "-m", "mqcourse.stack.lab_server"), env, CHECKOUT, umask=-1)
        ]  # it writes the learner's own files

    def token(self, place: Place) -> str:
        """The token, made once a stack and readable by its owner only."""
        file = place.folder(self.name) / "token"
        known = text_of(file).strip()
        if len(known) >= TOKEN_CHARS and known.isalnum() and known.isascii():
            return known
        make_folder(file.parent)
        token = secrets.token_hex(TOKEN_CHARS // 2)
        write_private(file, token)
        return token

    def helpers(self, place: Place) -> list[Launch]:
        """It has none."""
        return []

    def probe(self, place: Place) -> None:
        """Its API lets the token in and refuses to serve without it."""
        port = place.ports.of("jupyter")
        if wire.http_status(port, f"/api/contents?token={self.token(place)}", 2) != 200:
            raise NotReady("JupyterLab does not accept its token yet")
        if wire.http_status(port, "/api/contents", 2) != 403:
            raise NotReady("JupyterLab lets in without a token")

    def answers(self, place: Place, timeout_s: float) -> bool:
        """Its API answers."""
        return wire.answers_http(place.ports.of("jupyter"), "/api", timeout_s)

    def addresses(self, place: Place) -> Addresses:
        """Its start page. The token, without which nobody gets in, is in no record: `mq open jupyter` adds it."""
        return Addresses(f"http://127.0.0.1:{place.ports.of('jupyter')}/lab/tree/{desk.START}")

    def data_dir(self, place: Place) -> Path | None:
        """Settings and runtime files; the notebooks themselves lie in the checkout."""
        return place.folder(self.name)

    def empty_running(self, place: Place) -> bool:
        """Nothing of it is data."""
        return True

    def empty(self, place: Place) -> None:
        """Nothing of it is data: the learner's work lies in the checkout."""


def with_token(address: str, state: Path) -> str:
    """An address of the stack's JupyterLab with the token that lets its owner in; as it is where there is none yet."""
    token = text_of(state / Jupyter.name / "token").strip()
    return f"{address}?token={token}" if token else address
