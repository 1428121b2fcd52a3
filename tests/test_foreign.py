"""What others wrote is shown without anything that acts on a terminal."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.foreign import CONTROL, plain, plain_all
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.manifest import find
from mqcourse.grading.verdict import Report, read_verdict, with_breach
from mqcourse.stack.readiness import last_lines

CLEARS = "\x1b[2J\x1b[H100 of 100"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with an umlaut ü, an arrow → and 日本", "plain, with an umlaut ü, an arrow → and 日本"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        (CLEARS, "\\x1b[2J\\x1b[H100 of 100"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("over\rwritten", "over\\x0dwritten"),
        ("one byte \x9b2J", "one byte \\x9b2J"),
        ("turned \u202e round", "turned \\u202e round"),
        ("back\x08space\x7f", "back\\x08space\\x7f"),
    ],
)
def test_what_would_act_is_shown_as_what_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(alphabet=st.characters()))
def test_nothing_that_acts_is_left_and_a_second_time_changes_nothing(text: str) -> None:
    assert CONTROL.search(plain(text)) is None
    assert plain(plain(text)) == plain(text)


def test_a_verdict_from_an_answers_process_is_plain_in_text_and_json() -> None:
    lab = find("rabbitmq_work_queue")
    exercise = lab.exercises[0]
    entry = with_breach(exercise, Guarantee.RUNS, f"the answer stopped with ValueError: {CLEARS}").as_dict()
    verdict = read_verdict(exercise, plain_all(json.loads(json.dumps(entry))))
    report = Report(lab, (verdict,), 1.0)
    for text in (report.as_text(), json.dumps(report.as_dict(), ensure_ascii=False)):
        assert "\x1b" not in text
        assert "100 of 100" in text


def test_a_log_is_plain_and_without_its_colours(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"\x1b[32mstarted\x1b[0m\n{CLEARS}\n")
    assert last_lines(log, 40) == ["started", "\\x1b[2J\\x1b[H100 of 100"]
    assert last_lines(log, 1) == ["\\x1b[2J\\x1b[H100 of 100"]
    assert last_lines(log, 0) == []
