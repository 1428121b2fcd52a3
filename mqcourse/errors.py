"""The one error a user of the course meets."""

from mqcourse.exits import Exit


class CourseError(Exception):
    """Something the user can fix: one line with what happened, in which state, and what to do next.

    Commands print it to standard error and exit with `exit_code`; notebooks show it as it is.
    """

    exit_code: Exit = Exit.UNEXPECTED

    def __init__(self, what: str, *, do: str = "", code: Exit | None = None) -> None:
        line = " ".join(f"{what.rstrip('.')}. {do}".split()) if do else " ".join(what.split())
        super().__init__(line)
        if code is not None:
            self.exit_code = code
