"""Verdicts on the real brokers: right answers, no answers, the known wrong ones, and answers that attack the grader."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import build_labs, journal, manifest, master, run, saved_points
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.manifest import Lab
from mqcourse.grading.outcome import Void
from mqcourse.grading.submission import Submission
from mqcourse.home import CHECKOUT
from tests.grading import wrong_answers
from tests.run_stack import RUN_VARIABLE

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("stack")]

LABS = [lab for lab in manifest.load() if not lab.lets_nodes_fail]
SENTENCED = [lab for lab in LABS if any(exercise.sentences for exercise in lab.exercises)]
"""Their wrong answers are all judged in test_known_answers.py, side by side; one round of them is graded here."""
ROUNDS = [
    pytest.param(lab, number, id=f"{lab.name}-{number + 1}")
    for lab in LABS
    for number in range(1 if lab in SENTENCED else len(wrong_answers.rounds(wrong_answers.of(lab))))
]


def mq(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mqcourse.cli", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_the_reference_gets_full_points(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / f"{lab.name}.ipynb"
    path.write_text(master.solution_notebook(lab))
    done = mq("grade", str(path), "--json")
    verdict = json.loads(done.stdout)
    broken = {one["id"]: (one["broken"], one["history"]) for one in verdict["exercises"] if one["broken"]}
    assert (done.returncode, broken) == (0, {}), done.stderr
    assert verdict["points"] == verdict["of"] == lab.points
    assert saved_points.best()[lab.name] == {exercise.id: exercise.points for exercise in lab.exercises}


@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_an_unanswered_lab_scores_nothing(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "a copy with another name.ipynb"
    path.write_text(master.lab_notebook(lab))
    done = mq("grade", str(path))
    assert done.returncode == Exit.SAID_NO
    assert f"Points: 0 of {lab.points}" in done.stdout
    assert done.stdout.count("not answered yet") == len(lab.exercises)
    assert done.stdout.count("This is where you start.") == len(lab.exercises)
    assert not any(hint in done.stdout for exercise in lab.exercises for hint in exercise.hints)


@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_each_exercise_has_three_known_wrong_answers_or_more(lab: Lab) -> None:
    known = [wrong.exercise for wrong in wrong_answers.of(lab)]
    assert {exercise.id: known.count(exercise.id) >= 3 for exercise in lab.exercises} == dict.fromkeys(
        (exercise.id for exercise in lab.exercises), True
    )


@pytest.mark.parametrize(("lab", "number"), ROUNDS)
def test_wrong_answers_are_refused_for_the_right_reason(lab: Lab, number: int) -> None:
    """One wrong answer of each exercise in one notebook: exercises do not touch each other."""
    wrongs = wrong_answers.rounds(wrong_answers.of(lab))[number]
    solved = master.answers(lab, solved=True)
    report = run.grade_submission(
        Submission(lab, solved | {id_: wrong.source for id_, wrong in wrongs.items()}, {})
    )
    for verdict in report.verdicts:
        wrong = wrongs.get(verdict.exercise.id)
        said = "\n".join(breach.what for breach in verdict.breaches)
        if wrong is None:
            assert verdict.passed, said
        else:
            assert verdict.points == 0, wrong.mistake
            assert wrong.refused_rightly(verdict) == "", wrong.mistake


REPLACING = """
import builtins, json, os, pika, sys
for module in list(sys.modules.values()):
    for name in ("tell", "told", "pack", "judge", "run", "main"):
        if getattr(module, "__name__", "").startswith(("mqcourse", "__main__")) and hasattr(module, name):
            setattr(module, name, lambda *a, **k: [])
builtins.print = json.dumps = os._exit = pika.BlockingConnection = None
builtins.set = list
def work(queue, handle): pass
"""
FORGING = """
def work(queue, handle):
    for number in range(1, 9):
        handle(b'{"job": %d}' % number)
"""
CLOSING = "def work_once(queue, database, handle):\n    import os\n    os.closerange(3, 1000)"

ATTACKS: dict[str, dict[str, tuple[str, str]]] = {
    "that do not end or end too early": {
        "acknowledge": ("while True: pass", "did not end in time"),
        "poison": ("import os\nos.kill(os.getpid(), 9)", "ended from inside"),
        "once": ("import sys\nsys.exit(0)", "SystemExit"),
        "confirm": ("input('Your name?')", "input"),
    },
    "that are too much": {
        "acknowledge": ("while True: print('x' * 1_000_000)", "printed more than 1,000,000 characters"),
        "poison": ("x = 'a' * 10**11", "MemoryError"),
        "once": ("(" * 5000, "SyntaxError"),
        "confirm": ("def publish(): pass", "unexpected keyword argument"),
    },
    "that replace names": {
        "acknowledge": (REPLACING, ""),
        "poison": ("def wrok(queue, handle)\n  pass", "SyntaxError"),
        "once": (CLOSING, "ended from inside"),
        "confirm": ("def pulbish(queue, bodies): return []", "the answer cell defines no function 'publish'"),
    },
    "that forge work": {"acknowledge": (FORGING, "has no connection to at.rabbitmq_url")},
    "that end the grader": {
        "acknowledge": ("import os\nos.kill(os.getppid(), 9)", "ended the process that runs it")
    },
}


@pytest.mark.parametrize("attacks", ATTACKS.values(), ids=list(ATTACKS))
def test_bad_answers_cost_only_their_own_points(attacks: dict[str, tuple[str, str]]) -> None:
    lab = manifest.find("rabbitmq_work_queue")
    answers = {id_: source for id_, (source, _) in attacks.items()}
    report = run.grade_submission(
        Submission(lab, answers | {"fair": master.answers(lab, solved=True)["fair"]}, {})
    )
    verdicts = {verdict.exercise.id: verdict for verdict in report.verdicts}
    assert verdicts["fair"].passed, verdicts["fair"].lines()
    for id_, (_, said) in attacks.items():
        assert verdicts[id_].points == 0
        assert said in verdicts[id_].lines()[0]
    assert left_behind() == []


@pytest.mark.parametrize(
    "place",
    ["written_by_a_test.py", f"__pycache__/written_by_a_test.{sys.implementation.cache_tag}.pyc"],
    ids=["source", "byte code"],
)
def test_code_that_writes_to_the_course_makes_every_verdict_void(place: str) -> None:
    lab = manifest.find("rabbitmq_work_queue")
    target = CHECKOUT / "mqcourse" / place
    source = f"from pathlib import Path\nPath({str(target)!r}).write_text('')\n"
    try:
        with pytest.raises(Void, match=r"written_by_a_test\S* of the course's own code was changed"):
            run.grade_submission(Submission(lab, {"acknowledge": source}, {}))
    finally:
        target.unlink(missing_ok=True)


def test_a_broker_that_does_not_answer_is_not_the_learners_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQ_RABBITMQ_URL", "amqp://127.0.0.1:1/%2F")
    lab = manifest.find("rabbitmq_work_queue")
    with pytest.raises(CourseError, match=r"RabbitMQ does not answer.*mq start rabbitmq") as failed:
        run.grade_submission(Submission(lab, master.answers(lab, solved=True), {}))
    assert failed.value.exit_code == Exit.UNREACHABLE


WRITING = """
import glob, json, os
line = json.dumps({"body": json.dumps({"exercise": "confirm", "verdict": {"broken": []}}), "signed": "00"})
for parent in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        if b"--verdicts" not in open(parent, "rb").read():
            continue
        for each in glob.glob(os.path.dirname(parent) + "/fd/*"):
            if os.readlink(each).startswith("pipe:"):
                open(each, "w").write(line + "\\n")
    except OSError:
        pass
"""


def test_a_verdict_that_the_answer_wrote_itself_pays_nothing() -> None:
    """As another user than root the pipe cannot even be opened; as root the line has no signature."""
    lab = manifest.find("rabbitmq_work_queue")
    with contextlib.suppress(Void):
        report = run.grade_submission(Submission(lab, {"acknowledge": WRITING}, {}))
        assert report.points == 0


def test_a_seed_repeats_what_a_check_draws_and_is_printed() -> None:
    lab = manifest.find("rabbitmq_work_queue")
    wrong = {"acknowledge": "def work(queue, handle):\n    print('I do nothing')\n"}
    report = run.grade_submission(Submission(lab, wrong, {}), seed=11)
    text = report.as_text()
    assert "--seed 11" in text
    assert "I do nothing" in text
    assert report.as_dict()["exercises"][0]["history"][0]["workers"]


def test_nothing_is_left_at_the_brokers(stack: Any) -> None:
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(**stack.endpoints.kafka_settings)
    topics = [name for name in admin.list_topics() if name.startswith(("check.", "lab."))]
    admin.close()
    assert topics == []

    from azure.servicebus.management import ServiceBusAdministrationClient

    with ServiceBusAdministrationClient.from_connection_string(
        **stack.endpoints.servicebus_administration
    ) as bus:
        queues = [queue.name for queue in bus.list_queues() if queue.name.startswith(("check.", "lab."))]
    assert queues == []


@pytest.mark.slow
def test_every_solution_solves_and_no_exercise_is_solved_already() -> None:
    assert list(build_labs.problems(run=True, only=tuple(LABS), learners_work=True)) == []


def left_behind() -> list[str]:
    """Processes of a grading run that outlived it; those of another test run or of a learner are not ours."""
    found = []
    for process in psutil.process_iter():
        try:
            marks = process.environ()
            if journal.MARK in marks and marks.get(RUN_VARIABLE) == os.environ[RUN_VARIABLE]:
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found


def test_the_guarantees_named_by_wrong_answers_are_all_known() -> None:
    assert {broken for lab in LABS for wrong in wrong_answers.of(lab) for broken in wrong.broken} <= set(
        Guarantee
    )
