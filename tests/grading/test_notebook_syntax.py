"""What a notebook's cell may be, an answer may be: the process that runs it and check() take the same cells."""

from collections.abc import Iterator
from typing import Any

import pytest

from mqcourse.grading.answer_process import plain
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.trace import Trace
from mqcourse.grading.trial import Answer, GuaranteesBroken, Trial

DOUBLE = "def double(number):\n    return 2 * number\n"
STYLES = {
    "plain": DOUBLE,
    "%%time": "%%time\n" + DOUBLE,
    "%%capture": "%%capture\n" + DOUBLE,
    "%load_ext": "%load_ext autoreload\n%autoreload 2\n" + DOUBLE,
    "%matplotlib": "%matplotlib inline\n" + DOUBLE,
    "a command": "!echo ready\nfiles = !ls\n" + DOUBLE,
    "a question": DOUBLE + "double?\n",
    "a magic inside": "def double(number):\n    get_ipython().run_line_magic('time', 'pass')\n    return 2 * number\n",
    "await outside": "import asyncio\nawait asyncio.sleep(0)\n" + DOUBLE,
    "async def": "async def double(number):\n    return 2 * number\n",
    "lru_cache": "from functools import lru_cache\n@lru_cache\n" + DOUBLE,
    "partial": "from functools import partial\ndef times(factor, number):\n    return factor * number\ndouble = partial(times, 2)\n",
    "a decorator of its own": "def quietly(f):\n    def inner(*a, **k):\n        return f(*a, **k)\n    return inner\n@quietly\n"
    + DOUBLE,
    "a decorator from elsewhere": "from contextlib import contextmanager\nimport functools\n@functools.singledispatch\n"
    "def double_(number):\n    return 2 * number\ndef double(number):\n    return double_(number)\n",
    "a callable object": "class Double:\n    def __call__(self, number):\n        return 2 * number\ndouble = Double()\n",
    "a method": "class Doubling:\n    def double(self, number):\n        return 2 * number\ndouble = Doubling().double\n",
    "a lambda": "double = lambda number: 2 * number\n",
    "a pool of processes": "from concurrent.futures import ProcessPoolExecutor\ndef two(n):\n    return 2 * n\n"
    "def double(number):\n    with ProcessPoolExecutor(1) as pool:\n        return pool.submit(two, number).result()\n",
}


@pytest.mark.lengthy
@pytest.mark.parametrize("source", STYLES.values(), ids=list(STYLES))
def test_the_process_of_an_answer_takes_it(source: str) -> None:
    with Trial(Answer("import math", plain(source))) as trial:
        assert trial.result(trial.start("double()", "double", number=21)) == 42


def _works(source: str) -> tuple[Trace, list[int]]:
    """Two jobs are given to work(handle), which does them wherever it likes; what was seen."""
    traces: list[Trace] = []
    with Trial(Answer("", source, keep=traces.append), lambda body: int(body)) as trial:
        trial.result(trial.start("worker A", "work", handle="@handle"))
        done = [event.message for event in trial.history if event.kind == "finished"]
    return traces[0], done


FORKS = {
    "os.fork": "import os\ndef work(handle):\n    pid = os.fork()\n    if not pid:\n        handle(b'1')\n        os._exit(0)\n"
    "    os.waitpid(pid, 0)\n    handle(b'2')\n",
    "multiprocessing": "import multiprocessing as m\ndef work(handle):\n    p = m.get_context('fork').Process(target=handle, args=(b'1',))\n"
    "    p.start(); p.join()\n    handle(b'2')\n",
    "a pool": "from concurrent.futures import ProcessPoolExecutor\nimport multiprocessing as m\ndef work(handle):\n"
    "    with ProcessPoolExecutor(2, mp_context=m.get_context('fork')) as pool:\n        list(pool.map(handle, [b'1', b'2']))\n",
    "a fork of a fork": "import os\ndef work(handle):\n    pid = os.fork()\n    if not pid:\n        inner = os.fork()\n"
    "        if not inner:\n            handle(b'1')\n            os._exit(0)\n        os.waitpid(inner, 0)\n        os._exit(0)\n"
    "    os.waitpid(pid, 0)\n    handle(b'2')\n",
    "a fork that goes on to the end": "import os\ndef work(handle):\n    pid = os.fork()\n    if not pid:\n        handle(b'1')\n        return\n"
    "    os.waitpid(pid, 0)\n    handle(b'2')\n",
}


@pytest.mark.parametrize("source", FORKS.values(), ids=list(FORKS))
def test_work_in_a_forked_process_counts(source: str) -> None:
    _, done = _works(source)
    assert sorted(done) == [1, 2]


def test_a_spawned_process_that_cannot_work_is_named_and_nothing_hangs() -> None:
    source = (
        "import multiprocessing as m\nfrom concurrent.futures import ProcessPoolExecutor\ndef work(handle):\n"
        "    with ProcessPoolExecutor(1, mp_context=m.get_context('spawn')) as pool:\n        pool.submit(handle, b'1').result()\n"
    )
    with pytest.raises(GuaranteesBroken, match=r"worker A stopped with \w*(Broken|Pickl|Attribute|Type)\w*"):
        _works(source)


def test_what_a_worker_printed_and_where_it_hung_is_kept() -> None:
    traces: list[Trace] = []
    source = "import threading\ndef work():\n    print('I wait for the lock')\n    threading.Event().wait()\n"
    with Trial(Answer("", source, keep=traces.append)) as trial:
        program = trial.start("worker A", "work")
        with pytest.raises(GuaranteesBroken) as refused:
            trial.result(program, deadline_s=1.0)
    assert [breach.guarantee for breach in refused.value.breaches] == [Guarantee.ENDS]
    assert traces[0].printed == {"worker A": "I wait for the lock\n"}
    assert traces[0].hung["worker A"][0] == "line 4, in work: threading.Event().wait()"


def test_a_name_from_another_cell_is_explained() -> None:
    with pytest.raises(GuaranteesBroken, match=r"NameError.*only this cell and the notebook's first one run"):
        _works("def work(handle):\n    helper()\n")


def test_an_exception_of_a_library_is_not_taken_for_an_exercise_nobody_touched() -> None:
    raised = "import asyncio\ndef work(handle):\n    asyncio.AbstractEventLoop().run_forever()\n"
    with pytest.raises(GuaranteesBroken, match="stopped with NotImplementedError"):
        _works(raised)
    with pytest.raises(GuaranteesBroken, match=r"^not answered yet$"):
        _works("def work(handle):\n    raise NotImplementedError\n")


REACHING = {
    "import": "import mqcourse.grading.master as m\n",
    "from": "from mqcourse.grading import checks\n",
    "open": "open(__import__('mqcourse').__path__[0] + '/../solutions/kafka_log/master.md')\n",
    "read": "from pathlib import Path\nimport mqcourse.home as h\n(h.CHECKOUT / 'solutions' / 'kafka_log' / 'master.md').read_text()\n",
    "relative": "import os, mqcourse.home as h\nos.chdir(h.CHECKOUT / 'solutions')\nopen('kafka_log/wrong.toml')\n",
    "the checks": "import importlib.util as u, mqcourse.home as h\np = h.CHECKOUT / 'solutions/kafka_log/checks.py'\ns = u.spec_from_file_location('checks', p)\ns.loader.exec_module(u.module_from_spec(s))\n",
    "the checks, by the search path": "import sys, mqcourse.home as h\nsys.path.insert(0, str(h.CHECKOUT))\nimport solutions.kafka_log.checks\n",
    "a command": "import subprocess\nsubprocess.run(['cat', 'solutions/kafka_log/master.md'])\n",
    "a child": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import mqcourse.grading.master'])\n",
    "in a fork": 'import multiprocessing as m\nwith m.get_context(\'fork\').Pool(1) as pool:\n    pool.apply(eval, [\'open(__import__("mqcourse.home").home.CHECKOUT / "solutions" / "kafka_log" / "honest.toml")\'])\n',
}


@pytest.mark.parametrize("source", REACHING.values(), ids=list(REACHING))
def test_an_answer_reaches_neither_the_grader_nor_the_solutions(source: str) -> None:
    with pytest.raises(GuaranteesBroken, match="belongs to the grader"):
        _works(source + "def work(handle):\n    pass\n")


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel()
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run_cell(client: Any, source: str, *, attended: bool = True) -> list[dict[str, Any]]:
    """What a front end is sent for a cell; `attended` as JupyterLab asks, else as nbval does."""
    found: list[dict[str, Any]] = []
    client.execute_interactive(source, allow_stdin=attended, output_hook=found.append, timeout=120)
    return [each for each in found if each["msg_type"] not in ("status", "execute_input")]


@pytest.mark.lengthy
@pytest.mark.parametrize("source", STYLES.values(), ids=list(STYLES))
def test_check_finds_the_cell(kernel: Any, source: str) -> None:
    run_cell(kernel, source)
    ((sent),) = [
        each["content"]["text"]
        for each in run_cell(
            kernel, "from mqcourse.grading.check import cell_of\nprint(cell_of(double), end='')"
        )
    ]
    assert sent.strip() == source.strip()


LAB = "from mqcourse.grading.check import check, hint\nfrom statistics import mean, pstdev\n"
RIGHT = """%%time
def mean_wait_s(rate_per_s, work_s):
    average = mean(work_s)
    busy = rate_per_s * average
    return busy * average * (1 + (pstdev(work_s) / average) ** 2) / (2 * (1 - busy))
"""
WRONG = "def mean_wait_s(rate_per_s, work_s):\n    print('so many:', len(work_s))\n    return 1.0\n"
UNTOUCHED = "def mean_wait_s(rate_per_s, work_s):\n    raise NotImplementedError\n"
CHECK = "check('backpressure_sizing', 'variation', mean_wait_s, seed=7)"


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("source", "says", "colour"),
    [
        (RIGHT, "3 of 3 points", "#2e7d32"),
        (WRONG, "0 of 3 points", "#c62828"),
        (UNTOUCHED, "This is where you start.", "#757575"),
    ],
    ids=["right", "wrong", "untouched"],
)
def test_a_verdict_in_jupyterlab_has_a_word_and_a_colour_and_stops_nothing(
    kernel: Any, source: str, says: str, colour: str
) -> None:
    run_cell(kernel, LAB)
    run_cell(kernel, source)
    (shown,) = run_cell(kernel, CHECK)
    assert shown["msg_type"] == "display_data", shown
    text, html = (shown["content"]["data"][kind] for kind in ("text/plain", "text/html"))
    assert says in text
    assert colour in html
    assert 'aria-label="verdict: ' in html
    if source is WRONG:
        assert "Seed: 7" in text
        assert "so many:" in text
        assert "hint(1)" in html


@pytest.mark.lengthy
def test_where_nobody_sits_before_the_notebook_a_wrong_answer_is_an_error(kernel: Any) -> None:
    run_cell(kernel, LAB)
    run_cell(kernel, WRONG)
    (shown,) = run_cell(kernel, CHECK, attended=False)
    assert shown["msg_type"] == "error"
    assert shown["content"]["ename"] == "NotYet"


@pytest.mark.lengthy
def test_hints_come_one_at_a_time(kernel: Any) -> None:
    run_cell(kernel, LAB)
    run_cell(kernel, WRONG)
    run_cell(kernel, CHECK)
    (shown,) = run_cell(kernel, "hint(1)")
    assert shown["content"]["text"].startswith("Hint 1 of ")
    (early,) = run_cell(kernel, 'hint("answer")')
    assert "after 3 different tries or 20 minutes" in early["content"]["evalue"]
