"""Downloads that are verified, resumed and never half there: a file under its own name is whole and right."""

import contextlib
import hashlib
import os
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

CHUNK_BYTES = 1 << 16
TIMEOUT_S = 30


@dataclass(frozen=True)
class Wanted:
    """A file to fetch: where from, the SHA-256 it must have, where to, and how long it is."""

    url: str
    sha256: str
    path: Path
    size_bytes: int


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def missing(files: Sequence[Wanted]) -> list[Wanted]:
    """Those that are not there yet with the right SHA-256."""
    return [file for file in files if not (file.path.is_file() and sha256_of(file.path) == file.sha256)]


def take(files: Sequence[Wanted], kept: Path) -> None:
    """Link (or copy) into place those that lie whole and right in the folder `kept`, which checkouts share."""
    for file in files:
        there = kept / file.path.name
        if there.is_file() and sha256_of(there) == file.sha256:
            make_folder(file.path.parent)
            link(there, file.path)


def keep(files: Sequence[Path], kept: Path) -> None:
    """Let other checkouts take these files from the folder `kept`. Where it cannot be written, they fetch."""
    with contextlib.suppress(OSError):
        kept.mkdir(parents=True, exist_ok=True)
        for file in files:
            link(file, kept / file.name)


def link(source: Path, target: Path) -> None:
    """`target` becomes `source`: a hard link, which costs nothing, or a copy on another disk; at once or not at all."""
    part = target.with_name(f"{target.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        os.link(source, part)
    except OSError:
        shutil.copy2(source, part)
    part.replace(target)
    part.unlink(missing_ok=True)  # a rename onto another link of the same file leaves both


def fetch_all(
    files: Sequence[Wanted], *, parallel: int = 8, advance: Callable[[int], None] = lambda n: None
) -> None:
    """Fetch all files side by side; `advance` gets the number of bytes as they arrive.

    What was fetched is kept when another file fails, so a second run goes on where the first stopped.
    Raises CourseError: no network, a server's refusal, a full disk, a file that is not the locked one.
    """
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        futures = [pool.submit(fetch, file, advance) for file in files]
        failed = [error for future in futures if (error := future.exception()) is not None]
    if failed:
        raise failed[0]


def fetch(file: Wanted, advance: Callable[[int], None] = lambda n: None) -> None:
    """Fetch one file next to its place as `.part`, resume an existing part, verify, then rename."""
    make_folder(file.path.parent)
    part = file.path.with_name(file.path.name + ".part")
    resumed = part.stat().st_size if part.exists() else 0
    try:
        if resumed > file.size_bytes:
            part.unlink()
            resumed = 0
        _transfer(file, part, resumed, advance)
        if sha256_of(part) != file.sha256 and resumed:
            # the part may have been of another version of the file: once more, from the start
            part.unlink()
            _transfer(file, part, 0, advance)
    except urllib.error.HTTPError as error:
        error.close()
        raise CourseError(
            f"{file.url} answered {error.code} {error.reason}",
            do="Check the mirror (MQ_MAVEN_URL names another one) and run it again; what was fetched is kept",
            code=Exit.NETWORK,
        ) from error
    except OSError as error:
        if isinstance(error, urllib.error.URLError | TimeoutError | ConnectionError):
            reason = getattr(error, "reason", error)
            raise CourseError(
                f"cannot fetch {file.url} ({reason})",
                do="Check the network or the proxy and run it again; what was fetched is kept",
                code=Exit.NETWORK,
            ) from error
        raise unwritable(part, error) from error
    found = sha256_of(part)
    if found != file.sha256:
        part.unlink()
        raise CourseError(
            f"{file.path.name} from {file.url} is not the locked file: its SHA-256 is {found[:16]}…, "
            f"the lock file has {file.sha256[:16]}…",
            do="The course did not install it. Run it again; if it stays so, the mirror is broken: name another",
            code=Exit.NETWORK,
        )
    part.replace(file.path)


def _transfer(file: Wanted, part: Path, resumed: int, advance: Callable[[int], None]) -> None:
    request = urllib.request.Request(file.url)  # noqa: S310 (the scheme is the mirror's own)
    if resumed:
        request.add_header("Range", f"bytes={resumed}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == 416 and resumed:
            error.close()
            return  # the part is whole already, or longer than the file: the checksum decides
        raise
    with response:
        follows = response.status == 206
        with part.open("ab" if follows else "wb") as out:
            if follows:
                advance(resumed)
            expected = response.headers.get("Content-Length")
            got = 0
            while chunk := response.read(CHUNK_BYTES):
                out.write(chunk)
                got += len(chunk)
                if out.tell() > file.size_bytes:
                    break  # a server that never ends fills no disk; the checksum says that this is not the file
                advance(len(chunk))
            out.flush()
            os.fsync(out.fileno())
            too_long = out.tell() > file.size_bytes
        if expected is not None and got < int(expected) and not too_long:
            raise ConnectionError(f"broke off after {got} of {expected} bytes")
