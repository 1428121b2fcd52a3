"""Every sentence of an exercise has a wrong answer that breaks it and is refused; honest answers pass in every style."""

import pytest

from mqcourse.grading import known, manifest, table
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.known import Wrong
from mqcourse.grading.manifest import Lab
from mqcourse.grading.verdict import Verdict, with_breach

ALL = manifest.load()
SENTENCED = [lab for lab in ALL if any(exercise.sentences for exercise in lab.exercises)]
SINGLE = [lab for lab in SENTENCED if not lab.lets_nodes_fail]
"""Labs whose brokers the run's stack has. The others have a test file with brokers of its own."""
SIDE_BY_SIDE = 4

over_labs = pytest.mark.parametrize("lab", SENTENCED, ids=[lab.name for lab in SENTENCED])


@over_labs
def test_no_sentence_is_without_a_known_wrong_answer(lab: Lab) -> None:
    assert [exercise.id for exercise in lab.exercises if not exercise.sentences] == []
    assert [row.as_text() for row in table.empty(lab)] == []


@over_labs
def test_the_sentences_are_the_words_of_the_master(lab: Lab) -> None:
    text = " ".join(lab.master.read_text(encoding="utf-8").split())
    missing = [
        words
        for exercise in lab.exercises
        for words in exercise.sentences.values()
        if words not in text and words not in exercise.guarantee
    ]
    assert missing == []


@over_labs
def test_each_wrong_answer_breaks_a_sentence_of_its_exercise(lab: Lab) -> None:
    astray = [
        wrong.mistake
        for wrong in known.wrong(lab)
        if wrong.sentence not in lab.exercise(wrong.exercise).sentences
    ]
    assert astray == []


@over_labs
def test_each_exercise_has_three_hints_and_five_honest_styles(lab: Lab) -> None:
    styles = [honest.exercise for honest in known.honest(lab)]
    for exercise in lab.exercises:
        assert len(exercise.hints) == 3, exercise.id
        assert len(exercise.styles) == 2, exercise.id
        assert exercise.unchecked, exercise.id
        assert styles.count(exercise.id) >= 5, exercise.id


def test_a_verdict_is_held_to_guarantee_and_words() -> None:
    exercise = ALL[0].exercises[0]
    wrong = Wrong(
        exercise.id, "never acknowledged", "", (Guarantee.ONCE,), ("message # would be processed twice",)
    )
    assert wrong.refused_rightly(Verdict(exercise)) == "pays"
    right = with_breach(exercise, Guarantee.ONCE, "message 17 would be processed twice")
    assert wrong.refused_rightly(right) == ""
    assert wrong.refused_rightly(with_breach(exercise, Guarantee.ONCE, "something else")).startswith(
        "refused in"
    )
    other = with_breach(exercise, Guarantee.RUNS, "message 17 would be processed twice")
    assert wrong.refused_rightly(other).startswith("refused for another reason")


@pytest.mark.stack
@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("lab", SINGLE, ids=[lab.name for lab in SINGLE])
def test_a_wrong_answer_to_each_sentence_is_refused_and_honest_ones_pass(lab: Lab) -> None:
    """A sample: `mq labs table --seeds 5` judges all of them."""
    rows = table.rows(lab, each_sentence_once=True, side_by_side=SIDE_BY_SIDE)
    assert [row.as_text() for row in rows if not row.right] == []
