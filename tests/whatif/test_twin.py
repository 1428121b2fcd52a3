"""The page's machines, which are made from the Python, against it: every outcome and every place, to the last letter."""

import json
import random
from dataclasses import asdict
from pathlib import Path

import pytest

from mqcourse.whatif.event import EVENTS, MOST, decoded, encoded, surprise
from mqcourse.whatif.page import BUNDLE
from mqcourse.whatif.preset import PRESETS
from mqcourse.whatif.side_by_side import played
from tests import node

RUN = Path(__file__).parent / "twin.mjs"
LISTS = 300
SEEDS = [0, 1, 2, 7, 12345, 2**31, 2**32 - 1]


@pytest.mark.lengthy
def test_random_events_and_presets_give_the_same_rows() -> None:
    draw = random.Random(13)
    lists = [draw.choices(EVENTS, k=draw.randrange(MOST + 1)) for _ in range(LISTS)]
    lists += [decoded(list(one.letters)) for one in PRESETS] + [surprise(seed) for seed in SEEDS]
    found = json.loads(node.answer({"lists": lists, "seeds": SEEDS}, RUN, BUNDLE))
    for events, theirs in zip(lists, found["rows"], strict=True):
        assert theirs == [asdict(row) for row in played(events)], encoded(events)
    assert found["links"] == [[encoded(events), events] for events in lists]
    assert found["surprises"] == [surprise(seed) for seed in SEEDS]
