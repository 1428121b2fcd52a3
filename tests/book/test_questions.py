"""The bank of questions: the real one is in order, and a bad one is refused by file, question and field."""

from pathlib import Path

import pytest

from mqcourse.book.questions import LEVELS, find, load_bank, read_bank
from mqcourse.errors import CourseError

GOOD = {
    "id": '"why"',
    "level": '"J"',
    "prompt": '"Why?"',
    "strong": '["one", "two"]',
    "follow_up": '"And then?"',
    "follow_up_answer": '"Then."',
    "wrong": '"Because."',
    "why_wrong": '"It is not."',
    "sources": '[{ title = "Docs", url = "https://example.org/" }]',
    "facts": '["known"]',
}
HEAD = 'title = "Topic"\norder = 1\n'


def entry(**changed: str | None) -> str:
    fields = {**GOOD, **changed}
    return "[[question]]\n" + "".join(
        f"{name} = {value}\n" for name, value in fields.items() if value is not None
    )


def bank(tmp_path: Path, text: str, name: str = "topic.toml") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_course_has_twenty_questions_or_more_of_every_level() -> None:
    questions = [question for topic in load_bank().values() for question in topic.questions]
    assert len(questions) >= 20
    assert {question.level for question in questions} == set(LEVELS)
    assert len({question.prompt for question in questions}) == len(questions)


def test_a_good_question_is_read_as_written(tmp_path: Path) -> None:
    topics = load_bank(bank(tmp_path, HEAD + entry()), {"known"})
    question = find(topics, "why")
    assert (question.topic, question.level, question.strong) == ("topic", "J", ("one", "two"))
    assert question.sources == (("Docs", "https://example.org/"),)
    assert topics["topic"].title == "Topic"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", '"Not An Id"'),
        ("id", "7"),
        ("level", '"Expert"'),
        ("level", '["J"]'),
        ("prompt", '"  "'),
        ("prompt", None),
        ("strong", '["only one"]'),
        ("strong", '"a text"'),
        ("strong", '["one", ""]'),
        ("follow_up", None),
        ("follow_up_answer", "3"),
        ("wrong", None),
        ("why_wrong", '""'),
        ("sources", "[]"),
        ("sources", '[{ title = "Docs", url = "http://example.org/" }]'),
        ("sources", '[{ title = "Docs" }]'),
        ("sources", '["https://example.org/"]'),
        ("facts", '["unknown"]'),
        ("facts", '"known"'),
        ("hint", '"there is no such field"'),
    ],
)
def test_a_bad_field_is_named_with_its_file_and_question(
    tmp_path: Path, field: str, value: str | None
) -> None:
    folder = bank(tmp_path, HEAD + entry(**{field: value}))
    with pytest.raises(CourseError) as caught:
        load_bank(folder, {"known"})
    said = str(caught.value)
    assert "topic.toml" in said
    assert f"field {field!r}" in said
    assert ("'why'" in said) or (field == "id" and ("number 1" in said or "Not An Id" in said))
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("title = ", "not TOML"),
        ("order = 1\n" + entry(), "field 'title'"),
        ('title = "T"\norder = "first"\n' + entry(), "field 'order'"),
        (HEAD, "field 'question'"),
        (HEAD + "question = 3\n", "field 'question'"),
        (HEAD + "colour = 3\n" + entry(), "field 'colour'"),
        (HEAD + entry() + entry(), "field 'id': also in topic.toml"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, part: str) -> None:
    _, problems = read_bank(bank(tmp_path, text), {"known"})
    assert len(problems) == 1
    assert problems[0].startswith("topic.toml")
    assert part in problems[0]


def test_every_mistake_is_listed_and_the_first_one_says_how_many_more(tmp_path: Path) -> None:
    folder = bank(tmp_path, HEAD + entry(level='"X"', wrong=None, prompt=None))
    _, problems = read_bank(folder, {"known"})
    assert len(problems) == 3
    with pytest.raises(CourseError, match="2 more"):
        load_bank(folder, {"known"})


def test_the_same_id_in_two_files_is_refused_by_name_of_both(tmp_path: Path) -> None:
    bank(tmp_path, HEAD + entry(), "a.toml")
    _, problems = read_bank(bank(tmp_path, HEAD + entry(), "b.toml"), {"known"})
    assert problems == ["b.toml, question 'why', field 'id': also in a.toml"]


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no question file"):
        load_bank(tmp_path, set())


def test_topics_come_in_their_order(tmp_path: Path) -> None:
    bank(tmp_path, 'title = "Last"\norder = 9\n' + entry(id='"z"', level='"St"'), "a.toml")
    topics = load_bank(bank(tmp_path, HEAD + entry(level='"S"') + entry(id='"y"'), "b.toml"), {"known"})
    assert list(topics) == ["b", "a"]


def test_an_unknown_question_says_where_ids_are(tmp_path: Path) -> None:
    topics = load_bank(bank(tmp_path, HEAD + entry()), {"known"})
    with pytest.raises(CourseError, match=r"no question 'other'.*book/questions"):
        find(topics, "other")
