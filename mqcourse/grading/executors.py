"""What hands the submissions of a class to processes: any executor of the form of concurrent.futures."""

import runpy
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit

PROCESSES = "processes"
"""The usual one: so many threads, each of which waits for the process of one submission."""
FORM = "Write FILE.py:NAME, where NAME is a function without arguments that returns an Executor of concurrent.futures"


def executor(word: str, workers: int) -> Executor:
    """The executor that a word names: "processes" with that many workers, or what a function in a file returns.

    Executes the file. CourseError where the file, the function or its result is of another kind.
    """
    if word == PROCESSES:
        return ThreadPoolExecutor(workers)
    file, colon, name = word.rpartition(":")
    if not colon or not name.isidentifier() or Path(file).suffix != ".py":
        raise CourseError(
            f"--executor {word} is not {PROCESSES!r} and no FILE.py:NAME", do=FORM, code=Exit.USAGE
        )
    if not Path(file).is_file():
        raise CourseError(f"--executor: there is no file {file}", do=FORM, code=Exit.USAGE)
    make = _names(Path(file)).get(name)
    if not callable(make):
        raise CourseError(f"--executor: {file} has no function {name}", do=FORM, code=Exit.USAGE)
    try:
        made = make()
    except Exception as error:  # of code that is not ours
        raise _raised(word, error) from error
    if not isinstance(made, Executor):
        raise CourseError(f"--executor: {word} returned a {type(made).__name__}", do=FORM, code=Exit.USAGE)
    return made


def _names(file: Path) -> dict[str, Any]:
    """What a file of Python defines."""
    try:
        return runpy.run_path(str(file))
    except Exception as error:  # of code that is not ours
        raise _raised(str(file), error) from error


def _raised(what: str, error: Exception) -> CourseError:
    return CourseError(
        f"--executor: {what} raised {type(error).__name__}: {error}", do=FORM, code=Exit.ENVIRONMENT
    )
