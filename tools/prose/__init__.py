"""The course's own prose, held to the style that book/README.md describes: `python -m tools.prose`."""
