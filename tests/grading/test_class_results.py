"""What a class handed in, counted: from verdicts alone."""

import csv
import io

from mqcourse.grading import class_report
from mqcourse.grading.class_results import Failed, Graded, by_exercise, read_result, shape
from mqcourse.grading.guarantees import NOT_ANSWERED, Guarantee
from mqcourse.grading.verdict import Report, Verdict, read_report, with_breach
from tests.grading.a_class import LAB, wrong

FIRST, *OTHERS = LAB.exercises


def graded(name: str, answers: dict[str, str], *broken: Guarantee) -> Graded:
    """A submission whose first answer broke these guarantees, and that touched no other exercise."""
    breaches = tuple(
        with_breach(FIRST, guarantee, f"it broke: {guarantee}").breaches[0] for guarantee in broken
    )
    rest = tuple(with_breach(one, Guarantee.ANSWERED, NOT_ANSWERED) for one in OTHERS)
    return Graded(f"{name}.ipynb", Report(LAB, (Verdict(FIRST, breaches, 7), *rest), 1.0, 7), answers)


CYD = graded("cyd", wrong("Cyd", "servers"), Guarantee.PROMISE)
DAN = graded("dan", wrong("Dan", "n"), Guarantee.PROMISE, Guarantee.THRIFTY)
EVE = graded(
    "eve",
    {FIRST.id: "def consumers_for(rate_per_s, service_mean_s, promise_s):\n    return 1"},
    Guarantee.RUNS,
)
FAY = graded("fay", {FIRST.id: "right"})
GUS = Failed("gus.ipynb", "gus.ipynb is empty", unjudged=False)
HAL = Failed("hal.ipynb", "Kafka went away", unjudged=True)
ALL = [CYD, DAN, EVE, FAY, GUS, HAL]


def test_the_counts_of_an_exercise_and_the_commonest_wrong_answer() -> None:
    first, *others = by_exercise(ALL)
    assert (first.passed, first.untouched, first.failed) == (1, 0, 3)
    assert first.broken == {Guarantee.PROMISE: 2, Guarantee.THRIFTY: 1, Guarantee.RUNS: 1}
    assert first.commonest is not None
    assert first.commonest.times == 2
    assert first.commonest.broken == (Guarantee.PROMISE, Guarantee.THRIFTY)
    assert "name_1 = int(rate_per_s * service_mean_s)" in first.commonest.source
    assert [(one.exercise, one.passed, one.untouched, one.failed, one.commonest) for one in others] == [
        (exercise, 0, 4, 0, None) for exercise in OTHERS
    ]


def test_a_wrong_answer_of_one_learner_is_not_shown() -> None:
    assert by_exercise([CYD, EVE])[0].commonest is None


def test_the_page_names_nobody_and_the_table_names_every_notebook() -> None:
    page = class_report.as_html(ALL)
    for name in ("cyd", "dan", "eve", "fay", "gus", "hal"):
        assert name not in page.lower()
    assert "4 submissions judged." in page
    assert "1 submission not judged, because a broker or the machine failed." in page
    assert "1 file without a verdict" in page
    rows = list(csv.DictReader(io.StringIO(class_report.as_csv(ALL))))
    assert len(rows) == 4 * len(LAB.exercises) + 2
    assert rows[4] == {
        "notebook": "dan.ipynb", "lab": LAB.name, "exercise": FIRST.id, "points": "0", "of": str(FIRST.points),
        "state": "not passed", "broken": f"{Guarantee.PROMISE}; {Guarantee.THRIFTY}",
        "what": f"it broke: {Guarantee.PROMISE}; it broke: {Guarantee.THRIFTY}", "seed": "7", "error": "",
    }  # fmt: skip
    assert [(row["notebook"], row["error"]) for row in rows[-2:]] == [
        ("gus.ipynb", "gus.ipynb is empty"),
        ("hal.ipynb", "Kafka went away"),
    ]


def test_no_cell_of_the_table_is_a_formula() -> None:
    text = class_report.as_csv([Failed('=HYPERLINK("http://evil.example")', "@SUM(1)", unjudged=False)])
    assert list(csv.reader(io.StringIO(text)))[1][::9] == ['\'=HYPERLINK("http://evil.example")', "'@SUM(1)"]


def test_what_looks_like_markup_in_an_answer_is_shown_as_text() -> None:
    source = 'def consumers_for(a, b, c):\n    return "```<script>alert(1)</script>```"'
    same = [graded(name, {FIRST.id: source}, Guarantee.RUNS) for name in ("ada", "bob")]
    page = class_report.as_html(same)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;```" in page


def test_two_programs_with_other_names_comments_and_layout_have_one_shape() -> None:
    one = 'def f(a):\n    "Mine."\n    total = 0  # sum\n    for x in a: total += x\n    return sorted(a, key=lambda i: -i)'
    other = "def f(a):\n\n    s = 0\n    for value in a:\n        s += value\n    return sorted(a, key=lambda v: -v)"
    assert shape(one) == shape(other)
    assert shape(one) != shape(one.replace("+=", "-="))
    assert shape(one) != shape(one.replace("def f(a)", "def f(b)"))  # checks call it by its parameters' names


def test_a_program_that_cannot_be_parsed_has_its_lines_as_its_shape() -> None:
    assert shape("%%time\n# mine\n\nx =  \n") == "%%time\nx ="
    assert shape("def f(:") == "def f(:"


def test_a_result_is_read_back_as_it_was_sent() -> None:
    entry = {"notebook": DAN.notebook, **DAN.report.as_dict(), "answers": DAN.answers}
    assert read_result(entry) == DAN
    assert read_report(entry).as_text() == DAN.report.as_text()
    assert read_result({"notebook": "hal.ipynb", "error": "Kafka went away", "unjudged": True}) == HAL
