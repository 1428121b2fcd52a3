"""A Java for Kafka: found, or refused with its version."""

from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.install import java


def fake_java(folder: Path, version: str) -> Path:
    binary = folder / "bin" / "java"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    binary.chmod(0o755)
    return binary


@pytest.mark.parametrize(
    ("version", "major"), [("25.0.2", 25), ("17", 17), ("1.8.0_392", 8), ("26-ea", 26), ("nonsense", 0)]
)
def test_major_versions(version, major):
    assert java.major_of(version) == major


def test_the_one_that_comes_with_the_course_is_used_and_has_an_aot_cache(monkeypatch):
    monkeypatch.delenv("MQ_JAVA", raising=False)
    found = java.find()
    assert found.major >= java.LEAST
    assert found.has_aot_cache == (found.major >= 25)


def test_a_named_one_is_obeyed_as_binary_or_home(monkeypatch, tmp_path):
    binary = fake_java(tmp_path, "17.0.9")
    for named in (binary, tmp_path):
        monkeypatch.setenv("MQ_JAVA", str(named))
        found = java.find()
        assert (found.path, found.major, found.has_aot_cache) == (binary, 17, False)


def test_a_wrong_one_is_refused_with_its_version(monkeypatch, tmp_path):
    monkeypatch.setenv("MQ_JAVA", str(fake_java(tmp_path, "11.0.1")))
    with pytest.raises(CourseError, match=r"Java 11\.0\.1.*17 or newer"):
        java.find()


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho hello\n"])
def test_what_is_no_java_is_refused(monkeypatch, tmp_path, content):
    binary = tmp_path / "java"
    binary.write_text(content)
    binary.chmod(0o755)
    monkeypatch.setenv("MQ_JAVA", str(binary))
    with pytest.raises(CourseError, match="MQ_JAVA"):
        java.find()


def test_one_that_is_not_there_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MQ_JAVA", str(tmp_path / "none"))
    with pytest.raises(CourseError, match="not a working Java"):
        java.find()
