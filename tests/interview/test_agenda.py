"""The agenda: it fits the minutes, is the same for a seed, and asks what the level and the topic name."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.book.question import LEVELS, MINUTES
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.interview.agenda import Plan, agenda
from mqcourse.rubric.cases import CYCLES, GROUPS, LARGEST_SHARE

BANK = all_questions(load_bank())
TOPICS = sorted({question.topic for question in BANK})
PLANS = st.builds(
    Plan,
    st.sampled_from(list(LEVELS)),
    st.integers(0, 300),
    st.integers(0, 10**18),
    st.none() | st.sampled_from(TOPICS),
)
SHORTEST = min(MINUTES.values())


@given(PLANS)
def test_the_cases_fit_the_minutes_and_none_is_asked_twice(plan: Plan) -> None:
    cases = agenda(BANK, plan)
    assert sum(case.minutes for case in cases) <= plan.minutes
    ids = [case.question.id for case in cases]
    assert len(ids) == len(set(ids))


@pytest.mark.lengthy
@given(PLANS)
def test_the_minutes_are_filled_as_long_as_a_card_that_fits_is_left(plan: Plan) -> None:
    cases = agenda(BANK, plan)
    left = plan.minutes - sum(case.minutes for case in cases)
    used = {case.question.id for case in cases}
    levels = {case.question.level for case in agenda(BANK, Plan(plan.level, 10_000, 0, plan.topic))}
    short = [
        question
        for question in BANK
        if MINUTES[question.kind] == SHORTEST
        and question.level in levels
        and question.id not in used
        and plan.topic in (None, question.topic)
    ]
    assert left < SHORTEST or not short


@given(PLANS)
def test_the_same_plan_gives_the_same_cases_whatever_the_order_of_the_bank(plan: Plan) -> None:
    mixed = list(BANK)
    random.Random(1).shuffle(mixed)
    assert agenda(mixed, plan) == agenda(BANK, plan)


@given(PLANS)
def test_cards_are_of_the_level_or_beside_it_and_of_the_topic(plan: Plan) -> None:
    place = list(LEVELS).index(plan.level)
    near = list(LEVELS)[max(0, place - 1) : place + 2]
    for case in agenda(BANK, plan):
        assert case.question.level in near
        assert plan.topic in (None, case.question.topic)


@given(PLANS)
def test_a_long_case_leaves_room_for_others(plan: Plan) -> None:
    for case in agenda(BANK, plan):
        assert plan.topic or case.minutes == SHORTEST or case.minutes <= LARGEST_SHARE * plan.minutes


def test_other_seeds_ask_other_cases() -> None:
    plans = {tuple(case.question.id for case in agenda(BANK, Plan("S", 45, seed))) for seed in range(50)}
    assert len(plans) > 45


@pytest.mark.parametrize("level", ["S", "St"])
def test_forty_five_minutes_have_a_design_and_an_opening_question(level: str) -> None:
    for seed in range(50):
        kinds = [case.question.kind for case in agenda(BANK, Plan(level, 45, seed))]
        assert kinds[0] in GROUPS["recall"]
        assert kinds.count("design") == 1
        assert len(kinds) >= 5


def test_every_kind_of_card_is_in_a_group_and_every_cycle_begins_shortly() -> None:
    assert {kind for kinds in GROUPS.values() for kind in kinds} == set(MINUTES)
    assert set(CYCLES) == set(LEVELS)
    assert {cycle[0] for cycle in CYCLES.values()} == {"recall"}


def test_every_topic_has_cases_at_every_level_but_where_its_cards_end() -> None:
    without = {
        (topic, level) for topic in TOPICS for level in LEVELS if not agenda(BANK, Plan(level, 45, 1, topic))
    }
    near = {"J": "JM", "M": "JMS", "S": ("M", "S", "St"), "St": ("S", "St")}
    assert without == {
        (topic, level)
        for topic in TOPICS
        for level in LEVELS
        if not any(card.topic == topic and card.level in near[level] for card in BANK)
    }


def test_cards_of_the_level_itself_are_most() -> None:
    asked = [case.question.level for seed in range(200) for case in agenda(BANK, Plan("S", 60, seed))]
    assert asked.count("S") > asked.count("M") > 0
    assert asked.count("St") > 0
    assert asked.count("S") > len(asked) / 2
