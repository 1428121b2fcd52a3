"""Run `mq` commands in turn, each in a process of its own that has loaded the course already.

    python tests/in_turn.py

Reads cases, a JSON object a line, and prints what each did, as they come. A case: words; `stdout` ("file", "full",
"closed" or "terminal", a dumb one of 60 columns); `interrupted`, whether Ctrl-C comes as soon as the command runs;
`typed`, what standard input holds; `environment`, the variables instead of this process's own.
"""

import contextlib
import fcntl
import json
import os
import pty
import struct
import sys
import tempfile
import termios
from importlib import import_module
from typing import Any, BinaryIO

from mqcourse import cli

COLUMNS = 60
LOADED = (
    "mqcourse.here",
    "mqcourse.interview.conversation",
    "mqcourse.interview.report",
    "mqcourse.stack.stack",
    "rich.console",
    "rich.table",
)
"""What commands import when they run, and most of these cases need."""


def run(case: dict[str, Any]) -> dict[str, Any]:
    stdout = case.get("stdout", "file")
    with (
        tempfile.TemporaryFile() as typed,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as said,
    ):
        typed.write((case.get("typed") or "").encode())
        typed.seek(0)
        shown, terminal = _terminal() if stdout == "terminal" else (-1, -1)
        child = os.fork()
        if not child:
            _child(case, typed, out, said, terminal)
        if stdout == "terminal":
            os.close(terminal)
            out.write(_shown_on(shown))
        _, status = os.waitpid(child, 0)
        texts = []
        for file in (out, said):
            file.seek(0)
            texts.append(file.read().decode("utf-8"))
        return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "said": texts[1]}


def _terminal() -> tuple[int, int]:
    """Both ends of a terminal of COLUMNS columns: where its screen is read, and what a program writes to."""
    shown, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    return shown, terminal


def _shown_on(shown: int) -> bytes:
    """All that was written to a terminal, until nobody holds it any more."""
    text = b""
    with contextlib.suppress(OSError):  # on Linux the end is an error
        while part := os.read(shown, 65536):
            text += part
    os.close(shown)
    return text


def _child(case: dict[str, Any], typed: BinaryIO, out: BinaryIO, said: BinaryIO, terminal: int) -> None:
    code = 99
    try:
        if "environment" in case:
            os.environ.clear()
            os.environ.update(case["environment"])
        os.dup2(typed.fileno(), 0)
        if terminal >= 0:
            os.environ["TERM"] = "dumb"
            os.environ.pop("COLUMNS", None)
            os.dup2(terminal, 1)
            os.close(terminal)
        else:
            os.dup2(_stdout(case.get("stdout", "file"), out), 1)
        os.dup2(said.fileno(), 2)
        sys.argv = ["mq", *case["words"]]
        if case.get("interrupted"):
            _interrupt_when_it_runs()
        with contextlib.suppress(SystemExit):
            code = cli.main()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _stdout(kind: str, out: BinaryIO) -> int:
    if kind == "full":
        return os.open("/dev/full", os.O_WRONLY)
    if kind == "closed":
        reader, writer = os.pipe()
        os.close(reader)
        return writer
    return out.fileno()


def _interrupt_when_it_runs() -> None:
    def ended(arguments: Any) -> int:
        def run(_arguments: Any) -> int:
            raise KeyboardInterrupt

        arguments.run = run
        return before(arguments)

    before = cli._ended
    cli._ended = ended


def main() -> None:
    # apart from the streams that a command gets: neither its input nor a process that it leaves may hold these
    cases, results = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", buffering=1)
    cli.parser()
    for module in LOADED:
        import_module(module)
    for line in cases:
        results.write(f"{json.dumps(run(json.loads(line)))}\n")


if __name__ == "__main__":
    main()
