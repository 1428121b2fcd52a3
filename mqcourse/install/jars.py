"""Kafka's jars: pinned by a lock file, fetched from a Maven repository, verified."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mqcourse.disk import make_folder
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import cache_folder
from mqcourse.install.download import Wanted, fetch_all, keep, missing, take
from mqcourse.progress import Progress
from mqcourse.small_file import text_of

LOCK = Path(__file__).with_name("jars.lock")
KAFKA_VERSION = "4.4.0"
VERIFIED = "verified"
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",  # without it Kafka writes no log
)
"""What is asked for, in this order; each is resolved alone, since the second one's parent would otherwise
manage (and lower) the first one's versions."""


@dataclass(frozen=True)
class Jar:
    """One jar: its path in a Maven repository, its size and SHA-256."""

    path: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]


def repository() -> str:
    """The base address of the Maven repository: MQ_MAVEN_URL (a mirror), else jgo's address of Maven Central."""
    named = os.environ.get("MQ_MAVEN_URL")
    if named:
        return named.rstrip("/")
    from jgo.constants import MAVEN_CENTRAL_URL

    return str(MAVEN_CENTRAL_URL).rstrip("/")


def read_lock(text: str) -> list[Jar]:
    """The jars of a lock file: a line each, `path size sha256`; # starts a comment.

    Raises CourseError naming the line that is not of this form.
    """
    jars = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 3 or not words[1].isdigit() or len(words[2]) != 64 or not words[0].endswith(".jar"):
            raise CourseError(
                f"{LOCK.name} line {number} is not `path size sha256`",
                do="Renew it with `mq lock-jars`",
                code=Exit.ENVIRONMENT,
            )
        jars.append(Jar(words[0], int(words[1]), words[2].lower()))
    if not jars:
        raise CourseError(
            f"{LOCK.name} names no jar", do="Renew it with `mq lock-jars`", code=Exit.ENVIRONMENT
        )
    return jars


def locked() -> list[Jar]:
    """The jars of the course's lock file, in the class path's order."""
    return read_lock(LOCK.read_text(encoding="utf-8"))


def fingerprint(jars: Sequence[Jar]) -> str:
    """Twelve hexadecimal digits that change whenever a jar or the order changes."""
    return hashlib.sha256("\n".join(f"{jar.path} {jar.sha256}" for jar in jars).encode()).hexdigest()[:12]


def class_path(folder: Path, jars: Sequence[Jar]) -> str:
    """The class path in the lock's fixed order: the AOT cache is good for one order only."""
    return os.pathsep.join(str(folder / jar.name) for jar in jars)


def install(folder: Path, progress: Progress) -> list[Jar]:
    """Have every locked jar in `folder`, verified: taken from the cache that checkouts share, else fetched in parallel.

    A stamp of names, sizes and times spares the hashing of 45 MB at every later start.
    """
    jars = locked()
    if is_complete(folder):
        return jars
    make_folder(folder)
    base = repository()
    every = [Wanted(f"{base}/{jar.path}", jar.sha256, folder / jar.name, jar.size_bytes) for jar in jars]
    kept = cache_folder() / "jars"
    take(missing(every), kept)
    wanted = missing(every)
    sizes = {jar.name: jar.size_bytes for jar in jars}
    if wanted:
        total = sum(sizes[file.path.name] for file in wanted)
        with progress.step(f"Kafka {KAFKA_VERSION}, {len(wanted)} jars", total) as step:
            fetch_all(wanted, advance=step.advance)
        keep([file.path for file in wanted], kept)
    (folder / VERIFIED).write_text(_stamp(folder, jars), encoding="utf-8")
    return jars


def is_complete(folder: Path) -> bool:
    """Whether every locked jar exists, was verified, and is unchanged since."""
    mark = folder / VERIFIED
    return text_of(mark) == _stamp(folder, locked())


def _stamp(folder: Path, jars: Sequence[Jar]) -> str:
    lines = []
    for jar in jars:
        file = folder / jar.name
        if not file.is_file():
            return "incomplete"
        facts = file.stat()
        lines.append(f"{jar.name} {facts.st_size} {facts.st_mtime_ns} {jar.sha256}")
    return "\n".join(lines)


def renew(progress: Progress) -> list[Jar]:
    """Resolve ROOTS again with jgo, fetch every jar, and write the lock file.

    A checksum is trusted as it is seen here: the lock makes every later install prove to be the same.
    """
    import tempfile
    import urllib.request

    import jgo

    base = repository()
    paths: dict[tuple[str, str], str] = {}
    for root in ROOTS:
        for artifact in jgo.resolve(root):
            group, name, version = artifact.groupId, artifact.artifactId, artifact.version
            path = f"{group.replace('.', '/')}/{name}/{version}/{name}-{version}.jar"
            paths.setdefault((group, name), path)
    jars = []
    with (
        tempfile.TemporaryDirectory() as folder,
        progress.step(f"{len(paths)} jars from {base}") as step,
    ):
        for path in paths.values():
            url = f"{base}/{path}"
            target = Path(folder) / path.rpartition("/")[2]
            try:
                with urllib.request.urlopen(f"{url}.sha1", timeout=30) as answer:  # noqa: S310
                    sha1 = answer.read().decode().split()[0]
                with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310
                    data = answer.read()
            except OSError as error:
                raise CourseError(
                    f"cannot fetch {url} ({error})",
                    do="Check the network and MQ_MAVEN_URL",
                    code=Exit.NETWORK,
                ) from error
            if hashlib.sha1(data).hexdigest() != sha1:  # noqa: S324 (the repository publishes no other)
                raise CourseError(
                    f"{target.name} does not match the SHA-1 its repository publishes", code=Exit.NETWORK
                )
            step.advance(len(data))
            jars.append(Jar(path, len(data), hashlib.sha256(data).hexdigest()))
    LOCK.write_text(
        "# Kafka's jars: path in a Maven repository, size in bytes, SHA-256. Class path order. "
        "Renew with `mq lock-jars`.\n"
        + "".join(f"{jar.path} {jar.size_bytes} {jar.sha256}\n" for jar in jars),
        encoding="utf-8",
    )
    return jars
