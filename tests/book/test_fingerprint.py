"""Results are kept under a key: it changes with what a chapter's outcome depends on, and with nothing else."""

from pathlib import Path

import pytest

from mqcourse.book.fingerprint import fingerprint, modules_used

CHAPTER = """# Title

```{code-cell} ipython3
from mqcourse.stack import endpoints
import mqcourse.figures  # noqa
```

In the text, `from mqcourse.hidden import nothing` is no import.
"""
VERSIONS = {"rabbitmq": "4.0.5"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "chapter.md": CHAPTER,
        "requirements.txt": "pika==1\n",
        "mqcourse/__init__.py": "",
        "mqcourse/figures.py": "import math\n",
        "mqcourse/hidden.py": "1\n",
        "mqcourse/stack/__init__.py": "from mqcourse.stack.endpoints import endpoints\n",
        "mqcourse/stack/endpoints.py": "def endpoints():\n    from . import deep\n",
        "mqcourse/stack/deep.py": "from ..far import thing\n",
        "mqcourse/stack/apart.py": "2\n",
        "mqcourse/far/__init__.py": "",
        "mqcourse/far/thing.py": "3\n",
        "servicebus_emulator/broker/queue.py": "4\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_imports_are_followed_into_functions_and_relative_ones(root: Path) -> None:
    used = {
        path.relative_to(root / "mqcourse").as_posix() for path in modules_used([root / "chapter.md"], root)
    }
    assert used == {
        "__init__.py",
        "figures.py",
        "stack/__init__.py",
        "stack/endpoints.py",
        "stack/deep.py",
        "far/__init__.py",
        "far/thing.py",
    }


@pytest.mark.parametrize(
    "name",
    [
        "mqcourse/figures.py",
        "mqcourse/far/thing.py",
        "requirements.txt",
        "servicebus_emulator/broker/queue.py",
    ],
)
def test_the_key_changes_with_what_is_used(root: Path, name: str) -> None:
    before = fingerprint([root / "chapter.md"], VERSIONS, root)
    (root / name).write_text("# changed\n", encoding="utf-8")
    assert fingerprint([root / "chapter.md"], VERSIONS, root) != before


def test_the_key_changes_with_a_brokers_version(root: Path) -> None:
    before = fingerprint([root / "chapter.md"], VERSIONS, root)
    assert fingerprint([root / "chapter.md"], {"rabbitmq": "4.3.0"}, root) != before


@pytest.mark.parametrize("name", ["mqcourse/hidden.py", "mqcourse/stack/apart.py"])
def test_the_key_stays_when_something_else_changes(root: Path, name: str) -> None:
    before = fingerprint([root / "chapter.md"], VERSIONS, root)
    (root / name).write_text("# changed\n", encoding="utf-8")
    assert fingerprint([root / "chapter.md"], VERSIONS, root) == before
