"""A trial: runs of the learner's answer as separate processes, watched, held back, killed.

The trial decides when a piece of work is done: `handle(body)` in the answer waits until the trial lets it return. So a
check can kill a worker exactly while it works on message 4, and needs no guess about time.
"""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from mqcourse.grading.answer_process import pack, unpack
from mqcourse.grading.guarantees import NOT_ANSWERED, Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.outcome import Unjudged
from mqcourse.grading.program import Program
from mqcourse.grading.trace import Trace

DEADLINE_S = 12.0
"""How long a trial waits for what a right answer does in well under a second."""

QUIET_S = 1.5
"""How long a trial must have been idle before it is taken as finished."""

STUCK_S = 6.0
"""After so long without anything happening, a trial stops waiting although there is work left to take."""

LOOK_S = 0.1
"""So long a trial waits between two looks at whether it is over."""

START_S = 60.0
"""How long a process may take until it runs the answer."""

USUAL_START_S = 0.5
"""How long that takes on an idle machine. On one that takes longer, everything is given that much more time."""

MOST_PATIENCE = 8.0

CELL_S = 8.0
"""How long an answer's cell itself may take, before its function is called."""

LONG_S = 2.0
"""A wait of so long that did not bring what was waited for: then each process reports where it is."""

WHERE_S = 0.5
"""How long a process may take to report where it is."""

UNENDING = (
    "the answer cell itself did not end in time: keep only definitions in it, and call them in another cell"
)
ONLY_HERE = (
    "only this cell and the notebook's first one run: what another cell defines must be defined here as well"
)


class GuaranteesBroken(Exception):
    """The trial cannot go on: these guarantees are broken already."""

    def __init__(self, breaches: Iterable[Breach]) -> None:
        self.breaches = list(breaches)
        super().__init__("; ".join(breach.what for breach in self.breaches))


@dataclass(frozen=True)
class Answer:
    """What is judged: the learner's cell, and the cell of the reference that comes before it (imports, endpoints)."""

    setup: str
    source: str
    seed: int = 0
    """What a check draws (kill points, sizes, names, prices) comes from here, so a verdict can be repeated."""

    alive: Callable[[], None] = lambda: None
    """Raises Unjudged when the verdict cannot count any more: a broker went away, or nobody waits for it."""
    keep: Callable[[Trace], None] = lambda _trace: None
    """Takes what each trial shows afterwards."""
    makes: Callable[[str, str, str], None] = lambda _broker, _kind, _name: None
    """Takes what the answer is about to make at a broker: its name, the kind (queue, topic, …), the thing's name."""
    folder: str | None = None
    """Where the answer's processes work; the present folder when None."""

    def draw(self, exercise: str) -> random.Random:
        """A source of choices for one exercise: the same seed gives the same choices."""
        return random.Random(f"{self.seed}:{exercise}")  # noqa: S311  repeatable, not secret


class Trial:
    """One workload and the programs that work on it.

    `number_of` maps the body of a message to its number; None for a body that was never sent. Use as a context
    manager: at its end no program is left.
    """

    def __init__(self, answer: Answer, number_of: Callable[[bytes], int | None] = lambda _body: None) -> None:
        self._answer = answer
        self._number_of = number_of
        self._changed = threading.Condition()
        self._programs: list[Program] = []
        self._holds: Callable[[str, int], bool] = lambda _worker, _message: False
        self._fails: Callable[[int, int], bool | str] = lambda _message, _try: False
        self._gives: Callable[[int], Any] = lambda _message: None
        self._stops: Callable[[str, str], bool] = lambda _worker, _step: False
        self._stopped: set[str] = set()
        self._held: dict[tuple[str, int], tuple[Program, int]] = {}
        self._verbs: dict[str, Callable[..., Any]] = {}
        self._last_s = time.monotonic()
        self._patience = 1.0
        self._began_s = time.monotonic()
        self.history = History()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in self._programs:
            program.kill()
        self._answer.keep(
            Trace(
                self.history,
                tuple(program.name for program in self._programs),
                {program.name: program.printed for program in self._programs if program.printed.strip()},
                {program.name: program.where for program in self._programs if program.where},
            )
        )

    @property
    def patience(self) -> float:
        """How many times as long as on an idle machine everything may take here: from 1 to MOST_PATIENCE."""
        return self._patience

    def saw(self, what: str, text: str) -> None:
        """Put into the history what the check saw at the broker: saw("the queue", "5 unacknowledged")."""
        with self._changed:
            self._record(Kind.SAW, what, text=text)

    def start(
        self,
        name: str,
        function: str,
        *,
        hash_seed: int = 0,
        steps: Sequence[str] = (),
        **arguments: Any,
    ) -> Program:
        """Run the answer's `function` in a process; a string "@handle" stands for the function that the trial watches.

        `steps` are methods ("module:Class.method") at whose beginning the process can be stopped: see `stop_at`.
        """
        packed = {
            key: {"verb": value[1:]} if isinstance(value, str) and value.startswith("@") else pack(value)
            for key, value in arguments.items()
        }
        order = {
            "setup": self._answer.setup,
            "source": self._answer.source,
            "function": function,
            "arguments": packed,
            "steps": list(steps),
        }
        program = Program(self, name, order, hash_seed)
        self._programs.append(program)
        return program

    def hold(self, holds: Callable[[str, int], bool]) -> None:
        """From now on work on a message does not end while `holds(worker, message)` is true when it begins."""
        self._holds = holds

    def stop_at(self, stops: Callable[[str, str], bool]) -> None:
        """From now on a worker that reaches a step stops there for good when `stops(worker, step)` is true."""
        self._stops = stops

    def stopped(self, program: Program) -> bool:
        """Whether the program has been stopped at a step."""
        return program.name in self._stopped

    def fail(self, fails: Callable[[int, int], bool | str]) -> None:
        """From now on work on a message raises WorkFailed when `fails(message, try)` is true; tries count from 1.

        A text is the text of the exception.
        """
        self._fails = fails

    def give(self, gives: Callable[[int], Any]) -> None:
        """From now on work on a message, once it is done, returns `gives(message)` instead of None."""
        self._gives = gives

    def offer(self, verb: str, function: Callable[..., Any]) -> None:
        """Let the answer call one function more: "@verb" as an argument of `start`, answered here by `function`."""
        self._verbs[verb] = function

    def release(self, worker: str, message: int) -> None:
        """Let the held work end."""
        with self._changed:
            program, call = self._held.pop((worker, message))
            self._record(Kind.FINISHED, worker, message)
            self._last_s = time.monotonic()  # the worker has something to do again
        program.send({"id": call, "return": pack(self._gives(message))})

    def kill(self, program: Program) -> None:
        """kill -9 of a worker, put in the history once it is over."""
        program.kill()
        with self._changed:
            self._record(Kind.KILLED, program.name)
            self._last_s = time.monotonic()  # the broker has yet to give back what it held
            self._held = {key: value for key, value in self._held.items() if key[0] != program.name}

    def wait(self, until: Callable[[History], bool], *, deadline_s: float = DEADLINE_S) -> bool:
        """Wait until the history is as wanted. False when it will not be: the time is up or every program has ended.

        GuaranteesBroken when a program has failed.
        """
        self._await_ready()
        end_s = time.monotonic() + deadline_s * self._patience
        with self._changed:
            while not until(self.history):
                self._refuse_failed()
                self._answer.alive()
                left_s = end_s - time.monotonic()
                if left_s <= 0 or not any(program.running for program in self._programs):
                    break
                self._changed.wait(min(left_s, 0.5))
            else:
                return True
            reached = until(self.history)
        if not reached and deadline_s >= LONG_S:
            self._ask_where()
        return reached

    def wait_quiet(
        self,
        until: Callable[[History], bool],
        drained: Callable[[], bool] = lambda: True,
        *,
        quiet_s: float = QUIET_S,
        stuck_s: float = STUCK_S,
        deadline_s: float = DEADLINE_S,
    ) -> bool:
        """Wait until the history is as wanted, or it has been idle for a while and `drained()` returns that no more can follow.

        Programs that take none of the work there is are given up after `stuck_s`. A late look counts for no
        more than one in time: the programs were as late.
        """
        self._await_ready()
        last_s, waited_s = self._last_s, 0.0
        quiet_for_s = (time.monotonic() - last_s) / self._patience
        while waited_s < deadline_s:
            began_s = time.monotonic()
            if self.wait(until, deadline_s=LOOK_S):
                return True
            took_s = min(LOOK_S, (time.monotonic() - began_s) / self._patience)
            waited_s += took_s
            if self._last_s != last_s:
                last_s, quiet_for_s = self._last_s, 0.0
            quiet_for_s += took_s
            if quiet_for_s > stuck_s or (quiet_for_s > quiet_s and drained()):
                break
            if not any(program.running for program in self._programs):
                return False
        self._ask_where()
        return False

    def result(self, program: Program, *, deadline_s: float = DEADLINE_S) -> Any:
        """What the function returned. GuaranteesBroken when it failed, or did not end in time."""
        self._await_ready()
        end_s = time.monotonic() + deadline_s * self._patience
        with self._changed:
            while program.running and time.monotonic() < end_s:
                self._answer.alive()
                self._changed.wait(min(0.5, max(0.0, end_s - time.monotonic())))
        if program.running:
            self._ask_where()
            raise GuaranteesBroken(
                [Breach(Guarantee.ENDS, f"{program.name} had not ended after {deadline_s:g} s")]
            )
        with self._changed:
            if program.breach:
                raise GuaranteesBroken([program.breach])
            return program.returned

    def hear(self, program: Program, message: Mapping[str, Any]) -> None:
        """Take a program's report; called from the program's own thread."""
        if message.get("call") == "makes":
            self._make(program, message)
            return
        with self._changed:
            if "call" in message:
                self._work(program, message)
            elif "where" in message:
                program.where = tuple(str(place) for place in message["where"])
            elif "ready" in message:
                program.ready = True
                took_s = time.monotonic() - program.began_s
                self._patience = min(MOST_PATIENCE, max(self._patience, took_s / USUAL_START_S))
            elif "defined" in message:
                program.defined = True
            elif program.running:
                program.ended, program.breach = _end(program, message)
                if program.ended == "returned":
                    program.returned = unpack(message["returned"])
            self._last_s = time.monotonic()
            self._changed.notify_all()

    def _ask_where(self) -> None:
        """Let every process that still runs report where it is; one that cannot answer is left out."""
        asked = [program for program in self._programs if program.running]
        for program in asked:
            program.where = None
            program.send({"where": True})
        end_s = time.monotonic() + WHERE_S
        with self._changed:
            while any(program.running and program.where is None for program in asked):
                left_s = end_s - time.monotonic()
                if left_s <= 0:
                    return
                self._changed.wait(left_s)

    def _make(self, program: Program, message: Mapping[str, Any]) -> None:
        """Note what the answer is about to make, then let it."""
        given = unpack(message["arguments"])
        with contextlib.suppress(TypeError):  # an answer that calls this by itself, with other arguments
            self._answer.makes(*(str(each) for each in given))
        program.send({"id": message["id"], "return": None})

    def _work(self, program: Program, message: Mapping[str, Any]) -> None:
        arguments = unpack(message["arguments"])
        if message["call"] == "step":
            if self._stops(program.name, str(arguments[0])):
                self._stopped.add(program.name)
            else:
                program.send({"id": message["id"], "return": None})
            return
        if message["call"] in self._verbs:
            try:
                reply = {"return": pack(self._verbs[message["call"]](*arguments))}
            except TypeError as error:  # called with other arguments than it takes: the answer's mistake
                reply = {"raise": str(error)}
            program.send({"id": message["id"], **reply})
            return
        body = arguments[0] if arguments else b""
        body = body.encode() if isinstance(body, str) else body
        number = (self._number_of(body) if isinstance(body, bytes) else None) or -1
        self._record(Kind.STARTED, program.name, number)
        tried = self.history.messages(Kind.STARTED).count(number)
        if fails := self._fails(number, tried):
            self._record(Kind.FAILED, program.name, number)
            says = fails if isinstance(fails, str) else f"message {number} cannot be processed"
            program.send({"id": message["id"], "raise": says})
        elif self._holds(program.name, number):
            self._held[program.name, number] = (program, message["id"])
        else:
            self._record(Kind.FINISHED, program.name, number)
            program.send({"id": message["id"], "return": pack(self._gives(number))})

    def _record(self, kind: Kind, worker: str, message: int = 0, text: str = "") -> None:
        self.history = self.history.add(kind, worker, message, text, time.monotonic() - self._began_s)
        self._last_s = time.monotonic()
        self._changed.notify_all()

    def _await_ready(self) -> None:
        """Wait until every program that runs has begun with the answer's function: before that no step can be expected.

        GuaranteesBroken when the answer's cell itself does not end.
        """
        end_s = time.monotonic() + START_S
        with self._changed:
            while any(program.running and not program.ready for program in self._programs):
                self._answer.alive()
                left_s = end_s - time.monotonic()
                if left_s <= 0:
                    raise Unjudged(
                        f"this machine could not start a Python process within {START_S:g} s",
                        do="Run it again when less runs beside it",
                    )
                self._changed.wait(min(left_s, 0.5))
            end_s = time.monotonic() + CELL_S * self._patience
            while any(program.running and not program.defined for program in self._programs):
                self._answer.alive()
                left_s = end_s - time.monotonic()
                if left_s <= 0:
                    raise GuaranteesBroken([Breach(Guarantee.RUNS, UNENDING)])
                self._changed.wait(min(left_s, 0.5))

    def _refuse_failed(self) -> None:
        broken = [program.breach for program in self._programs if program.breach]
        if broken:
            raise GuaranteesBroken(broken[:1])


def _end(program: Program, message: Mapping[str, Any]) -> tuple[str, Breach | None]:
    if "returned" in message:
        return "returned", None
    if "missing" in message:
        return "error", Breach(
            Guarantee.ANSWERED, f"the answer cell defines no function {message['missing']!r}"
        )
    if "odd" in message:
        return "error", Breach(
            Guarantee.RUNS,
            f"{program.name} returned a {message['odd']}; plain numbers, texts, bytes or lists of them are asked for",
        )
    if "error" in message:
        error = message["error"]
        if error["type"] == "NotImplementedError" and error["mine"]:
            return "error", Breach(Guarantee.ANSWERED, NOT_ANSWERED)
        where = f" (line {error['line']}: {error['text']})" if error["line"] else ""
        what = f"{error['type']}: {error['says']}".rstrip(": ")
        if error["type"] == "NameError":
            where += f"; {ONLY_HERE}"
        return "error", Breach(Guarantee.RUNS, " ".join(f"{program.name} stopped with {what}{where}".split()))
    return "died", Breach(Guarantee.RUNS, f"the process of {program.name} was ended from inside")
