"""A folder of hostile submissions between two honest ones: what `mq grade FOLDER` says of each, and what it lost by them."""

import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import CONTROL
from mqcourse.grading import manifest, master
from mqcourse.grading.sandbox import Sandbox
from mqcourse.home import CHECKOUT
from tests.grading.hostile_answers import BEGIN, HOSTILE
from tests.run_stack import RunStack

pytestmark = [pytest.mark.stack]

SECRET = "a secret that no answer may read"
LAB = "backpressure_sizing"
"""It needs no broker, so a grading of it is short."""
HONEST = ("ada", "zoe")
"""Their notebooks are the first and the last of the folder."""
SAYS_NOTHING = {"ends everything", "stops its run"}


@dataclass(frozen=True)
class Graded:
    """What one run over the folder said, and what was there before and after it."""

    code: int
    out: str
    said: str
    callers: list[str]
    """Who connected to a planted server."""
    changed: list[str]
    """The files of the teacher and of the course that were changed."""
    victim_lives: bool
    left: list[str]
    """Command lines of processes of an answer that are still there."""

    def of(self, name: str) -> str:
        """The part of the output that is about one notebook."""
        return next(
            part for part in re.split(r"^(?=\S+\.ipynb$)", self.out, flags=re.M) if part.startswith(name)
        )


class Planted:
    """What the teacher's machine holds: files, servers, a process, and the folder of submissions."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.home = folder / "teacher"
        self.home.mkdir()
        (self.home / "planted-secret.txt").write_text(SECRET)
        self.submissions = folder / "submissions"
        self.submissions.mkdir()
        self.state = state
        (state / "progress").mkdir(exist_ok=True)
        (state / "progress" / "labs.jsonl").touch()
        self.callers: list[str] = []
        self.sleep = f"86400.{os.getpid()}"
        self.abstract = f"mq-test-{os.getpid()}-{folder.name}"
        self.servers = [
            self._server(socket.AF_INET, ("0.0.0.0", 0)),  # noqa: S104  another address of this host is tried too
            self._server(socket.AF_UNIX, f"\0{self.abstract}"),
            self._server(socket.AF_UNIX, str(self.home / "s")),
        ]
        if socket.has_ipv6:
            with contextlib.suppress(OSError):
                self.servers.append(self._server(socket.AF_INET6, ("::1", 0)))
        self.victim = subprocess.Popen(["sleep", "86400"])

    def given(self) -> dict[str, Any]:
        """What the answers are told, so that none misses something only because it did not find it."""
        addresses = [
            one.address
            for each in psutil.net_if_addrs().values()
            for one in each
            if one.family == socket.AF_INET
        ]
        six = [each for each in self.servers if each.family == socket.AF_INET6]
        return {
            "secret": SECRET,
            "file": str(self.home / "planted-secret.txt"),
            "other": str(self.submissions / f"{HONEST[0]}.ipynb"),
            "state": str(self.state),
            "course": str(CHECKOUT),
            "port": self.servers[0].getsockname()[1],
            "port6": six[0].getsockname()[1] if six else 1,
            "hosts": [address for address in addresses if not address.startswith("127.")],
            "abstract": self.abstract,
            "socket": str(self.home / "s"),
            "victim": self.victim.pid,
            "grader": os.getpid(),
            "sleep": self.sleep,
            "all": "11 of 11  mallory.ipynb",
        }

    def files(self) -> dict[Path, str]:
        """A digest of each file that no grading may change."""
        places = [
            *self.home.glob("*.txt"),
            *self.submissions.iterdir(),
            *(self.state / "progress").rglob("*.jsonl"),
        ]
        places += [
            *CHECKOUT.glob("mqcourse/**/*.py"),
            *CHECKOUT.glob("mqcourse/**/evil*"),
            *CHECKOUT.glob("solutions/*/*"),
        ]
        places += [
            *Path(sys.prefix).glob("lib/evil*"),
            *(self.state / "grading").glob("run-*"),
            self.state / "grading" / "1-1.jsonl",
        ]
        return {
            place: hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else ""
            for place in places
        }

    def end(self) -> None:
        for server in self.servers:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
        self.victim.kill()
        self.victim.wait()

    def _server(self, family: int, address: Any) -> socket.socket:
        server = socket.socket(family)
        server.bind(address)
        server.listen()

        def tell() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with server.accept()[0] as one:
                        self.callers.append(str(address))
                        one.sendall(SECRET.encode())

        threading.Thread(target=tell, daemon=True).start()
        return server


def submission(answer: str | None, given: dict[str, Any]) -> str:
    """A notebook with this answer to the first exercise and none to the others; None: the right answers to all."""
    lab = manifest.find(LAB)
    if answer is None:
        return master.solution_notebook(lab)
    notebook = json.loads(master.lab_notebook(lab))
    cell = next(cell for cell in notebook["cells"] if cell["metadata"].get("exercise"))
    cell["source"] = BEGIN.format(given=json.dumps(given)) + answer
    return json.dumps(notebook)


def graded(stack: RunStack, planted: Planted, names: list[str], *more: str) -> Graded:
    given = planted.given()
    for name, answer in {**dict.fromkeys(HONEST), **{name: HOSTILE[name] for name in names}}.items():
        (planted.submissions / f"{name.replace(' ', '-')}.ipynb").write_text(submission(answer, given))
    before = planted.files()
    done = stack.mq("grade", str(planted.submissions), *more, check=False, MY_CLOUD_KEY=SECRET)
    after = planted.files()
    return Graded(
        done.returncode,
        done.stdout,
        done.stderr,
        list(planted.callers),
        sorted(str(place) for place in {*before, *after} if before.get(place) != after.get(place)),
        planted.victim.poll() is None,
        [
            " ".join(one.info["cmdline"])
            for one in psutil.process_iter(["cmdline"])
            if planted.sleep in (one.info["cmdline"] or ())
        ],
    )


@pytest.fixture(scope="module")
def own_stack(own_home: Path) -> RunStack:
    return RunStack(own_home, int(os.environ["MQ_PORT_BASE"]))


@pytest.fixture
def planted(own_home: Path, tmp_path: Path) -> Iterator[Planted]:
    made = Planted(tmp_path, own_home)
    yield made
    made.end()


@pytest.fixture(scope="module")
def whole(own_stack: RunStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    """One run over all of them. The lab asks for no broker, so it needs none that runs; where some do, they are reached."""
    try:
        Sandbox.of_this_machine()
    except CourseError as error:
        pytest.skip(f"no sandbox here, and the command says so: {error}")
    planted = Planted(tmp_path_factory.mktemp("hostile"), own_stack.home)
    try:
        yield graded(own_stack, planted, list(HOSTILE))
    finally:
        planted.end()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_submission_reaches_nothing_and_gets_no_point(whole: Graded, name: str) -> None:
    file = f"{name.replace(' ', '-')}.ipynb"
    assert re.search(rf"^(  0 of 11|not judged: .*)  {re.escape(file)}$", whole.out, re.MULTILINE), whole.out
    if name not in SAYS_NOTHING:
        told = re.search(r"tried (\d+), reached (\[.*?\])", whole.of(file))
        assert told, whole.of(file)
        assert int(told[1]) > 0
        assert told[2] == "[]"


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_submission_beside_them_keeps_all_its_points(whole: Graded, name: str) -> None:
    points = manifest.find(LAB).points
    assert re.search(rf"^ *{points} of {points}  {name}\.ipynb$", whole.out, re.MULTILINE), whole.out


def test_nothing_of_the_teachers_was_touched(whole: Graded) -> None:
    assert whole.code == Exit.SAID_NO, whole.said
    assert "protected by bubblewrap" in whole.said
    assert whole.callers == []
    assert whole.changed == []
    assert whole.victim_lives
    assert whole.left == []
    assert SECRET not in whole.out + whole.said


def test_no_submission_writes_to_the_teachers_terminal(whole: Graded) -> None:
    assert CONTROL.findall(whole.out + whole.said) == []
    assert not re.search(r"^11 of 11  mallory", whole.out, re.MULTILINE)


def test_one_that_stops_its_run_is_ended_and_told_so(whole: Graded) -> None:
    """Left alone it held the grading of the whole folder for ten minutes."""
    assert "the answer stopped the process that runs it" in " ".join(whole.of("stops-its-run").split())
    assert "the answer ended the process that runs it" in " ".join(whole.of("ends-everything").split())


def test_without_a_sandbox_the_same_answers_reach_what_they_are_after(
    own_stack: RunStack, planted: Planted
) -> None:
    """So they try what would work; and the command says that nothing protects."""
    run = graded(own_stack, planted, ["reads files", "reaches ports"], "--trust")
    assert run.said.splitlines()[0].startswith("not protected (--trust)")
    assert str(planted.home / "planted-secret.txt") in run.of("reads-files")
    assert "127.0.0.1" in run.of("reaches-ports")
    assert run.callers
