"""JupyterLab's server, as `python -m jupyterlab` is, without what it need not import: it answers two seconds earlier.

A separate process; mqcourse.stack.services.jupyter starts it.
"""

import sys
from importlib import import_module

from mqcourse.quick_imports import without_unneeded


def main() -> int | None:
    """Serve until it is ended; what the server itself gives back."""
    with without_unneeded():
        import_module("jsonschema")
    serve = import_module("jupyterlab.labapp").main

    ended: int | None = serve()
    return ended


if __name__ == "__main__":
    sys.exit(main())
