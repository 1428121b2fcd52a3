"""`make clean`: what can be made again goes, what a learner did stays, and nothing of another folder is touched."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as `make clean` needs, in a path with a space, after a learner has used it."""
    folder = tmp_path / "my course"
    (folder / "mqcourse" / "install").mkdir(parents=True)
    shutil.copy(CHECKOUT / "Makefile", folder)
    shutil.copy(CHECKOUT / "mqcourse" / "install" / "clean.py", folder / "mqcourse" / "install")
    fill(folder)
    return folder


def fill(folder: Path) -> None:
    for name in (".venv/lib", "_build", ".mq/software/kafka", ".mq/progress", ".mq/chapters"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text(name)
    (folder / ".mq" / "endpoints.json").write_text("{}")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.name == "file"}


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_points_and_opened_chapters_stay(checkout: Path) -> None:
    done = make(checkout, "clean")
    assert done.returncode == 0, done.stderr
    assert files(checkout) == {".mq/progress/file", ".mq/chapters/file"}
    assert not (checkout / ".mq" / "endpoints.json").exists()
    assert "kept: .mq/progress" in done.stdout


@pytest.mark.lengthy
def test_from_another_folder_it_removes_nothing(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "another project"
    fill(other)
    shutil.copy(checkout / "mqcourse" / "install" / "clean.py", tmp_path)
    before = files(other)
    (tmp_path / "link").symlink_to(checkout)  # make cannot read a Makefile whose path has a space
    for words in (["-f", str(tmp_path / "link" / "Makefile"), "clean"],):
        assert make(other, *words).returncode != 0
    assert files(other) == before
    done = subprocess.run(
        ["python3", str(checkout / "mqcourse" / "install" / "clean.py")],
        cwd=other,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.USAGE
    assert "nothing was removed" in done.stderr
    assert len(files(checkout)) == 5


@pytest.mark.lengthy
def test_a_second_time_there_is_nothing_to_do(checkout: Path) -> None:
    shutil.rmtree(checkout / ".mq")
    assert [make(checkout, "clean").returncode for _ in range(2)] == [0, 0]
    assert files(checkout) == set()
