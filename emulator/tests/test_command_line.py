"""`python -m servicebus_emulator`: what is wrong is said in one line, and nothing is started."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from servicebus_emulator import __version__
from servicebus_emulator.__main__ import dialled, open_door
from servicebus_emulator.exits import MEANINGS, Exit


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; for arguments with which it must not start."""
    return subprocess.run(
        [sys.executable, "-m", "servicebus_emulator", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def ready_line(*arguments: str) -> str:
    """Start it, read the line that says it is ready, stop it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "servicebus_emulator", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    return line


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (Exit.USAGE, ["--port", "99999"], "'99999' is no port; give 0 (any free one) to 65535"),
        (Exit.USAGE, ["--port", "-1"], "'-1' is no port"),
        (Exit.USAGE, ["--port", "1e3"], "'1e3' is no port"),
        (Exit.USAGE, ["--tls-key", "key.pem", "--port", "0"], "--tls-key needs --tls-cert"),
        (Exit.USAGE, ["--tls", "--port", "0"], "--tls keeps its certificate in --data"),
        (Exit.ENVIRONMENT, ["--tls-cert", __file__, "--port", "0"], "must be PEM files that belong together"),
        (Exit.ENVIRONMENT, ["--config", "nowhere.json"], "cannot read nowhere.json"),
        (Exit.ENVIRONMENT, ["--data", __file__], "cannot keep data in"),
        (
            Exit.ENVIRONMENT,
            ["--host", "nowhere.invalid", "--port", "0"],
            "cannot listen on nowhere.invalid:0",
        ),
        (Exit.USAGE, ["--tier", "gold"], "invalid choice: 'gold'"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(code: Exit, arguments: list[str], words: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == code
    assert ended.stdout == ""
    assert words in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_bad_configuration_is_refused_with_every_path(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    queues = [{"Name": "q", "Properties": {"LockDuration": "PT1S"}}, {"Name": "q"}]
    config.write_text(json.dumps({"UserConfig": {"Namespaces": [{"Name": "n", "Queues": queues}]}}))
    ended = run("--config", str(config), "--port", "0")
    assert ended.returncode == Exit.SAID_NO
    path = "$.UserConfig.Namespaces[0].Queues[0].Properties.LockDuration"
    assert f"{path}: 'PT1S' is out of range; allowed is 5 to 300 seconds (PT5S to PT5M)" in ended.stderr


@pytest.mark.parametrize(
    ("host", "printed", "dialled"),
    [("127.0.0.1", "127.0.0.1", "127.0.0.1"), ("::1", "[::1]", "[::1]")],
)
def test_the_ready_line_has_an_endpoint_that_can_be_dialled(host: str, printed: str, dialled: str) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    line = ready_line("--host", host)
    port = re.search(r":(\d+) in ", line)[1]  # type: ignore[index]
    assert line.startswith(f"Service Bus emulator ready on {printed}:{port} in ")
    assert line.endswith(
        f"Endpoint=sb://{dialled}:{port};SharedAccessKeyName=RootManageSharedAccessKey;"
        "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;\n"
    )


@pytest.mark.parametrize(
    ("host", "dialled_at"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.2", "127.0.0.2"), ("localhost", "localhost")],  # noqa: S104
)
def test_an_emulator_at_every_address_is_dialled_on_this_machine(host: str, dialled_at: str) -> None:
    """Asked of the function: a test opens no port to other machines."""
    assert dialled(host) == dialled_at


def test_the_ready_line_names_a_rule_that_exists_and_keeps_its_key(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    rule = {"Name": "reader", "Rights": ["Listen"], "PrimaryKey": "not to be printed"}
    namespace = {"Name": "n", "AuthorizationRules": [rule]}
    config.write_text(json.dumps({"UserConfig": {"Namespaces": [namespace]}}))
    line = ready_line("--config", str(config))
    assert "SharedAccessKeyName=reader;SharedAccessKey=<its PrimaryKey>;" in line
    assert "not to be printed" not in line


def test_what_it_keeps_is_for_nobody_else(tmp_path: Path) -> None:
    """Under the usual umask, with --data of an older emulator whose files everybody could read."""
    data = tmp_path / "data"
    config = tmp_path / "config.json"
    rule = {"Name": "reader", "Rights": ["Listen"], "PrimaryKey": "secret"}
    config.write_text(
        json.dumps({"UserConfig": {"Namespaces": [{"Name": "n", "AuthorizationRules": [rule]}]}})
    )
    before = os.umask(0o022)
    try:
        ready_line("--data", str(data), "--tls", "--config", str(config))
        found = {path: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.rglob("*"))}
        assert len(found) > 4
        assert {path: mode for path, mode in found.items() if mode & 0o077} == {}
        for path in found:
            path.chmod(0o755 if path.is_dir() else 0o644)
        ready_line("--data", str(data), "--tls", "--config", str(config))
    finally:
        os.umask(before)
    for file in (*data.glob("*.db*"), data / "page-token", data / "tls" / "key.pem"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


def test_with_rules_the_page_has_a_token_that_stays(tmp_path: Path) -> None:
    config, data = tmp_path / "config.json", tmp_path / "data"
    rule = {"Name": "reader", "Rights": ["Listen"], "PrimaryKey": "secret"}
    config.write_text(
        json.dumps({"UserConfig": {"Namespaces": [{"Name": "n", "AuthorizationRules": [rule]}]}})
    )
    tokens = []
    for _ in range(2):
        arguments = ["--port", "0", "--config", str(config), "--data", str(data)]
        process = subprocess.Popen(
            [sys.executable, "-m", "servicebus_emulator", *arguments], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        address, _, token = process.stdout.readline().strip().removeprefix("Its page: ").partition("#token=")
        tokens.append(token)
        for given, status in ((token, 200), ("", 401), ("x", 401)):
            connection = http.client.HTTPConnection(address.split("/")[2], timeout=120)
            connection.request("GET", "/api/state", headers={"x-page-token": given})
            assert connection.getresponse().status == status
            connection.close()
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()
    assert tokens[0] == tokens[1] == (data / "page-token").read_text()
    assert len(tokens[0]) >= 32


def test_its_version_and_its_exit_codes_are_told() -> None:
    version = run("--version")
    assert (version.returncode, version.stdout) == (Exit.DONE, f"servicebus-emulator {__version__}\n")
    told = run("--help").stdout
    assert all(f"  {code:<4}{meaning}" in told for code, meaning in MEANINGS.items())
    assert run("--allow-origin", "nonsense").returncode == Exit.USAGE


@pytest.mark.parametrize(
    ("host", "no_auth", "warned"),
    [
        ("0.0.0.0", True, True),  # noqa: S104
        ("::", True, True),
        ("192.0.2.1", True, True),
        ("127.0.0.1", True, False),
        ("::1", True, False),
        ("localhost", True, False),
        ("0.0.0.0", False, False),  # noqa: S104
    ],
)
def test_an_open_door_is_warned_of(host: str, no_auth: bool, warned: bool) -> None:
    """Asked of the function: a test opens no port to other machines."""
    assert bool(open_door(host, 5672, no_auth=no_auth)) is warned


def test_where_the_default_port_is_held_rabbitmq_is_named() -> None:
    with socket.socket() as holder:
        with contextlib.suppress(OSError):  # somebody else holds it, and may
            holder.bind(("127.0.0.1", 5672))
            holder.listen()
        ended = run()
    assert ended.returncode == Exit.ENVIRONMENT
    assert "cannot listen on 127.0.0.1:5672" in ended.stderr
    assert "RabbitMQ has the same default port" in ended.stderr


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.lengthy
@pytest.mark.parametrize("streams", [">&- 2>&-", ">/dev/full 2>/dev/full", "| head -c 0"])
def test_it_serves_also_where_its_lines_cannot_be_printed(streams: str) -> None:
    with socket.socket() as kept:
        # held meanwhile, so that the system gives the port to no connection; the option lets the server listen
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port = kept.getsockname()[1]
        words = f"exec '{sys.executable}' -m servicebus_emulator --port {port}"
        line = f"{{ {words}; }} {streams}" if streams.startswith("|") else f"{words} {streams}"
        serves(line, streams, port)


def serves(line: str, streams: str, port: int) -> None:
    with subprocess.Popen(["bash", "-c", line], start_new_session=True) as process:
        try:
            end_s = time.monotonic() + 120
            while True:
                with contextlib.suppress(OSError):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
                    connection.request("GET", "/health")
                    assert connection.getresponse().status == 200
                    connection.close()
                    break
                assert process.poll() is None
                assert time.monotonic() < end_s
                time.sleep(0.05)  # between two tries; what is waited for is the answer
        finally:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(120)
        if not streams.startswith("|"):
            assert process.returncode == 0
