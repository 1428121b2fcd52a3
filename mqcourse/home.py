"""Where things live: the checkout, and the one folder in it that holds all state."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that holds _toc.yml, book/, labs/: the course is installed in editable mode, so the code knows it."""


def state_folder() -> Path:
    """The folder of this stack's data, logs, endpoints and progress: MQ_HOME, else .mq in the checkout."""
    return Path(os.environ.get("MQ_HOME") or CHECKOUT / ".mq").absolute()


def software_folder() -> Path:
    """The folder of installed brokers, jars and browsers: MQ_SOFTWARE, else .mq/software in the checkout.

    Apart from the state, so that a test run with a state folder of its own shares what is installed.
    """
    return Path(os.environ.get("MQ_SOFTWARE") or CHECKOUT / ".mq" / "software").absolute()
