"""Grade a notebook: take its answers out of it, run the graded notebook under nbval in a subprocess, collect verdicts."""

import contextlib
import hashlib
import hmac
import importlib.util
import json
import marshal
import os
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain, plain_all
from mqcourse.grading import journal, leftovers, master
from mqcourse.grading.guarantees import NOT_ANSWERED, Guarantee
from mqcourse.grading.journal import MARK
from mqcourse.grading.judge import draw_seed
from mqcourse.grading.outcome import Unjudged, Void
from mqcourse.grading.prctl import orphans
from mqcourse.grading.run_watch import ENDED, RunWatch
from mqcourse.grading.sandbox import Sandbox
from mqcourse.grading.submission import Submission, read
from mqcourse.grading.verdict import Report, Verdict, read_verdict, with_breach
from mqcourse.grading.witness import Witness
from mqcourse.home import CHECKOUT
from mqcourse.variables import Kind, environment_of

RUN_LIMIT_S = 600.0
"""Every wait of a check has its own limit; this one is met only when the machine or the grader hangs."""
NONE_KNOWN: Mapping[str, Verdict] = {}
POLL_S = 0.3
ENOUGH = b"."
"""The sign for a run that its verdicts have no reader any more. When its standard input ends without it, we have died."""
SENT = (
    *(signal.SIGKILL, signal.SIGTERM, signal.SIGINT),
    *(signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT),
)
"""Signals with which an answer may end its run. A run that breaks by itself ends in other ways, and is not judged."""
GRACE_S = 6.0
"""How long the run may take to give back what it made at the brokers, when nobody waits for it any more."""


def grade(
    path: Path,
    say: Callable[[str], None] = lambda _line: None,
    *,
    seed: int | None = None,
    sandbox: Sandbox | None = None,
    known: Mapping[str, Verdict] = NONE_KNOWN,
) -> Report:
    """The report on a learner's notebook. CourseError when it is no notebook of a lab.

    Unjudged when a broker does not answer or goes away. Untouched exercises are not run. `seed` repeats
    what the checks drew in the run that printed it. With a sandbox the answers run in it. The answers to the exercises
    in `known` are not run again.
    """
    given = read(path)
    stubs = master.answers(given.lab, solved=False)
    untouched = [id_ for id_, source in given.answers.items() if source.strip() == stubs[id_].strip()]
    return grade_submission(
        Submission(
            given.lab,
            {id_: source for id_, source in given.answers.items() if id_ not in untouched},
            {**given.unusable, **dict.fromkeys(untouched, NOT_ANSWERED)},
        ),
        say,
        seed=seed,
        sandbox=sandbox,
        known=known,
    )


def grade_submission(
    submission: Submission,
    say: Callable[[str], None] = lambda _line: None,
    *,
    seed: int | None = None,
    sandbox: Sandbox | None = None,
    known: Mapping[str, Verdict] = NONE_KNOWN,
) -> Report:
    """The same for answers that are already taken out of their notebook."""
    lab = submission.lab
    if sandbox and lab.lets_nodes_fail:
        raise CourseError(
            f"{lab.name} lets nodes of a cluster fail, and no process of a sandbox can do that",
            do="On a machine that holds nothing else, grade it without a sandbox: leave `--untrusted` out, or give `--trust` for a folder",
            code=Exit.USAGE,
        )
    seed = draw_seed() if seed is None else seed
    began_s = time.monotonic()
    found: dict[str, Verdict] = {
        exercise.id: with_breach(exercise, Guarantee.ANSWERED, submission.unusable[exercise.id])
        for exercise in lab.exercises
        if exercise.id in submission.unusable
    } | {id_: known[id_] for id_ in submission.answers if id_ in known}
    new = {id_: source for id_, source in submission.answers.items() if id_ not in known}
    ends: dict[str, str] = {}
    """Why the last run of each answer has no verdict on it."""
    leftovers.sweep()
    if new:
        with Witness(lab.brokers) as witness:
            before = _fingerprint()
            say(f"running {len(new)} answers")

            def run(answers: Mapping[str, str]) -> dict[str, Verdict]:
                entries, why = _run(lab.name, master.graded_notebook(lab, answers, seed), witness, sandbox)
                ends.update(dict.fromkeys(answers, why))
                return {
                    id_: read_verdict(lab.exercise(id_), plain_all(entry))
                    for id_, entry in entries.items()
                    if id_ in answers
                }

            verdicts = run(new)
            if missing := [id_ for id_ in new if id_ not in verdicts]:
                # An answer has ended the whole run. Each one without a verdict gets a run of its own, to find out which.
                witness.confirm()
                for id_ in missing:
                    say(f"running {id_} alone")
                    verdicts |= run({id_: new[id_]})
            found |= verdicts
            if any(not verdict.passed for verdict in verdicts.values()) or len(verdicts) < len(new):
                witness.confirm()
        if changed := _changed(before, _fingerprint()):
            raise Void(
                f"while the answers ran, {changed} of the course's own code was changed, so no verdict counts",
                do="Bring it back with `git checkout -- mqcourse solutions`, and take the code that writes to it out of your answer",
            )
    return Report(
        lab,
        tuple(
            found.get(exercise.id) or with_breach(exercise, Guarantee.RUNS, ends.get(exercise.id, ENDED))
            for exercise in lab.exercises
        ),
        time.monotonic() - began_s,
        seed if new else None,
    )


def _run(
    name: str, notebook: str, witness: Witness, sandbox: Sandbox | None
) -> tuple[dict[str, Mapping[str, Any]], str]:
    """The verdict on each exercise, by id, and why one is missing, for the case that the run ended before its verdict."""
    mark = secrets.token_hex(8)
    key = secrets.token_hex(32)
    with _folder(mark) as folder, orphans():
        path = Path(folder) / f"{name}.ipynb"
        path.write_text(notebook, encoding="utf-8")
        verdicts_in, verdicts_out = os.pipe()
        command = [
            *(sys.executable, "-P", "-m", "mqcourse.grading.nbval_run"),
            *(str(path), "--verdicts", str(verdicts_out)),
        ]
        shut_in = (
            sandbox.around(command, Path(folder), [verdicts_out])
            if sandbox
            else contextlib.nullcontext(command)
        )
        with shut_in as words, (Path(folder) / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                words,
                cwd=folder,
                env=_environment(mark, folder),
                pass_fds=[verdicts_out],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            os.close(verdicts_out)
            stdin: Any = process.stdin
            watch = RunWatch(process.pid, folder)
            try:
                with contextlib.suppress(BrokenPipeError):
                    # The key goes this way, so no process of an answer finds it in an environment or a command line.
                    stdin.write(f"{key}\n".encode())
                    stdin.flush()
                verdicts = _verdicts(_lines(verdicts_in, time.monotonic() + RUN_LIMIT_S, witness, watch), key)
                if not watch.is_stopped:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=GRACE_S)
            finally:
                os.close(verdicts_in)
                with contextlib.suppress(OSError):
                    stdin.write(ENOUGH)  # the run ends, and gives back what it made
                    stdin.close()
                if not watch.is_stopped:  # a process that is stopped ends by no word
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=GRACE_S)
                _end_all(process, mark)
                leftovers.sweep()  # of a run that was killed
            log.seek(0)
            said = log.read(200_000)
    if not verdicts and "CourseError" in said:
        raise CourseError(plain(said.split("CourseError: ", 1)[1].splitlines()[0]), code=Exit.ENVIRONMENT)
    if not verdicts and process.returncode not in (0, 1) and not _was_ended(process.returncode):
        witness.confirm()
        raise Unjudged(
            f"the grading run ended with code {process.returncode}: {_last(said)}", do="Run `mq doctor`"
        )
    return verdicts, watch.what


def _was_ended(code: int) -> bool:
    """Whether an exit code means a signal that a process sent; around a sandbox it is 128 and the signal's number."""
    return (-code if code < 0 else code - 128) in SENT


@contextlib.contextmanager
def _folder(mark: str) -> Iterator[str]:
    """A folder of the run's own in the state folder. What a killed run leaves there is swept by the next one."""
    home = journal.folder()
    home.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="run-", dir=home)
    journal.note("here", "folder", folder)
    journal.note("here", "processes", mark)
    try:
        yield folder
    finally:
        leftovers.clear()


def _verdicts(lines: Iterator[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    """The verdicts, by exercise. Void when a line is not the grader's own, or a second one for an exercise."""
    found: dict[str, Mapping[str, Any]] = {}
    for line in lines:
        body = str(line.get("body", ""))
        if not hmac.compare_digest(str(line.get("signed", "")).encode(), signature(key, body).encode()):
            raise Void(
                "something else than the grader wrote a verdict, so no verdict counts",
                do="Take the code that writes into the grader's files out of your answer",
            )
        told = json.loads(body)
        if "unjudged" in told:
            raise Unjudged(plain(str(told["unjudged"])))
        if told["exercise"] in found:
            raise Void(
                f"there was a second verdict for {told['exercise']}, so no verdict counts",
                do="Run it again",
            )
        found[told["exercise"]] = told["verdict"]
    return found


def signature(key: str, body: str) -> str:
    """What shows that a line is the grader's own."""
    return hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()


def _lines(source: int, end_s: float, witness: Witness, watch: RunWatch) -> Iterator[Mapping[str, Any]]:
    """The lines of JSON that arrive through the pipe until its other end closes, or an answer breaks the run.

    Unjudged when a broker goes away meanwhile, or the time is up.
    """
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        while time.monotonic() < end_s:
            if not selector.select(POLL_S):
                witness.alive()
                if watch.is_broken():
                    return
                continue
            part = os.read(source, 65_536)
            if not part:
                return
            received += part
            *whole, received = received.split(b"\n")
            for line in whole:
                try:
                    entry = json.loads(line)
                except ValueError:
                    entry = {}
                yield entry if isinstance(entry, dict) else {}
    raise Unjudged(
        f"the answers were not judged within {RUN_LIMIT_S:.0f} s", do="Run it again when less runs beside it"
    )


def _environment(mark: str, folder: str) -> dict[str, str]:
    return {
        **environment_of(Kind.ANSWER),
        MARK: mark,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JPY_SESSION_NAME": "",
        "JUPYTER_RUNTIME_DIR": str(Path(folder) / "runtime"),
        "IPYTHONDIR": str(Path(folder) / "ipython"),  # no startup file of anybody's
    }


def _end_all(process: "subprocess.Popen[bytes]", mark: str) -> None:
    """End the run and every process that carries its mark, also one that left its parent or its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    leftovers.end_marked(mark)


def _fingerprint() -> dict[Path, str]:
    """A digest of each file that a verdict depends on: the course's code, its byte code, the labs' folders."""
    files = [
        *(CHECKOUT / "mqcourse").rglob("*.py"),
        *(CHECKOUT / "mqcourse").rglob("*.pyc"),
        *(path for path in (CHECKOUT / "solutions").rglob("*") if path.is_file()),
    ]
    found = {}
    for file in files:
        with contextlib.suppress(OSError):  # replaced at this moment: the next look sees the other one
            found[file] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _changed(before: Mapping[Path, str], after: Mapping[Path, str]) -> str | None:
    """A file that is not what it was; None when all are.

    Byte code that another process of the course wrote meanwhile is no change, as long as it is its source's.
    """
    for file in sorted({*before, *after}):
        if before.get(file) == after.get(file):
            continue
        if file.suffix == ".pyc" and (file not in after or _is_of_its_source(file)):
            continue
        if file.suffix == ".pyc":
            file.unlink(missing_ok=True)
        return str(file.relative_to(CHECKOUT))
    return None


def _is_of_its_source(file: Path) -> bool:
    """Whether byte code is what its source gives, at the level of optimisation in its name (PEP 488)."""
    try:
        source = Path(importlib.util.source_from_cache(str(file)))
        _, optimised, level = file.stem.rpartition(".opt-")
        same: bool = marshal.loads(file.read_bytes()[16:]) == compile(  # noqa: S302  compared, never run
            source.read_bytes(),
            str(source),
            "exec",
            dont_inherit=True,
            optimize=int(level) if optimised else 0,
        )
    except Exception:  # of bytes that anybody may have written
        return False
    return same


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return plain(lines[-1].strip()[:300]) if lines else "it said nothing"
