"""What the commands `new` write passes its own check but for its marks, and works."""

import re
import shutil
from pathlib import Path

import pytest

from mqcourse.book import new_chapter, new_question
from mqcourse.book.chapter import chapters
from mqcourse.book.facts import load_facts
from mqcourse.book.questions import read_bank
from mqcourse.errors import CourseError
from mqcourse.grading import authored, manifest, master, new_lab, table
from mqcourse.grading.manifest import Lab
from mqcourse.home import CHECKOUT
from mqcourse.products import BROKERS
from mqcourse.prose.style import findings
from mqcourse.skeleton import MARK, left

over_brokers = pytest.mark.parametrize("broker", new_lab.CHOICES)


def new_lab_in(folder: Path, broker: str) -> Lab:
    name = f"outbox_{broker}"
    new_lab.new(name, broker, folder)
    return manifest.read(folder / name / "lab.toml")


@over_brokers
def test_a_new_lab_passes_its_check_but_for_its_marks(tmp_path: Path, broker: str) -> None:
    lab = new_lab_in(tmp_path, broker)
    problems = list(authored.problems(lab))
    assert problems
    assert [problem for problem in problems if MARK not in problem] == []
    assert "TODO: publish" in master.answers(lab, solved=False)["publish"]
    text = lab.master.read_text(encoding="utf-8")
    assert list(findings(f"solutions/{lab.name}/master.md", text)) == []


@over_brokers
def test_a_lab_without_marks_has_nothing_left(tmp_path: Path, broker: str) -> None:
    lab = new_lab_in(tmp_path, broker)
    for path in lab.folder.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace(MARK, "Written"), encoding="utf-8")
    assert list(authored.problems(manifest.read(lab.folder / "lab.toml"))) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("wrong.toml", 'sentence = "once"', 'sentence = "all"', "breaks “each of them once”"),
        ("wrong.toml", 'sentence = "once"', 'sentence = "never"', "publish has no sentence 'never'"),
        ("wrong.toml", 'broken = "ONCE"', 'broken = "TWICE"', "there is no guarantee TWICE"),
        ("honest.toml", "for body in iter(bodies):", "for body in bodies:", "it is the solution"),
        ("lab.toml", "each of them once", "each of them twice", "the sentence 'once' is not in master.md"),
        ("lab.toml", "foundations/decoupling", "foundations/nothing", "there is no chapter"),
        ("master.md", "# {{title}}", "# {{title}}\n\n[a](../../book/no.md)", "leads nowhere"),
        ("checks.py", '"publish": publish', '"other": publish', "has no check of publish"),
        ("checks.py", "CHECKS = ", "OTHERS = ", "has no CHECKS"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    lab = new_lab_in(tmp_path, "none")
    path = lab.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    lab = manifest.read(lab.folder / "lab.toml")
    problems = [problem for problem in authored.problems(lab) if MARK not in problem]
    assert any(said in problem for problem in problems), problems


def test_the_known_answers_of_a_new_lab_are_judged_as_they_must_be(tmp_path: Path) -> None:
    lab = new_lab_in(tmp_path, "none")
    assert [row.as_text() for row in table.rows(lab) if not row.right] == []


@pytest.mark.stack
@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("broker", BROKERS)
def test_so_are_those_of_a_new_lab_with_a_broker(tmp_path: Path, broker: str) -> None:
    lab = new_lab_in(tmp_path, broker)
    assert [row.as_text() for row in table.rows(lab) if not row.right] == []


@pytest.mark.parametrize(
    ("name", "broker", "said"),
    [
        ("Outbox", "kafka", "'Outbox' is no name for a lab"),
        ("out-box", "kafka", "'out-box' is no name for a lab"),
        ("../outbox", "kafka", "is no name for a lab"),
        ("outbox", "kafak", "there is no broker 'kafak'. Did you mean kafka"),
        ("there", "kafka", "there/checks.py exists already"),
    ],
)
def test_a_lab_that_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str, broker: str, said: str
) -> None:
    shutil.copytree(CHECKOUT / "solutions" / "kafka_log", tmp_path / "there")
    with pytest.raises(CourseError, match=re.escape(said)):
        new_lab.new(name, broker, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A checkout with the book's order and no chapter yet."""
    shutil.copy(CHECKOUT / "_toc.yml", tmp_path)
    return tmp_path


def test_a_new_chapter_is_listed_in_its_part_and_runs(book: Path) -> None:
    path, _toc = new_chapter.new("kafka/streams", book)
    (chapter,) = chapters(book)
    assert chapter.path == path
    toc = (book / "_toc.yml").read_text(encoding="utf-8")
    assert "book/kafka/errors\n      - file: book/kafka/streams\n" in toc
    assert len(list(left(path))) > 5
    assert list(findings("book/kafka/streams.md", chapter.text)) == []
    space: dict[str, object] = {}
    for cell in chapter.cells:
        exec(cell.source, space)  # noqa: S102  our own
    assert space["received"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kafak/streams", "the book has no part 'kafak'. Did you mean kafka"),
        ("streams", "the book has no part 'streams'"),
        ("kafka", "'' is no name for a chapter"),
        ("kafka/my_streams", "'my_streams' is no name for a chapter"),
        ("kafka/../streams", "is no name for a chapter"),
        ("kafka/log", "exists already"),
    ],
)
def test_a_chapter_that_cannot_be_is_refused(book: Path, name: str, said: str) -> None:
    (book / "book" / "kafka").mkdir(parents=True)
    (book / "book" / "kafka" / "log.md").write_text("")
    before = (book / "_toc.yml").read_text(encoding="utf-8")
    with pytest.raises(CourseError, match=re.escape(said)):
        new_chapter.new(name, book)
    assert (book / "_toc.yml").read_text(encoding="utf-8") == before


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A copy of the bank of questions."""
    return Path(shutil.copytree(CHECKOUT / "book" / "questions", tmp_path / "questions"))


@pytest.mark.parametrize("topic", ["delivery", "sagas"])
def test_a_new_question_is_in_its_form_and_marked(bank: Path, topic: str) -> None:
    path = new_question.new(topic, bank)
    topics, problems = read_bank(bank, load_facts())
    assert problems == []
    assert topics[topic].questions[-1].id == f"new-{topic}"
    assert len(list(left(path))) > 5
    new = path.read_text(encoding="utf-8").rpartition("[[question]]")[2]
    assert list(findings(f"book/questions/{topic}.toml", "[[question]]" + new)) == []
    with pytest.raises(CourseError, match="already"):
        new_question.new(topic, bank)


@pytest.mark.parametrize("topic", ["delivry", "Sagas", "../sagas", "sa_gas"])
def test_a_topic_that_is_nearly_another_or_no_name_is_refused(bank: Path, topic: str) -> None:
    before = sorted(path.name for path in bank.parent.rglob("*"))
    with pytest.raises(CourseError):
        new_question.new(topic, bank)
    assert sorted(path.name for path in bank.parent.rglob("*")) == before
