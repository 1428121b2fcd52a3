"""Each rule finds its habit and leaves plain English alone; exceptions and the baseline say what may be left."""

import subprocess
import sys

import pytest

from mqcourse.errors import CourseError
from mqcourse.home import CHECKOUT
from mqcourse.prose import ledger, style


def found(text: str, file: str = "a.md") -> set[str]:
    return {finding.rule for finding in style.findings(file, text)}


@pytest.mark.parametrize(
    ("rule", "habit", "plain"),
    [
        ("persons", "The broker knows its consumers well.", "An interviewer asks which broker that is."),
        (
            "who-noun",
            "Whoever owns the data decides about it.",
            "Who owns the data? What goes wrong with Kafka shows it.",
        ),
        (
            "is-there",
            "The dead-letter queue is there from the start.",
            "Is there a dead-letter queue at all?",
        ),
        ("stands", "The rule stands in the table above.", "The name stands for the whole group."),
        ("nobody", "Nothing limits the buffer of the client.", "The client limits its buffer to nothing."),
        ("short", "It is late. That is all we can see here.", "The message is late now."),
        ("long", "A word " + "and a word " * 11 + "ends.", "A word " + "and a word " * 8 + "ends."),
        (
            "colons",
            "It grows: more comes in. It ends: the disk is full.",
            "There are two: a queue and a log.",
        ),
        (
            "semicolons",
            "It is late; it grows; it ends in the dead-letter queue.",
            "It is late; it grows every second.",
        ),
        (
            "pronoun",
            "There are three. The other one waits for its turn.",
            "One broker of the three waits for it.",
        ),
        ("rate", "The worker handles 100 messages a second.", "The worker takes a second for each message."),
        ("own", "The group has an offset of its own.", "The group has its own offset, and keeps it."),
        ("come-and-go", "Forty messages come in each second.", "The number comes from the documentation."),
        ("words", "The queue has a bound of fifty messages.", "The queue is bound to the exchange by a key."),
        ("room", "The queue has room for fifty messages.", "The server has its place in a room."),
        ("worth", "These messages are worth less than others.", "These messages have a lower priority."),
        ("mend", "Mend the handler before you replay it.", "Repair the handler before you replay it."),
        ("lesson", "The first chapter shows it in a table.", "The chapter on confirms shows it in a table."),
        ("hangs", "The rate hangs on the slowest consumer.", "The rate depends on the slowest consumer."),
        ("heading", "# Then what deletes?", "# Retention and compaction delete records"),
    ],
)
def test_a_rule_finds_its_habit_and_leaves_plain_words_alone(rule: str, habit: str, plain: str) -> None:
    assert rule in found(habit)
    assert rule not in found(plain)


def test_every_rule_has_an_example_above() -> None:
    marks = test_a_rule_finds_its_habit_and_leaves_plain_words_alone.pytestmark  # type: ignore[attr-defined]
    assert {rule.id for rule in style.rules()} == {case[0] for case in marks[0].args[1]}


def test_proselint_is_really_asked() -> None:
    assert style.LEAF in found("The broker is located at a time of point in time.")


def test_a_finding_names_the_line_where_it_is() -> None:
    (finding,) = style.findings("a.md", "# A title\n\nA paragraph that is long enough\nand knows its end.\n")
    assert (finding.rule, finding.line, finding.words) == ("persons", 4, "knows")


def test_every_exception_says_why_and_is_needed() -> None:
    assert all(len(exception.why) > 10 for exception in style.allowed())
    assert all(exception.rule in {rule.id for rule in style.rules()} for exception in style.allowed())


@pytest.mark.lengthy
def test_the_texts_have_no_more_than_their_baseline() -> None:
    assert list(ledger.problems()) == []


@pytest.mark.lengthy
def test_a_file_without_a_baseline_may_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    name, places = next(iter(ledger.found().items()))
    monkeypatch.setattr(ledger, "baseline", lambda: {name: len(places) - 1})
    assert any(line.startswith(f"{places[0][0]}:{places[0][1].line}: ") for line in ledger.problems())


@pytest.mark.lengthy
def test_the_counts_are_printed_by_rule_and_by_file() -> None:
    command = [sys.executable, "-m", "tools.prose", "--counts"]
    shown = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "all habits" in shown
    assert all(f"{name} " in shown for name in ledger.found())


def test_a_learners_installation_is_told_how_to_get_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "proselint", None)
    with pytest.raises(CourseError) as raised:
        style.findings("a.md", "A text.")
    assert "Run `make check`" in str(raised.value)
