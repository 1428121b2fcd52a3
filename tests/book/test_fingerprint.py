"""A record fits by a key: it changes with what a chapter prints, and with nothing else."""

from pathlib import Path

import pytest

from mqcourse.book.chapter import Chapter
from mqcourse.book.fingerprint import fingerprint, modules_used

CHAPTER = """# Title

```{code-cell} ipython3
from mqcourse.stack import endpoints
import mqcourse.figures  # noqa
from mqcourse.model.only import one
```

In the text, `from mqcourse.hidden import nothing` is no import.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "book/chapter.md": CHAPTER,
        "requirements.txt": "pika==1\n",
        "mqcourse/__init__.py": "",
        "mqcourse/figures.py": "import math\n",
        "mqcourse/hidden.py": "1\n",
        "mqcourse/stack/__init__.py": "from mqcourse.stack.endpoints import endpoints\n",
        "mqcourse/stack/endpoints.py": "def endpoints():\n    pass\n",
        "mqcourse/model/__init__.py": "from mqcourse.model.run import run\n\ndef later():\n    import mqcourse.hidden\n",
        "mqcourse/model/run.py": "def run():\n    from .deep import thing\n",
        "mqcourse/model/deep.py": "from ..far import thing\n",
        "mqcourse/model/only.py": "import mqcourse.stack\n",
        "mqcourse/model/apart.py": "2\n",
        "mqcourse/far/__init__.py": "",
        "mqcourse/far/thing.py": "3\n",
        "emulator/servicebus_emulator/broker/queue.py": "4\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def key(root: Path) -> str:
    return fingerprint(Chapter("chapter", root))


def test_imports_are_followed_into_functions_and_relative_ones_and_not_to_addresses(root: Path) -> None:
    cells = [cell.source for cell in Chapter("chapter", root).cells]
    used = {path.relative_to(root / "mqcourse").as_posix() for path in modules_used(cells, root)}
    assert used == {
        "figures.py",
        "model/only.py",
        "model/run.py",
        "model/deep.py",
        "far/__init__.py",
        "far/thing.py",
    }


@pytest.mark.parametrize("name", ["mqcourse/figures.py", "mqcourse/far/thing.py"])
def test_the_key_changes_with_what_is_used(root: Path, name: str) -> None:
    before = key(root)
    (root / name).write_text("changed = 1\n", encoding="utf-8")
    assert key(root) != before


def test_the_key_changes_with_a_cell_and_not_with_the_words_or_tags(root: Path) -> None:
    path, before = root / "book" / "chapter.md", key(root)
    path.write_text(CHAPTER.replace("# Title", "# Another\n\nWords."), encoding="utf-8")
    assert key(root) == before
    path.write_text(CHAPTER.replace("ipython3\n", "ipython3\n:tags: [hide-input]\n\n"), encoding="utf-8")
    assert key(root) == before
    path.write_text(CHAPTER.replace("# noqa", "# noqa: F401"), encoding="utf-8")
    assert key(root) != before


@pytest.mark.parametrize(
    "name",
    [
        "mqcourse/hidden.py",
        "mqcourse/model/apart.py",
        "mqcourse/stack/endpoints.py",
        "emulator/servicebus_emulator/broker/queue.py",
    ],
)
def test_the_key_stays_when_something_else_changes(root: Path, name: str) -> None:
    before = key(root)
    (root / name).write_text("changed = 1\n", encoding="utf-8")
    assert key(root) == before


def test_comments_docstrings_and_layout_print_nothing(root: Path) -> None:
    before = key(root)
    (root / "mqcourse" / "far" / "thing.py").write_text(
        '"""Other words."""\n\n# why\n\n(3)\n"""A note."""\n', encoding="utf-8"
    )
    assert key(root) == before
