"""The known wrong answers of a lab, in rounds."""

from mqcourse.grading import known
from mqcourse.grading.known import Wrong
from mqcourse.grading.manifest import Lab


def of(lab: Lab) -> list[Wrong]:
    """All of a lab, in the file's order."""
    return known.wrong(lab)


def rounds(wrongs: list[Wrong]) -> list[dict[str, Wrong]]:
    """The wrong answers in as few runs as possible: each run takes one of each exercise, as they are independent."""
    by_exercise: dict[str, list[Wrong]] = {}
    for wrong in wrongs:
        by_exercise.setdefault(wrong.exercise, []).append(wrong)
    most = max(len(each) for each in by_exercise.values())
    return [
        {exercise: each[number] for exercise, each in by_exercise.items() if number < len(each)}
        for number in range(most)
    ]
