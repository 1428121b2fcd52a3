"""The lab on three brokers: its solution passes while brokers are killed, and its known wrong answers are refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mqcourse.exits import Exit
from mqcourse.grading import manifest, master
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


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.parametrize("exercise", [exercise.id for exercise in LAB.exercises])
def test_each_known_answer_is_judged_as_it_must_be(cluster: RunStack, exercise: str) -> None:
    done = cluster.mq("labs", "table", LAB.name, "--exercise", exercise, check=False)
    assert done.returncode == Exit.DONE, done.stdout
