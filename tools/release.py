"""The notes of a release, out of CHANGELOG.md: `python -m tools.release v0.1.0` (standard library only)."""

import re
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


class ReleaseError(Exception):
    """Why a tag cannot be released, and what to do, in one line."""


def notes(tag: str, checkout: Path = CHECKOUT) -> str:
    """The notes of a tag such as v0.1.0.

    Raises ReleaseError when the tag is not the version in pyproject.toml, or CHANGELOG.md has no notes for it.
    """
    version = tag.removeprefix("v")
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if version != project["version"]:
        raise ReleaseError(
            f"the tag is {tag}, but pyproject.toml has version {project['version']}. Set the version there first"
        )
    changelog = (checkout / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(
        rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None or not found[1].strip():
        raise ReleaseError(
            f"CHANGELOG.md has no notes for {version}. Rename its section Unreleased to `## {version}, DATE`"
        )
    return found[1].strip() + "\n"


if __name__ == "__main__":
    try:
        sys.stdout.write(notes(sys.argv[1] if sys.argv[1:] else ""))
    except ReleaseError as error:
        sys.exit(f"release: {error}")
