"""The Azure SDK's own tests against the emulator: a fast part in every run, all of them in `make conformance`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import suite

WORKERS = 6
NEEDED = 0.95


def _by_case(outcomes: list[suite.Outcome]) -> Mapping[str, suite.Outcome]:
    return {outcome.case: outcome for outcome in outcomes}


def _collected(work: Path) -> list[str]:
    with suite.emulator(work / "collect") as one:
        return suite.collect(suite.fetched(), one, [*suite.MESSAGING, *suite.ADMINISTRATION])


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, suite.Outcome]:
    """The fast cases, run once: those of administration on an emulator alone, since they delete every entity."""
    work = tmp_path_factory.mktemp("fast")
    cases = suite.fast_cases()
    administration = [case for case in cases if case.startswith(suite.ADMINISTRATION)]
    messaging = [case for case in cases if not case.startswith(suite.ADMINISTRATION)]
    return _by_case(
        suite.run(work / "administration", administration, 1, "--tier", "standard")
        + suite.run(work / "messaging", messaging, 3, "--tier", "standard")
    )


@pytest.mark.wire
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", suite.fast_cases())
def test_a_representative_case(fast: Mapping[str, suite.Outcome], case: str) -> None:
    assert fast[case].outcome == "passed", fast[case].text


@pytest.mark.conformance
@pytest.mark.timeout(7200)
def test_the_whole_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every case that makes sense here; what is excluded or known to differ stands in excluded.toml with its reason."""
    listed = suite.exclusions()
    every = _collected(tmp_path)
    unknown = (set(listed.excluded) | set(listed.differing) | set(suite.fast_cases())) - set(every)
    assert not unknown, f"listed, but not in the SDK's tests: {sorted(unknown)}"
    cases = [case for case in every if case not in listed.excluded]
    administration = [case for case in cases if case.startswith(suite.ADMINISTRATION)]
    messaging = [case for case in cases if not case.startswith(suite.ADMINISTRATION)]
    outcomes = suite.run(tmp_path / "administration", administration, 1, "--tier", "standard")
    outcomes += suite.run(tmp_path / "messaging", messaging, WORKERS, "--tier", "standard")
    with capsys.disabled():  # the figures are what the run is for
        print(f"\nazure-servicebus {suite.VERSION}, {len(listed.excluded)} cases excluded with their reasons")
        print("\n".join(suite.tally(outcomes)))
    failed = {outcome.case: outcome.text for outcome in outcomes if outcome.outcome == "failed"}
    passed = [outcome for outcome in outcomes if outcome.outcome == "passed"]
    surprising = {case: text for case, text in failed.items() if case not in listed.differing}
    assert not surprising, "\n\n".join(f"{case}\n{text}" for case, text in surprising.items())
    assert len(passed) >= NEEDED * (len(passed) + len(failed))


def test_the_tally_counts_every_module_and_all_of_them() -> None:
    outcomes = [
        suite.Outcome("test_queues.py::A::one", "passed", 0.1, ""),
        suite.Outcome("test_queues.py::A::two", "failed", 0.1, ""),
        suite.Outcome("test_topic.py::A::one", "passed", 0.1, ""),
        suite.Outcome("test_topic.py::A::two", "skipped", 0.1, ""),
    ]
    assert [" ".join(line.split()) for line in suite.tally(outcomes)] == [
        "test_queues.py 1 of 2 passed, 50.0 %",
        "test_topic.py 1 of 1 passed, 100.0 %, 1 skipped by the SDK itself",
        "all of them 2 of 3 passed, 66.7 %, 1 skipped by the SDK itself",
    ]


def test_every_exclusion_has_a_reason() -> None:
    listed = suite.exclusions()
    assert all(len(reason) > 20 for reason in (*listed.excluded.values(), *listed.differing.values()))
    assert not set(listed.excluded) & set(suite.fast_cases())
