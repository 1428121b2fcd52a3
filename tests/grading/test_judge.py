"""Which answers are not begun: those without any code."""

import pytest

from mqcourse.grading.judge import _only_comments


@pytest.mark.parametrize(
    ("source", "so"),
    [
        ("", True),
        ("# a\n\n   # b", True),
        ("pass", False),
        ("'a text'", False),
        ("def f(", False),
        ("'''", False),
        ("  x\n y", False),
        ("%time", False),
        ("\x00", False),
    ],
)
def test_an_answer_of_comments_only_is_not_begun(source: str, so: bool) -> None:
    assert _only_comments(source) is so
