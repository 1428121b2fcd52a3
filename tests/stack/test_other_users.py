"""What another user of the machine can see of a stack: nothing of its files, and no secret anywhere."""

import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterable
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import websocket

from mqcourse.disk import close_to_others, make_folder, write_private
from mqcourse.grading import manifest, master
from mqcourse.stack import process
from mqcourse.stack.ports import Ports
from tests.run_stack import RunStack

NOBODY = 65534

READABLE = """
import json, os, sys
os.setgid(int(sys.argv[1])); os.setgroups([]); os.setuid(int(sys.argv[1]))
paths = json.load(sys.stdin)
print(json.dumps([path for path in paths if os.access(path, os.R_OK) or os.access(path, os.W_OK)]))
"""


def open_to_others(home: Path) -> list[str]:
    """What of a folder another user could read or write: asked as that user where we may, else by the rights."""
    paths = [home, *home.rglob("*")]
    if os.getuid() == 0:
        # the folders above may be closed, and hide what lies below from a look at the rights alone
        done = subprocess.run(
            [sys.executable, "-c", READABLE, str(NOBODY)],
            input=json.dumps([str(path) for path in paths]),
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[str] = json.loads(done.stdout)
        return found
    return [str(home)] if home.stat().st_mode & 0o077 else []


TRIES = """
import encodings.idna, json, os, socket, sys  # all before: the other user may be unable to read Python's folder
if os.getuid() == 0:
    os.setgid(int(sys.argv[1])); os.setgroups([]); os.setuid(int(sys.argv[1]))
words = json.load(sys.stdin)
heard = {}
for port in words["ports"]:
    heard[port] = []
    for line in words["lines"]:
        with socket.create_connection(("127.0.0.1", port), 120) as link:
            link.settimeout(1)
            try:
                link.sendall(bytes.fromhex(line))
                heard[port].append(link.recv(200).decode("latin-1"))
            except OSError:
                heard[port].append("")
print(json.dumps(heard))
"""
OPEN_TO_ALL = {
    *("rabbitmq", "rabbitmq_management", "rabbitmq_stream", "rabbitmq_prometheus", "rabbitmq_epmd"),
    *("kafka", "kafka_controller", "servicebus", "servicebus_admin"),
}
"""What SECURITY.md names as open to every account of the machine."""
CLOSED = {"rabbitmq_dist", "jupyter", "postgres"}
"""What asks for a secret: Erlang's cookie, the token, the password."""


def listening(home: Path) -> set[tuple[str, int]]:
    """The addresses on which the stack's processes listen."""
    return {
        (one.laddr.ip, one.laddr.port)
        for running in process.owned(home)
        if running.status() != psutil.STATUS_ZOMBIE
        for one in running.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    }


def heard_by_another_user(ports: Iterable[int], *lines: bytes) -> dict[int, list[str]]:
    """What each port answers to each line, sent by another user where we may become one."""
    asked = {"ports": list(ports), "lines": [line.hex() for line in lines]}
    command = [sys.executable, "-c", TRIES, str(NOBODY)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return {int(port): said for port, said in json.loads(done.stdout).items()}


EAVESDROPPER = """
import json, os, sys, zmq
if os.getuid() == 0:
    os.setgid(int(sys.argv[1])); os.setgroups([]); os.setuid(int(sys.argv[1]))
ear = zmq.Context.instance().socket(zmq.SUB)
ear.setsockopt(zmq.SUBSCRIBE, b"")
for port in json.loads(sys.argv[2]):
    ear.connect(f"tcp://127.0.0.1:{port}")
print("listens", flush=True)
sys.stdin.read()
heard = b""
while ear.poll(500):
    heard += b"".join(ear.recv_multipart())
print(heard)
"""


def kernel_tells_its_owner_only(stack: RunStack, port: int, token: str) -> None:
    """A notebook's kernel, run through JupyterLab by its owner, while another user subscribes to all its ports."""
    before = listening(stack.home)
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=120)) as lab:
        lab.request("POST", f"/api/kernels?token={token}", "{}")
        made = lab.getresponse()
        cookies = "; ".join(each.partition(";")[0] for each in made.headers.get_all("Set-Cookie", ()))
        assert cookies
        kernel = json.load(made)["id"]
        # a name that was pointed here, as a web page does it: not even with the token
        lab.request("GET", f"/api/kernels?token={token}", headers={"Host": "rebound.test"})
        assert lab.getresponse().status == HTTPStatus.FORBIDDEN
    place = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels"
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        # a page of another site, in the browser that is logged in
        websocket.create_connection(place, timeout=120, origin="http://other.test", cookie=cookies)
    link = websocket.create_connection(f"{place}?token={token}", timeout=120)
    execute = {
        "header": {
            "msg_id": "one",
            "msg_type": "execute_request",
            "session": "s",
            "username": "",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "content": {"code": "print('for its' + ' owner')", "silent": False},
        "channel": "shell",
    }

    def told() -> None:
        link.send(json.dumps(execute))
        while "for its owner" not in str(link.recv()):
            pass

    told()  # the kernel runs, so all its ports are open
    ports = sorted(number for _, number in listening(stack.home) - before)
    assert len(ports) >= 4
    with subprocess.Popen(
        [sys.executable, "-c", EAVESDROPPER, str(NOBODY), json.dumps(ports)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as ear:
        assert ear.stdout is not None
        assert ear.stdout.readline() == "listens\n"
        for _ in range(20):
            told()
        heard, _ = ear.communicate("")
    link.close()
    assert heard == "b''\n"


@pytest.mark.stack
def test_another_user_reads_nothing_finds_no_secret_and_comes_in_only_where_security_md_says(
    empty_stack: RunStack, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:  # pytest closes its own folders: the course must not rely on that
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    cache, temporary = tmp_path / "cache", tmp_path / "tmp"
    temporary.mkdir()
    where = {"MQ_CACHE": str(cache), "TMPDIR": str(temporary)}
    before = os.umask(0o022)
    try:
        empty_stack.home.chmod(0o755)
        empty_stack.mq("start", "rabbitmq", "kafka", "servicebus", "jupyter", **where)
        empty_stack.mq("start", "postgres", **where)
        lab = manifest.find("backpressure_sizing")
        notebook = tmp_path / f"{lab.name}.ipynb"
        notebook.write_text(master.solution_notebook(lab))
        empty_stack.mq("grade", str(notebook), **where)
        empty_stack.mq("book", "build", "book/kafka/log.md", **where)
        rated = empty_stack.mq("quiz", "--minutes", "5", typed="\n3\nq\n", **where)
    finally:
        os.umask(before)
    assert "1 of " in rated.stdout
    home = empty_stack.home
    assert (home / "progress" / "labs.jsonl").is_file()
    assert open_to_others(home) == []
    # downloads and how long a step took are no secret; who may read a lock's file could hold the lock
    assert [path for path in open_to_others(cache) if path.endswith(".lock")] == []
    # the folder itself is everybody's, as /tmp is; Node keeps its own programs there, compiled
    kept = [path for path in temporary.iterdir() if path.name != "node-compile-cache"]
    assert [found for path in kept for found in open_to_others(path)] == []
    secret_files = [
        *(home / "run").glob("*.json"),
        home / "endpoints.json",
        home / "jupyter" / "token",
        *(home / "servicebus" / "data").rglob("*.*"),
        *(home / "rabbitmq").rglob(".erlang.cookie"),
    ]
    assert len(secret_files) > 8
    assert [file for file in secret_files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []

    token = (home / "jupyter" / "token").read_text()
    secrets = [token, str(urlsplit(empty_stack.endpoints.postgres_url).password)]
    secrets += [file.read_text() for file in (home / "rabbitmq").rglob(".erlang.cookie")]
    assert len(secrets) == 3
    shown = [
        empty_stack.mq("status").stdout,
        empty_stack.mq("status", "--json").stdout,
        *(file.read_text(errors="replace") for file in (home / "run").glob("*.json")),
        *(file.read_text(errors="replace") for file in (home / "logs").iterdir()),
        *(" ".join(one.cmdline()) for one in process.owned(home) if one.status() != psutil.STATUS_ZOMBIE),
    ]
    assert [text for text in shown for secret in secrets if secret in text] == []
    opened = empty_stack.mq("open", "jupyter", "--print").stdout
    assert token in opened

    at = Ports(empty_stack.base)
    purposes = {port: purpose for purpose, port in at.all().items()}
    found = listening(home)
    assert {address for address, _ in found} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert {purposes.get(port, f"port {port}") for _, port in found} <= OPEN_TO_ALL | CLOSED
    assert {"postgres", "jupyter", "kafka"} <= {purposes.get(port) for _, port in found}
    closed = [at.of("jupyter"), at.of("postgres")]
    paths = ("contents", "kernels", "sessions", "terminals", "config/common", "nbconvert")
    asks = [f"GET /api/{path} HTTP/1.0\r\n\r\n".encode() for path in paths]
    asks += [f"GET /files/labs/{path} HTTP/1.0\r\n\r\n".encode() for path in ("README.md", "kafka_log.ipynb")]
    said = heard_by_another_user(closed[:1], *asks)[closed[0]]
    assert [line for line in said if not line.startswith(("HTTP/1.1 403", "HTTP/1.1 302"))] == []
    kernel_tells_its_owner_only(empty_stack, at.of("jupyter"), token)
    for guess in ("", "postgres", "guest"):
        with pytest.raises(psycopg.OperationalError, match=r"password"):
            psycopg.connect(
                host="127.0.0.1", port=closed[1], user="postgres", dbname="postgres", password=guess
            )


def test_a_state_folder_of_an_older_course_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "ports.json").write_text("{}")
    monkeypatch.setenv("MQ_HOME", str(home))
    make_folder(home / "run")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_folder_of_somebodys_own_stays_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    own.chmod(0o755)
    (own / "letters").mkdir()
    close_to_others(own)
    assert stat.S_IMODE(own.stat().st_mode) == 0o755


def test_a_private_file_is_private_also_where_an_open_one_was(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [file]
