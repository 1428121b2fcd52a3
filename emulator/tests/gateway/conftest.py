"""The emulator that the wire tests share, one process a module, and a queue of its own for each test."""

import itertools
from collections.abc import Iterator

import pytest

from .. import running_emulator
from ..running_emulator import Running

_numbers = {"queue": itertools.count(), "sessions": itertools.count()}


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = running_emulator.start(tmp_path_factory.mktemp("emulator"), "--log", "messages")
    yield running
    assert running.process.poll() is None, running.log.read_text()[-3000:]
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-3000:]


@pytest.fixture
def queue() -> str:
    return f"queue{next(_numbers['queue'])}"


@pytest.fixture
def session_queue() -> str:
    return f"sessions{next(_numbers['sessions'])}"
