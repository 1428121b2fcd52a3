"""The bank of questions: the real one is in order, and a bad one is refused by file, question and field."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.book.arithmetic import value_of
from mqcourse.book.coverage import coverage
from mqcourse.book.facts import load_facts
from mqcourse.book.question import KINDS, VERDICTS, Claim, Incident, Number, Options, Steps
from mqcourse.book.questions import BANK, all_questions, find, load_bank, read_bank
from mqcourse.errors import CourseError
from mqcourse.grading import manifest

GOOD = {
    "id": '"why"',
    "level": '"J"',
    "kind": '"recall"',
    "prompt": '"Why?"',
    "strong": '["one", "two"]',
    "rubric": '{ mid = ["a"], senior = ["b"], staff = ["c"] }',
    "follow_ups": '[{ ask = "And then?", answer = "Then." }, { ask = "And now?", answer = "Now." }]',
    "wrong": '[{ said = "Because.", why = "It is not." }]',
    "sources": '[{ title = "Docs", url = "https://example.org/" }]',
    "versions": '"any broker"',
    "facts": '["known"]',
    "proof": '"read, not run"',
}
HEAD = 'title = "Topic"\norder = 1\n'
OPTIONS = '[{ text = "a", why = "A" }, { text = "b", why = "B", right = true }, { text = "c", why = "C" }]'
TWO_RIGHT = OPTIONS.replace('why = "A"', 'why = "A", right = true')
PAIRS = '[{ ask = "a", answer = "A" }, { ask = "b", answer = "B" }, { ask = "c", answer = "C" }]'
NUMBER = '{ value = 4200, unit = "messages", tolerance = 0.05, formula = "140 * 30" }'
KIND_FIELDS: dict[str, dict[str, str]] = {
    "recall": {},
    "choice": {"options": OPTIONS},
    "choices": {"options": TWO_RIGHT},
    "numeric": {"number": NUMBER},
    "order": {"steps": '["one", "two", "three"]'},
    "spot": {"passage": '"ack, then work"', "mistake": '"ack"', "correction": '"work, then ack"'},
    "estimate": {"number": NUMBER},
    "design": {
        "requirements": '["a", "b", "c"]',
        "estimate": '["a", "b"]',
        "drawing": '"a --> b"',
        "choices": '[{ name = "a", price = "A" }, { name = "b", price = "B" }, { name = "c", price = "C" }]',
        "failures": '["a", "b", "c"]',
        "attacks": '["a", "b"]',
    },
    "incident": {"signals": '["a", "b"]', "decisions": PAIRS, "postmortem": '["a", "b"]'},
    "claim": {"claim": '"All is well."', "verdict": '"false since"', "since": '"Kafka 4.0"'},
}


def entry(**changed: str | None) -> str:
    fields = {**GOOD, **changed}
    return "[[question]]\n" + "".join(
        f"{name} = {value}\n" for name, value in fields.items() if value is not None
    )


def of_kind(kind: str, **changed: str | None) -> str:
    return entry(kind=f'"{kind}"', **{**KIND_FIELDS[kind], **changed})


def bank(tmp_path: Path, text: str, name: str = "topic.toml") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_bank_is_large_enough_in_every_level_and_kind() -> None:
    bank_ = load_bank()
    questions = all_questions(bank_)
    assert len({question.prompt for question in questions}) == len(questions)
    by_level = Counter(question.level for question in questions)
    assert all(by_level[level] >= least for level, least in {"J": 40, "M": 60, "S": 65, "St": 35}.items())
    by_kind = Counter(question.kind for question in questions)
    assert set(by_kind) == set(KINDS)
    least = {"claim": 40, "incident": 15, "design": 10}
    assert all(by_kind[kind] >= many for kind, many in least.items())
    assert len(bank_["estimates"].questions) >= 25
    assert all(topic.questions for topic in bank_.values())


def test_no_answer_is_right_so_often_that_it_can_be_guessed() -> None:
    """A reader who gives the same verdict or letter to every card must lose by it, and so has to think about each."""
    cards = all_questions(load_bank())
    verdicts = Counter(card.details.verdict for card in cards if isinstance(card.details, Claim))
    assert set(verdicts) == set(VERDICTS)
    assert min(verdicts.values()) >= verdicts.total() / 10
    letters = Counter(
        card.details.letters
        for card in cards
        if card.kind == "choice" and isinstance(card.details, Options) and len(card.details.all) == 4
    )
    assert max(letters.values()) <= letters.total() / 2


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
        ("kind", None),
        ("kind", '"essay"'),
        ("rubric", None),
        ("rubric", '{ mid = ["a"], senior = ["b"] }'),
        ("rubric", '{ mid = ["a"], senior = [], staff = ["c"] }'),
        ("follow_ups", None),
        ("follow_ups", '[{ ask = "And then?", answer = "Then." }]'),
        ("follow_ups", '[{ ask = "a", answer = "b" }, { ask = "a" }]'),
        ("wrong", None),
        ("wrong", "[]"),
        ("wrong", '[{ said = "Because.", why = "" }]'),
        ("versions", None),
        ("chapter", '"kafka/nowhere"'),
        ("chapter", "3"),
        ("proof", None),
        ("proof", '"I was there"'),
        ("proof", '"chapter kafka/nowhere"'),
        ("proof", '"chapter interview/facts"'),
        ("proof", '"lab kafka_log"'),
        ("proof", '"lab nowhere/share"'),
        ("proof", '"test mqcourse/cli.py"'),
        ("proof", '"test tests/nowhere.py"'),
        ("proof", '"fact unknown"'),
        ("proof", '"calculation"'),
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_of_each_kind_is_read_with_what_it_has_besides(tmp_path: Path, kind: str) -> None:
    question = find(load_bank(bank(tmp_path, HEAD + of_kind(kind)), {"known"}), "why")
    assert question.kind == kind
    assert (question.details is None) == (kind == "recall")


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [(kind, field, None) for kind, fields in KIND_FIELDS.items() for field in fields]
    + [
        ("choice", "options", TWO_RIGHT),
        ("choice", "options", OPTIONS.replace(", right = true", "")),
        ("choice", "options", OPTIONS.replace("right = true", "right = false")),
        ("choice", "options", '[{ text = "a", why = "A" }, { text = "b", why = "B", right = true }]'),
        ("choices", "options", OPTIONS.replace('why = "A"', 'why = ""')),
        ("choices", "options", TWO_RIGHT.replace('why = "C"', 'why = "C", right = true')),
        ("numeric", "number", NUMBER.replace("4200", "4300")),
        ("numeric", "number", NUMBER.replace("4200", '"4200"')),
        ("numeric", "number", NUMBER.replace("0.05", "5")),
        ("estimate", "number", NUMBER.replace("140 * 30", "open(1)")),
        ("order", "steps", '["one", "two"]'),
        ("order", "steps", '["one", "two", "one"]'),
        ("spot", "mistake", '"nack"'),
        ("spot", "mistake", '"k"'),
        ("design", "choices", '[{ name = "a", price = "A" }]'),
        ("incident", "decisions", "[]"),
        ("claim", "verdict", '"maybe"'),
        ("claim", "since", '""'),
        ("recall", "options", OPTIONS),
    ],
)
def test_a_bad_field_of_a_kind_is_named(tmp_path: Path, kind: str, field: str, value: str | None) -> None:
    _, problems = read_bank(bank(tmp_path, HEAD + of_kind(kind, **{field: value})), {"known"})
    assert problems
    assert all(problem.startswith("topic.toml, question 'why', field ") for problem in problems)
    assert any(f"field {field!r}" in problem for problem in problems)
    assert not any("\n" in problem for problem in problems)


def test_a_claim_that_is_simply_false_needs_no_version(tmp_path: Path) -> None:
    text = of_kind("claim", verdict='"false"', since=None)
    claim = find(load_bank(bank(tmp_path, HEAD + text), {"known"}), "why").details
    assert isinstance(claim, Claim)
    assert claim.shown == "False"


@pytest.mark.parametrize(
    ("formula", "value"),
    [("2 + 3 * 4", 14), ("-(1 - 2) / 4", 0.25), ("2 ** 10", 1024), ("ceil(10 / 3)", 4), ("sqrt(16)", 4)],
)
def test_a_formula_is_arithmetic(formula: str, value: float) -> None:
    assert value_of(formula) == value


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "1 +",
        "1 / 0",
        "9 ** 999",
        "2.0 ** 9999",
        "open(1)",
        "x",
        "'a' * 3",
        "True + 1",
        "[1][0]",
        "1e999",
        "sqrt(-1)",
        "1 +" * 100 + "1",
        "(lambda: 1)()",
        "sqrt(1, 2)",
    ],
)
def test_anything_else_is_no_formula(formula: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        value_of(formula)


def test_a_number_counts_within_its_tolerance() -> None:
    number = Number(4200, "messages", 0.05, "140 * 30")
    assert [number.holds(given) for given in (3989, 3990, 4200, 4410, 4411)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert number.shown == "4,200 messages"


@given(st.lists(st.text(min_size=1), min_size=3, max_size=8, unique=True), st.text())
def test_steps_are_shown_in_another_order_that_is_always_the_same(steps: list[str], seed: str) -> None:
    right = Steps(tuple(steps))
    shown = right.shuffled(seed)
    assert shown == right.shuffled(seed)
    assert shown != right.right
    assert sorted(shown) == sorted(steps)


def test_every_lab_and_exercise_that_proves_a_card_exists() -> None:
    exercises = {f"{lab.name}/{exercise.id}" for lab in manifest.load() for exercise in lab.exercises}
    proofs = {
        q.proof.what for topic in load_bank().values() for q in topic.questions if q.proof.kind == "lab"
    }
    assert proofs <= exercises


def test_a_fact_that_proves_a_card_was_run() -> None:
    facts = load_facts()
    for topic in load_bank().values():
        for question in topic.questions:
            if question.proof.kind == "fact":
                fact = facts[question.proof.what]
                ours = ("course", "installed", "Seen", "Here,")
                assert fact.test or any(word in fact.source + fact.text for word in ours), question.id
                assert question.proof.what in question.facts, question.id


def test_a_claim_about_a_product_cites_the_facts_it_leans_on() -> None:
    claims = [card for card in all_questions(load_bank()) if card.kind == "claim"]
    assert not [card.id for card in claims if not card.facts and card.versions != "any broker"]
    # of forty claims and more the truth was run; the others say that they were read
    assert sum(card.proof.kind in ("chapter", "lab", "test", "fact") for card in claims) >= 40


def test_each_topic_has_a_page_with_its_title_that_shows_its_cards() -> None:
    bank_ = load_bank()
    assert {path.stem for path in BANK.glob("*.md")} == {*bank_, "review"}  # sessions over all topics
    for topic in bank_.values():
        page = (BANK / f"{topic.name}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {topic.title}\n")
        assert f"```{{questions}}\ntopic: {topic.name}\n```" in page


def test_coverage_counts_topic_level_and_kind(tmp_path: Path) -> None:
    two = of_kind("claim", id='"x"', level='"St"') + of_kind("numeric", id='"y"', proof='"calculation"')
    found = coverage(load_bank(bank(tmp_path, HEAD + entry() + two), {"known"}))
    assert (found.of(), found.of("topic", "J"), found.of(kind="claim"), found.of("other")) == (3, 2, 1, 0)
    assert (found.proved, found.cited) == (1, 3)
    assert found.as_dict()["topics"] == {
        "topic": {"J": {"recall": 1, "numeric": 1}, "M": {}, "S": {}, "St": {"claim": 1}}
    }
    table = "\n".join(found.lines())
    assert "1 recall, 1 numeric, 1 claim" in table
    assert all(len(line) <= 110 for line in found.lines())


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


RECORDED = re.compile(r"(RabbitMQ|Kafka|kafka-python|pika|azure-servicebus) \d+\.\d+\.\d+: ")
"""Before a line that a broker, its tools or a client printed: the program and its version."""


def test_each_incident_shows_what_a_broker_or_a_client_printed() -> None:
    incidents = [card for card in all_questions(load_bank()) if isinstance(card.details, Incident)]
    assert not [
        card.id
        for card in incidents
        if isinstance(card.details, Incident) and not any(map(RECORDED.match, card.details.signals))
    ]


def test_a_log_line_of_an_incident_names_the_version_that_printed_it() -> None:
    incidents = [card.details for card in all_questions(load_bank()) if isinstance(card.details, Incident)]
    lines = [line for incident in incidents for line in incident.signals]
    logged = [
        line
        for line in lines
        if re.search(r"\[(error|warning|info)\]|\b(ERROR|WARN|INFO)\b|Exception:", line)
    ]
    assert logged
    assert not [line for line in logged if not RECORDED.match(line)]
