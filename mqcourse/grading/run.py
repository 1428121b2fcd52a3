"""Grade a notebook: merge its answers into the reference, run that under nbval in a subprocess, collect the verdicts."""

import contextlib
import hashlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from mqcourse.errors import CourseError
from mqcourse.grading import master
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.submission import Submission, read
from mqcourse.grading.verdict import Report, Verdict, read_breaches, refused
from mqcourse.variables import Kind, environment_of

CELL_LIMIT_S = 8.0
RUN_LIMIT_S = 240.0
MARK = "MQ_GRADING_RUN"
"""An environment variable that every process of a run carries, so that none is left behind."""


def grade(path: Path, say: Callable[[str], None] = lambda _line: None) -> Report:
    """The report on a learner's notebook. CourseError when it is no notebook of a lab, or a broker does not answer.

    Exercises that nobody has touched are not run.
    """
    given = read(path)
    stubs = master.answers(given.lab, solved=False)
    untouched = [id_ for id_, source in given.answers.items() if source.strip() == stubs[id_].strip()]
    return grade_submission(
        Submission(
            given.lab,
            {id_: source for id_, source in given.answers.items() if id_ not in untouched},
            {**given.unusable, **dict.fromkeys(untouched, "not answered yet")},
        ),
        say,
    )


def grade_submission(submission: Submission, say: Callable[[str], None] = lambda _line: None) -> Report:
    """The same for answers that are already taken out of their notebook."""
    lab = submission.lab
    began_s = time.monotonic()
    found: dict[str, Verdict] = {
        exercise.id: refused(exercise, Guarantee.ANSWERED, submission.unusable[exercise.id])
        for exercise in lab.exercises
        if exercise.id in submission.unusable
    }
    if submission.answers:
        _ask_brokers(lab.brokers)
        before = _fingerprint()
        say(f"running {len(submission.answers)} answers")
        verdicts = _run(lab.name, master.graded_notebook(lab, submission.answers))
        if missing := [id_ for id_ in submission.answers if id_ not in verdicts]:
            # An answer has ended the whole run. Each one that has no verdict gets a run of its own, to find out which.
            for id_ in missing:
                say(f"running {id_} alone")
                verdicts |= _run(lab.name, master.graded_notebook(lab, {id_: submission.answers[id_]}))
        for id_, broken in verdicts.items():
            found[id_] = Verdict(lab.exercise(id_), read_breaches(broken))
        after = _fingerprint()
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        if changed:
            raise CourseError(
                f"while the answers ran, {changed[0]} of the course's own code was changed, so no verdict counts",
                do="Bring it back with `git checkout -- mqcourse/grading solutions labs/labs.toml`, and take the code that writes to it out of your answer",
            )
    return Report(
        lab,
        tuple(
            found.get(exercise.id)
            or refused(
                exercise,
                Guarantee.RUNS,
                "the answer ended the process that runs it before there was a verdict",
            )
            for exercise in lab.exercises
        ),
        time.monotonic() - began_s,
    )


def _run(name: str, notebook: str) -> dict[str, list[Mapping[str, str]]]:
    """What each exercise broke, by id; an exercise is missing when the run ended before its verdict."""
    mark = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="mq-grade-") as folder:
        path = Path(folder) / f"{name}.ipynb"
        path.write_text(notebook, encoding="utf-8")
        out, inlet = os.pipe()
        command = [
            *(sys.executable, "-P", "-m", "pytest", str(path), "-q", "--nbval-lax", "--nbval-current-env"),
            *("-p", "mqcourse.grading.plugin", "-p", "nbval.plugin", "-p", "no:cacheprovider"),
            *("--nbval-cell-timeout", str(CELL_LIMIT_S), "--verdicts", str(inlet)),
            *("-c", os.devnull, "--rootdir", folder, "--tb=short", "--color=no", "--capture=no"),
        ]
        with (Path(folder) / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(mark),
                pass_fds=[inlet],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            os.close(inlet)
            try:
                lines = _lines(out, time.monotonic() + RUN_LIMIT_S)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=10)
            finally:
                os.close(out)
                _end_all(process, mark)
            log.seek(0)
            said = log.read(200_000)
    verdicts = {line["exercise"]: line["broken"] for line in lines}
    if not verdicts and "CourseError" in said:
        raise CourseError(said.split("CourseError: ", 1)[1].splitlines()[0])
    if not verdicts and process.returncode not in (0, 1, -signal.SIGKILL):
        raise CourseError(
            f"the grading run ended with code {process.returncode}: {_last(said)}", do="Run `mq doctor`"
        )
    return verdicts


def _lines(source: int, end_s: float) -> list[Mapping[str, Any]]:
    """The lines of JSON that come through the pipe until its other end closes, or the time is up."""
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        while (left_s := end_s - time.monotonic()) > 0:
            if selector.select(left_s):
                part = os.read(source, 65_536)
                if not part:
                    break
                received += part
    return [json.loads(line) for line in received.splitlines() if line.endswith(b"}")]


def _environment(mark: str) -> dict[str, str]:
    return {
        **environment_of(Kind.PYTHON),
        MARK: mark,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
        "PYTHONWARNINGS": "ignore",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JPY_SESSION_NAME": "",
    }


def _end_all(process: subprocess.Popen[bytes], mark: str) -> None:
    """End the run and every process that carries its mark, also one that left its parent or its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for other in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if other.environ().get(MARK) == mark:
                other.kill()


def _ask_brokers(brokers: tuple[str, ...]) -> None:
    """CourseError when a broker of the lab does not answer: better now than as five wrong verdicts."""
    for broker in brokers:
        with import_module(f"mqcourse.grading.checks.{broker}").Desk():
            pass


def _fingerprint() -> dict[str, str]:
    """A digest of each file that a verdict depends on."""
    from mqcourse.home import CHECKOUT

    files = [
        *(CHECKOUT / "mqcourse" / "grading").rglob("*.py"),
        *(CHECKOUT / "solutions").glob("*.md"),
        CHECKOUT / "labs" / "labs.toml",
    ]
    return {
        str(file.relative_to(CHECKOUT)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file()
    }


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it said nothing"
