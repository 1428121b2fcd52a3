"""One answer as a separate process: what the grader starts, watches and, where the exercise requires it, kills.

The process gets the answer over a socket, runs it, and sends a request to the grader each time the answer calls a function that
was handed to it (`handle`). The grader replies when the work is to be done. If the grader goes away, so does
the process.
"""

import ast
import asyncio
import builtins
import contextlib
import importlib
import inspect
import io
import json
import linecache
import os
import queue
import socket
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterable
from typing import Any

from mqcourse.grading import guard

MOST_OUTPUT_CHARS = 1_000_000
MOST_MEMORY_BYTES = 4 << 30
MOST_FILE_BYTES = 256 << 20
ANSWER_FILE = "<answer>"


class WorkFailed(Exception):
    """What `handle` raises when a job cannot be done: a broken file, a service that refuses."""


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


class Verb:
    """A function that sends a request to the grader and waits for the reply. It can be handed to a forked process too."""

    def __init__(self, line: "Line", name: str) -> None:
        self._line = line
        self.__name__ = name

    def __call__(self, *arguments: Any) -> Any:
        return self._line.ask(self.__name__, arguments)

    def __reduce__(self) -> tuple[Callable[[str], "Verb"], tuple[str]]:
        return _verb_here, (self.__name__,)


class Line:
    """The socket to the grader: one JSON object a line, calls and their replies paired by number.

    A process that the answer forks gets a separate line: the process that it was forked from passes its calls on.
    """

    here: "Line"
    """The line of this process."""

    def __init__(self, connection: socket.socket) -> None:
        self._owner = os.getpid()
        self._use(connection)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        Line.here = self

    def _use(self, connection: socket.socket) -> None:
        self._reader = connection.makefile("r", encoding="utf-8")
        self._writer = connection.makefile("w", encoding="utf-8")
        self._lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._number = 0

    @property
    def forked(self) -> bool:
        """Whether this is a process that the answer forked."""
        return os.getpid() != self._owner

    def first(self) -> dict[str, Any]:
        """The order; from then on a thread takes the replies, so the end of the grader is noticed at once."""
        order: dict[str, Any] = json.loads(self._reader.readline())
        self._listen_on()
        os.register_at_fork(
            before=self._before_fork, after_in_parent=self._in_parent, after_in_child=self._in_child
        )
        return order

    def tell(self, message: dict[str, Any]) -> None:
        """Send one object."""
        with self._lock:
            self._writer.write(json.dumps(message) + "\n")
            self._writer.flush()

    def ask(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Call a function of the grader; WorkFailed when its reply is a failure."""
        reply = self._asked(name, pack(arguments))
        if "raise" in reply:
            raise WorkFailed(reply["raise"])
        return unpack(reply["return"])

    def verb(self, name: str) -> Verb:
        """The grader's function of that name."""
        return Verb(self, name)

    def _asked(self, name: str, arguments: Any) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            number = self._number
            replies = self._waiting[number] = queue.SimpleQueue()
        self.tell({"call": name, "id": number, "arguments": arguments})
        return replies.get()

    def _listen_on(self) -> None:
        threading.Thread(target=self._listen, args=(self._reader,), daemon=True).start()

    def _listen(self, reader: Iterable[str]) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in reader:
                reply = json.loads(line)
                if "where" in reply:
                    self.tell({"where": where()})
                    continue
                self._waiting.pop(reply["id"]).put(reply)
        os._exit(3)

    def _before_fork(self) -> None:
        self._pairs.append(socket.socketpair())

    def _in_parent(self) -> None:
        mine, theirs = self._pairs.pop()
        theirs.close()
        threading.Thread(target=self._pass_on, args=(mine,), daemon=True).start()

    def _in_child(self) -> None:
        mine, theirs = self._pairs.pop()
        mine.close()
        self._use(theirs)
        self._listen_on()

    def _pass_on(self, connection: socket.socket) -> None:
        """Serve the calls of a forked process. Each in a thread: one that is held must not hold the next."""
        lock = threading.Lock()

        def serve(call: dict[str, Any]) -> None:
            reply = self._asked(call["call"], call["arguments"])
            with lock, contextlib.suppress(OSError):
                connection.sendall((json.dumps({**reply, "id": call["id"]}) + "\n").encode())

        with contextlib.suppress(OSError, ValueError), connection.makefile("r", encoding="utf-8") as calls:
            for line in calls:
                call = json.loads(line)
                if "call" in call:
                    threading.Thread(target=serve, args=(call,), daemon=True).start()


def _verb_here(name: str) -> Verb:
    return Verb(Line.here, name)


def where() -> list[str]:
    """Where the threads of the answer are: for each the lines of the answer, the outermost first."""
    places = []
    for ident, frame in sys._current_frames().items():
        if ident == threading.get_ident():
            continue
        frames = traceback.extract_stack(frame)
        mine = [place for place, each in enumerate(frames) if each.filename == ANSWER_FILE]
        if not mine:
            continue
        for place in mine[-3:]:
            each = frames[place]
            places.append(f"line {each.lineno}, in {each.name}: {(each.line or '').strip()[:120]}")
        if mine[-1] + 1 < len(frames):
            inner = frames[-1]
            places.append(f"  inside {inner.name}() of {inner.filename.rpartition(os.sep)[2]}")
    return places[:12]


def limit_resources() -> None:
    """Limit what a wrong answer can use of the machine; a system without these limits goes on without them."""
    try:
        import resource
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
    behind a fetch of the same connection, which only the deletion ends: by then, a request would create the topic again.
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


def report_what_is_made(makes: Callable[..., Any]) -> None:
    """Tell the grader of each queue, exchange, topic and group before the answer makes it, so that each can be removed.

    A client library that the answer does not use is not imported for it.
    """

    def wrap(owner: Any, method: str, tell: Callable[..., None]) -> None:
        original = getattr(owner, method)

        def told_first(self: Any, *arguments: Any, **more: Any) -> Any:
            with contextlib.suppress(TypeError, AttributeError, WorkFailed):
                tell(*arguments, **more)
            return original(self, *arguments, **more)

        told_first.__name__, told_first.__doc__ = method, original.__doc__
        setattr(owner, method, told_first)

    def named(broker: str, kind: str) -> Callable[..., None]:
        def tell(name: Any = "", *rest: Any, passive: bool = False, **more: Any) -> None:
            name = name or more.get(kind) or more.get("queue_name") or more.get("topic_name")
            if isinstance(name, str) and name and not passive:
                makes(broker, kind, name)

        return tell

    def topics(new: Any = (), *_rest: Any, **more: Any) -> None:
        for each in new or more.get("new_topics", ()):
            makes("kafka", "topic", each if isinstance(each, str) else each.name)

    def group(*_topics: Any, **settings: Any) -> None:
        if isinstance(settings.get("group_id"), str):
            makes("kafka", "group", settings["group_id"])

    if module := sys.modules.get("pika.channel"):
        wrap(module.Channel, "exchange_declare", named("rabbitmq", "exchange"))
        wrap(module.Channel, "queue_declare", named("rabbitmq", "queue"))
    if module := sys.modules.get("kafka"):
        wrap(module.KafkaAdminClient, "create_topics", topics)
        wrap(module.KafkaConsumer, "__init__", group)
    if module := sys.modules.get("azure.servicebus.management"):
        wrap(module.ServiceBusAdministrationClient, "create_queue", named("servicebus", "queue"))
        wrap(module.ServiceBusAdministrationClient, "create_topic", named("servicebus", "topic"))


def told(error: BaseException, source: str) -> dict[str, Any]:
    """An exception in plain words: its type, its text, and the line of the answer that raised it."""
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == ANSWER_FILE:
            line = frame.lineno
    lines = source.splitlines()
    text = lines[line - 1].strip() if line and 0 < line <= len(lines) else ""
    frames = traceback.extract_tb(error.__traceback__)
    mine = bool(frames) and frames[-1].filename == ANSWER_FILE
    where_ = {"type": type(error).__name__, "says": "", "line": line, "text": text[:120], "mine": mine}
    with contextlib.suppress(Exception):
        return {**where_, "says": str(error)[:300]}
    return where_


def plain(source: str) -> str:
    """The cell as plain Python: IPython's magics, where there are any, become calls of get_ipython()."""
    try:
        # Compiled and thrown away, since ast.parse is not safe here: answers are judged in threads, and two that make
        # syntax trees at once can end in a SystemError (seen with CPython 3.11.7; python/cpython issue 106905).
        compile(source, ANSWER_FILE, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        try:
            from IPython.core.inputtransformer2 import TransformerManager

            transformed: str = TransformerManager().transform_cell(source)
        except Exception:  # whatever IPython makes of a broken cell: running it will name the error
            return source
        return transformed
    return source


def shell(space: types.ModuleType) -> None:
    """Give the cell its own IPython, so that its magics do here what they do in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from mqcourse.home import state_folder  # here: only cells with magics need it

    config = Config()
    config.HistoryManager.enabled = False
    os.environ["IPYTHONDIR"] = str(state_folder() / "grading" / "ipython")  # not the learner's own profile

    class Shell(InteractiveShell):
        def enable_gui(self, gui: Any = None) -> None:
            """There is no window to draw in."""

    made = Shell.instance(config=config, user_module=space, user_ns=space.__dict__)
    setattr(made, "system", made.system_raw)  # noqa: B010  a command's output goes where print's does
    space.__dict__["get_ipython"] = lambda: made
    setattr(builtins, "get_ipython", lambda: made)  # noqa: B010  a name that builtins has only in a notebook


def run(source: str, file: str, space: dict[str, Any], runner: asyncio.Runner) -> None:
    """Execute a cell; `await` may occur outside of functions, as in a notebook."""
    code = compile(source, file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        # Running the learner's code is what this process is for.
        runner.run(eval(code, space))  # noqa: S307
    else:
        exec(code, space)  # noqa: S102


async def _awaited(value: Any) -> Any:
    return await value


def main() -> None:
    """Take the order, run the answer, tell how it ended."""
    line = Line(socket.socket(fileno=int(sys.argv[1])))
    order = line.first()
    limit_resources()
    # Bound here, before the answer can replace the names of this module.
    exit_, tell, name_error, run_, awaited = os._exit, line.tell, told, run, _awaited
    sys.stdout = BoundedOutput(sys.stdout)
    sys.stderr = BoundedOutput(sys.stderr)
    source = order["source"]
    linecache.cache[ANSWER_FILE] = (len(source), None, source.splitlines(keepends=True), ANSWER_FILE)
    sys.modules["mqcourse.grading.answer_process"] = sys.modules["__main__"]
    _verb_here.__module__ = "mqcourse.grading.answer_process"  # where a forked process finds it
    cell = types.ModuleType("__main__")
    space = cell.__dict__
    space["WorkFailed"] = WorkFailed
    sys.modules["__main__"] = cell  # as in a notebook: what the cell defines can be found by name
    try:
        with asyncio.Runner() as runner:
            guard.close()
            run_(order["setup"], "<setup>", space, runner)
            forbid_topic_creation()
            ask_before(order.get("steps", []), line.verb("step"))
            if "get_ipython" in source:
                shell(cell)
            report_what_is_made(line.verb("makes"))
            tell({"ready": True})
            run_(source, ANSWER_FILE, space, runner)
            if not line.forked:
                tell({"defined": True})
            function = space.get(order["function"])
            if not callable(function):
                tell({"missing": order["function"]})
                exit_(0)
            given = {name: unpack(value, line.verb) for name, value in order["arguments"].items()}
            result = function(**given)
            if inspect.isawaitable(result):
                result = runner.run(awaited(result))
        if line.forked:
            exit_(0)  # a process that the answer forked and that went on to the end: not the answer's own end
        try:
            tell({"returned": pack(result)})
        except TypeError:
            tell({"odd": type(result).__name__})
    except BaseException as error:
        # SystemExit and KeyboardInterrupt are ends of an answer like any other.
        if line.forked:
            traceback.print_exc()
            exit_(1)
        tell({"error": name_error(error, source)})
    exit_(0)


if __name__ == "__main__":
    main()
