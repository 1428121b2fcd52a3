"""Fetch the SDK's own tests and run them against emulators of this machine.

The tests are in the source distribution of azure-servicebus. They are fetched by pip from the index that this
machine is configured for, checked by their hash, unpacked under the software folder and never committed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from cases import Outcome
from clients import CLIENTS
from own_emulator import Emulator, emulator

from mqcourse.home import software_folder

HERE = Path(__file__).parent
VERSION = CLIENTS["python"].version
SHA256 = "62c73f3d9efbaf0089a375adc5ef992ffe6d7d0b1218b8462265aa30ad352c3e"

# The modules that talk to a service; those of administration delete every entity, so they get an emulator alone.
MESSAGING = (
    "test_queues.py",
    "test_sessions.py",
    "test_topic.py",
    "test_subscriptions.py",
    "test_list_sessions.py",
    "test_sb_client.py",
    "test_message.py",
    "async_tests",
)
ADMINISTRATION = ("mgmt_tests",)
INI = """[pytest]
addopts = -p no:cacheprovider -p emulator_plugin -W ignore --tb=short
timeout = 900
markers =
  asyncio: run by the stand-in of the preparers
  live_test_only: always live here
  liveTest: always live here
  playback_test_only: never here
"""


def fast_cases() -> list[str]:
    """The representative cases that run in every test run."""
    return list(tomllib.loads((HERE / "fast.toml").read_text())["cases"])


def fetched() -> Path:
    """The folder with the SDK's tests, fetched if it is not there yet."""
    folder = software_folder() / f"azure-servicebus-tests-{VERSION}"
    if (folder / "conftest.py").exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work_name:
        work = Path(work_name)
        words = ["download", "--quiet", "--no-deps", "--no-binary", "azure-servicebus", "--dest", str(work)]
        done = subprocess.run(
            [sys.executable, "-m", "pip", *words, f"azure-servicebus=={VERSION}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(
                f"the SDK's source distribution was not to be had: {done.stderr.strip()[-500:]}"
            )
        archive = next(work.glob("azure_servicebus-*.tar.gz"))
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        assert found == SHA256, f"the SDK's source distribution has hash {found}, not {SHA256}"
        with tarfile.open(archive) as tar:
            # Debian 12's Python 3.11.2 has no filters yet; the archive's hash has just been checked.
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            tar.extractall(work)  # noqa: S202
        unpacked = work / f"azure_servicebus-{VERSION}" / "tests"
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.rename(folder)
    return folder


def collect(folder: Path, emulator: Emulator, modules: Sequence[str]) -> list[str]:
    """The ids of all cases of some modules."""
    done = _pytest(folder, emulator, ["--collect-only", "-q", *modules], folder.parent / "collect.jsonl")
    cases = [line for line in done.stdout.splitlines() if "::" in line]
    if done.returncode or not cases:
        raise AssertionError(
            f"collecting the SDK's tests failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}"
        )
    return cases


def run(work: Path, cases: Sequence[str], workers: int, *words: str) -> list[Outcome]:
    """Run cases in several processes, each with an emulator of its own."""
    shards = [list(cases[at::workers]) for at in range(workers)]
    with ExitStack() as stack, ThreadPoolExecutor(workers) as pool:
        emulators = [stack.enter_context(emulator(work / f"emulator-{at}", *words)) for at in range(workers)]
        jobs = [
            pool.submit(_run_shard, shard, one, work / f"report-{at}.jsonl")
            for at, (shard, one) in enumerate(zip(shards, emulators, strict=True))
            if shard
        ]
        return [outcome for job in jobs for outcome in job.result()]


def _run_shard(cases: Sequence[str], emulator: Emulator, report: Path) -> list[Outcome]:
    done = _pytest(fetched(), emulator, cases, report)
    outcomes = list(_outcomes(report))
    missing = set(cases) - {outcome.case for outcome in outcomes}
    text = f"the case left no outcome:\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
    return outcomes + [Outcome(case, "failed", 0.0, text) for case in sorted(missing)]


def _outcomes(report: Path) -> Iterator[Outcome]:
    if report.exists():
        for line in report.read_text().splitlines():
            yield Outcome(**json.loads(line))


def _pytest(
    folder: Path, emulator: Emulator, words: Iterable[str], report: Path
) -> subprocess.CompletedProcess[str]:
    ini = report.with_suffix(".ini")
    ini.write_text(INI)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(ini), "--rootdir", str(folder), *words],
        cwd=folder,
        env={**emulator.environment, "CONFORMANCE_REPORT": str(report)},
        capture_output=True,
        text=True,
        check=False,
    )
