"""Which answers are not begun, those without any code; and that answers are read in threads."""

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mqcourse.grading.answer_process import plain
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


@pytest.fixture
def switching() -> Iterator[None]:
    """Lets another thread run whenever memory is collected, which is often: in the middle of most work."""

    def switch(*_: object) -> None:
        time.sleep(0)  # gives the interpreter to another thread

    before = gc.get_threshold()
    gc.set_threshold(50)
    gc.callbacks.append(switch)
    yield
    gc.callbacks.remove(switch)
    gc.set_threshold(*before)


@pytest.mark.usefixtures("switching")
def test_answers_are_read_side_by_side() -> None:
    terms = (f"g({i}, [h(x) for x in a if x.y[{i}] > {i}])" for i in range(60))
    source = f"def f(a):\n    return {' + '.join(terms)}\n"
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(plain, [source] * 400)) == {source}
