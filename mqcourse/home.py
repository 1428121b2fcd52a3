"""Where things live: the checkout, and the one folder in it that holds all state."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that holds _toc.yml, book/, labs/: the course is installed in editable mode, so the code can find it."""


def state_folder() -> Path:
    """The folder of this stack's data, logs, endpoints and progress: MQ_HOME, else .mq in the checkout."""
    return Path(os.environ.get("MQ_HOME") or CHECKOUT / ".mq").absolute()


def shown(path: Path) -> str:
    """A path as one types it: from the checkout, where it lies in it."""
    return str(path.relative_to(CHECKOUT)) if path.is_relative_to(CHECKOUT) else str(path)


def software_folder() -> Path:
    """The folder of installed brokers, jars and browsers: MQ_SOFTWARE, else .mq/software in the checkout.

    Apart from the state, so that a test run with a separate state folder shares what is installed.
    """
    return Path(os.environ.get("MQ_SOFTWARE") or CHECKOUT / ".mq" / "software").absolute()


def cache_folder() -> Path:
    """The folder of downloads that all checkouts of this user share: MQ_CACHE, else one in the user's cache folder.

    Only what was fetched and can be fetched again lies there, so that a second checkout starts without a network.
    Where it cannot be written (no home folder, say) .mq/cache in the checkout serves.
    """
    named = os.environ.get("MQ_CACHE")
    if named:
        return Path(named).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        caches = Path(base) if base.startswith("/") else Path.home() / ".cache"
    except RuntimeError:  # this user has no home folder
        return CHECKOUT / ".mq" / "cache"
    folder = caches / "mastering-message-queues"
    nearest = next((there for there in (folder, *folder.parents) if there.exists()), None)
    usable = folder.is_absolute() and nearest is not None and nearest.is_dir() and os.access(nearest, os.W_OK)
    return folder if usable else CHECKOUT / ".mq" / "cache"
