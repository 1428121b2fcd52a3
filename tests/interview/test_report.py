"""The report: what it counts and says, the page of it, and the file that repeats it."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.book.proof_line import proof_line
from mqcourse.book.question import LEVELS, RUBRIC
from mqcourse.book.questions import BANK as FILES
from mqcourse.home import CHECKOUT
from mqcourse.interview.agenda import Case, Plan
from mqcourse.interview.answer import Ticks
from mqcourse.interview.answers_file import as_json, from_json
from mqcourse.interview.level import RULE
from mqcourse.interview.record import Interview
from mqcourse.interview.report import COUNTED, as_data, command, markdown, title
from mqcourse.report_page import html
from tests.interview.candidates import BANK, PLAN, answered, interview, up_to

MID, STAFF = up_to("mid"), up_to(*RUBRIC)


class Tags(HTMLParser):
    """Which elements a page has, what it loads, and its text."""

    VOID = ("meta", "br", "hr")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "srcset", "data", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_two_people_get_two_levels_with_reasons() -> None:
    one, other = markdown(interview(MID)), markdown(interview(STAFF))
    assert "## Level reached: mid\n" in one
    assert "## Level reached: staff\n" in other
    cases = len(interview(MID).cases)
    assert f"0 of {cases} senior points were ticked, and senior needs" in one
    assert "Two thirds or more of the points of every level were ticked." in other


def test_it_states_its_rule_and_that_it_judges_no_text() -> None:
    for ticks in (MID, STAFF, up_to()):
        text = markdown(interview(ticks))
        assert RULE in text
        assert COUNTED in text
        assert command(interview(ticks)) in text


def test_a_part_says_so_and_counts_only_itself() -> None:
    part = interview(STAFF, cases=2)
    text = markdown(part)
    assert "**This is a report of a part.**" in text
    assert "## Level reached: not given" in text
    assert "This is a report of a part" not in markdown(interview(STAFF))
    assert as_data(part)["level"] is None


def test_what_was_claimed_and_is_false_is_named_with_reason_and_proof() -> None:
    whole = interview(MID)
    first = whole.answers[0]
    false = replace(first, ticks=Ticks(first.ticks.points, frozenset({0})))
    text = markdown(replace(whole, answers=(false, *whole.answers[1:])))
    wrong = first.question.wrong[0]
    section = text.split("## Claimed, and false")[1].split("\n## ")[0]
    assert f"**“{wrong.said}”** {wrong.why}" in section
    assert proof_line(first.question) in section
    assert wrong.said in text.split("## What to study")[1].split("\n## ")[0]
    assert "1 answer is false: see “Claimed, and false”." in text.split("## Claimed")[0]
    case = text.split("## Case by case")[1].split("\n### 2.")[0]
    assert f"- **said, and false**: “{wrong.said}”" in case
    assert "The count has no false answer" in markdown(whole)
    assert "is false" not in markdown(whole).split("## Claimed")[0]


def test_a_wrong_number_is_shown_beside_the_right_one() -> None:
    card = next(card for card in BANK if card.id == "estimate-retention-disk")
    given = answered(card, STAFF(card), own="a guess\n3.6 TB")
    text = markdown(Interview(PLAN, (Case(card, 5),), (given,), interview(MID).begun, kept=False))
    assert "You typed **3.6 TB**. The card has 15.55 TB" in text
    right = replace(given, own="15.6")
    assert "1 typed answer of a number" in markdown(
        Interview(PLAN, (Case(card, 5),), (right,), interview(MID).begun, kept=False)
    )


def test_cases_without_a_tick_name_no_level() -> None:
    text = markdown(interview(up_to()))
    assert "## Level reached: not given\n\nThe reason: no point was ticked." in text
    assert "junior" not in text.split("## Level reached")[1].split("\nThe rule:")[0]


def test_the_first_level_names_what_junior_needs() -> None:
    whole = interview(up_to())
    first = whole.answers[0]
    one = replace(first, ticks=Ticks(frozenset({0})), follow_ups=(True,))
    text = markdown(replace(whole, answers=(one, *whole.answers[1:])))
    cases = len(whole.cases)
    needed = -(-cases // 3)
    assert (
        f"## Level reached: below junior\n\n1 of {cases} mid points were ticked, and junior needs {needed}:"
        in text
    )


def test_the_report_of_an_interviewer_names_whose_ticks_and_notes_it_has() -> None:
    card = next(card for card in BANK if card.id == "estimate-retention-disk")
    given = answered(card, MID(card), own="told me:\n3.6 TB")
    whole = Interview(PLAN, (Case(card, 5),), (given,), interview(MID).begun, kept=False)
    alone, for_two = markdown(whole), markdown(replace(whole, ticked_by="interviewer"))
    assert "You typed **3.6 TB**." in alone
    assert "\nYour notes:\n" in alone
    assert "The interviewer typed **3.6 TB**." in for_two
    assert "\nThe interviewer's notes:\n" in for_two
    assert "The interviewer ticked what the candidate said." in for_two
    counted = for_two.split("## What to study")[0]
    assert not re.search(r"\b[Yy]ou(r)?\b", counted), "the candidate who reads it ticked nothing"


def test_a_case_has_what_is_needed_to_read_its_answer() -> None:
    shown = {
        "spot-pool-commit": "pool.submit(handle, record)",
        "incident-not-enough-replicas": "Isr: 2 (broker 2",
    }
    for card in BANK:
        if card.id not in shown and card.kind not in ("choice", "choices", "order", "claim"):
            continue
        given = (answered(card, MID(card)),)
        text = markdown(Interview(PLAN, (Case(card, 5),), given, interview(MID).begun, kept=False))
        if card.kind == "claim":
            assert f"The card has: {card.details.shown.lower()}." in text
        elif card.kind in ("choice", "choices"):
            assert all(option.text in text for option in card.details.all)
        elif card.kind == "order":
            assert all(step in text for step in card.details.right)
        else:
            assert shown[card.id] in text


def test_what_is_left_after_every_point_of_the_level_is_counted() -> None:
    whole = interview(up_to("mid", "senior"))
    study = markdown(whole).split("## What to study\n\n")[1]
    assert study.startswith(
        f"Every point up to the senior points was ticked. {len(whole.cases)} points above"
    )
    assert "case was ticked. Try another seed, or a higher level." in markdown(interview(STAFF))
    highest = markdown(interview(STAFF, Plan("St", 45, 3)))
    assert "case was ticked. Try another seed.\n" in highest, "no level is above staff"


@pytest.mark.parametrize(
    ("seconds", "took"),
    [(1, "under 1 minute."), (59, "under 1 minute."), (60, "1 minute."), (90, "2 minutes.")],
)
def test_a_duration_is_told_in_whole_minutes(seconds: int, took: str) -> None:
    whole = interview(MID, cases=1)
    text = markdown(replace(whole, answers=(replace(whole.answers[0], seconds=seconds),)))
    assert f"1 of {len(whole.cases)} cases were answered in {took}" in text
    assert f"The interview ended with {len(whole.cases) - 1} cases left" in text


@pytest.mark.parametrize(
    ("level", "names"), [("M", {"Mid"}), ("S", {"Mid", "Senior"}), ("St", {"Mid", "Senior", "Staff"})]
)
def test_what_to_study_goes_as_far_as_the_level_that_was_aimed_at(level: str, names: set[str]) -> None:
    text = markdown(interview(up_to(), Plan(level, 45, 3)))
    study = text.split("## What to study")[1].split("\n## ")[0]
    assert set(re.findall(r"^  - (Mid|Senior|Staff): ", study, re.MULTILINE)) == names


def test_the_days_of_the_schedule_are_there_only_where_ratings_were_kept() -> None:
    whole = interview(MID)
    assert "so your schedule of `mq quiz` is unchanged" in markdown(whole)
    kept = replace(
        whole, kept=True, answers=tuple(replace(each, due=date(2026, 12, 3)) for each in whole.answers)
    )
    assert markdown(kept).count("| 2026-12-03 |") == len(whole.answers)


@pytest.mark.lengthy
@given(st.sampled_from(list(LEVELS)), st.integers(5, 90), st.integers(0, 999), st.text(max_size=60))
def test_every_report_is_a_page_that_loads_nothing_and_closes_what_it_opens(
    level: str, minutes: int, seed: int, own: str
) -> None:
    whole = interview(MID, Plan(level, minutes, seed))
    typed = own + "\n<script>alert(1)</script> ![x](https://example.org/x.png)\n````"
    text = markdown(replace(whole, answers=tuple(replace(each, own=typed) for each in whole.answers)))
    page = Tags(html(title(whole), text))
    assert page.open == []
    assert page.loads == []
    assert {"script", "img", "link", "iframe"}.isdisjoint(page.seen)
    assert page.text.count("<script>alert(1)</script>") == len(whole.answers)
    assert [tag for tag in page.seen if tag in ("h1", "main", "title")] == ["title", "main", "h1"]
    levels = [int(tag[1]) for tag in page.seen if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_page_has_a_language_both_schemes_and_a_print() -> None:
    page = html("A <title>", "# One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert '<html lang="en">' in page
    assert "<title>A &lt;title&gt;</title>" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert page.count('<th scope="col">') == 2


@given(st.integers(0, 10**6), st.data())
def test_a_file_of_answers_gives_the_same_report(seed: int, data: st.DataObject) -> None:
    plan = Plan(data.draw(st.sampled_from(list(LEVELS))), 30, seed)
    count = data.draw(st.integers(1, 4))
    drawn = interview(
        lambda _card: Ticks(
            data.draw(st.frozensets(st.integers(0, 2))), data.draw(st.frozensets(st.integers(0, 0)))
        ),
        plan,
        cases=count,
    )
    again = from_json(json.loads(json.dumps(as_json(drawn))), BANK)
    assert again == drawn
    assert markdown(again) == markdown(drawn)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"level": "principal"}, "level: 'principal' is not one of junior, mid, senior, staff"),
        ({"seed": "7"}, "seed: a whole number from 0 is needed"),
        ({"seed": -1}, "seed: a whole number from 0 is needed"),
        ({"minutes": True}, "minutes: a whole number from 0 is needed"),
        ({"topic": "nosuch"}, "topic: there is no topic 'nosuch'"),
        ({"sed": 7}, "unknown field 'sed'"),
        ({"answers": {}}, "answers: a list is needed"),
        ({"ticked_by": "me"}, "ticked_by: 'me' is not one of you, interviewer"),
        ({"answers": ["x"]}, "an answer is not a JSON object"),
        ({"answers": [{"card": "nosuch", "ticked": ""}]}, "card: 'nosuch' is not asked by this level"),
        ({"begun": "yesterday"}, "yesterday"),
        ({"begun": "2026-11-27T10:00:00"}, "begun: a time with its zone is needed"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_its_field(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=re.escape(what)):
        from_json({**as_json(interview(MID)), **changes}, BANK)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"ticked": "1 9"}, "ticked: 9 is no number or letter of its list"),
        ({"ticked": "1", "follow_ups": "y y"}, "follow_ups: y or n is needed for each of 1"),
        ({"follow_ups": "maybe"}, "follow_ups: y or n"),
        ({"own": 3}, "own: a text is needed"),
        ({"seconds": 1.5}, "seconds: a whole number from 0 is needed"),
        ({"marks": 3}, "unknown field 'marks'"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_by_its_field(changes: dict[str, Any], what: str) -> None:
    whole = as_json(interview(MID))
    whole["answers"][0] = {**whole["answers"][0], **changes}
    with pytest.raises(ValueError, match=re.escape(what)):
        from_json(whole, BANK)


def test_a_card_that_is_answered_twice_is_refused() -> None:
    whole = as_json(interview(MID))
    whole["answers"].append(whole["answers"][0])
    with pytest.raises(ValueError, match="is answered twice"):
        from_json(whole, BANK)


@pytest.mark.parametrize("card", BANK, ids=lambda card: card.id)
def test_what_proves_a_card_can_be_found(card: Any) -> None:
    line = proof_line(card)
    names = re.findall(r"`((?:book|labs|tests|emulator)/[^`]+)`", line)
    assert all((CHECKOUT / name).exists() for name in names), line
    if card.proof.kind == "fact":
        assert f"[{card.proof.what}]" in (FILES.parent / "facts.toml").read_text(encoding="utf-8")
    if card.proof.kind == "read, not run":
        assert f"<{card.sources[0][1]}>" in line
