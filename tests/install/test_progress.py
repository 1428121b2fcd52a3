"""Progress: plain lines without a terminal, bars with one; megabytes and seconds in both."""

import io
import re

import pytest

from mqcourse.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_it_prints_plain_lines_with_megabytes_and_seconds():
    out = io.StringIO()
    progress = Progress(out)
    with progress.step("packages", 45_000_000) as step:
        step.advance(45_000_000)
    assert re.fullmatch(r"packages: 45\.0 MB\npackages: done, 45\.0 MB, \d+\.\d s\n", out.getvalue())


def test_a_long_step_says_where_it_stands_now_and_then():
    out = io.StringIO()
    with Progress(out).step("packages", 2_000_000) as step:
        step.said -= 60
        step.advance(1_000_000)
        step.advance(1)
    assert out.getvalue().count("1.0 of 2.0 MB") == 1


def test_in_a_terminal_it_draws_and_still_closes_with_a_line():
    out = Terminal()
    progress = Progress(out)
    with progress.step("packages", 1_000_000) as step, progress.step("jars", 2_000_000) as other:
        step.advance(500_000)
        progress.say("news")
        other.advance(2_000_000)
    assert "news" in out.getvalue()
    assert "jars: done, 2.0 MB" in out.getvalue()


def test_a_step_that_fails_claims_no_end():
    out = io.StringIO()
    with pytest.raises(ValueError, match="broken"), Progress(out).step("packages", 10):
        raise ValueError("broken")
    assert "done" not in out.getvalue()


def test_quiet_is_quiet():
    out = Terminal()
    with Progress(out, quiet=True).step("packages") as step:
        step.advance(1)
    assert out.getvalue() == ""
