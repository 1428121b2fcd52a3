"""The table of clients: how outcomes are counted, what may be left out, and that the page is what its rows say."""

from __future__ import annotations

import cases
import pytest
import table
from clients import CLIENTS


def test_the_tally_counts_every_module_and_all_of_them() -> None:
    outcomes = [
        cases.Outcome("test_queues.py::A::one", "passed", 0.1, ""),
        cases.Outcome("test_queues.py::A::two", "failed", 0.1, ""),
        cases.Outcome("test_topic.py::A::one", "passed", 0.1, ""),
        cases.Outcome("test_topic.py::A::two", "skipped", 0.1, ""),
    ]
    assert [" ".join(line.split()) for line in cases.tally(outcomes)] == [
        "test_queues.py 1 of 2 passed, 50.0 %",
        "test_topic.py 1 of 1 passed, 100.0 %, 1 skipped by the SDK itself",
        "all of them 2 of 3 passed, 66.7 %, 1 skipped by the SDK itself",
    ]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_exclusion_has_a_reason(client: str) -> None:
    listed = cases.exclusions(client)
    assert all(len(reason) > 20 for reason in (*listed.excluded.values(), *listed.differing.values()))


def test_every_exclusion_belongs_to_a_client_that_is_run() -> None:
    assert {one["client"] for some in cases.listed().values() for one in some} <= set(CLIENTS)


def test_a_program_reports_one_outcome_a_line() -> None:
    lines = [
        '{"name":"a","error":null,"tookSeconds":0.5}',
        "noise",
        '{"name":"b","error":"why","tookSeconds":1}',
    ]
    assert cases.reported(lines) == [
        cases.Outcome("a", "passed", 0.5, ""),
        cases.Outcome("b", "failed", 1.0, "why"),
    ]


def test_a_run_replaces_the_rows_of_its_clients_and_keeps_the_others() -> None:
    def row(client: str, transport: str, passed: int) -> table.Row:
        return table.Row(client, "1", transport, passed, (), 0, "2026-11-26")

    old = [row("go", "plain", 1), row("dotnet", "TLS", 2), row("dotnet", "plain", 3)]
    assert table.merged(old, [row("dotnet", "plain", 4)]) == [
        row("dotnet", "plain", 4),
        row("go", "plain", 1),
    ]


def test_the_page_is_what_its_rows_say() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(table.kept())
