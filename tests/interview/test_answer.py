"""One case: the ticks of a line, the follow-ups they lead to, the rating, and what can be compared."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.book.question import Claim, Number, Options, Question, Steps
from mqcourse.interview.answer import Ticks, compared, follow_ups, points, rating, ticks_of
from mqcourse.interview.answers_file import typed
from tests.interview.candidates import BANK, answered, up_to

CARD = {question.id: question for question in BANK}
CARDS = st.sampled_from(BANK)


def one(kind: str, level: str = "") -> Question:
    return next(card for card in BANK if card.kind == kind and level in ("", card.level))


@given(CARDS, st.data())
def test_a_typed_line_gives_back_its_ticks(card: Question, data: st.DataObject) -> None:
    said = data.draw(st.frozensets(st.integers(0, len(points(card)) - 1)))
    wrong = data.draw(st.frozensets(st.integers(0, len(card.wrong) - 1)))
    ticks = Ticks(said, wrong)
    assert ticks_of(card, typed(ticks)) == ticks
    assert ticks_of(card, typed(ticks).replace(" ", ", ").upper()) == ticks


@pytest.mark.parametrize("line", ["0", "4", "1 x", "-1", "12", "1.5", "z", "½", "²"])
def test_what_is_not_on_the_list_is_refused_by_name(line: str) -> None:
    with pytest.raises(ValueError, match=r"^\S+$"):
        ticks_of(one("recall"), line)


@pytest.mark.parametrize(
    ("levels", "places"),
    [
        ((), []),
        (("mid",), [0]),
        (("senior",), [1]),
        (("mid", "senior"), [1]),
        (("staff",), [0, 1]),
        (("mid", "senior", "staff"), [0, 1]),
    ],
)
def test_follow_ups_depend_on_the_points_that_were_said(levels: tuple[str, ...], places: list[int]) -> None:
    for card in BANK:
        assert follow_ups(card, up_to(*levels)(card)) == tuple(card.follow_ups[place] for place in places)


@pytest.mark.parametrize(
    ("level", "said", "heard", "expected"),
    [
        ("J", (), True, "again"),
        ("J", ("mid",), False, "good"),
        ("J", ("senior", "staff"), True, "hard"),
        ("M", ("mid",), True, "good"),
        ("S", ("mid",), True, "hard"),
        ("S", ("mid", "senior"), True, "good"),
        ("St", ("mid", "senior"), True, "hard"),
        ("St", ("mid", "senior", "staff"), False, "good"),
        ("St", ("mid", "senior", "staff"), True, "easy"),
        ("J", ("mid", "senior", "staff"), True, "easy"),
    ],
)
def test_the_rating_is_a_count(level: str, said: tuple[str, ...], heard: bool, expected: str) -> None:
    card = one("recall", level)
    assert rating(answered(card, up_to(*said)(card), heard=heard)) == expected


def test_a_wrong_answer_or_a_wrong_number_is_shown_again() -> None:
    card = one("estimate")
    everything = up_to("mid", "senior", "staff")(card)
    assert rating(answered(card, everything)) == "easy"
    assert rating(answered(card, Ticks(everything.points, frozenset({0})))) == "again"
    assert rating(answered(card, everything, own="0.001")) == "again"
    assert rating(answered(card, everything, own="about nothing, I think")) == "easy"


@pytest.mark.parametrize(
    "card", [card for card in BANK if isinstance(card.details, Number)], ids=lambda c: c.id
)
def test_every_number_of_the_bank_is_right_as_it_is_shown_and_ten_times_it_is_not(card: Question) -> None:
    details = card.details
    assert isinstance(details, Number)
    for text in (
        f"{details.value:,.10g}",
        f"{details.value:.10g} {details.unit}",
        f"notes\n≈ {details.value:.10g}.",
    ):
        assert compared(card, text) is True, text
    assert compared(card, f"{details.value * 10 + 1:.10g}") is False
    assert compared(card, f"{details.value:.10g} parsecs") is None
    assert compared(card, "500 × 0.3 = 150") is None


@pytest.mark.parametrize(
    "card", [card for card in BANK if isinstance(card.details, Options | Steps)], ids=lambda card: card.id
)
def test_every_right_choice_and_order_is_right(card: Question) -> None:
    details = card.details
    right = details.letters if isinstance(details, Options) else details.letters(card.id)  # type: ignore[union-attr]
    assert compared(card, right) is True
    assert compared(card, right.lower()) is True
    assert compared(card, right.replace(", ", "")) is True
    assert compared(card, "Z") is False
    assert compared(card, "the second of them") is None


@pytest.mark.parametrize(
    ("verdict", "line", "expected"),
    [
        ("true", "True.", True),
        ("true", "false", False),
        ("false", "FALSE", True),
        ("false", "false since 4.0", False),
        ("false since", "false since 4.0", True),
        ("false since", "false", True),
        ("depends", "it depends", True),
        ("depends", "depends", True),
        ("depends", "true", False),
        ("depends", "true, but only for classic queues", None),
        ("true", "true but only for classic queues", None),
        ("false since", "false since a picture ![](https://example.org)", None),
        ("true", "", None),
    ],
)
def test_a_verdict_is_compared_only_where_it_is_nothing_else(
    verdict: str, line: str, expected: bool | None
) -> None:
    card = replace(one("claim"), details=Claim("A claim.", verdict, "4.0"))
    assert compared(card, line) is expected


@given(CARDS, st.text(max_size=40))
def test_any_typed_text_is_taken(card: Question, own: str) -> None:
    assert compared(card, own) in (True, False, None)
