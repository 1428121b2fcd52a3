"""The book: its chapters and their runs, its facts, its figures, and the build."""

from pathlib import Path


def notebook(chapter: str) -> Path:
    """Write a chapter, such as "kafka/log", as a notebook to run in JupyterLab; its path, below the state folder.

    Raises CourseError for what is no chapter with cells. A notebook that was changed since stays as it is, unless the
    chapter changed too: then it is kept aside.
    """
    from mqcourse.book.runnable import write  # here: who imports a module of this package needs no notebooks

    return write(chapter)
