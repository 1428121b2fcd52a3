"""Earlier versions of azure-servicebus, each in a separate folder, to run a program with them beside the pinned one.

Only the package itself is fetched. What it needs besides (azure-core, isodate, typing-extensions) is the environment's:
these versions ask for no more than that.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from mqcourse.disk import make_folder
from mqcourse.install import wheel
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress

PACKAGE = "azure-servicebus"
SHA256: Mapping[str, str] = {
    # the last one whose settlements are not confirmed
    "7.14.3": "386f8d32dae8881661ec8d791c38978eca2bbf7ea9f489d6cff8ad9cc6990234",
    # older than UseDevelopmentEmulator, which came with 7.14.0
    "7.11.4": "8d1f44c5c2279163aa5af7105523bf74c341fe8704e5278a56dc7de56fed82f3",
}
"""The checksum of each version's wheel, which serves every Python 3 on every system."""


def folder_of(version: str, software: Path, progress: Progress) -> Path:
    """The folder to put first on PYTHONPATH; fetched once into the software folder.

    Raises KeyError for a version that has no checksum here, and CourseError when the index cannot be reached.
    """
    home = make_folder(software / PACKAGE)
    folder = home / version
    with only_one(home / "lock", say=progress.say, waiting_for=f"another installation of {PACKAGE}"):
        if not folder.is_dir():
            part = home / f"{version}.part"
            shutil.rmtree(part, ignore_errors=True)
            requirements = home / "requirements.txt"
            requirements.write_text(
                f"{PACKAGE}=={version} --hash=sha256:{SHA256[version]}\n", encoding="utf-8"
            )
            with progress.step(f"{PACKAGE} {version}"):
                wheel.fetch(
                    requirements,
                    part,
                    f"{PACKAGE} {version}",
                    do="Check the network and pip's own settings, and run it again",
                )
            part.rename(folder)
    return folder
