"""`mq interview` as a person types it: the journal, the report on disk, what ends it, and wrong usage in one line."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.interview.agenda import Plan, agenda
from mqcourse.interview.answers_file import as_json
from mqcourse.interview.conversation import NOTES, TICK
from mqcourse.quiz import journal
from tests import loaded_mq
from tests.interview.candidates import BANK, interview, up_to

PLAN = ("--level", "senior", "--minutes", "20", "--seed", "7")
CASES = len(agenda(BANK, Plan("S", 20, 7)))
"""How many cases that plan has: it changes with the bank."""
SUFFIXES = [".html", ".json", ".md"]


def mq(home: Path, *words: str, typed: str | None = None) -> "subprocess.CompletedProcess[str]":
    return loaded_mq.mq(home, "interview", *words, typed=typed)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.lengthy
def test_a_whole_interview_is_in_the_journal_and_in_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    cases = json.loads(mq(tmp_path, *PLAN, "--json").stdout)["cases"]
    done = mq(tmp_path, *PLAN, typed="my notes\n\n1\n\ny\n" * len(cases))
    assert done.returncode == Exit.DONE, done.stderr
    assert "Level reached, by a count of the ticks: mid." in done.stdout
    assert [review.card for review in journal.read()] == [case["id"] for case in cases]
    folder = tmp_path / "progress" / "interviews"
    assert [path.suffix for path in files(folder)] == SUFFIXES
    assert {path.stat().st_mode & 0o777 for path in files(folder)} == {0o600}
    (report,) = folder.glob("*.md")
    text = report.read_text(encoding="utf-8")
    assert "## Level reached: mid\n" in text
    assert len(re.findall(r"\| \d{4}-\d\d-\d\d \|$", text, re.MULTILINE)) == len(cases)
    (saved,) = folder.glob("*.json")
    again = mq(tmp_path, "--answers", str(saved), "--report", str(tmp_path / "again"))
    assert again.returncode == Exit.DONE, again.stderr
    assert len(journal.read()) == len(cases), "a file of answers changes no schedule"
    (repeated,) = (tmp_path / "again").glob("*.md")
    schedule = re.compile(r"^(Each card is in the journal|These answers come from a file).*$", re.MULTILINE)
    assert schedule.sub("", repeated.read_text(encoding="utf-8")) == schedule.sub("", text)


@pytest.mark.parametrize("typed", [None, "", "q\n", "notes and no end"])
def test_an_input_that_ends_before_the_first_answer_leaves_no_report(
    tmp_path: Path, typed: str | None
) -> None:
    done = mq(tmp_path, *PLAN, typed=typed)
    assert done.returncode == Exit.DONE, done.stderr
    assert "No case was answered, so no report was written." in done.stdout
    assert done.stdout.splitlines()[-1] == f"mq interview {' '.join(PLAN)}"
    assert [path for path in files(tmp_path) if path.suffix in SUFFIXES] == []


def test_an_input_that_ends_in_the_middle_leaves_the_report_of_a_part(tmp_path: Path) -> None:
    done = mq(tmp_path, *PLAN, "--report", str(tmp_path / "my reports"), typed="\n\n\n1 2\n")
    assert done.returncode == Exit.DONE, done.stderr
    assert f"1 of {CASES} cases were answered. This is a part of the interview." in done.stdout
    found = files(tmp_path / "my reports")
    assert [path.suffix for path in found] == SUFFIXES
    assert "**This is a report of a part.**" in found[-1].read_text(encoding="utf-8")
    assert str(found[-1]) in done.stdout


@pytest.mark.lengthy
def test_a_report_that_exists_is_never_replaced(tmp_path: Path) -> None:
    saved = tmp_path / "answers.json"
    saved.write_text(json.dumps(as_json(interview(up_to("mid")))))
    folder = tmp_path / "reports"
    for count in (1, 2, 3):
        before = {path: path.read_bytes() for path in files(folder)} if folder.exists() else {}
        assert mq(tmp_path, "--answers", str(saved), "--report", str(folder)).returncode == Exit.DONE
        assert len(files(folder)) == 2 * count
        assert all(path.read_bytes() == text for path, text in before.items())


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("how", "code"),
    [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED), (signal.SIGHUP, Exit.INTERRUPTED)],
)
def test_an_interruption_keeps_what_was_answered_and_writes_the_report_of_the_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals, code: int
) -> None:
    """Ctrl-C, `kill`, and a terminal whose window is closed."""
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    child, terminal = pty.fork()
    if not child:
        os.chdir(CHECKOUT)
        words = [sys.executable, "-m", "mqcourse", "interview", *PLAN]
        os.execv(sys.executable, words)  # noqa: S606
    said = b""

    def until(mark: str) -> None:
        nonlocal said
        while mark.encode() not in said:
            assert select.select([terminal], [], [], 120)[0], said
            said += os.read(terminal, 1)
        said = b""

    until(NOTES[:20])
    os.write(terminal, b"\n")
    until(TICK[:30])
    os.write(terminal, b"\n")
    until(f"[2 of {CASES}]")
    until(NOTES[:20])
    if how == signal.SIGHUP:
        os.close(terminal)  # the kernel sends it
    else:
        os.kill(child, how)
        until("This is a part of the interview.")
        until(".json")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
    if how != signal.SIGHUP:
        os.close(terminal)
    (review,) = journal.read()
    assert review.rating == "again"
    assert [path.suffix for path in files(tmp_path / "progress" / "interviews")] == SUFFIXES


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--seed", "seven"], "'seven' is no whole number from 0"),
        (["--seed", "-1"], "argument --seed"),
        (["--seed", "9" * 19], "is no whole number from 0, of 18 digits at most"),
        (["--minutes", "2"], "'2' is no whole number of minutes from 3 to 480"),
        (["--minutes", "4.5"], "is no whole number of minutes"),
        (["--level", "principal"], "--level"),
        (["--level", "senoir"], "Did you mean senior?"),
        (["--topic", "delivry"], "Did you mean delivery?"),
        (
            ["--topic", "designs", "--minutes", "20"],
            "has no card at or around this level that fits 20 minutes",
        ),
        (["--code", "senior-45-7-r"], "'senior-45-7-r' is not the code of an interview"),
        (["--code", "senior-45-7-q", "--minutes", "30"], "--code and --minutes were both given"),
        (["--answers", "nosuch.json"], "cannot read nosuch.json"),
        (["--answers", "README.md"], "README.md is no file of answers"),
        (["--answers", "x.json", "--seed", "7"], "--answers and --seed were both given"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, words: list[str], line: str) -> None:
    done = mq(tmp_path, *words)
    assert done.returncode == Exit.USAGE
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
    assert done.stdout == ""


def test_a_folder_that_cannot_be_made_is_said_before_the_first_question(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = mq(tmp_path, *PLAN, "--report", str(tmp_path / "file" / "reports"), typed="\n\n")
    assert done.returncode == Exit.ENVIRONMENT
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.lengthy
def test_the_json_of_a_plan_is_the_same_for_a_seed_and_of_answers_is_the_count(tmp_path: Path) -> None:
    one, other = (mq(tmp_path, *PLAN, "--json").stdout for _ in range(2))
    assert one == other
    assert json.loads(one)["seed"] == 7
    saved = tmp_path / "answers.json"
    saved.write_text(json.dumps(as_json(interview(up_to("mid", "senior")))))
    found: Any = json.loads(
        mq(tmp_path, "--answers", str(saved), "--report", str(tmp_path / "r"), "--json").stdout
    )
    assert found["level"] == "senior"
    assert [share["level"] for share in found["shares"]] == ["mid", "senior", "staff"]
    assert [Path(path).is_file() for path in found["written"]] == [True, True]


@pytest.mark.lengthy
def test_a_code_gives_its_plan_and_a_candidates_view_keeps_no_rating_and_writes_no_report(
    tmp_path: Path,
) -> None:
    plan = json.loads(mq(tmp_path, *PLAN, "--json").stdout)
    assert json.loads(mq(tmp_path, "--code", plan["code"], "--json").stdout) == plan
    done = mq(tmp_path, "--code", plan["code"], "--view", "candidate", typed="\n" * CASES)
    assert done.returncode == Exit.DONE, done.stderr
    assert f"Code: {plan['code']}, letters {plan['letters']}." in done.stdout
    assert f"[{CASES} of {CASES}]" in done.stdout
    assert [path for path in files(tmp_path) if path.suffix in (*SUFFIXES, ".jsonl")] == []


@pytest.mark.lengthy
def test_without_a_seed_each_interview_has_its_own(tmp_path: Path) -> None:
    seeds = {json.loads(mq(tmp_path, "--json").stdout)["seed"] for _ in range(3)}
    assert len(seeds) > 1
