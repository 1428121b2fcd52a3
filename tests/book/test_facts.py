"""The list of facts: the real one is in order, and a bad one is refused by fact and field."""

import re
from pathlib import Path

import pytest

from mqcourse.book.facts import load_facts
from mqcourse.errors import CourseError
from mqcourse.home import CHECKOUT

GOOD = {
    "text": '"It holds 20."',
    "product": '"RabbitMQ"',
    "version": '"4.3"',
    "source": '"Docs"',
    "url": '"https://example.org/"',
    "checked": "2026-08-21",
}


def facts(tmp_path: Path, **changed: str | None) -> Path:
    path = tmp_path / "facts.toml"
    fields = {**GOOD, **changed}
    path.write_text(
        "[one]\n" + "".join(f"{k} = {v}\n" for k, v in fields.items() if v is not None), encoding="utf-8"
    )
    return path


def test_a_fact_is_read_as_written(tmp_path: Path) -> None:
    fact = load_facts(facts(tmp_path))["one"]
    assert (fact.id, fact.stamp, fact.checked.isoformat()) == ("one", "RabbitMQ 4.3", "2026-08-21")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", None),
        ("version", '""'),
        ("version", "4.3"),
        ("checked", '"yesterday"'),
        ("checked", "2026-08-21T10:00:00Z"),
        ("url", '"http://example.org/"'),
        ("test", "3"),
        ("colour", '"red"'),
    ],
)
def test_a_bad_field_is_named_with_its_file_and_fact(tmp_path: Path, field: str, value: str | None) -> None:
    with pytest.raises(CourseError, match=rf"facts\.toml, fact 'one', field '{field}'"):
        load_facts(facts(tmp_path, **{field: value}))


def test_a_file_that_is_not_there_or_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no file of facts"):
        load_facts(tmp_path / "none.toml")
    (tmp_path / "facts.toml").write_text("[one", encoding="utf-8")
    with pytest.raises(CourseError, match="not TOML"):
        load_facts(tmp_path / "facts.toml")


def test_every_fact_that_a_chapter_names_is_there() -> None:
    known = load_facts()
    named = set()
    for chapter in (CHECKOUT / "book").rglob("*.md"):
        if chapter.name == "README.md":
            continue
        text = chapter.read_text(encoding="utf-8")
        for role in re.findall(r"\{fact\}`([^`]+)`", text):
            named.add(role.partition("<")[2].rstrip(">").strip() or role.strip())
        named |= set(re.findall(r"^```\{fact\} (\S+)", text, re.MULTILINE))
    assert named
    assert named <= set(known)


def test_the_page_of_facts_lists_every_one_of_them() -> None:
    page = (CHECKOUT / "book" / "interview" / "facts.md").read_text(encoding="utf-8")
    listed = re.findall(r"^```\{facts\} (.+)$", page, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == {fact.product for fact in load_facts().values()}


def test_the_test_that_a_fact_names_is_there() -> None:
    named = {fact.test for fact in load_facts().values() if fact.test}
    assert named
    assert [name for name in named if not (CHECKOUT / name).is_file()] == []
