"""The level by count: all points, none, and what tells two people apart."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.book.question import LEVELS, RUBRIC
from mqcourse.interview.agenda import Plan
from mqcourse.interview.answer import Ticks, points
from mqcourse.interview.level import LEAST_CASES, not_given, reached, shares
from tests.interview.candidates import BANK, answered, interview, up_to

PLANS = st.builds(Plan, st.sampled_from(list(LEVELS)), st.integers(20, 120), st.integers(0, 10**6))
ANSWERS = st.lists(
    st.tuples(st.sampled_from(BANK), st.sets(st.integers(0, 2))),
    min_size=LEAST_CASES,
    max_size=12,
    unique_by=lambda pair: pair[0].id,
)
ORDER = ["None", "below junior", "junior", *RUBRIC]


@given(PLANS)
def test_all_points_are_the_highest_level_and_no_tick_is_no_level(plan: Plan) -> None:
    assert reached(interview(up_to(*RUBRIC), plan).answers) == "staff"
    untouched = interview(up_to(), plan).answers
    assert reached(untouched) is None
    assert not_given(untouched) == "no point was ticked"


@given(PLANS)
def test_people_of_different_levels_are_told_apart(plan: Plan) -> None:
    assert reached(interview(up_to("mid"), plan).answers) == "mid"
    assert reached(interview(up_to("mid", "senior"), plan).answers) == "senior"


@given(PLANS)
def test_a_level_needs_the_levels_below_it(plan: Plan) -> None:
    assert reached(interview(up_to("senior", "staff"), plan).answers) == "below junior"
    assert reached(interview(up_to("mid", "staff"), plan).answers) == "mid"


@given(ANSWERS)
def test_one_tick_more_never_lowers_the_level(pairs: list[tuple[object, set[int]]]) -> None:
    answers = [answered(card, Ticks(frozenset(ticked))) for card, ticked in pairs]  # type: ignore[arg-type]
    for place, answer in enumerate(answers):
        for point in range(len(points(answer.question))):
            more = answered(answer.question, Ticks(answer.ticks.points | {point}))
            after = [*answers[:place], more, *answers[place + 1 :]]
            assert ORDER.index(str(reached(after))) >= ORDER.index(str(reached(answers)))


@pytest.mark.lengthy
@given(ANSWERS)
def test_the_rule_is_the_one_that_the_report_states(pairs: list[tuple[object, set[int]]]) -> None:
    answers = [answered(card, Ticks(frozenset(ticked))) for card, ticked in pairs]  # type: ignore[arg-type]
    mid, senior, staff = (Fraction(share.said, share.asked) for share in shares(answers))
    expected = "below junior" if mid < Fraction(1, 3) else "junior"
    if mid >= Fraction(2, 3):
        expected = "mid"
        if senior >= Fraction(2, 3):
            expected = "staff" if staff >= Fraction(2, 3) else "senior"
    assert reached(answers) == (expected if any(ticked for _, ticked in pairs) else None)


@pytest.mark.parametrize("cases", range(LEAST_CASES))
def test_fewer_than_three_cases_give_no_level(cases: int) -> None:
    assert reached(interview(up_to(*RUBRIC), cases=cases).answers) is None


def test_wrong_answers_do_not_change_the_count() -> None:
    whole = interview(up_to(*RUBRIC)).answers
    false = [answered(each.question, Ticks(each.ticks.points, frozenset({0}))) for each in whole]
    assert reached(false) == "staff"
