"""Fetch the SDK's own tests and run them against emulators of this machine.

The tests are in the source distribution of azure-servicebus. They are fetched by pip from the index that this
machine is configured for, checked by their hash, unpacked under the software folder and never committed.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mqcourse.home import software_folder
from servicebus_emulator import certificate

HERE = Path(__file__).parent
VERSION = "7.15.0"
SHA256 = "62c73f3d9efbaf0089a375adc5ef992ffe6d7d0b1218b8462265aa30ad352c3e"
POLICY, KEY = "RootManageSharedAccessKey", "SAS_KEY_VALUE"

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
CONFIG = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "sbemulatorns",
                "AuthorizationRules": [
                    {"Name": POLICY, "Rights": ["Listen", "Send", "Manage"], "PrimaryKey": KEY},
                    {"Name": "listen-only", "Rights": ["Listen"], "PrimaryKey": KEY},
                    {"Name": "send-only", "Rights": ["Send"], "PrimaryKey": KEY},
                ],
            }
        ]
    }
}
INI = """[pytest]
addopts = -p no:cacheprovider -p emulator_plugin -W ignore --tb=short
timeout = 900
markers =
  asyncio: run by the stand-in of the preparers
  live_test_only: always live here
  liveTest: always live here
  playback_test_only: never here
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one case: ``passed``, ``failed`` or ``skipped``, how long it took, why it failed."""

    case: str
    outcome: str
    took_s: float
    text: str


@dataclass(frozen=True)
class Exclusions:
    """Cases that make no sense against a local emulator, and those in which it is known to differ; id -> reason."""

    excluded: dict[str, str]
    differing: dict[str, str]


def exclusions() -> Exclusions:
    """What stands in excluded.toml."""
    listed = tomllib.loads((HERE / "excluded.toml").read_text())
    return Exclusions(
        {item["case"]: item["reason"] for item in listed.get("excluded", [])},
        {item["case"]: item["reason"] for item in listed.get("differing", [])},
    )


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


@contextmanager
def emulator(folder: Path, *words: str) -> Iterator[Emulator]:
    """An emulator of our own on a free port, ready; ended by its process, never by name."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    paths = certificate.ensure(folder, datetime.datetime.now(datetime.UTC))
    log = folder / "emulator.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "servicebus_emulator",
                *("--config", str(config), "--port", "0"),
                *("--tls-cert", str(paths.certificate), "--tls-key", str(paths.key)),
                *words,
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                process.wait(10)
                raise AssertionError(f"the emulator did not start:\n{log.read_text()[-2000:]}")
            port = port_of(line)
            yield Emulator(port, paths.certificate, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


@dataclass(frozen=True)
class Emulator:
    """A running emulator: its port on localhost, the certificate to trust, its process."""

    port: int
    certificate: Path
    pid: int

    @property
    def connection_string(self) -> str:
        """For clients without TLS."""
        return (
            f"Endpoint=sb://localhost:{self.port};SharedAccessKeyName={POLICY};SharedAccessKey={KEY};"
            "UseDevelopmentEmulator=true"
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the shim and the SDK's tests read."""
        secure = f"Endpoint=sb://localhost:{self.port}/;SharedAccessKeyName={POLICY};SharedAccessKey={KEY}"
        return {
            **os.environ,
            "PYTHONPATH": str(HERE / "shim"),
            "SERVICEBUS_SAS_POLICY": POLICY,
            "SERVICEBUS_SAS_KEY": KEY,
            "SERVICEBUS_ENDPOINT_SUFFIX": f":{self.port}",
            "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": f"localhost:{self.port}",
            "SERVICEBUS_CONNECTION_STR": secure,
            "REQUESTS_CA_BUNDLE": str(self.certificate),
            "SSL_CERT_FILE": str(self.certificate),
            "NODE_EXTRA_CA_CERTS": str(self.certificate),
        }


def port_of(ready_line: str) -> int:
    """The port in the line that the emulator prints when it is ready."""
    for word in ready_line.replace(",", " ").split():
        address, _, port = word.rstrip(";./").rpartition(":")
        if address and port.isdigit():
            return int(port)
    raise AssertionError(f"no port in the emulator's line {ready_line!r}")


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


def tally(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each module and one for all: how many of the cases that ran passed."""
    lines = []
    modules = sorted({outcome.case.partition("::")[0] for outcome in outcomes})
    for name in (*modules, "all of them"):
        found = [
            outcome.outcome
            for outcome in outcomes
            if name == "all of them" or outcome.case.startswith(f"{name}::")
        ]
        passed, skipped = found.count("passed"), found.count("skipped")
        ran = len(found) - skipped
        share = f"{passed / ran:.1%}".replace("%", " %") if ran else "none ran"
        more = f", {skipped} skipped by the SDK itself" if skipped else ""
        lines.append(f"{name:<52} {passed:>3} of {ran:>3} passed, {share}{more}")
    return lines


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
