"""The labs on clusters of three: their solutions pass while nodes are killed, and their known wrong answers are refused.

For each lab `make test` grades one solution, and wrong answers that show before a node fails; `make test-long` judges
every known answer, and runs the whole solution notebook.
"""

import gc
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from mqcourse.grading.manifest import Lab
from mqcourse.grading.outcome import Unjudged
from mqcourse.grading.submission import Submission
from mqcourse.grading.trial import Answer
from mqcourse.grading.witness import Witness
from mqcourse.products import TITLES, start_command
from mqcourse.stack import chaos
from mqcourse.stack.endpoints import ENVIRONMENT
from mqcourse.stack.services.registry import SERVICES
from mqcourse.stack.stack import Status
from tests.long_run import times
from tests.run_stack import RunStack, free_base

pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")

LABS = [lab for lab in manifest.load() if lab.lets_nodes_fail]
IS_LONG = times(0, 1) == 1
GRADED = {"kafka_replicated": "publish", "rabbitmq_replicated": "work"}
"""The exercise of each lab that `make test` grades."""
SEEN_AT_ONCE = {
    "kafka_replicated": {("create", "two"), ("create", "unclean"), ("drain", "leads"), ("drain", "replicas")},
    "rabbitmq_replicated": {
        ("declare", "copies"),
        ("declare", "weak"),
        ("publish", "refused"),
        ("work", "late"),
    },
}
"""Exercise and sentence of wrong answers whose check needs no node to fail: three seconds each."""

over_labs = pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])


def chosen(lab: Lab) -> list[Wrong | Honest]:
    every: list[Wrong | Honest] = [*known.wrong(lab), *known.honest(lab)]
    if IS_LONG:
        return every
    return [
        each
        for each in table.sample(every)
        if isinstance(each, Wrong) and (each.exercise, each.sentence) in SEEN_AT_ONCE[lab.name]
    ]


def answered(lab: Lab, exercises: Sequence[str]) -> str:
    """The lab's notebook with the solutions of these exercises; the others are as a learner finds them."""
    notebook, solved = json.loads(master.lab_notebook(lab)), json.loads(master.solution_notebook(lab))
    for cell, right in zip(notebook["cells"], solved["cells"], strict=True):
        if cell["metadata"].get("exercise", {}).get("id") in exercises:
            cell["source"] = right["source"]
    return json.dumps(notebook)


def start(lab: Lab) -> str:
    return start_command(lab.brokers[0])


def broker(lab: Lab) -> str:
    return lab.brokers[0].removesuffix("-cluster")


@dataclass(frozen=True)
class Cluster:
    """A lab, and the cluster that it needs."""

    lab: Lab
    stack: RunStack


@pytest.fixture(scope="module", params=LABS, ids=[lab.name for lab in LABS])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes for each lab, in a folder and on ports of this file's own: the checks kill them."""
    stack = RunStack(tmp_path_factory.mktemp("mq home"), free_base())
    try:
        stack.mq(*start(request.param).split()[1:])
        yield Cluster(request.param, stack)
    finally:
        stack.end()


@pytest.fixture
def here_is_the_cluster(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("MQ_HOME", str(cluster.stack.home))
    monkeypatch.setenv("MQ_PORT_BASE", str(cluster.stack.base))
    yield cluster
    gc.collect()  # a node that was started again runs on, which Python warns of


def test_each_lab_whose_nodes_fail_is_tested_here() -> None:
    assert [lab.name for lab in LABS] == [*GRADED] == [*SEEN_AT_ONCE]


@over_labs
def test_the_line_that_starts_the_cluster_is_printed_wherever_it_is_needed(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"`{start(lab)}`" in (lab.folder / "master.md").read_text(encoding="utf-8").split("{code-cell}")[0]
    assert f"`{start(lab)}`" in (manifest.CHECKOUT / "labs" / "README.md").read_text(encoding="utf-8")
    assert start(lab) in master.setup_source(lab)
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    with pytest.raises(Unjudged, match=f"{TITLES[broker(lab)]} node 1 was not started.*`{start(lab)}`"):
        Witness(lab.brokers)


@over_labs
def test_the_page_leads_to_the_cluster_until_each_of_its_nodes_runs(lab: Lab) -> None:
    names = ("jupyter", *TITLES, *(f"{broker(lab)}-{number}" for number in (1, 2, 3)))
    rows = [Status(name, "running", "native") for name in names]
    assert here.next_step(rows[:-1], (lab,), {}, set()).command == start(lab)
    assert here.next_step(rows, (lab,), {}, set()).command == "mq open jupyter"


@over_labs
def test_nodes_of_a_cluster_elsewhere_are_not_let_fail(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = ENVIRONMENT[f"{broker(lab)}_nodes"]
    monkeypatch.setenv(variable, "elsewhere.example:9092")
    with pytest.raises(
        CourseError, match=f"{variable} names a cluster that is not the course's.*`{start(lab)}`"
    ):
        confirm(lab.brokers[0])


@over_labs
def test_a_sandbox_is_refused_before_an_answer_runs(lab: Lab) -> None:
    any_sandbox: Any = object()
    with pytest.raises(CourseError, match=r"lets nodes of a cluster fail.*--trust") as refused:
        run.grade_submission(Submission(lab, master.answers(lab, solved=True), {}), sandbox=any_sandbox)
    assert refused.value.exit_code == Exit.USAGE


@pytest.mark.stack
def test_a_solution_passes_after_a_killed_check_left_a_node_dead(
    here_is_the_cluster: Cluster, tmp_path: Path
) -> None:
    """The nodes that a check has let fail are in its journal, and whoever grades next brings them back."""
    lab, stack = here_is_the_cluster.lab, here_is_the_cluster.stack
    check = f"import os, signal; from mqcourse.grading.brokers.nodes import Nodes; nodes = Nodes('{lab.brokers[0]}').__enter__(); nodes.kill(2); os.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == -9
    assert [node.name for node in chaos.failed_nodes(stack.home)] == [f"{broker(lab)}-2"]
    assert "node 2  killed" in stack.mq("cluster", "status", broker(lab)).stdout
    notebook = tmp_path / "answered.ipynb"
    graded = [exercise.id for exercise in lab.exercises] if IS_LONG else [GRADED[lab.name]]
    notebook.write_text(answered(lab, graded))
    done = stack.mq("grade", str(notebook), check=False)
    points = sum(lab.exercise(id_).points for id_ in graded)
    assert f"Points: {points} of {lab.points}" in done.stdout
    assert done.returncode == (Exit.DONE if IS_LONG else Exit.SAID_NO)
    title = TITLES[broker(lab)]
    assert stack.mq("cluster", "status", broker(lab)).stdout.startswith(f"{title}: 3 of 3 nodes answer")
    assert list(journal.folder().glob("*.jsonl")) == []


@pytest.mark.stack
def test_a_node_that_fails_by_itself_is_nobodys_fault(here_is_the_cluster: Cluster) -> None:
    lab, home = here_is_the_cluster.lab, here_is_the_cluster.stack.home

    def check() -> None:
        with Nodes(lab.brokers[0]) as nodes:
            nodes.pause(1)
            chaos.kill(SERVICES[f"{broker(lab)}-3"], home)
            nodes.kill(3)

    with pytest.raises(Unjudged, match=f"{TITLES[broker(lab)]} node 3 went away"):
        check()
    assert chaos.failed_nodes(home) == []


@pytest.mark.stack
def test_known_answers_are_judged_as_they_must_be(here_is_the_cluster: Cluster) -> None:
    lab, wrongly = here_is_the_cluster.lab, list[str]()
    with Witness(lab.brokers) as witness:
        for answer, seed in itertools.product(chosen(lab), range(times(1, 3))):
            tried = Answer(master.setup_source(lab), answer.source, seed)
            verdict = judge(lab, lab.exercise(answer.exercise), tried, witness)
            if isinstance(answer, Wrong):
                name, fault = answer.mistake, answer.refused_rightly(verdict)
            else:
                name, fault = answer.style, "; ".join(breach.what for breach in verdict.breaches)
            if fault:
                wrongly.append(f"{answer.exercise}: {name}: seed {seed}: {fault}")
    leftovers.clear()
    assert wrongly == []


@pytest.mark.stack
@pytest.mark.skipif(not IS_LONG, reason="make test-long")
def test_the_solution_notebook_passes_with_its_experiments(
    here_is_the_cluster: Cluster, tmp_path: Path
) -> None:
    (notebook,) = master.write_solutions((here_is_the_cluster.lab,), tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", str(notebook), "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=here_is_the_cluster.stack.env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}{done.stderr[-1000:]}"
