"""Run many `mq` commands in turn, each in a process of its own that has loaded everything already.

    python tests/in_turn.py < cases.json

Each case: words, what standard output is ("file", "full", "closed" or "terminal", a dumb one of 60 columns), whether
Ctrl-C comes as soon as the command runs. Prints one JSON list of what each did.
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
from typing import Any, BinaryIO

from mqcourse import cli

COLUMNS = 60


def run(case: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        shown, terminal = _terminal() if case["stdout"] == "terminal" else (-1, -1)
        child = os.fork()
        if not child:
            _child(case, out, said, terminal)
        if case["stdout"] == "terminal":
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


def _child(case: dict[str, Any], out: BinaryIO, said: BinaryIO, terminal: int) -> None:
    code = 99
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if case["stdout"] == "terminal":
            os.environ["TERM"] = "dumb"
            os.environ.pop("COLUMNS", None)
            os.dup2(terminal, 1)
            os.close(terminal)
        else:
            os.dup2(_stdout(case, out), 1)
        os.dup2(said.fileno(), 2)
        sys.argv = ["mq", *case["words"]]
        if case.get("interrupted"):
            _interrupt_when_it_runs()
        with contextlib.suppress(SystemExit):
            code = cli.main(case["words"])
        sys.stderr.flush()
    finally:
        os._exit(code)


def _stdout(case: dict[str, Any], out: BinaryIO) -> int:
    if case["stdout"] == "full":
        return os.open("/dev/full", os.O_WRONLY)
    if case["stdout"] == "closed":
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


if __name__ == "__main__":
    json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
