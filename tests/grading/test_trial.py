"""How long a trial waits for a worker: longer on a machine that is late."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from mqcourse.grading.history import History
from mqcourse.grading.trial import LOOK_S, Answer, Trial

IDLE = "import time\ndef work():\n    time.sleep(600)"
LATE_S = 3 * LOOK_S
"""How late each look of the slow machine is."""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When a trial looked, on a machine on which each look takes three times as long as it should."""
    found: list[float] = []

    def late(_trial: Trial, until: Callable[[History], bool], **_more: Any) -> bool:
        time.sleep(LATE_S)
        found.append(time.monotonic())
        return until(History())

    monkeypatch.setattr(Trial, "wait", late)
    return found


@pytest.mark.lengthy
@pytest.mark.parametrize("limit", ["quiet_s", "stuck_s", "deadline_s"])
def test_a_late_look_counts_for_no_more_than_one_in_time(looks: list[float], limit: str) -> None:
    limits: dict[str, float] = {"quiet_s": 60.0, "stuck_s": 60.0, "deadline_s": 60.0, limit: 10 * LOOK_S}
    with Trial(Answer("", IDLE)) as trial:
        trial.start("worker", "work")

        def never(_seen: History) -> bool:
            if len(looks) == 1:
                trial.saw("the queue", "one message")  # from here on it is idle
            return False

        assert not trial.wait_quiet(never, **limits)
        # by the clock four looks would be enough; one more or less, since tenths do not add up exactly
        assert 9 <= len(looks) <= 12
