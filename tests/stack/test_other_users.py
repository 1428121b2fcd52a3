"""What another user of the machine can see of a stack: nothing of its files, and no secret anywhere."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from run_stack import RunStack

from mqcourse.install.lock import close_to_others, make_folder, write_private
from mqcourse.stack import process

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


@pytest.mark.stack
def test_another_user_reads_nothing_and_finds_no_secret(
    empty_stack: RunStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:  # pytest closes its own folders: the course must not rely on that
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    before = os.umask(0o022)
    try:
        empty_stack.home.chmod(0o755)
        empty_stack.mq("up", "rabbitmq", "servicebus", "jupyter")
    finally:
        os.umask(before)
    home = empty_stack.home
    assert open_to_others(home) == []
    secret_files = [
        *(home / "run").glob("*.json"),
        home / "endpoints.json",
        home / "jupyter" / "token",
        *(home / "servicebus" / "data").rglob("*.*"),
        *(home / "rabbitmq").rglob(".erlang.cookie"),
    ]
    assert len(secret_files) > 8
    assert [file for file in secret_files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []

    secrets = [(home / "jupyter" / "token").read_text()]
    secrets += [file.read_text() for file in (home / "rabbitmq").rglob(".erlang.cookie")]
    assert len(secrets) == 2
    shown = [
        empty_stack.mq("status").stdout,
        empty_stack.mq("status", "--json").stdout,
        *(file.read_text(errors="replace") for file in (home / "run").glob("*.json")),
        *(file.read_text(errors="replace") for file in (home / "logs").iterdir()),
        *(" ".join(one.cmdline()) for one in process.owned(home) if one.status() != psutil.STATUS_ZOMBIE),
    ]
    assert [text for text in shown for secret in secrets if secret in text] == []
    opened = empty_stack.mq("open", "jupyter", "--print").stdout
    assert secrets[0] in opened


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
