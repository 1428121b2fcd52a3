"""One answer as a process of its own: what the grader starts, watches and, where the exercise says so, kills.

The process gets the answer over a socket, runs it, and asks the grader each time the answer calls a function that
was handed to it (`handle`). The grader answers when it wants the work to be done. If the grader goes away, so does
the process.
"""

import contextlib
import importlib
import io
import json
import linecache
import os
import queue
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

MOST_OUTPUT_CHARS = 1_000_000
MOST_MEMORY_BYTES = 4 << 30
MOST_FILE_BYTES = 256 << 20
ANSWER_FILE = "<answer>"


class WorkFailed(Exception):
    """What `handle` raises when a job cannot be done: a broken file, a service that says no."""


class TooMuchOutput(Exception):
    """The answer printed more than anyone would read."""


def pack(value: Any) -> Any:
    """A value as JSON can carry it: bytes become {"bytes": …}; TypeError for what is no plain value."""
    if isinstance(value, bytes | bytearray):
        return {"bytes": bytes(value).decode("latin-1")}
    if isinstance(value, list | tuple | set | frozenset):
        return [pack(each) for each in value]
    if isinstance(value, dict):
        return {"dict": [[pack(key), pack(each)] for key, each in value.items()]}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a {type(value).__name__} is no plain value")


def unpack(value: Any, verbs: Callable[[str], Callable[..., Any]] | None = None) -> Any:
    """The value again; {"verb": name} becomes the function that `verbs` gives for the name."""
    if isinstance(value, list):
        return [unpack(each, verbs) for each in value]
    if isinstance(value, dict):
        if "bytes" in value:
            return value["bytes"].encode("latin-1")
        if "verb" in value and verbs:
            return verbs(value["verb"])
        return {unpack(key): unpack(each, verbs) for key, each in value["dict"]}
    return value


class BoundedOutput(io.TextIOBase):
    """A text stream that passes on a first part and then refuses."""

    def __init__(self, stream: Any, most_chars: int = MOST_OUTPUT_CHARS) -> None:
        self._stream = stream
        self._left = most_chars

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Pass on the text; TooMuchOutput once the limit is reached."""
        self._left -= len(text)
        if self._left < 0:
            raise TooMuchOutput(f"the answer printed more than {MOST_OUTPUT_CHARS:,} characters")
        self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


class Line:
    """The socket to the grader: one JSON object a line, calls and their replies paired by number."""

    def __init__(self, connection: socket.socket) -> None:
        self._reader = connection.makefile("r", encoding="utf-8")
        self._writer = connection.makefile("w", encoding="utf-8")
        self._lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._number = 0

    def first(self) -> dict[str, Any]:
        """The order; from then on a thread takes the replies, so the end of the grader is noticed at once."""
        order: dict[str, Any] = json.loads(self._reader.readline())
        threading.Thread(target=self._listen, daemon=True).start()
        return order

    def tell(self, message: dict[str, Any]) -> None:
        """Send one object."""
        with self._lock:
            self._writer.write(json.dumps(message) + "\n")
            self._writer.flush()

    def verb(self, name: str) -> Callable[..., Any]:
        """A function that asks the grader and waits for the reply."""

        def ask(*arguments: Any) -> Any:
            with self._lock:
                self._number += 1
                number = self._number
                replies = self._waiting[number] = queue.SimpleQueue()
            self.tell({"call": name, "id": number, "arguments": pack(arguments)})
            reply = replies.get()
            if "raise" in reply:
                raise WorkFailed(reply["raise"])
            return unpack(reply["return"])

        ask.__name__ = name
        return ask

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._reader:
                reply = json.loads(line)
                self._waiting.pop(reply["id"]).put(reply)
        os._exit(3)


def limit_resources() -> None:
    """Bound what a wrong answer can use of the machine; a system without these limits goes on without them."""
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:
        return
    for name, most in (
        ("RLIMIT_AS", MOST_MEMORY_BYTES),
        ("RLIMIT_FSIZE", MOST_FILE_BYTES),
        ("RLIMIT_CORE", 0),
    ):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))


def forbid_topic_creation() -> None:
    """Kafka clients of the answer may not bring a topic into being by asking for it.

    A check deletes its topic after it has killed the answer. What a killed client asked last may wait at the broker
    behind a fetch of the same connection, which only the deletion ends: by then, asking would make the topic anew.
    kafka-python 3.0.12 takes allow_auto_create_topics for a client but does not hand it on to where it counts.
    """
    if cluster := sys.modules.get("kafka.cluster"):
        cluster.ClusterMetadata.DEFAULT_CONFIG["allow_auto_create_topics"] = False


def ask_before(steps: list[str], ask: Callable[..., Any]) -> None:
    """Let each of these methods ask the grader before it does its work, so that a kill can fall just there.

    A step is "module:Class.method"; `ask` gets its name.
    """

    def wrap(owner: Any, method: str, step: str) -> None:
        original = getattr(owner, method)

        def asked_first(*arguments: Any, **more: Any) -> Any:
            ask(step)
            return original(*arguments, **more)

        asked_first.__name__, asked_first.__doc__ = method, original.__doc__
        setattr(owner, method, asked_first)

    for step in steps:
        module, _, path = step.partition(":")
        class_, _, method = path.partition(".")
        wrap(getattr(importlib.import_module(module), class_), method, step)


def told(error: BaseException, source: str) -> dict[str, Any]:
    """An exception in plain words: its type, what it says, and the line of the answer it comes from."""
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == ANSWER_FILE:
            line = frame.lineno
    lines = source.splitlines()
    text = lines[line - 1].strip() if line and 0 < line <= len(lines) else ""
    with contextlib.suppress(Exception):
        return {"type": type(error).__name__, "says": str(error)[:300], "line": line, "text": text[:120]}
    return {"type": type(error).__name__, "says": "", "line": line, "text": text[:120]}


def main() -> None:
    """Take the order, run the answer, tell how it ended."""
    line = Line(socket.socket(fileno=int(sys.argv[1])))
    order = line.first()
    limit_resources()
    # Bound here, before the answer can replace the names of this module.
    exit_, tell, name_error = os._exit, line.tell, told
    sys.stdout = BoundedOutput(sys.stdout)
    sys.stderr = BoundedOutput(sys.stderr)
    source = order["source"]
    linecache.cache[ANSWER_FILE] = (len(source), None, source.splitlines(keepends=True), ANSWER_FILE)
    space: dict[str, Any] = {"__name__": "__main__", "WorkFailed": WorkFailed}
    try:
        # Running the learner's code is what this process is for.
        exec(compile(order["setup"], "<setup>", "exec"), space)  # noqa: S102
        forbid_topic_creation()
        ask_before(order.get("steps", []), line.verb("step"))
        tell({"ready": True})
        exec(compile(source, ANSWER_FILE, "exec"), space)  # noqa: S102
        function = space.get(order["function"])
        if not callable(function):
            tell({"missing": order["function"]})
            exit_(0)
        result = function(**{name: unpack(value, line.verb) for name, value in order["arguments"].items()})
        try:
            tell({"returned": pack(result)})
        except TypeError:
            tell({"odd": type(result).__name__})
    except BaseException as error:
        # SystemExit and KeyboardInterrupt are ends of an answer like any other.
        tell({"error": name_error(error, source)})
    exit_(0)


if __name__ == "__main__":
    main()
