"""`python -m servicebus_emulator`: what is wrong is said in one line, and nothing is started."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from servicebus_emulator.__main__ import dialled


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; for arguments with which it must not start."""
    return subprocess.run(
        [sys.executable, "-m", "servicebus_emulator", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
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
    ("arguments", "words"),
    [
        (["--port", "99999"], "'99999' is no port; give 0 (any free one) to 65535"),
        (["--port", "-1"], "'-1' is no port"),
        (["--port", "1e3"], "'1e3' is no port"),
        (["--tls-key", "key.pem", "--port", "0"], "--tls-key needs --tls-cert"),
        (["--tls", "--port", "0"], "--tls keeps its certificate in --data"),
        (["--tls-cert", __file__, "--port", "0"], "must be PEM files that belong together"),
        (["--config", "nowhere.json"], "cannot read nowhere.json"),
        (["--data", __file__], "cannot keep data in"),
        (["--host", "nowhere.invalid", "--port", "0"], "cannot listen on nowhere.invalid:0"),
        (["--tier", "gold"], "invalid choice: 'gold'"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments: list[str], words: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert words in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_bad_configuration_is_refused_with_every_path(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    queues = [{"Name": "q", "Properties": {"LockDuration": "PT1S"}}, {"Name": "q"}]
    config.write_text(json.dumps({"UserConfig": {"Namespaces": [{"Name": "n", "Queues": queues}]}}))
    ended = run("--config", str(config), "--port", "0")
    assert ended.returncode == 2
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


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
