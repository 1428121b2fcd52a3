"""The table of clients: how outcomes are counted, what may be left out, and that the page is what its rows say."""

from __future__ import annotations

import datetime

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


def row(client: str, transport: str, passed: int, part: str = "", failed: tuple[str, ...] = ()) -> table.Row:
    return table.Row(client, part, "1", transport, passed, failed, 0, "2026-11-26")


def test_a_run_replaces_what_it_ran_and_keeps_other_clients_transports_and_parts() -> None:
    admin, layer = row("go", "plain", 1, "administration"), row("go", "plain", 5, "AMQP layer")
    old = [admin, layer, row("dotnet", "TLS", 2), row("dotnet", "plain", 3)]
    assert table.merged(old, [row("dotnet", "plain", 4), row("go", "plain", 6, "AMQP layer")]) == [
        row("dotnet", "plain", 4),
        row("dotnet", "TLS", 2),
        admin,
        row("go", "plain", 6, "AMQP layer"),
    ]


def test_rows_that_no_run_gives_any_more_are_dropped() -> None:
    gone = [row("nobody", "plain", 1), row("go", "by post", 1, "messages"), row("go", "plain", 1)]
    assert table.merged(gone, []) == []


def test_a_failure_that_was_left_out_since_counts_no_more() -> None:
    out = next(iter(cases.exclusions("go", "TLS").excluded))
    (kept,) = table.merged([row("go", "TLS", 5, "messages", (out, "azservicebus::TestB"))], [])
    assert (kept.passed, kept.failed) == (5, ("azservicebus::TestB",))


def test_what_has_no_row_is_named() -> None:
    line = next(
        one for one in table.page([row("go", "plain", 1, "messages")]).splitlines() if "kept yet" in one
    )
    assert "azservicebus (AMQP layer)" in line
    assert "azservicebus (messages)" not in line
    assert "fe2o3-amqp" in line


def test_outcomes_are_divided_into_the_parts_of_their_client() -> None:
    outcomes = [
        cases.Outcome("admin::TestA", "passed", 0.1, ""),
        cases.Outcome("azservicebus::TestB", "failed", 0.1, "why"),
    ]
    found = table.rows_of(CLIENTS["go"], "plain", outcomes, datetime.date(2026, 11, 26))
    assert [(one.part, one.transport, one.passed, one.failed) for one in found] == [
        ("administration", "HTTPS", 1, ()),
        ("messages", "plain", 0, ("azservicebus::TestB",)),
    ]


def test_a_case_that_failed_without_a_reason_stands_on_the_page() -> None:
    page = table.page([row("go", "plain", 1, "messages", ("azservicebus::TestB",))])
    assert "- azservicebus over plain, `azservicebus::TestB`" in page.splitlines()
    assert "nobody has said why" not in table.page([row("go", "plain", 1, "messages")])


def test_the_page_is_what_its_rows_say() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(table.kept())


def test_a_case_may_be_left_out_over_one_transport_alone() -> None:
    case = "internal::TestAMQPLinks_LinkWithConnectionFailure"
    assert case in cases.exclusions("go", "WebSocket, TLS").excluded
    assert case in cases.exclusions("go").excluded
    assert case not in cases.exclusions("go", "TLS").excluded
