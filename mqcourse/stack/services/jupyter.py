"""JupyterLab for the labs: on the loopback, with a token, all its own files in the state folder."""

import json
import os
import secrets
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mqcourse.disk import make_folder, unwritable, write_private
from mqcourse.home import CHECKOUT
from mqcourse.progress import Progress
from mqcourse.small_file import text_of
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.services import handshakes
from mqcourse.stack.services.service import Addresses, Launch, NotReady, Service
from mqcourse.stack.shell import write_activation
from mqcourse.variables import Kind, environment_of

START = "START.md"
"""The start page, in the folder that JupyterLab shows; the extension writes it."""
EXTENSION = "mqcourse.grading.jupyter_extension"
"""By its name: JupyterLab loads it, and the stack imports nothing of the labs."""
SETTINGS: dict[str, dict[str, Any]] = {
    "ServerApp": {
        "ip": "127.0.0.1",
        "port_retries": 0,
        "open_browser": False,
        "allow_remote_access": False,
        "allow_root": True,
        # links of the labs to the book, and a start page with the points so far
        "jpserver_extensions": {EXTENSION: True},
    },
    # other users of the machine reach a kernel's ports: without keys they would read all code and all output
    "KernelManager": {"transport_encryption": "auto"},
    # what the labs are made from is no reading for those who do them
    "ContentsManager": {"hide_globs": ["README.md", "__pycache__", "*.pyc"]},
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


class Jupyter(Service):
    name = "jupyter"
    title = "JupyterLab"
    ports: tuple[str, ...] = ("jupyter",)
    is_broker = False
    start_limit_s = 60.0
    stop_grace_s = 10.0

    def install(self, layout: StackLayout, progress: Progress) -> str:
        """It came with the requirements; its version."""
        return version("jupyterlab")

    def prepare(self, layout: StackLayout) -> list[Launch]:
        """Write its settings and a token; its folders are all under the state folder, not in $HOME."""
        folder = make_folder(layout.folder(self.name))
        write_activation(layout.state)
        here = {
            "port": layout.ports.of("jupyter"),
            "root_dir": str(lay_out(folder / "desk", layout.state)),
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
            "JUPYTER_TOKEN": self.token(layout),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
            "MPLCONFIGDIR": str(folder / "matplotlib"),
            # jupyter-lsp asks npm where its packages are, and npm keeps a log of having been asked
            "npm_config_cache": str(folder / "npm"),
            "MQ_HOME": str(layout.state),
            "PATH": os.pathsep.join(
                [str(layout.state / "bin"), programs, os.environ.get("PATH", os.defpath)]
            ),
        }
        return [
            Launch((sys.executable, "-m", "mqcourse.stack.services.jupyter_server"), env, CHECKOUT, umask=-1)
        ]  # it writes the learner's own files

    def token(self, layout: StackLayout) -> str:
        """The token, made once a stack and readable by its owner only."""
        file = layout.folder(self.name) / "token"
        known = text_of(file).strip()
        if len(known) >= TOKEN_CHARS and known.isalnum() and known.isascii():
            return known
        make_folder(file.parent)
        token = secrets.token_hex(TOKEN_CHARS // 2)
        write_private(file, token)
        return token

    def probe(self, layout: StackLayout) -> None:
        """Its API lets the token in and refuses to serve without it."""
        port = layout.ports.of("jupyter")
        if handshakes.http_status(port, f"/api/contents?token={self.token(layout)}", 2) != 200:
            raise NotReady("JupyterLab does not accept its token yet")
        if handshakes.http_status(port, "/api/contents", 2) != 403:
            raise NotReady("JupyterLab lets in without a token")

    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """Its API answers."""
        return handshakes.answers_http(layout.ports.of("jupyter"), "/api", timeout_s)

    def addresses(self, layout: StackLayout) -> Addresses:
        """Its start page. The token, without which nobody gets in, is in no record: `mq open jupyter` adds it."""
        return Addresses(f"http://127.0.0.1:{layout.ports.of('jupyter')}/lab/tree/{START}")

    def data_dir(self, layout: StackLayout) -> Path | None:
        """Settings and runtime files; the notebooks themselves lie in the checkout."""
        return layout.folder(self.name)


def lay_out(folder: Path, state: Path) -> Path:
    """Make the folder: links to the labs of the checkout and to the chapters of the state folder."""
    make_folder(folder)
    for name, target in (("labs", CHECKOUT / "labs"), ("chapters", make_folder(state / "chapters"))):
        link = folder / name
        try:
            if link.is_symlink() and link.readlink() != target:
                link.unlink()
            if not link.is_symlink():
                link.symlink_to(target)
        except OSError as error:
            raise unwritable(link, error) from error
    return folder


def with_token(address: str, state: Path) -> str:
    """An address of the stack's JupyterLab with the token that lets its owner in; as it is where there is none yet."""
    token = text_of(state / Jupyter.name / "token").strip()
    return f"{address}?token={token}" if token else address
