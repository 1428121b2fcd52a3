"""A file of the course that is replaced is whole at every moment."""

import resource
import signal
from pathlib import Path

import pytest

from mqcourse.disk import write_text
from mqcourse.errors import CourseError


def test_a_file_that_cannot_be_written_whole_keeps_what_it_held(tmp_path: Path) -> None:
    file = tmp_path / "questions.toml"
    write_text(file, "old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(CourseError) as raised:
            write_text(file, "new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(file) in str(raised.value)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_in_its_place_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as raised:
        write_text(tmp_path, "text")
    assert "\n" not in str(raised.value)
    assert list(tmp_path.parent.glob(f".{tmp_path.name}.*")) == []
