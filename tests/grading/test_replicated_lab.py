"""The lab on three brokers: its solution passes while brokers are killed, and its known wrong answers are refused.

`make test` grades one solution, and wrong answers that show without a broker that fails; `make test-long` judges every
known answer, and runs the whole solution notebook.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mqcourse import here
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import journal, known, leftovers, manifest, master, run, table
from mqcourse.grading.brokers.nodes import Nodes, confirm
from mqcourse.grading.judge import judge
from mqcourse.grading.known import Honest, Wrong
from mqcourse.grading.outcome import Unjudged
from mqcourse.grading.submission import Submission
from mqcourse.grading.trial import Answer
from mqcourse.grading.witness import Witness
from mqcourse.stack import chaos
from mqcourse.stack.services.registry import SERVICES
from mqcourse.stack.stack import Status
from tests.long_run import times
from tests.run_stack import RunStack, free_base

pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")

LAB = manifest.find("kafka_replicated")
START = "mq start --nodes 3 kafka"
IS_LONG = times(0, 1) == 1
SEEN_AT_ONCE = {("create", "two"), ("create", "unclean"), ("drain", "leads"), ("drain", "replicas")}
"""Exercise and sentence of wrong answers whose check needs no broker to fail: three seconds each."""


def chosen() -> list[Wrong | Honest]:
    every: list[Wrong | Honest] = [*known.wrong(LAB), *known.honest(LAB)]
    if IS_LONG:
        return every
    return [
        each
        for each in table.sample(every)
        if isinstance(each, Wrong) and (each.exercise, each.sentence) in SEEN_AT_ONCE
    ]


def answered(exercises: Sequence[str]) -> str:
    """The lab's notebook with the solutions of these exercises; the others are as a learner finds them."""
    notebook, solved = json.loads(master.lab_notebook(LAB)), json.loads(master.solution_notebook(LAB))
    for cell, right in zip(notebook["cells"], solved["cells"], strict=True):
        if cell["metadata"].get("exercise", {}).get("id") in exercises:
            cell["source"] = right["source"]
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStack]:
    """Three brokers of Kafka, in a folder and on ports of this file's own: the checks kill them."""
    stack = RunStack(tmp_path_factory.mktemp("mq home"), free_base())
    try:
        stack.mq("start", "--nodes", "3", "kafka")
        yield stack
    finally:
        stack.end()


@pytest.fixture
def here_is_the_cluster(cluster: RunStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStack]:
    monkeypatch.setenv("MQ_HOME", str(cluster.home))
    monkeypatch.setenv("MQ_PORT_BASE", str(cluster.base))
    yield cluster
    gc.collect()  # a broker that was started again runs on, which Python warns of


def test_the_line_that_starts_the_cluster_is_printed_wherever_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"`{START}`" in (LAB.folder / "master.md").read_text(encoding="utf-8").split("{code-cell}")[0]
    assert f"`{START}`" in (manifest.CHECKOUT / "labs" / "README.md").read_text(encoding="utf-8")
    assert START in master.setup_source(LAB)
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    with pytest.raises(Unjudged, match=f"Kafka node 1 was not started.*`{START}`"):
        Witness(LAB.brokers)


def test_the_page_leads_to_the_cluster_until_each_of_its_nodes_runs() -> None:
    rows = [
        Status(name, "running", "native") for name in ("jupyter", "kafka", "kafka-1", "kafka-2", "kafka-3")
    ]
    assert here.next_step(rows[:-1], (LAB,), {}, set()).command == START
    assert here.next_step(rows, (LAB,), {}, set()).command == "mq open jupyter"


def test_nodes_of_a_cluster_elsewhere_are_not_let_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQ_KAFKA_NODES", "kafka.example:9092")
    with pytest.raises(
        CourseError, match=f"MQ_KAFKA_NODES names a cluster that is not the course's.*`{START}`"
    ):
        confirm("kafka-cluster")


def test_a_sandbox_is_refused_before_an_answer_runs() -> None:
    any_sandbox: Any = object()
    with pytest.raises(CourseError, match=r"lets nodes of a cluster fail.*--trust") as refused:
        run.grade_submission(Submission(LAB, master.answers(LAB, solved=True), {}), sandbox=any_sandbox)
    assert refused.value.exit_code == Exit.USAGE


@pytest.mark.stack
def test_a_solution_passes_after_a_killed_check_left_a_broker_dead(
    here_is_the_cluster: RunStack, tmp_path: Path
) -> None:
    """The nodes that a check has let fail are in its journal, and whoever grades next brings them back."""
    check = "import os, signal; from mqcourse.grading.brokers.nodes import Nodes; nodes = Nodes('kafka-cluster').__enter__(); nodes.kill(2); os.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == -9
    assert [node.name for node in chaos.failed_nodes(here_is_the_cluster.home)] == ["kafka-2"]
    assert "node 2  killed" in here_is_the_cluster.mq("cluster", "status", "kafka").stdout
    notebook = tmp_path / "answered.ipynb"
    notebook.write_text(answered([exercise.id for exercise in LAB.exercises] if IS_LONG else ["publish"]))
    done = here_is_the_cluster.mq("grade", str(notebook), check=False)
    assert f"Points: {10 if IS_LONG else 3} of 10" in done.stdout
    assert done.returncode == (Exit.DONE if IS_LONG else Exit.SAID_NO)
    assert here_is_the_cluster.mq("cluster", "status", "kafka").stdout.startswith(
        "Kafka: 3 of 3 nodes answer"
    )
    assert list(journal.folder().glob("*.jsonl")) == []


@pytest.mark.stack
@pytest.mark.usefixtures("here_is_the_cluster")
def test_a_broker_that_fails_by_itself_is_nobodys_fault(cluster: RunStack) -> None:
    def check() -> None:
        with Nodes("kafka-cluster") as nodes:
            nodes.pause(1)
            chaos.kill(SERVICES["kafka-3"], cluster.home)
            nodes.kill(3)

    with pytest.raises(Unjudged, match="Kafka node 3 went away"):
        check()
    assert chaos.failed_nodes(cluster.home) == []


@pytest.mark.stack
@pytest.mark.usefixtures("here_is_the_cluster")
@pytest.mark.parametrize("answer", chosen(), ids=lambda answer: f"{answer.exercise}: {_name(answer)}")
def test_a_known_answer_is_judged_as_it_must_be(answer: Wrong | Honest) -> None:
    with Witness(LAB.brokers) as witness:
        for seed in range(times(1, 3)):
            tried = Answer(master.setup_source(LAB), answer.source, seed)
            verdict = judge(LAB, LAB.exercise(answer.exercise), tried, witness)
            if isinstance(answer, Wrong):
                assert not answer.refused_rightly(verdict)
            else:
                assert verdict.breaches == ()
    leftovers.clear()


def _name(answer: Wrong | Honest) -> str:
    return answer.mistake if isinstance(answer, Wrong) else answer.style


@pytest.mark.stack
@pytest.mark.skipif(not IS_LONG, reason="make test-long")
def test_the_solution_notebook_passes_with_its_experiments(
    here_is_the_cluster: RunStack, tmp_path: Path
) -> None:
    (notebook,) = master.write_solutions((LAB,), tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", str(notebook), "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=here_is_the_cluster.env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}{done.stderr[-1000:]}"
