"""What a grading leaves is removed only when its process is gone: so whoever kills one waits for that."""

import os
import subprocess

import psutil
import pytest

from mqcourse.grading import journal, leftovers


@pytest.mark.lengthy
def test_a_marked_process_is_gone_when_it_has_been_ended() -> None:
    mark = f"test-{os.getpid()}"
    for _ in range(20):
        marked = subprocess.Popen(["sleep", "600"], env={**os.environ, journal.MARK: mark})
        try:
            seen = psutil.Process(marked.pid)
            while journal.MARK not in seen.environ():  # for a moment after its start a program has none
                pass
            name = f"{marked.pid}-{int(seen.create_time() * 1000)}"
            assert journal.lives(name)
            leftovers.end_marked(mark)
            assert not journal.lives(name)
        finally:
            marked.kill()
            marked.wait()
