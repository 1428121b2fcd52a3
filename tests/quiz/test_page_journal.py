"""The page's journal: merged in any order it is the same, and what it holds is what `mq quiz` reads."""

import json
import random
import subprocess
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from mqcourse import json_lines
from mqcourse.book.review import STATIC
from mqcourse.install.npm import NODE
from mqcourse.quiz.journal import RATINGS, Review, history, line_of
from tests.quiz.page import in_page, milliseconds
from tests.quiz.test_schedule import BEGIN

CASES = 300
TORN = ['{"card": "torn', "", "null", "[1]", '{"card": 3}', '{"card": "why", "at": "2026", "rating": "good"}']


def random_line(drawn: random.Random) -> dict[str, Any]:
    """A rating of few cards and moments, so that lines often meet; with what newer pages add, in any order."""
    review = Review(
        BEGIN + timedelta(minutes=drawn.randint(0, 3)), drawn.choice(["why", "ü"]), drawn.choice(RATINGS)
    )
    more = {"sure": drawn.choice([25, 95]), "answer": "because\n“so”", "points": [0, 2]}
    fields = [*line_of(review).items(), *drawn.sample(sorted(more.items()), drawn.randint(0, 3))]
    drawn.shuffle(fields)
    line = dict(fields)
    if drawn.random() < 0.2:
        line["at"] = str(line["at"]).replace(".000Z", "+00:00")
    return line


def random_journal(drawn: random.Random) -> str:
    lines = [json.dumps(random_line(drawn), ensure_ascii=False) for _ in range(drawn.randint(0, 6))]
    lines += drawn.sample(TORN, drawn.randint(0, 2))
    drawn.shuffle(lines)
    return "\n".join(lines)


@pytest.mark.lengthy
def test_a_merge_is_the_same_in_any_order_and_twice_is_once_and_the_terminal_reads_the_same() -> None:
    drawn = random.Random(0)
    journals = [[random_journal(drawn) for _ in range(3)] for _ in range(CASES)]
    orders = [[*permutations(each), each * 2] for each in journals]
    merged = iter(in_page(merges=[order for each in orders for order in each])["merges"])
    for each, these in zip(journals, orders, strict=True):
        found = [next(merged) for _ in these]
        assert all(one == found[0] for one in found)
        assert found[0]["again"] == found[0]["lines"], "written and read"
        ours = history(line for text in each for line in json_lines.objects(text))
        assert [
            (line["at"], line["card"], line["rating"], line.get("sure")) for line in found[0]["history"]
        ] == [(milliseconds(review.at), review.card, review.rating, review.sure) for review in ours]


def test_two_tabs_that_rate_in_the_same_moment_keep_both_and_what_is_taken_back_stays_away() -> None:
    program = Path(__file__).parent / "two_tabs.cjs"
    answer = subprocess.run(
        [str(NODE), str(program), str(STATIC / "journal.js")], capture_output=True, text=True, check=True
    )
    both, taken_back, forgotten = json.loads(answer.stdout)
    assert both == [["first", "second"]] * 2
    assert taken_back == [["first"]] * 2
    assert forgotten == [[]] * 2
