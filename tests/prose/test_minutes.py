"""Minutes grow with what a reader has to read, and not with what is folded away."""

import pytest

from tools.prose.minutes import measured, problems, rounded

WORDS = "One two three four five six seven eight nine ten. " * 9


def test_words_code_predictions_questions_and_explorers_take_time() -> None:
    assert measured(WORDS) == 1
    cell = "```{code-cell} ipython3\n" + "x = 1\n" * 12 + "```\n"
    assert measured(cell) == 1
    assert measured(cell.replace("ipython3\n", "ipython3\n:tags: [hide-input]\n\n")) == 0
    predict = "```{predict}\nHow many?\n---\nThree of them.\n```\n"
    assert measured(predict) > 1.5
    assert measured("```{backpressure} drop\n```\n") == 4


def test_minutes_are_stated_in_steps_of_five() -> None:
    assert [rounded(minutes) for minutes in (1, 7.4, 7.6, 52)] == [5, 5, 10, 50]


@pytest.mark.lengthy
def test_every_page_states_what_was_measured() -> None:
    assert list(problems()) == []
