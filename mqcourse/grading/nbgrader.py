"""The labs for teachers who use nbgrader: source notebooks, and a preprocessor that grades in nbgrader's autograde.

nbgrader runs the check cells in the kernel that the learner's code runs in, so `def check(*given): pass` would pass
them. Here no cell of the submission is run by nbgrader at all: `Grade` takes the place of its Execute preprocessor,
has `mq grade` judge the notebook, and writes each verdict as the output of its check cell, which nbgrader then counts.

This module is imported by nbgrader's own Python, which need not be the course's: standard library and nbgrader only.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mqcourse.grading.manifest import Lab

CONFIGURATION = """\
# Written by `mq labs source`. nbgrader reads it when it is run in this folder.
import sys

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "message-queues"
c.CourseDirectory.root = {root!r}

# The checks are not run in the learner's kernel, where they could be replaced: `mq grade` runs them.
# Its Python and its brokers (`mq start`) must be there when you autograde.
sys.path.append({checkout!r})
from mqcourse.grading.nbgrader import preprocessor  # noqa: E402
from nbgrader import preprocessors as usual  # noqa: E402

usual.Execute.preprocess = preprocessor({python!r}).preprocess
"""


def write_source(labs: "tuple[Lab, ...]", folder: Path) -> list[Path]:
    """Write source/NAME/NAME.ipynb for every lab and nbgrader_config.py; gives the paths written.

    A configuration that exists already is left alone, and ours is written beside it as nbgrader_config.mq.py.
    """
    from mqcourse.grading import master  # here: nbgrader's own Python loads this module, and has no jupytext
    from mqcourse.home import CHECKOUT  # here: nbgrader's own Python loads this module, and has no jupytext

    folder = folder.absolute()
    written = []
    for lab in labs:
        path = folder / "source" / lab.name / f"{lab.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(master.source_notebook(lab), encoding="utf-8")
        written.append(path)
    text = CONFIGURATION.format(root=str(folder), checkout=str(CHECKOUT), python=sys.executable)
    path = folder / "nbgrader_config.py"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        path = folder / "nbgrader_config.mq.py"
    path.write_text(text, encoding="utf-8")
    return [*written, path]


def preprocessor(python: str) -> type:
    """The preprocessor for nbgrader; `python` is the one that the course is installed in."""
    from nbgrader.preprocessors import NbGraderPreprocessor

    class Grade(NbGraderPreprocessor):  # type: ignore[misc]
        """Each check cell gets the verdict of `mq grade` as its output."""

        def preprocess(self, nb: Any, resources: Any, *_more: Any, **_named: Any) -> tuple[Any, Any]:
            verdicts = judged(python, json.dumps(nb))
            for cell in nb.cells:
                id_ = cell.metadata.get("check")
                if cell.cell_type != "code":
                    continue
                cell.execution_count, cell.outputs = None, []
                if id_ is not None:
                    cell.outputs = [as_output(verdicts[id_])]
            return nb, resources

    return Grade


TRUST = "MQ_TRUST_ANSWERS"
"""Set to grade without a sandbox, where a machine has none."""


def judged(python: str, notebook: str) -> dict[str, dict[str, Any]]:
    """The verdicts on a notebook, by exercise; RuntimeError when there is none, so that a missing verdict is not counted as 0 points."""
    with tempfile.TemporaryDirectory(prefix="mq-nbgrader-") as folder:
        path = Path(folder) / "submission.ipynb"
        path.write_text(notebook, encoding="utf-8")
        done = subprocess.run(
            [
                *(python, "-m", "mqcourse.cli", "grade", str(path), "--json", "--no-save"),
                *([] if os.environ.get(TRUST) else ["--untrusted"]),
            ],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    report: dict[str, Any] = json.loads(done.stdout or "{}")
    if done.returncode not in (0, 3) or "exercises" not in report:
        raise RuntimeError(f"not graded: {done.stderr.strip()}")
    return {each["id"]: each for each in report["exercises"]}


def as_output(verdict: dict[str, Any]) -> Any:
    """A notebook's output for a verdict: an error where it did not pass, which is how nbgrader counts."""
    text = f"{verdict['points']} of {verdict['of']} points: {verdict['title']}"
    if verdict["passed"]:
        return output({"output_type": "stream", "name": "stdout", "text": f"{text}\n"})
    lines = [text, *(each["what"] for each in verdict["broken"])]
    return output(
        {"output_type": "error", "ename": verdict["state"], "evalue": lines[-1], "traceback": lines}
    )


def output(fields: dict[str, Any]) -> Any:
    """The same as nbformat's own kind of dictionary, where nbformat is installed."""
    try:
        from nbformat import from_dict
    except ImportError:
        return fields
    return from_dict(fields)
