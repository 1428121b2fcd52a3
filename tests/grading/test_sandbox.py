"""Answers of strangers in a sandbox: what they reach, what they do not, and that right answers lose nothing by it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import journal, leftovers, manifest, master, run, run_watch, sandbox, sandbox_inside
from mqcourse.grading.sandbox import Sandbox
from mqcourse.grading.submission import Submission
from mqcourse.home import CHECKOUT
from tests.run_stack import RunStack

pytestmark = [pytest.mark.stack]

SECRET = "a secret that nobody inside may read"


@pytest.fixture(scope="module")
def shut_in() -> Sandbox:
    try:
        return Sandbox.of_this_machine()
    except CourseError as error:
        pytest.skip(f"no sandbox here, and the command says so: {error}")


PROBE = """
import ctypes, json, os, pathlib, signal, socket, sys
given = json.loads(sys.argv[1])
found = {}
def attempt(name, work):
    try:
        found[name] = repr(work())
    except BaseException as error:
        found[name] = f"refused: {type(error).__name__}"
def connect(host, port):
    with socket.create_connection((host, port), timeout=3) as there:
        return there.recv(100)
def unix(path):
    with socket.socket(socket.AF_UNIX) as there:
        there.connect(path)
        return there.recv(100)
def everything(name):
    return [str(path) for path in pathlib.Path("/").rglob(name)]
attempt("read the planted file", lambda: pathlib.Path(given["file"]).read_text())
attempt("read it through /proc/1/root", lambda: pathlib.Path("/proc/1/root" + given["file"]).read_text())
attempt("find it", lambda: given["secret"] if everything(os.path.basename(given["file"])) else 1 / 0)
attempt("read the planted variable", lambda: os.environ["MY_CLOUD_KEY"])
attempt("read another process's environment", lambda: [p for p in pathlib.Path("/proc").glob("[0-9]*/environ") if b"MY_CLOUD_KEY" in p.read_bytes()][0])
attempt("reach a foreign port", lambda: connect("127.0.0.1", given["port"]))
attempt("reach it by another name", lambda: connect("localhost", given["port"]))
attempt("reach another machine", lambda: connect("192.0.2.1", 80))
attempt("reach an abstract socket", lambda: unix("\\0" + given["abstract"]))
attempt("reach a socket in the file system", lambda: unix(given["unix"]))
attempt("write to the course", lambda: pathlib.Path(given["course"], "mqcourse", "evil.py").write_text("x"))
attempt("write byte code", lambda: pathlib.Path(given["course"], "mqcourse", "__pycache__", "evil.pyc").write_text("x"))
attempt("write to the environment", lambda: pathlib.Path(sys.prefix, "lib", "evil.pth").write_text("x"))
attempt("write to the journals", lambda: pathlib.Path(given["state"], "grading", "1-1.jsonl").write_text("x"))
attempt("write points", lambda: pathlib.Path(given["state"], "progress", "labs.jsonl").write_text("x"))
attempt("read the stack's token", lambda: pathlib.Path(given["state"], "jupyter", "token").read_text())
attempt("end the grader", lambda: os.kill(given["grader"], signal.SIGKILL))
attempt("look into the grader", lambda: 1 / 0 if ctypes.CDLL(None).ptrace(16, given["grader"], 0, 0) else "attached")
attempt("remount the root", lambda: 1 / 0 if ctypes.CDLL(None).mount(b"none", b"/usr", None, 32, None) else "mounted")
attempt("list the teacher's home", lambda: os.listdir(given["home"])[0])
print(json.dumps(found))
"""


@contextlib.contextmanager
def listening(kind: int, address: Any) -> Iterator[socket.socket]:
    """A server that tells the secret to whoever connects."""
    import threading

    with socket.socket(kind) as server:
        server.bind(address)
        server.listen()

        def tell() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with server.accept()[0] as one:
                        one.sendall(SECRET.encode())

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        yield server
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=120)


def test_nothing_but_the_brokers_is_within_reach(
    stack: RunStack, shut_in: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "teacher"
    home.mkdir()
    planted = home / "planted-secret.txt"
    planted.write_text(SECRET)
    folder = tmp_path / "run"
    folder.mkdir()
    abstract = f"mq-test-{os.getpid()}"
    with (
        listening(socket.AF_INET, ("127.0.0.1", 0)) as foreign,
        listening(socket.AF_UNIX, f"\0{abstract}"),
        listening(socket.AF_UNIX, str(home / "s")),
    ):
        given = {
            "file": str(planted),
            "secret": SECRET,
            "port": foreign.getsockname()[1],
            "abstract": abstract,
            "unix": str(home / "s"),
            "course": str(CHECKOUT),
            "state": str(stack.home),
            "grader": os.getpid(),
            "home": str(home),
        }
        command = [sys.executable, "-c", PROBE, json.dumps(given)]
        with shut_in.around(command, folder, []) as words:
            done = subprocess.run(
                words,
                env={**run._environment("mark", str(folder)), "MQ_HOME": str(stack.home)},
                capture_output=True,
                text=True,
                check=False,
            )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 20
    assert {name: got for name, got in found.items() if not got.startswith("refused: ")} == {}
    assert not list(CHECKOUT.glob("mqcourse/**/evil*"))


BOMB = """
import os, signal
born = []
try:
    while len(born) < 3000:
        if not (pid := os.fork()):
            signal.pause()
        born.append(pid)
except OSError:
    print("refused")
for pid in born:
    os.kill(pid, signal.SIGKILL)
"""


def test_an_answer_starts_no_thousands_of_processes(shut_in: Sandbox, tmp_path: Path) -> None:
    """Root is exempt from that limit, so root's run is one of an ordinary user here, with what that user can read."""
    python, program, script = Path("/usr/bin/python3"), tmp_path / "bwrap", tmp_path / "inside.py"
    if not python.exists():
        pytest.skip("no Python that every user can run")
    ours = next((n for n, one in enumerate(tmp_path.parents, 1) if one.name.startswith("pytest-of-")), 0)
    for place in (tmp_path, *tmp_path.parents)[: ours + 1]:
        place.chmod(0o755)  # pytest closes its folders
    shutil.copy(shut_in.program, program)
    script.write_bytes(Path(sandbox_inside.__file__).read_bytes())
    program.chmod(0o755)
    script.chmod(0o644)
    who: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    done = subprocess.run(
        [
            *(str(program), "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"),
            *(str(python), str(script), "[]", "[]", str(python), "-c", BOMB),
        ],
        capture_output=True,
        text=True,
        check=False,
        **who,
    )
    assert done.stdout == "refused\n", done.stderr


def test_the_answers_environment_holds_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "MY_CLOUD_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "SSH_AUTH_SOCK",
        "DBUS_SESSION_BUS_ADDRESS",
    ):
        monkeypatch.setenv(name, SECRET)
    assert SECRET not in run._environment("mark", str(tmp_path)).values()


@pytest.mark.parametrize("lab", [lab.name for lab in manifest.load() if not lab.lets_nodes_fail])
def test_a_reference_has_all_its_points_inside(stack: RunStack, shut_in: Sandbox, lab: str) -> None:
    chosen = manifest.find(lab)
    report = run.grade_submission(
        Submission(chosen, master.answers(chosen, solved=True), {}), sandbox=shut_in
    )
    assert report.passed, report.as_text()
    assert not list((stack.home / "grading").glob("run-*"))


def test_a_lab_without_brokers_is_graded_where_none_was_ever_started(
    shut_in: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    lab = manifest.find("backpressure_sizing")
    answer = {"consumers": master.answers(lab, solved=True)["consumers"]}
    report = run.grade_submission(Submission(lab, answer, {}), sandbox=shut_in)
    assert report.points == lab.exercise("consumers").points


HOSTILE = """
import json, os, pathlib, shutil
state = pathlib.Path(os.environ["MQ_HOME"])
here = state / "grading"
teachers = pathlib.Path(%r)
made = json.dumps({"made": ["here", "folder", str(teachers)]}) + "\\n"
unknown = json.dumps({"made": ["nowhere", "queue", "q"]}) + "\\n"
%s
def work(queue, handle):
    raise SystemExit
"""

WAYS = {
    "names the teacher's folder": """
here.mkdir(exist_ok=True)
(here / "1-1.jsonl").write_text(made + unknown + "[]\\n" + json.dumps({"made": [[], {}, 1]}))
""",
    "links to the teacher's file": """
here.mkdir(exist_ok=True)
(here / "1-1.jsonl").symlink_to(teachers / "labs.jsonl")
""",
    "a pipe in place of a journal": """
here.mkdir(exist_ok=True)
os.mkfifo(here / "1-1.jsonl")
""",
    "links to the teacher's folder": """
shutil.rmtree(here, ignore_errors=True)
here.symlink_to(teachers)
""",
    "links from further up": """
shutil.move(state, str(state) + ".away")
state.symlink_to(teachers.parent)
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_journal_that_an_answer_writes_changes_nothing_outside(
    stack: RunStack, shut_in: Sandbox, tmp_path: Path, way: str
) -> None:
    teachers = tmp_path / "grading"
    teachers.mkdir()
    points = teachers / "labs.jsonl"
    points.write_text('{"made": ["rabbitmq", "queue", "no such queue"]}\n')
    lab = manifest.find("rabbitmq_work_queue")
    with contextlib.suppress(
        CourseError
    ):  # an answer that moves the ground away from under its run may end it
        report = run.grade_submission(
            Submission(lab, {"acknowledge": HOSTILE % (str(teachers), WAYS[way])}, {}), sandbox=shut_in
        )
        assert report.points == 0
    assert points.read_text() == '{"made": ["rabbitmq", "queue", "no such queue"]}\n'
    assert not list((stack.home / "grading").glob("run-*"))


def test_what_a_killed_sandbox_left_at_the_brokers_is_removed(
    stack: RunStack, shut_in: Sandbox, tmp_path: Path
) -> None:
    """Its journal lies in the run's folder, and is read before that is removed."""
    import pika

    run_folder = stack.home / "grading" / "run-killed"
    inside = run_folder / journal.SANDBOX_STATE / "grading"
    inside.mkdir(parents=True)
    (inside / "2-1.jsonl").write_text(json.dumps({"made": ["rabbitmq", "queue", "check.left"]}) + "\n")
    (stack.home / "grading" / "999999999-1.jsonl").write_text(
        json.dumps({"made": ["here", "folder", str(run_folder)]}) + "\n"
    )
    with pika.BlockingConnection(pika.URLParameters(stack.endpoints.rabbitmq_url)) as connection:
        connection.channel().queue_declare("check.left")
        leftovers.sweep()
        assert not run_folder.exists()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="NOT_FOUND"):
            connection.channel().queue_declare("check.left", passive=True)


def test_a_folder_of_notebooks_is_graded_in_the_sandbox_and_saves_nothing(
    stack: RunStack, shut_in: Sandbox, tmp_path: Path
) -> None:
    lab = manifest.find("rabbitmq_work_queue")
    folder = tmp_path / "all of them"
    folder.mkdir()
    (folder / f"{lab.name}.ada.ipynb").write_text(master.solution_notebook(lab))
    (folder / "notes.ipynb").write_text("{")
    (folder / "zoe.ipynb").symlink_to(folder / f"{lab.name}.ada.ipynb")
    points = stack.home / "progress" / "labs.jsonl"
    before = points.read_text() if points.exists() else ""
    done = stack.mq("grade", str(folder), "--json", check=False)
    assert done.returncode == 5, done.stderr
    assert f"protected by {shut_in.as_text()}" in done.stderr
    first, second, linked = json.loads(done.stdout)
    assert "link" in linked["error"]
    assert ("error" in first, "error" in second) in ((False, True), (True, False))
    judged = first if "points" in first else second
    assert (judged["notebook"], judged["points"]) == (f"{lab.name}.ada.ipynb", lab.points)
    assert (points.read_text() if points.exists() else "") == before


FILLING = """
import pathlib
for number in range(%d):
    pathlib.Path(f"full-{number}").write_bytes(bytes(1 << 20))
import time
time.sleep(600)
"""


def test_an_answer_that_fills_its_folder_is_ended(monkeypatch: pytest.MonkeyPatch, stack: RunStack) -> None:
    monkeypatch.setattr(run_watch, "MOST_FOLDER_BYTES", 8 << 20)
    lab = manifest.find("backpressure_sizing")
    answer = {"consumers": FILLING % 20}
    report = run.grade_submission(Submission(lab, answer, {}))
    assert "filled its folder" in report.verdicts[0].breaches[0].what
    assert not list((stack.home / "grading").glob("run-*"))


@pytest.mark.parametrize(("user", "said"), [(0, True), (1000, False)])
def test_the_line_says_what_is_not_limited(monkeypatch: pytest.MonkeyPatch, user: int, said: bool) -> None:
    monkeypatch.setattr("os.getuid", lambda: user)
    line = sandbox.Sandbox(Path("bwrap"), "0.8").as_text()
    assert "memory is limited for each process" in line
    assert ("the number of processes is not limited" in line) is said


def test_without_a_sandbox_a_folder_is_refused_in_one_line(stack: RunStack, tmp_path: Path) -> None:
    lab = manifest.find("rabbitmq_work_queue")
    (tmp_path / f"{lab.name}.ipynb").write_text(master.solution_notebook(lab))
    for words in (["grade", str(tmp_path)], ["grade", str(tmp_path / f"{lab.name}.ipynb"), "--untrusted"]):
        done = stack.mq(*words, check=False, MQ_BWRAP="/bin/false")
        assert done.returncode == Exit.ENVIRONMENT
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert "--trust" in done.stderr


def test_two_brokers_on_one_port_are_refused(monkeypatch: pytest.MonkeyPatch, stack: RunStack) -> None:
    monkeypatch.setenv("MQ_RABBITMQ_URL", "amqp://guest:guest@one.example:5672/")
    monkeypatch.setenv("MQ_KAFKA_BOOTSTRAP", "two.example:5672")
    with pytest.raises(CourseError, match="same port"):
        sandbox.brokers()


def test_the_stream_port_of_rabbitmq_is_one_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    monkeypatch.setenv("MQ_RABBITMQ_URL", "amqp://guest:guest@one.example:5672/")
    monkeypatch.setenv("MQ_RABBITMQ_STREAM_URL", "rabbitmq-stream+tls://guest:guest@one.example/")
    assert sandbox.brokers() == [("one.example", 5672), ("one.example", 5551)]
