"""The Azure SDK's own tests against the emulator: a fast part in every run, all of them in `make conformance`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cases
import pytest
import python_sdk
from clients import CLIENTS
from conftest import Table
from own_emulator import emulator

WORKERS = 6


def _by_case(outcomes: list[cases.Outcome]) -> Mapping[str, cases.Outcome]:
    return {outcome.case: outcome for outcome in outcomes}


def _collected(work: Path) -> list[str]:
    with emulator(work / "collect") as one:
        return python_sdk.collect(
            python_sdk.fetched(), one, [*python_sdk.MESSAGING, *python_sdk.ADMINISTRATION]
        )


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, cases.Outcome]:
    """The fast cases, run once: those of administration on an emulator alone, since they delete every entity."""
    work = tmp_path_factory.mktemp("fast")
    chosen = python_sdk.fast_cases()
    administration = [case for case in chosen if case.startswith(python_sdk.ADMINISTRATION)]
    messaging = [case for case in chosen if not case.startswith(python_sdk.ADMINISTRATION)]
    return _by_case(
        python_sdk.run(work / "administration", administration, 1, "--tier", "standard")
        + python_sdk.run(work / "messaging", messaging, 3, "--tier", "standard")
    )


@pytest.mark.wire
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", python_sdk.fast_cases())
def test_a_representative_case(fast: Mapping[str, cases.Outcome], case: str) -> None:
    assert fast[case].outcome == "passed", fast[case].text


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The ids of all of the SDK's cases."""
    return _collected(tmp_path_factory.mktemp("collect"))


@pytest.mark.conformance
@pytest.mark.timeout(7200)
def test_what_is_listed_is_in_the_suite(every: list[str]) -> None:
    listed = cases.exclusions("python")
    unknown = (set(listed.excluded) | set(listed.differing) | set(python_sdk.fast_cases())) - set(every)
    assert not unknown, f"listed, but not in the SDK's tests: {sorted(unknown)}"


@pytest.mark.conformance
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", [title for title, _ in CLIENTS["python"].parts])
def test_the_suite(
    every: list[str], part: str, tmp_path: Path, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every case that makes sense here; what is excluded or known to differ stands in excluded.toml with its reason."""
    client, left_out = CLIENTS["python"], cases.exclusions("python").excluded
    chosen = [case for case in every if client.part(case) == part and case not in left_out]
    workers = 1 if part == "administration" else WORKERS
    outcomes = python_sdk.run(tmp_path, chosen, workers, "--tier", "standard")
    with capsys.disabled():  # the figures are what the run is for
        print(f"\nazure-servicebus {python_sdk.VERSION}, {part}")
        print("\n".join(cases.tally(outcomes)))
    table.hold("python", "TLS, WebSocket", outcomes)
