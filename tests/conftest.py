"""The test run's own brokers, apart from a learner's: own folder, own ports, ended when the run ends."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings

from mqcourse.quick_imports import without_unneeded
from mqcourse.stack import ports
from tests.run_stack import RUN_VARIABLE, RunStack, free_base

with without_unneeded():
    import jsonschema  # noqa: F401  notebook libraries load it in each process that collects tests

# Drawn cases are the same in every run and have as long as they need, so that no run fails by chance or beside other work.
# `--hypothesis-profile fresh` draws others; a case that it finds is written into its test.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fresh", settings.get_profile("steady"), derandomize=False, max_examples=1_000)
settings.load_profile("steady")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell ignores it in its background, and what a test starts and interrupts would ignore it as well
    signal.signal(signal.SIGINT, signal.default_int_handler)

NEEDS = ("browser", "slow", "stack", "wire")
"""Marks by what a test needs, the most first: tests that need less come before those that need more."""

LANES = (
    "tests/grading/",
    "tests/browser/book/",
    "tests/stack/",
    "tests/",
    "tests/browser/",
    "tests/grading/test_known_answers.py",
    "tests/grading/test_grade.py",
    "tests/book/",
    "emulator/tests/",
    "tests/notebooks/",
    "tests/backpressure/",
    "tests/grading/test_nothing_left.py",
    "tests/stack/test_cluster.py",
    "tests/grading/test_replicated_lab.py",
    "tests/grading/test_hostile_submissions.py",
    "tests/test_command_tree.py",
    "tests/stack/test_confirmed_survives.py",
    "tests/conformance/",
)
"""What `make test` runs side by side, in four processes: the first to be free takes the next.

The longest come first, and what works hard beside what mostly waits (for a broker, or for an answer that is judged), so
that four processes fit on two processors. What is marked `paced` runs alone after them.
"""

LANE_S: dict[str, float] = dict.fromkeys(LANES, 0.0)
"""Seconds that each lane has taken so far."""


def lane(nodeid: str) -> str:
    """The narrowest lane that a test belongs to."""
    return max((one for one in LANES if nodeid.startswith(one)), key=len)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Pure tests first, the browser's last; else the order stays. In several processes this holds within each lane."""
    in_lanes = hasattr(config, "workerinput")
    items.sort(
        key=lambda item: (
            LANES.index(lane(item.nodeid)) if in_lanes else 0,
            -next((i for i, mark in enumerate(NEEDS) if item.get_closest_marker(mark)), len(NEEDS)),
        )
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole lanes, each with a stack of its own, in the order above; unless `--dist` asks for another way.

    xdist's own groups by mark do nothing under pytest 9.2, which keeps node ids elsewhere than xdist 3.8.0 writes them.
    """
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Lanes(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return lane(nodeid)

    config.option.loadscopereorder = False  # it would put the lane with the most tests first
    return Lanes(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    LANE_S[lane(report.nodeid)] += report.duration


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Where the time of several processes went: the longest lane is the least that the run takes."""
    if config.getoption("numprocesses", default=None):
        terminalreporter.write_line(
            "lanes: " + ", ".join(f"{name} {taken_s:.0f} s" for name, taken_s in LANE_S.items() if taken_s)
        )


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every test works on a state folder of the run (with a space in its path), never on the learner's."""
    end_what_killed_runs_left()
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("MQ_") and name not in (
                "MQ_SOFTWARE",
                "MQ_MAVEN_URL",
                "MQ_CSHARP",
                "MQ_RABBITMQ_HOME",
                "MQ_CHROMIUM",
            ):
                patch.delenv(name)
        home = tmp_path_factory.mktemp("mq home")
        patch.setenv("MQ_HOME", str(home))
        patch.setenv("MQ_CACHE", str(home / "cache"))  # nothing that another checkout made
        patch.setenv("MQ_PORT_BASE", str(free_base()))
        patch.setenv(RUN_VARIABLE, str(os.getpid()))
        yield home


@pytest.fixture(scope="session")
def stack(own_home: Path) -> Iterator[RunStack]:
    """The run's own three brokers, started once; MQ_HOME is theirs, so subprocesses find them too."""
    run = RunStack(own_home, int(os.environ["MQ_PORT_BASE"]))
    run.mq("up")
    try:
        yield run
    finally:
        run.end()


@pytest.fixture
def empty_stack(tmp_path: Path) -> Iterator[RunStack]:
    """A stack of one test's own, not started: for tests that kill, reset or break it."""
    home = tmp_path / "mq home"
    home.mkdir()
    run = RunStack(home, free_base())
    try:
        yield run
    finally:
        run.end()


def end_what_killed_runs_left() -> None:
    """A pytest that was killed could not end its brokers: the next one does."""
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            run = one.environ().get(RUN_VARIABLE)
            if run and run.isdigit() and not psutil.pid_exists(int(run)):
                one.kill()


@pytest.fixture
def refused_port() -> Iterator[int]:
    """A port that is bound, so nobody else gets it, and at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def kept_port() -> Iterator[int]:
    """A port for one server that a test starts."""
    with ports.kept() as port:
        yield port
