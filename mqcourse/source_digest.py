"""One digest over source files: it changes when a file is added, removed, renamed or edited, wherever the checkout is."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path


def digest_of(files: Iterable[Path], root: Path) -> str:
    """64 hexadecimal digits over the names, relative to `root`, and the content of the files, in any order."""
    digest = sha256()
    for file in sorted(set(files)):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0")
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()
