"""Which variables of the user reach what the course starts."""

import io
import subprocess
import sys

import pytest

from mqcourse.variables import Kind, environment_of, make_printable, passes, reach_loopback_directly

HARMFUL = {
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
    "JDK_JAVA_OPTIONS": "-XX:+UseG1GC",
    "_JAVA_OPTIONS": "-XX:+UseG1GC",
    "JAVA_TOOL_OPTIONS": "-agentlib:nothing",
    "CLASSPATH": "/nowhere",
    "KAFKA_OPTS": "-Xnonsense",
    "RABBITMQ_NODENAME": "other",
    "RABBITMQ_CONFIG_FILE": "/nowhere",
    "ERL_FLAGS": "+nonsense",
    "ERL_LIBS": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "PYTHONIOENCODING": "ascii",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PIP_TARGET": "/nowhere",
    "PIP_INDEX_URL": "http://mirror.example/simple",
    "npm_config_prefix": "/nowhere",
    "npm_config_registry": "http://mirror.example/",
    "NODE_OPTIONS": "--nonsense",
    "JUPYTER_CONFIG_DIR": "/nowhere",
    "IPYTHONDIR": "/nowhere",
    "MPLBACKEND": "TkAgg",
    "PYTEST_ADDOPTS": "--nonsense",
    "DOCUTILSCONFIG": "/nowhere",
    "LD_PRELOAD": "/nowhere.so",
    "MAKEFLAGS": "n",
    "BASH_ENV": "/nowhere",
    "PATH": "/usr/bin:/bin",
    "HOME": "/nowhere/reader",
    "TMPDIR": "/tmp/with a space",
    "MQ_HOME": "/nowhere/reader/course/.mq",
}
PROXIES = {"HTTPS_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY", "no_proxy"}
EVERYBODY = {"PATH", "HOME", "TMPDIR", "MQ_HOME"}
OURS = {"PYTHONUTF8", "PYTHONNOUSERSITE"}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (Kind.JAVA, set()),
        (Kind.ERLANG, set()),
        (Kind.PYTHON, {*PROXIES, *OURS, "LD_PRELOAD"}),
        (Kind.ANSWER, {*PROXIES, *OURS}),
        (Kind.FETCH, {*PROXIES, "PIP_INDEX_URL", "LD_PRELOAD"}),
        (Kind.NPM, {*PROXIES, "npm_config_registry", "LD_PRELOAD"}),
        (Kind.SYSTEM, {*PROXIES, "LD_PRELOAD"}),
    ],
)
def test_each_kind_of_child_gets_what_it_needs_and_no_more(kind: Kind, more: set[str]) -> None:
    assert set(environment_of(kind, HARMFUL)) == EVERYBODY | more


def test_settings_of_the_course_win() -> None:
    assert environment_of(Kind.ERLANG, HARMFUL, RABBITMQ_NODENAME="mq@localhost")["RABBITMQ_NODENAME"] == (
        "mq@localhost"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"HTTPS_PROXY": "p"}, "localhost,127.0.0.1,::1"),
        ({"all_proxy": "p", "NO_PROXY": "corp.example"}, "corp.example,localhost,127.0.0.1,::1"),
        ({"http_proxy": "p", "NO_PROXY": "a", "no_proxy": "b, 127.0.0.1"}, "b,127.0.0.1,a,localhost,::1"),
        ({"http_proxy": "p", "no_proxy": "*"}, "*"),
    ],
)
def test_the_loopback_is_reached_directly_in_both_spellings(before: dict[str, str], after: str) -> None:
    environment = dict(before)
    reach_loopback_directly(environment)
    assert environment["no_proxy"] == environment["NO_PROXY"] == after


def test_without_a_proxy_nothing_is_added() -> None:
    environment = {"PATH": "/bin"}
    reach_loopback_directly(environment)
    assert environment == {"PATH": "/bin"}


def test_clients_of_all_kinds_bypass_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    import requests

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")  # so that what is set below is undone
    monkeypatch.setenv("no_proxy", "")
    reach_loopback_directly()
    for host in ("127.0.0.1:27100", "localhost:27100"):
        assert urllib.request.proxy_bypass(host)
        assert requests.utils.get_environ_proxies(f"https://{host}/") == {}
    assert requests.utils.get_environ_proxies("https://cloud.example/")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8"])
def test_every_encoding_takes_every_text(encoding: str) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    make_printable(out)
    out.write("waiting … 3 × 5 → 15 ─┼─ ≤ ✓ é 漢\n")
    out.flush()
    written = out.buffer.getvalue().decode(encoding)
    assert written.startswith("waiting ")
    if encoding == "ascii":
        assert written == "waiting ... 3 x 5 -> 15 -+- <= ok ? ?\n"


@pytest.mark.lengthy
@pytest.mark.parametrize(
    "harmful",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONOPTIMIZE": "2"},
        {"PYTHONINSPECT": "1"},
        {"PYTHONPATH": "poisoned"},
        {"PYTHONWARNINGS": "error"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"TERM": "dumb"},
        {"COLUMNS": "60"},
        {"FORCE_COLOR": "1"},
    ],
)
def test_mq_runs_whatever_is_set(harmful: dict[str, str], tmp_path) -> None:
    import os

    (tmp_path / "poisoned").mkdir()
    (tmp_path / "poisoned" / "rich.py").write_text("raise SystemExit('the wrong module')\n")
    environment = {**os.environ, **harmful}
    if "PYTHONPATH" in harmful:
        environment["PYTHONPATH"] = str(tmp_path / "poisoned")
    done = subprocess.run(
        [sys.executable, "-m", "mqcourse.cli", "status"],
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"RabbitMQ" in done.stdout


def test_every_process_of_the_course_is_started_with_an_environment_from_the_one_place() -> None:
    """No other module hands the user's variables to a child as they are."""
    from mqcourse.home import CHECKOUT

    straight = [
        f"{path.relative_to(CHECKOUT)}:{number}"
        for path in sorted((CHECKOUT / "mqcourse").rglob("*.py"))
        if path.name != "variables.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "**os.environ" in line or "dict(os.environ)" in line or "os.environ.copy()" in line
    ]
    assert straight == []


def test_a_name_in_lower_case_counts_for_proxies_and_npm_only() -> None:
    assert not passes("NPM_CONFIG_PREFIX", Kind.NPM)
    assert passes("NPM_CONFIG_REGISTRY", Kind.NPM)
    assert passes("pythonpath", Kind.PYTHON)
