"""The docker provider: what it asks Docker for. Docker itself is stood in for by a script that writes it down."""

import json
import os
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack import record
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import Ports
from mqcourse.stack.providers.docker import COMPOSE_FILE, Docker, environment, project
from mqcourse.stack.services import registry
from mqcourse.stack.services.service import NotReady
from tests.run_stack import free_base

FAKE = """#!/bin/sh
"exec" {python!r} "$0" "$@"  # a first line cannot name a Python whose path holds a space; to Python this is a string
import json, os, sys
with open({calls!r}, "a") as out:
    out.write(json.dumps([sys.argv[1:], os.environ.get("MQ_PORT_RABBITMQ")]) + "\\n")
if "up" in sys.argv and {fails}:
    sys.exit("Cannot connect to the Docker daemon")
"""


@pytest.fixture
def docker(tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    folder = tmp_path / "bin"
    folder.mkdir()

    def install(fails=False):
        script = folder / "docker"
        script.write_text(FAKE.format(python=sys.executable, calls=str(calls), fails=fails))
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return lambda: [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []

    return install


def layout(tmp_path: Path) -> StackLayout:
    state = tmp_path / "my state"
    state.mkdir()
    return StackLayout(state, tmp_path, Ports(21950))


def test_each_checkout_has_a_project_of_its_own(tmp_path):
    assert project(tmp_path) == project(tmp_path) != project(tmp_path / "other")


def test_the_password_is_made_once_and_readable_by_its_owner_only(tmp_path):
    here = layout(tmp_path)
    assert environment(here)["MQ_SQL_PASSWORD"] == environment(here)["MQ_SQL_PASSWORD"]
    assert (here.state / "docker" / "sql-password").stat().st_mode & 0o077 == 0


def test_start_brings_the_one_service_up_on_this_stacks_ports(docker, tmp_path):
    calls = docker()
    here = layout(tmp_path)
    service = registry.SERVICES["rabbitmq"]
    with pytest.raises(CourseError, match="ended while starting"):
        Docker().start(service, here)  # the stand-in starts nothing, so its container does not run
    words, port = calls()[0]
    assert words[:4] == ["compose", "--project-name", project(here.state), "--file"]
    assert words[4] == str(COMPOSE_FILE)
    assert words[5:] == ["up", "--detach", "--no-build", "rabbitmq"]
    assert port == "21950"
    assert calls()[-1][0][5:] == ["rm", "--stop", "--force", "rabbitmq"]
    assert record.read(here.state, "rabbitmq") is None


def test_a_docker_that_fails_is_a_one_line_error(docker, tmp_path):
    docker(fails=True)
    with pytest.raises(CourseError, match="Cannot connect to the Docker daemon"):
        Docker().start(registry.SERVICES["kafka"], layout(tmp_path))


def test_no_docker_at_all_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="no docker is on PATH"):
        Docker().install(registry.SERVICES["kafka"], layout(tmp_path), Progress(quiet=True))


def test_emptying_removes_the_volume_too(docker, tmp_path):
    calls = docker()
    here = layout(tmp_path)
    Docker().empty(registry.SERVICES["kafka"], here)
    assert calls()[-1][0] == ["volume", "rm", "--force", f"{project(here.state)}_kafka"]


def test_a_taken_port_is_named_before_docker_is_asked(docker, tmp_path):
    calls = docker()
    here = layout(tmp_path)
    with (
        socket.create_server(("127.0.0.1", here.ports.of("kafka"))),
        pytest.raises(CourseError, match="21960"),
    ):
        Docker().start(registry.SERVICES["kafka"], here)
    assert calls() == []


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Listening(ThreadingTCPServer):
    allow_reuse_address = True  # as brokers do: connections that linger after an earlier stack hold no port


class Amqp(BaseRequestHandler):
    """Answers a protocol header with the same, and anything else not at all."""

    def handle(self) -> None:
        if self.request.recv(8).startswith(b"AMQP"):
            self.request.sendall(b"AMQP\x00\x01\x00\x00")


def test_microsofts_emulator_is_ready_once_its_own_http_port_says_so(tmp_path):
    here = StackLayout(tmp_path, tmp_path, Ports(free_base()))
    servicebus = registry.SERVICES["servicebus"]
    with Listening(("127.0.0.1", here.ports.of("servicebus")), Amqp) as amqp:
        Thread(target=amqp.serve_forever, daemon=True).start()
        with pytest.raises(NotReady):
            servicebus.probe(here)
        with HTTPServer(("127.0.0.1", here.ports.of("servicebus_admin")), Health) as http:
            Thread(target=http.serve_forever, daemon=True).start()
            servicebus.probe(here)
            http.shutdown()
        amqp.shutdown()


def test_the_log_of_a_container_is_docker_composes(docker, tmp_path, capsys):
    here = layout(tmp_path)
    docker()
    script = tmp_path / "bin" / "docker"
    script.write_text(script.read_text() + 'print("started \\x1b[2J")\n')
    record.write(here.state, of_docker("kafka"))
    assert Docker().show_log(registry.SERVICES["kafka"], here.state, 7, follow=False) == Exit.DONE
    assert capsys.readouterr().out == "started \\x1b[2J\n"
    (call,) = [json.loads(line)[0] for line in (tmp_path / "calls").read_text().splitlines()]
    assert call[-6:] == ["logs", "--no-color", "--no-log-prefix", "--tail", "7", "kafka"]


def of_docker(name: str) -> record.Record:
    return record.Record(name, "docker", "docker", 21950, "x", None, None, None, 0.0, 0.0)
