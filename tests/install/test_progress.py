"""Progress: plain lines without a terminal, bars with one; megabytes and seconds in both."""

import io
import re
import time

import pytest

from mqcourse.plan import Part, Plan, expected
from mqcourse.progress import Progress, Step


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


PARTS = {"kafka": ("Kafka", 10.0), "rabbitmq": ("RabbitMQ", 30.0)}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TERM", "xterm")


def test_a_plan_counts_its_parts_and_says_how_long_the_slowest_takes():
    began = 100.0
    plan = Plan({name: Part(title, s, began) for name, (title, s) in PARTS.items()}, began)
    assert plan.line(105.0, 80) == "0 of 2 ready, 5 s, about 25 s left: Kafka, RabbitMQ"
    plan.doing["1"] = "RabbitMQ, packages, 33 of 43 MB"
    assert plan.line(105.0, 80) == "0 of 2 ready, 5 s, about 25 s left: RabbitMQ, packages, 33 of 43 MB"
    plan.parts["kafka"].took_s = 20.0  # the machine is half as fast as it was: so is what is left
    assert plan.line(120.0, 80).startswith("1 of 2 ready, 20 s, about 40 s left")
    assert plan.line(200.0, 80).startswith("1 of 2 ready, 100 s, a moment more")
    assert all(len(plan.line(105.0, width)) <= width for width in range(10, 100))


def test_without_a_terminal_a_plan_prints_whole_lines_now_and_then(monkeypatch):
    monkeypatch.setattr("mqcourse.progress.PLAIN_EVERY_S", 0.01)
    out = io.StringIO()
    progress = Progress(out)
    with progress.planned(PARTS), progress.step("packages", 45_000_000) as step:
        step.advance(10_000_000)
        wait_for(lambda: "packages, 10 of 45 MB" in out.getvalue())
        progress.ended("kafka")
        progress.say("Kafka can be used now")
        wait_for(lambda: "1 of 2 ready" in out.getvalue())
    assert "Kafka can be used now\n" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert "done" not in out.getvalue()


@pytest.mark.parametrize("columns", ["60", "80"])
def test_in_a_terminal_a_plan_is_one_line_that_fits(monkeypatch, columns):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("mqcourse.progress.DRAWN_EVERY_S", 0.01)
    out = Terminal()
    progress = Progress(out)
    with progress.planned(PARTS), progress.step("the book's pages") as step:
        step.say("a chapter with a name that is much longer than any terminal is wide, and longer still")
        wait_for(lambda: out.getvalue().count("0 of 2 ready") > 2)
    assert "\n" not in out.getvalue()
    assert all(len(drawn) < int(columns) for drawn in out.getvalue().split("\r\x1b[K"))


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    with Progress(out).step("packages", 10) as step:
        step.advance(10)
    assert "\x1b" not in out.getvalue()


def test_the_next_plan_knows_how_long_each_part_took():
    progress = Progress(io.StringIO(), quiet=True)
    with progress.planned(PARTS) as plan:
        plan.parts["kafka"].began_s -= 77
        progress.ended("kafka")
        progress.ended("rabbitmq", failed=True)
    assert expected({"kafka": 10.0, "rabbitmq": 30.0}) == {"kafka": 77.0, "rabbitmq": 30.0}


def wait_for(reached) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_single_part_is_not_counted() -> None:
    plan = Plan({"kafka": Part("Kafka", 30.0, 100.0)}, began_s=100.0)
    assert plan.line(105.0, 80) == "5 s, about 25 s left: Kafka"


def test_a_step_says_how_long_it_still_takes() -> None:
    step = Step("jars", 4_000_000, Progress(io.StringIO()), done_bytes=1_000_000)
    step.began -= 10  # as if it had begun ten seconds ago
    assert re.fullmatch(r"jars: 1\.0 of 4\.0 MB, 1\d\.\d s, about [3-5]\d s left", step.line())
    assert "left" not in step.line(end=True)


def test_a_dumb_terminal_gets_lines_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name, drawn in (("xterm", True), ("dumb", False), ("", False)):
        monkeypatch.setenv("TERM", name)
        assert Progress(Terminal()).terminal is drawn
