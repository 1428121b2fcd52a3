"""JupyterLab's server, as `python -m jupyterlab` is, without what it need not import: it answers two seconds earlier.

A separate process; mqcourse.stack.services.jupyter starts it.
"""

import sys

from mqcourse.quick_imports import without_unneeded


def main() -> int | None:
    """Serve until it is ended; what the server itself gives back."""
    with without_unneeded():
        import jsonschema  # noqa: F401  JupyterLab loads it
    from jupyterlab.labapp import main as serve

    ended: int | None = serve()
    return ended


if __name__ == "__main__":
    sys.exit(main())
