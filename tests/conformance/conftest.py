"""The one table of all clients; this folder stands on the import path of the tests in it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import cases
import pytest
import table as tables
from clients import CLIENTS

_ROWS = pytest.StashKey[list[tables.Row]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make conformance` writes what it found; other runs do not touch the page."""
    parser.addoption("--write-table", action="store_true", help="write emulator/docs/conformance.md")


class Table:
    """Takes what each client found, and holds it to excluded.toml."""

    def __init__(self, *, write: bool) -> None:
        self.rows: list[tables.Row] = []
        self._write = write

    def note(self, client: str, transport: str, outcomes: Sequence[cases.Outcome]) -> list[cases.Outcome]:
        """Add rows; the cases that count, which are those that are not left out."""
        ran = [one for one in outcomes if one.case not in cases.exclusions(client, transport).excluded]
        assert ran, f"{client} over {transport} ran no case"
        today = datetime.datetime.now(datetime.UTC).date()
        found = tables.rows_of(CLIENTS[client], transport, ran, today)
        self.rows += found
        if self._write:  # at once: a run of an hour that is interrupted keeps what it found
            tables.update(found)
        return ran

    def hold(self, client: str, transport: str, outcomes: Sequence[cases.Outcome]) -> None:
        """Add rows; raise AssertionError for every case that failed and is not known to differ."""
        ran = self.note(client, transport, outcomes)
        known = cases.exclusions(client, transport).differing
        surprising = {case: text for case, text in cases.failures(ran).items() if case not in known}
        assert not surprising, "\n\n".join(f"{case}\n{text}" for case, text in surprising.items())


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> Table:
    """The rows of this run, written when asked for."""
    made = Table(write=bool(pytestconfig.getoption("--write-table", default=False)))
    pytestconfig.stash[_ROWS] = made.rows
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The rows of this run; what was left out stands in pytest's own summary of skipped tests."""
    rows = config.stash.get(_ROWS, [])
    if rows:
        terminalreporter.section("clients")
        for line in tables.terminal(rows):
            terminalreporter.write_line(line)
