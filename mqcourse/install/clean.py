"""`make clean`: what was made or fetched in the checkout goes, what a learner did stays. Needs nothing but Python."""

import shutil
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
MADE = (".venv", "_build")
STATE = ".mq"
LEARNERS = ("progress", "chapters", "kept")
"""In the state folder: points and hints taken, copies of notebooks that were replaced, and chapters that were opened to be run. `rm -r .mq` removes these as well."""


def clean(checkout: Path = CHECKOUT) -> list[Path]:
    """Remove what can be made again; what of a learner's own stays."""
    for name in MADE:
        shutil.rmtree(checkout / name, ignore_errors=True)
    state = checkout / STATE
    kept = []
    for entry in state.iterdir() if state.is_dir() else ():
        if entry.name in LEARNERS:
            kept.append(entry)
        elif entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    if state.is_dir() and not kept:
        state.rmdir()
    return kept


def main() -> int:
    """Refuses in any folder but the checkout: a Makefile can be named from elsewhere."""
    if Path.cwd().resolve() != CHECKOUT:
        sys.stderr.write(
            f"make clean: this folder is not the checkout, so nothing was removed. Run it in {CHECKOUT}\n"
        )
        return 2  # as mqcourse/exits.py says of wrong usage
    if "--check" in sys.argv[1:]:
        return 0
    for kept in clean():
        sys.stdout.write(f"kept: {kept.relative_to(CHECKOUT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
