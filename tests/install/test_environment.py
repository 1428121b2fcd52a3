"""The very first command: an environment from the pins, or one line that says why not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mqcourse.exits import Exit
from mqcourse.install import environment

SIX = (
    "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274 "
    "--hash=sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81\n"
)
OLD_SIX = (
    "six==1.16.0 --hash=sha256:1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926 "
    "--hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"
)
SCRIPT = Path(__file__).parent.parent.parent / "mqcourse" / "install" / "environment.py"


def copy_of_the_script(folder: Path) -> Path:
    """Where no uv is to be had: one with a version that there is not."""
    script = folder / "mqcourse" / "install" / "environment.py"
    script.parent.mkdir(parents=True)
    for name in ("home.py", "variables.py", "__init__.py", "errors.py", "disk.py", "install/file_lock.py"):
        shutil.copy(SCRIPT.parent.parent / name, script.parent.parent / name)
    shutil.copy(SCRIPT, script)
    for project in ("pyproject.toml", "emulator/pyproject.toml"):
        (folder / project).parent.mkdir(exist_ok=True)
        shutil.copy(SCRIPT.parent.parent.parent / project, folder / project)
    shutil.copy(SCRIPT.parent / "pip.txt", script.parent)
    (script.parent / "installer.txt").write_text("uv==0.0.0.1\n", encoding="utf-8")
    return script


def setup(
    folder: Path,
    requirements: str,
    *,
    python: str = sys.executable,
    script: Path = SCRIPT,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    file = folder / "requirements.txt"
    file.write_text(requirements, encoding="utf-8")
    return subprocess.run(
        [python, str(script), str(file), "--venv", str(folder / "a venv")],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "MQ_HOME": str(folder / "state"),
            "MQ_CACHE": str(folder / "a cache"),
            **environment,
        },
        timeout=800,
        check=False,
    )


def refused(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    assert answer.returncode in (Exit.ENVIRONMENT, Exit.NETWORK)
    lines = [line for line in answer.stderr.splitlines() if line]
    assert len(lines) == 1, answer.stderr
    assert lines[0].startswith("setup: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.lengthy
def test_no_network_is_said_in_one_line_and_leaves_nothing_marked_as_done(tmp_path: Path) -> None:
    unreachable = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_INDEX": "",
        "PIP_FIND_LINKS": "",
    }
    refused(
        setup(tmp_path, SIX, **unreachable),
        "package index cannot be reached",
        "run the same command again",
    )
    assert not (tmp_path / "a venv" / ".installed.json").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a venv").write_text("a file in the folder's place", encoding="utf-8")
    (tmp_path / "a venv").chmod(0o400)
    blocked = tmp_path / "a venv" / "venv"
    answer = subprocess.run(
        [sys.executable, str(SCRIPT), str(SCRIPT), "--venv", str(blocked)],
        capture_output=True,
        text=True,
        check=False,
    )
    refused(answer, str(blocked), "run the same command again")


def test_an_old_python_is_told_which_one_is_needed(tmp_path: Path) -> None:
    script = tmp_path / "environment.py"
    script.write_text(SCRIPT.read_text(encoding="utf-8").replace("(3, 11)", "(9, 0)"), encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, str(script), "r.txt"], capture_output=True, text=True, check=False
    )
    refused(answer, "needs 9.0 or newer", "make start PYTHON=")


def test_the_script_reads_on_a_python_that_is_too_old_to_run_it() -> None:
    import ast

    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A first checkout with its environment, and the cache that this left."""
    folder = tmp_path_factory.mktemp("a first checkout")
    first = setup(folder, SIX)
    assert first.returncode == 0, first.stderr
    assert "1 installed" in first.stdout
    return folder


@pytest.mark.slow
def test_two_at_once_make_one_environment(tmp_path: Path) -> None:
    """As `make -j start test` does: the second waits for the first, and finds its work done."""
    words = [sys.executable, str(SCRIPT), str(tmp_path / "r.txt"), "--venv", str(tmp_path / "a venv")]
    (tmp_path / "r.txt").write_text(SIX, encoding="utf-8")
    both = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sum("1 installed" in out for out, _ in said) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requirements", "word"),
    [("six==1.17.0\n", "hash"), (SIX.replace("4721", "4722").replace("ff70", "ff71"), "hash")],
)
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_package_without_its_checksum_or_with_another_one_is_not_installed(
    tmp_path: Path, checkout: Path, requirements: str, word: str, installer: str
) -> None:
    script = SCRIPT
    if installer == "pip":
        script = copy_of_the_script(tmp_path / "course")
    answer = setup(tmp_path, requirements, script=script)
    assert answer.returncode == Exit.ENVIRONMENT
    assert word in answer.stderr.lower()
    assert not list((tmp_path / "a venv").rglob("six.py"))


def test_a_damaged_note_of_what_is_installed_counts_as_none(tmp_path: Path) -> None:
    for text in ("", "{", "[]", "null", '"x"'):
        (tmp_path / ".installed.json").write_text(text, encoding="utf-8")
        assert environment.stamped(tmp_path) == {}


@pytest.mark.slow
def test_a_second_checkout_needs_no_network(checkout: Path, tmp_path: Path) -> None:
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_FIND_LINKS": "",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    again = setup(tmp_path, SIX, MQ_CACHE=str(checkout / "a cache"), **nowhere)
    assert (again.returncode, again.stderr) == (0, "")
    answer = subprocess.run([tmp_path / "a venv" / "bin" / "python", "-c", "import six, pip"], check=False)
    assert answer.returncode == 0


@pytest.mark.slow
def test_the_same_pins_are_not_installed_twice_and_new_ones_are(checkout: Path) -> None:
    again = setup(checkout, SIX)
    assert (again.returncode, again.stdout) == (0, "")
    changed = setup(checkout, OLD_SIX)
    assert "1 installed" in changed.stdout


@pytest.mark.slow
def test_where_uv_cannot_be_had_pip_installs(tmp_path: Path) -> None:
    script = copy_of_the_script(tmp_path / "course")
    answer = setup(tmp_path, SIX, script=script)
    assert answer.returncode == 0, answer.stderr
    assert "pip does, which takes longer" in answer.stdout
    assert "1 installed" in answer.stdout


@pytest.mark.slow
def test_settings_that_say_where_to_install_do_no_harm(tmp_path: Path) -> None:
    harmful = {
        "PIP_TARGET": str(tmp_path / "elsewhere"),
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_NO_DEPS": "1",
        "PIP_DRY_RUN": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONIOENCODING": "ascii",
        "PYTHONSTARTUP": "/nowhere",
        "UV_OFFLINE": "1",
        "UV_TARGET": str(tmp_path / "elsewhere"),
        "MAKEFLAGS": "n",
    }
    answer = setup(tmp_path, SIX, **harmful)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert not (tmp_path / "elsewhere").exists()
    assert list((tmp_path / "a venv").glob("lib/python*/site-packages/six.py"))
