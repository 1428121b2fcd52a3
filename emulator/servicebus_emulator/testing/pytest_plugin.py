"""The fixtures `servicebus`, `servicebus_process` and `servicebus_config`, which pytest finds by the entry point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from servicebus_emulator.testing.emulator_process import EmulatorProcess


@pytest.fixture(scope="session")
def servicebus_config() -> Mapping[str, Any] | Path | None:
    """Entities to start with: Microsoft's config.json, as a path or as the value in it. Override it in conftest.py."""
    return None


@pytest.fixture(scope="session")
def servicebus_process(
    servicebus_config: Mapping[str, Any] | Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmulatorProcess]:
    """One emulator for all tests of this process."""
    # every run of pytest loads this file, and most use no emulator
    from servicebus_emulator.testing.emulator_process import EmulatorProcess

    emulator = EmulatorProcess.start(tmp_path_factory.mktemp("servicebus"), servicebus_config)
    try:
        yield emulator
    finally:
        emulator.stop()


@pytest.fixture
def servicebus(servicebus_process: EmulatorProcess) -> EmulatorProcess:
    """The emulator as it was configured: without messages, and without what other tests created."""
    servicebus_process.reset()
    return servicebus_process
