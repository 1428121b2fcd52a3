"""The tape: every event of every process that takes part, in the order of one clock, with the line that caused it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mqcourse.replay import tape as tapes
from mqcourse.replay.recording import Recording, read
from mqcourse.replay.tape import Tape, digest_of, label_of, recording, tape

CHILD = """
import sys
from mqcourse.replay.tape import tape
tape().write("worker", "joined")
print("here", flush=True)
sys.stdin.read()
"""


def watch(client: Any, who: str, tape: Tape) -> None:
    tape.write(who, "joined")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Recording]:
    """The recordings that were shown in the place of a cell's output."""
    found: list[Recording] = []
    monkeypatch.setattr(tapes, "_show", lambda _, text: found.append(read(text)))
    return found


def test_a_process_that_is_killed_leaves_what_it_wrote_and_who_killed_it(
    shown: list[Recording], tmp_path: Path
) -> None:
    program = tmp_path / "worker.py"
    program.write_text(CHILD, encoding="utf-8")
    with recording("killed", "rabbitmq", watch, {"shop": None}):
        worker = subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "here\n"
        worker.send_signal(signal.SIGKILL)  # the line that is marked
        worker.wait()
        worker.stdout.close()
        assert worker.stdin is not None
        worker.stdin.close()
    (found,) = shown
    assert found.missing == ()
    assert [(event.who, event.did) for event in found.events] == [
        ("shop", "joined"),
        ("worker", "joined"),
        ("worker", "signalled"),
    ]
    own = Path(__file__).read_text(encoding="utf-8")
    kill = found.events[2]
    assert kill.what["signal"] == "SIGKILL"
    assert kill.source == digest_of(own)
    assert own.splitlines()[kill.line - 1].endswith("# the line that is marked")
    assert found.events[1].source == digest_of(CHILD)
    assert CHILD.splitlines()[found.events[1].line - 1].startswith("tape().write")


def test_outside_a_recording_nobody_is_watched(shown: list[Recording]) -> None:
    assert tape() is None
    assert tapes.VARIABLE not in os.environ
    assert shown == []


def test_a_cell_that_fails_leaves_a_recording_that_says_so(shown: list[Recording]) -> None:
    with pytest.raises(KeyError), recording("fails", "rabbitmq", watch, {"shop": None}):
        raise KeyError
    assert shown[0].missing == ("the cell ended with KeyError",)
    assert tape() is None


def test_more_events_than_are_kept_are_counted(
    shown: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tapes, "MOST_EVENTS", 3)

    def chatty(client: Any, who: str, tape: Tape) -> None:
        for _ in range(5):
            tape.write(who, "joined")

    with recording("long", "rabbitmq", chatty, {"shop": None}):
        pass
    assert len(shown[0].events) == 3
    assert shown[0].missing == ("2 events after the first 3 were not recorded",)


def test_two_recordings_at_once_and_a_bad_name_are_refused(shown: list[Recording]) -> None:
    with (
        recording("one", "rabbitmq", watch, {}),
        pytest.raises(RuntimeError, match="runs already"),
        recording("two", "rabbitmq", watch, {}),
    ):
        pass
    with pytest.raises(ValueError, match="small letters"), recording("No Name", "rabbitmq", watch, {}):
        pass
    assert [one.name for one in shown] == ["one"]


@pytest.mark.parametrize(
    ("body", "label"),
    [(b"order 1", "order 1"), (b"a\n b", "a b"), (b"\xff\x00", "ff 00"), (b"x" * 99, "x" * 59 + "…")],
)
def test_a_message_is_called_by_its_body(body: bytes, label: str) -> None:
    assert label_of(body) == label
