"""Whatever the user has set for other programs: the real brokers start, and the commands reach them."""

import os
import subprocess
import sys

import pytest

from mqcourse.home import CHECKOUT

pytestmark = [pytest.mark.stack]
PROXY = "http://127.0.0.1:9"
HARMFUL = {
    "HTTPS_PROXY": PROXY,
    "https_proxy": PROXY,
    "HTTP_PROXY": PROXY,
    "http_proxy": PROXY,
    "ALL_PROXY": PROXY,
    "NO_PROXY": "corp.example",
    "JDK_JAVA_OPTIONS": "-XX:+UseG1GC",
    "_JAVA_OPTIONS": "-XX:+UseG1GC",
    "JAVA_TOOL_OPTIONS": "-XX:+UseParallelGC",
    "CLASSPATH": "/nowhere",
    "KAFKA_OPTS": "-Xnonsense",
    "KAFKA_HEAP_OPTS": "-Xmx1m",
    "RABBITMQ_NODENAME": "other@nowhere",
    "RABBITMQ_CONFIG_FILE": "/nowhere",
    "RABBITMQ_SERVER_START_ARGS": "-nonsense",
    "ERL_FLAGS": "+nonsense",
    "ERL_AFLAGS": "-eval halt(1).",
    "ERL_LIBS": "/nowhere",
    "LD_LIBRARY_PATH": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "PYTHONOPTIMIZE": "2",
    "PYTHONIOENCODING": "ascii",
    "PYTHONWARNINGS": "ignore",
    "JUPYTER_CONFIG_DIR": "/nowhere",
    "JUPYTER_PREFER_ENV_PATH": "0",
    "IPYTHONDIR": "/nowhere",
    "MPLBACKEND": "TkAgg",
    "PYTEST_ADDOPTS": "--nonsense",
    "MAKEFLAGS": "n",
    "BASH_ENV": "/nowhere",
    "CDPATH": "/",
}


def test_everything_starts_and_is_reached_under_variables_that_name_other_things(empty_stack, tmp_path):
    home = tmp_path / "a home"
    (home / ".jupyter").mkdir(parents=True)
    (home / ".jupyter" / "jupyter_server_config.py").write_text(
        "raise SystemExit('the wrong configuration')\n"
    )
    (home / ".ipython" / "profile_default").mkdir(parents=True)
    (home / ".ipython" / "profile_default" / "ipython_config.py").write_text("raise SystemExit('wrong')\n")
    (tmp_path / "a temporary folder").mkdir()
    user = HARMFUL | {"HOME": str(home), "TMPDIR": str(tmp_path / "a temporary folder")}
    empty_stack.mq("up", "rabbitmq", "kafka", "servicebus", "jupyter", **user)
    rows = empty_stack.status()
    assert {name for name, row in rows.items() if row["state"] == "running"} == {
        "rabbitmq",
        "kafka",
        "servicebus",
        "jupyter",
    }
    ask = (
        "from mqcourse.book.running import kafka_version, rabbitmq_version, servicebus_version\n"
        "print(rabbitmq_version(), kafka_version(), servicebus_version())"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**empty_stack.env, **{name: value for name, value in user.items() if "PROXY" in name.upper()}},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 3
    empty_stack.mq("down", **user)


@pytest.mark.parametrize("umask", [0o777, 0o277, 0o077, 0o000])
def test_any_umask_leaves_files_that_we_may_read(empty_stack, umask):
    done = subprocess.run(
        [sys.executable, "-m", "mqcourse.cli", "up", "servicebus"],
        env=empty_stack.env,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        umask=umask,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert empty_stack.status()["servicebus"]["state"] == "running"


def test_mq_is_typed_as_printed_in_a_shell_that_was_told_of_it(empty_stack):
    empty_stack.mq("up", "servicebus")
    bare = {name: value for name, value in empty_stack.env.items() if name not in ("MQ_HOME", "VIRTUAL_ENV")}
    bare["PATH"] = os.defpath
    line = f". '{empty_stack.home}/activate' && cd / && command -v mq && mq status --json && mq labs"
    done = subprocess.run(
        ["sh", "-c", line],
        env={**bare, "PYTHONPATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == str(empty_stack.home / "bin" / "mq")
    assert '"state": "running"' in done.stdout
    assert "labs/kafka_log.ipynb" in done.stdout


def test_an_error_says_how_mq_comes_into_this_terminal(empty_stack):
    empty_stack.mq("up", "servicebus")
    done = empty_stack.mq("logs", "kafka", check=False, PATH=os.defpath)
    assert "Run `mq start kafka`" in done.stderr
    assert f". '{empty_stack.home}/activate'" in done.stderr
