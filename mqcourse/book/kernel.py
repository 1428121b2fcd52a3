"""One kernel that executes the code cells of a chapter, in a separate folder, and leaves no process behind."""

import contextlib
import os
import queue
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import state_folder
from mqcourse.quick_imports import without_unneeded
from mqcourse.variables import Kind, environment_of

with without_unneeded():
    import nbformat

RUN_VARIABLE = "MQ_BOOK_RUN"
"""Set in a kernel and so in all that its cells start, to the process that runs the book: how leftovers are known."""
CELL_LIMIT_S = 300.0
"""A cell that takes longer hangs: the slowest takes a tenth of it on a quiet machine."""
ANSWER_S = 1.0


def environment() -> dict[str, str]:
    """The environment of a kernel: settings, histories and font lists of Jupyter in the state folder, not at home."""
    folder = state_folder() / "jupyter"
    chosen = {}
    for variable, name in (
        ("IPYTHONDIR", "ipython"),
        ("JUPYTER_CONFIG_DIR", "config"),
        ("JUPYTER_DATA_DIR", "data"),
        ("JUPYTER_RUNTIME_DIR", "runtime"),
        ("MPLCONFIGDIR", "matplotlib"),
    ):
        (folder / name).mkdir(parents=True, exist_ok=True)
        chosen[variable] = str(folder / name)
    return environment_of(Kind.PYTHON) | chosen | {RUN_VARIABLE: str(os.getpid())}


class Kernel:
    """`with Kernel() as kernel: kernel.execute(source)`; the kernel's folder is new and goes with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mq-chapter-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name).resolve()
        self._process: psutil.Process | None = None
        self._manager: Any = None
        self._client: Any = None

    def __enter__(self) -> "Kernel":
        from jupyter_client.manager import KernelManager

        env = environment()
        os.environ["JUPYTER_RUNTIME_DIR"] = env[
            "JUPYTER_RUNTIME_DIR"
        ]  # where this side writes the connection
        # other users of the machine reach the kernel's ports, and would read what cells print
        self._manager = KernelManager(kernel_name="python3", transport_encryption="auto")
        try:
            self._manager.start_kernel(
                cwd=str(self.folder),
                env=env,
                # what cells print comes as messages; here would only be the kernel's own log
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self._process = psutil.Process(self._manager.provisioner.pid)
            self._client = self._manager.blocking_client()
            self._client.start_channels()
            self._client.wait_for_ready(timeout=CELL_LIMIT_S)
            self._hear()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if threading.current_thread() is not threading.main_thread():
            from jupyter_core.utils import ensure_event_loop

            ensure_event_loop().close()  # jupyter_client made it for this thread, and leaves it open

    def _hear(self) -> None:
        """Until the first message arrived over the channel of outputs, which connects late on a busy machine.

        What is sent before is lost, and with it the word that a cell has ended.
        """
        until = time.monotonic() + CELL_LIMIT_S
        while time.monotonic() < until and self._manager.provisioner.process.poll() is None:
            self._client.kernel_info()
            with contextlib.suppress(queue.Empty):
                self._client.get_iopub_msg(timeout=ANSWER_S)
                return
        raise CourseError("its kernel does not answer", code=Exit.ENVIRONMENT)

    def execute(self, source: str) -> list[Any]:
        """Execute a cell and return its outputs, streams joined, an error among them where there was one.

        Raises CourseError when the kernel died or the cell took more than CELL_LIMIT_S.
        """
        sent = self._client.execute(source, store_history=True, allow_stdin=False, stop_on_error=False)
        outputs: list[Any] = []
        shown: dict[str, list[Any]] = {}
        forget = False
        until = time.monotonic() + CELL_LIMIT_S
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=ANSWER_S)
            except queue.Empty:
                if self._manager.provisioner.process.poll() is not None:
                    raise CourseError("its kernel died") from None
                if time.monotonic() > until:
                    raise CourseError(f"a cell took more than {CELL_LIMIT_S:.0f} s") from None
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return outputs
            if kind == "clear_output":
                forget = True
                if not content["wait"]:
                    outputs.clear()
                    forget = False
            elif kind in ("stream", "display_data", "execute_result", "error"):
                if forget:
                    outputs.clear()
                    forget = False
                output = nbformat.v4.output_from_msg(message)
                self._add(outputs, shown, output, content)
            elif kind == "update_display_data":
                for output in shown.get(content.get("transient", {}).get("display_id", ""), []):
                    output["data"], output["metadata"] = content["data"], content["metadata"]

    def _add(self, outputs: list[Any], shown: dict[str, list[Any]], output: Any, content: Any) -> None:
        if output["output_type"] == "stream":
            same = next((one for one in outputs if one.get("name") == output["name"]), None)
            if same is not None:
                same["text"] += output["text"]
                return
        if "execution_count" in output:
            output["execution_count"] = None
        outputs.append(output)
        if identity := content.get("transient", {}).get("display_id"):
            shown.setdefault(identity, []).append(output)

    def kill(self) -> None:
        """Kill the kernel and every process that its cells started. From any thread: whoever executes then notices."""
        family = self._family()
        for process in reversed(family):
            with contextlib.suppress(psutil.Error):
                process.kill()  # nothing of it is worth keeping, and the brokers are not among them
        psutil.wait_procs(family, timeout=5)

    def end(self) -> None:
        """Kill all of it, close the channels and remove the folder: in the thread that opened them."""
        self.kill()
        with contextlib.suppress(Exception):  # its sockets, whatever state they are in
            if self._client is not None:
                self._client.stop_channels()
        with contextlib.suppress(Exception):
            self._manager.provisioner.process.wait(timeout=5)
            self._manager.cleanup_resources()
        self._folder.cleanup()

    def _family(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        with contextlib.suppress(psutil.Error):
            return [self._process, *self._process.children(recursive=True)]
        return []


def sweep() -> None:
    """End what the kernels of a killed run left, and what cells of this one left behind their parents."""
    mine = str(os.getpid())
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError, ValueError):
            run = process.environ().get(RUN_VARIABLE, "")
            if process.pid != os.getpid() and run and (run == mine or not psutil.pid_exists(int(run))):
                process.kill()
