"""How a grading ends when it ends without a verdict, and the exit codes of `mq grade` and `mq labs`."""

from mqcourse.errors import CourseError

ALL_POINTS = 0
"""Every exercise is passed."""
USAGE = 2
"""What was named is no notebook of a lab, or no exercise."""
POINTS_MISSING = 3
"""A verdict was reached, and points are missing."""
NO_BROKER = 4
"""No verdict: a broker is not reachable, or went away while the answers ran."""

SOME_FAILED = 5
"""Of several notebooks some could not be judged."""


class Unjudged(CourseError):
    """There is no verdict, and it is nobody's fault who answers: a broker or the machine failed. Nothing is saved."""

    exit_code = NO_BROKER


class Void(CourseError):
    """There is no verdict, because an answer reached into the grader."""

    exit_code = POINTS_MISSING


class Unusable(CourseError):
    """What is to be graded is no notebook of a lab."""

    exit_code = USAGE
