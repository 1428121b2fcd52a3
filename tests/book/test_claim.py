"""A claim that does not hold is shown with what is so here, and the cell goes on; deadlines and functions stay hard."""

import ast
from typing import Any

import pytest

from mqcourse.book.claim import NAME, Softener, claim


class Seen(list[tuple[str, list[str]]]):
    """Stands for the kernel's side: what was said, and the values shown."""

    def __call__(self, test: Any, said: str, message: Any, values: Any) -> None:
        if not test():
            self.append((said, [f"{text} is {value()!r}" for text, value in values]))


def run(source: str) -> tuple[Seen, dict[str, Any]]:
    tree = Softener().visit(ast.parse(source))
    seen = Seen()
    names: dict[str, Any] = {NAME: seen}
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102
    return seen, names


def test_the_cell_goes_on_and_both_sides_are_shown() -> None:
    seen, names = run("rate, limit = 120, 100\nassert rate < 1.1 * limit\nafter = True")
    assert seen == [("rate < 1.1 * limit", ["rate is 120", "1.1 * limit is 110.00000000000001"])]
    assert names["after"]


def test_a_claim_that_holds_says_nothing_and_is_evaluated_once() -> None:
    seen, names = run("n = []\nassert n.append(1) is None\n")
    assert seen == []
    assert names["n"] == [1]


def test_a_side_with_a_call_that_may_do_something_is_not_evaluated_again() -> None:
    seen, names = run("n = []\nassert n.append(1) == len(n)\n")
    assert seen == [("n.append(1) == len(n)", ["len(n) is 1"])]
    assert names["n"] == [1]


def test_each_round_of_a_loop_is_judged_with_its_own_values() -> None:
    seen, _ = run("for size in (1, 2, 3):\n    assert size != 2\n")
    assert seen == [("size != 2", ["size is 2"])]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    assert False, 'hard'\nf()",
        "class A:\n    assert False, 'hard'",
        "while True:\n    assert False, 'hard'",
    ],
)
def test_in_functions_classes_and_while_loops_it_stays_an_error(source: str) -> None:
    with pytest.raises(AssertionError, match="hard"):
        run(source)


def test_what_the_test_itself_raises_is_raised() -> None:
    with pytest.raises(NameError):
        claim(lambda: missing, "missing", lambda: "", [])  # type: ignore[name-defined]  # noqa: F821
