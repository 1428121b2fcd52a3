"""JupyterLab's server, as `python -m jupyterlab` is, without what it need not import: it answers two seconds earlier.

A process of its own; mqcourse.stack.jupyter starts it.
"""

import sys
from importlib import import_module

from mqcourse.lean import lean


def main() -> int | None:
    """Serve until it is ended; what the server itself gives back."""
    with lean():
        import_module("jsonschema")
    serve = import_module("jupyterlab.labapp").main

    ended: int | None = serve()
    return ended


if __name__ == "__main__":
    sys.exit(main())
