"""The lab on three brokers: its solution passes while brokers are killed, and its known wrong answers are refused."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqcourse.exits import Exit
from mqcourse.grading import leftovers, manifest, master
from mqcourse.grading.brokers.nodes import Nodes
from mqcourse.grading.outcome import Unjudged
from mqcourse.stack import chaos
from mqcourse.stack.services.registry import SERVICES
from tests.run_stack import RunStack, free_base

LAB = manifest.find("kafka_replicated")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStack]:
    """Three brokers of Kafka, in a folder and on ports of this file's own: the checks kill them."""
    run = RunStack(tmp_path_factory.mktemp("mq home"), free_base())
    try:
        run.mq("start", "--nodes", "3", "kafka")
        yield run
    finally:
        run.end()


@pytest.mark.stack
def test_the_solution_passes_also_after_a_broker_was_left_dead(cluster: RunStack, tmp_path: Path) -> None:
    """An interrupted check leaves brokers dead; the next one starts them first."""
    cluster.mq("chaos", "kill", "kafka-2")
    (notebook,) = master.write_solutions((LAB,), tmp_path)
    done = cluster.mq("grade", str(notebook))
    assert "Points: 10 of 10" in done.stdout
    assert cluster.mq("cluster", "status", "kafka").stdout.startswith("Kafka: 3 of 3 nodes run")


@pytest.mark.stack
def test_a_broker_that_fails_by_itself_is_nobodys_fault(
    cluster: RunStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(cluster.home))
    monkeypatch.setenv("MQ_PORT_BASE", str(cluster.base))

    def check() -> None:
        with Nodes("kafka-cluster") as nodes:
            nodes.kill(1)
            chaos.kill(SERVICES["kafka-3"], cluster.home)

    with pytest.raises(Unjudged, match="Kafka node 3 went away"):
        check()
    assert chaos.failed_nodes(cluster.home) == []


@pytest.mark.stack
def test_nodes_that_a_killed_check_left_dead_are_swept(
    cluster: RunStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(cluster.home))
    monkeypatch.setenv("MQ_PORT_BASE", str(cluster.base))
    left = "from mqcourse.grading.brokers.nodes import Nodes; import os; nodes = Nodes('kafka-cluster'); nodes.__enter__(); nodes.kill(2); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", left], check=False).returncode == 9
    assert [node.name for node in chaos.failed_nodes(cluster.home)] == ["kafka-2"]
    leftovers.sweep()
    assert chaos.failed_nodes(cluster.home) == []


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.parametrize("exercise", [exercise.id for exercise in LAB.exercises])
def test_each_known_answer_is_judged_as_it_must_be(cluster: RunStack, exercise: str) -> None:
    done = cluster.mq("labs", "table", LAB.name, "--exercise", exercise, check=False)
    assert done.returncode == Exit.DONE, done.stdout
