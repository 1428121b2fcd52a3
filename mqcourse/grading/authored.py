"""What is wrong with a lab's folder, or left to write in it, as far as that shows without a broker."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.grading import checks, known, master, table
from mqcourse.grading.manifest import Exercise, Lab
from mqcourse.home import CHECKOUT
from mqcourse.skeleton import left

FEWEST_WRONG, FEWEST_HONEST, STYLES = 3, 5, 2
"""Known answers of each exercise, and other good ways that are shown after it is passed."""
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


def problems(lab: Lab) -> Iterator[str]:
    """One line each: what is left to write, then what does not fit together."""
    for path in sorted(lab.folder.iterdir()):
        if path.suffix in (".toml", ".md", ".py"):
            yield from left(path)
    try:
        master.answers(lab, solved=False)
        master.answers(lab, solved=True)
        yield from _checks(lab)
        yield from _known(lab)
    except CourseError as error:
        yield str(error)
        return
    for exercise in lab.exercises:
        yield from _exercise(lab, exercise)
    yield from _links(lab)
    yield from _style(lab)


def _checks(lab: Lab) -> Iterator[str]:
    there, wanted = set(checks.of_lab(lab)), {exercise.id for exercise in lab.exercises}
    for id_ in sorted(there ^ wanted):
        missing = "has no check of" if id_ in wanted else "checks what is no exercise of lab.toml:"
        yield f"solutions/{lab.name}/checks.py {missing} {id_}"


def _known(lab: Lab) -> Iterator[str]:
    wrong, honest = known.wrong(lab), known.honest(lab)
    for answers, file, fewest, what in (
        (Counter(each.exercise for each in wrong), "wrong.toml", FEWEST_WRONG, "wrong answers"),
        (Counter(each.exercise for each in honest), "honest.toml", FEWEST_HONEST, "right answers"),
    ):
        for exercise in lab.exercises:
            if (count := answers[exercise.id]) < fewest:
                yield f"solutions/{lab.name}/{file}: {exercise.id} has {count} {what}, {fewest} are needed"
    for each in wrong:
        if each.sentence not in lab.exercise(each.exercise).sentences:
            yield f"solutions/{lab.name}/wrong.toml: {each.mistake}: {each.exercise} has no sentence {each.sentence!r}"
    for row in table.empty(lab):
        yield f"solutions/{lab.name}/wrong.toml: no wrong answer to {row.exercise} breaks “{row.sentence}”"


def _exercise(lab: Lab, exercise: Exercise) -> Iterator[str]:
    where = f"solutions/{lab.name}/lab.toml: {exercise.id}"
    text = " ".join(lab.master.read_text(encoding="utf-8").split())
    if not exercise.sentences:
        yield f"{where} has no sentences: say what is asked for, each with a short name"
    for name, words in exercise.sentences.items():
        if words not in text and words not in exercise.guarantee:
            yield f"{where}: the sentence {name!r} is not in master.md: “{words}”"
    if len(exercise.styles) != STYLES:
        yield f"{where} has {len(exercise.styles)} styles, {STYLES} are needed"
    if not exercise.unchecked:
        yield f"{where} has nothing in unchecked: what may a right answer still be wrong in?"


def _links(lab: Lab) -> Iterator[str]:
    for chapter in lab.chapters:
        if not (CHECKOUT / "book" / f"{chapter}.md").is_file():
            yield f"solutions/{lab.name}/lab.toml: there is no chapter {chapter!r}"
    for target in LINK.findall(lab.master.read_text(encoding="utf-8")):
        if not Path(lab.master.parent, target).exists():
            yield f"solutions/{lab.name}/master.md: the link to {target} leads nowhere"


def _style(lab: Lab) -> Iterator[str]:
    """Where its texts break the style of the course."""
    from mqcourse.prose import ledger, style  # here: its rules are installed for developers only

    yield from ledger.problems_in(file for file in style.texts() if (CHECKOUT / file).parent == lab.folder)
