"""The journal of the quiz: torn at any byte, merged in any order, appended by two programs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse import json_lines
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.quiz import journal
from mqcourse.quiz.journal import RATINGS, Review, history, line_of, missing, review_of

NOW = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
REVIEWS = st.builds(
    Review,
    at=st.integers(0, 10**9).map(lambda ms: NOW + timedelta(milliseconds=ms)),
    card=st.sampled_from(["why", "when", "what"]),
    rating=st.sampled_from(RATINGS),
    sure=st.sampled_from([None, 25, 75]),
)
LINES = st.lists(
    st.one_of(REVIEWS.map(line_of), st.just({"card": "why", "note": "of another version"}), st.just({})),
    max_size=8,
)


@given(REVIEWS)
def test_a_rating_is_read_as_it_was_written(review: Review) -> None:
    again = review_of(json.loads(json.dumps(line_of(review))))
    assert (again, again and again.sure) == (review, review.sure)


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"card": "why", "at": "2026-11-27T07:00:00Z", "rating": "superb"},
        {"card": 3, "at": "2026-11-27T07:00:00Z", "rating": "good"},
        {"card": "why", "at": "yesterday", "rating": "good"},
        {"card": "why", "at": "2026-11-27T07:00:00", "rating": "good"},
        {"card": "why", "rating": ["good"]},
    ],
)
def test_what_is_no_rating_is_passed_over(line: dict[str, Any]) -> None:
    assert history([line]) == ()


def test_a_browsers_time_and_another_zone_are_the_same_moment() -> None:
    ours = {"card": "why", "at": "2026-11-27T07:00:00.000Z", "rating": "good"}
    theirs = {**ours, "at": "2026-11-27T08:00:00+01:00"}
    assert history([ours, theirs]) == (Review(NOW, "why", "good"),)


@pytest.mark.parametrize(
    ("said", "sure"),
    [
        ((75,), 75),
        ((None, 75), 75),
        ((75, 25, None), 25),
        ((True, "much", [9]), None),
        ((float("inf"),), None),
    ],
)
def test_of_two_lines_of_one_rating_the_less_sure_counts_in_any_order(
    said: tuple[Any, ...], sure: Any
) -> None:
    lines = [{**line_of(Review(NOW, "why", "good")), "sure": one} for one in said]
    for these in (lines, lines[::-1]):
        (review,) = history(these)
        assert review.sure == sure


@pytest.mark.lengthy
def test_a_kill_at_any_byte_costs_the_line_that_was_written_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "cards.jsonl"
    reviews = [Review(NOW + timedelta(minutes=n), f"queue-ü-{n}", RATINGS[n]) for n in range(3)]
    json_lines.append(path, map(line_of, reviews))
    whole = path.read_bytes()
    later = Review(NOW + timedelta(hours=1), "why", "good")
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = journal.read(path)
        complete = sum(cut >= end for end in ends)
        assert kept == tuple(reviews[:complete])
        json_lines.append(path, [line_of(later)])
        assert journal.read(path) == (*kept, later), cut


@pytest.mark.lengthy
@given(LINES, LINES, LINES)
def test_a_merge_is_the_same_in_any_order_and_twice_is_once(a: Any, b: Any, c: Any) -> None:
    def merged(*journals: Any) -> Any:
        found: list[Any] = []
        for each in journals:
            found += missing(found, each)
        return history(found)

    assert merged(a, b, c) == merged(c, b, a) == merged(b, a, c) == merged(a, b, c, a, b)
    assert merged(a, b) == history([*a, *b])
    assert [one.sure for one in merged(a, b, c)] == [one.sure for one in merged(c, a, b)]


@pytest.mark.lengthy
@given(LINES, LINES)
def test_what_is_appended_does_not_depend_on_the_order_of_the_other_file(a: Any, b: Any) -> None:
    assert missing(a, b) == missing(a, list(reversed(b)))
    assert missing([*a, *missing(a, b)], b) == []


def test_the_pages_file_is_merged_and_then_adds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path / "home"))
    theirs = tmp_path / "page.jsonl"
    theirs.write_text(
        '{"card": "why", "at": "2026-11-27T07:00:00.000Z", "rating": "good", "sure": 80}\n{"card": "wh',
        encoding="utf-8",
    )
    assert [journal.merge(theirs), journal.merge(theirs)] == [1, 0]
    assert journal.read() == (Review(NOW, "why", "good"),)
    assert '"sure": 80' in journal.file().read_text(encoding="utf-8"), "what a newer page adds is kept"


@pytest.mark.parametrize(("content", "said"), [(None, "cannot read"), ("nothing of ours", "holds no rating")])
def test_a_file_without_ratings_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "page.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(CourseError, match=said) as caught:
        journal.merge(path)
    assert caught.value.exit_code == Exit.USAGE
