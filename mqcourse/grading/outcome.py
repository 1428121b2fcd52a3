"""How a grading ends when it ends without a verdict."""

from mqcourse.errors import CourseError
from mqcourse.exits import Exit


class Unjudged(CourseError):
    """There is no verdict, and it is nobody's fault who answers: a broker or the machine failed. No result is saved."""

    exit_code = Exit.UNREACHABLE


class Void(CourseError):
    """There is no verdict, because an answer reached into the grader."""

    exit_code = Exit.SAID_NO


class Unusable(CourseError):
    """What is to be graded is no notebook of a lab."""

    exit_code = Exit.USAGE
