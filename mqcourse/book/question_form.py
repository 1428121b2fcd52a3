"""A question as TOML: held to its form, field by field, and every mistake named."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from mqcourse.book.arithmetic import value_of
from mqcourse.book.question import (
    KINDS,
    LEVELS,
    NOT_RUN,
    RUBRIC,
    VERDICTS,
    Claim,
    Design,
    Details,
    FollowUp,
    Incident,
    Number,
    Option,
    Options,
    Proof,
    Question,
    Spot,
    Steps,
    WrongAnswer,
)
from mqcourse.home import CHECKOUT

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
COMMON = (
    "id",
    "level",
    "kind",
    "prompt",
    "strong",
    "rubric",
    "follow_ups",
    "wrong",
    "sources",
    "versions",
    "facts",
    "chapter",
    "proof",
)
OF_KIND: Mapping[str, tuple[str, ...]] = {
    "recall": (),
    "choice": ("options",),
    "choices": ("options",),
    "numeric": ("number",),
    "order": ("steps",),
    "spot": ("passage", "mistake", "correction"),
    "estimate": ("number",),
    "design": ("requirements", "estimate", "drawing", "choices", "failures", "attacks"),
    "incident": ("signals", "decisions", "postmortem"),
    "claim": ("claim", "verdict", "since"),
}
"""The fields that only some kinds have."""
FOLLOW_UPS = 2
DECISIONS = 3
DESIGN_CHOICES = 3
EXACT = 0.005
"""How far the value of a card may be from its formula: what rounding costs."""
PROOFS = "chapter NAME, lab NAME/EXERCISE, test FILE, fact ID, calculation, or read, not run"


class Form:
    """The table of one question, and the mistakes found in it so far."""

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self.table = table
        self.where = where
        self.problems: list[str] = []

    def problem(self, field: str, what: str) -> None:
        self.problems.append(f"{self.where}, field {field!r}: {what}")

    def text(self, field: str) -> str:
        """A text that is needed."""
        value = self.table.get(field)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.problem(field, "a text is needed")
        return ""

    def one_of(self, field: str, names: Collection[str]) -> str:
        """One of some names."""
        value = self.table.get(field)
        if isinstance(value, str) and value in names:
            return value
        self.problem(field, f"{value!r} is not one of {', '.join(names)}")
        return ""

    def texts(self, field: str, least: int, what: str) -> tuple[str, ...]:
        """A list of at least so many texts."""
        value: Any = self.table.get(field)
        if _is_texts(value) and len(value) >= least:
            return tuple(value)
        self.problem(field, f"a list of {least} or more texts is needed: {what}")
        return ()

    def tables(self, field: str, keys: tuple[str, ...], counts: range, what: str) -> list[dict[str, str]]:
        """A list of tables, each with exactly these texts."""
        value = self.table.get(field)
        if isinstance(value, list) and len(value) in counts and all(_is_table(each, keys) for each in value):
            return value
        form = ", ".join(f'{key} = "…"' for key in keys)
        self.problem(field, f"{what}, each {{ {form} }}")
        return []


def read_question(
    path: Path, place: int, table: Mapping[str, Any], known_facts: Collection[str], root: Path = CHECKOUT
) -> tuple[Question | None, list[str]]:
    """The question of one table and no mistakes, or None and every mistake of the table."""
    name = table.get("id")
    called = repr(name) if isinstance(name, str) and name else f"number {place}"
    form = Form(table, f"{path.name}, question {called}")
    if not isinstance(name, str) or not ID.fullmatch(name):
        form.problem("id", f"{name!r} is not an id (small letters, digits, single hyphens)")
    kind = form.one_of("kind", KINDS)
    fields = (*COMMON, *OF_KIND.get(kind, ()))
    for field in table:
        if field not in fields and (kind or not any(field in own for own in OF_KIND.values())):
            form.problem(field, f"unknown; fields: {', '.join(fields)}")
    facts = _facts(form, known_facts)
    found = Question(
        id=str(name),
        topic=path.stem,
        level=form.one_of("level", LEVELS),
        kind=kind,
        prompt=form.text("prompt"),
        strong=form.texts("strong", 2, "what a strong answer contains"),
        rubric=_rubric(form),
        follow_ups=tuple(
            FollowUp(each["ask"], each["answer"])
            for each in form.tables(
                "follow_ups", ("ask", "answer"), range(FOLLOW_UPS, FOLLOW_UPS + 1), "two are needed"
            )
        ),
        wrong=tuple(
            WrongAnswer(each["said"], each["why"])
            for each in form.tables("wrong", ("said", "why"), range(1, 100), "one or more are needed")
        ),
        sources=tuple(
            (each["title"], each["url"])
            for each in form.tables("sources", ("title", "url"), range(1, 100), "one or more are needed")
        ),
        versions=form.text("versions"),
        facts=facts,
        chapter=_chapter(form, root),
        proof=_proof(form, kind, known_facts, root),
        details=READERS[kind](form) if kind in READERS else None,
    )
    for title, url in found.sources:
        if not url.startswith("https://"):
            form.problem("sources", f"the address of {title!r} does not start with https://")
    return (None, form.problems) if form.problems else (found, [])


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def _is_table(value: Any, keys: Collection[str]) -> bool:
    return isinstance(value, dict) and set(value) == set(keys) and _is_texts(list(value.values()))


def _facts(form: Form, known: Collection[str]) -> tuple[str, ...]:
    value = form.table.get("facts", [])
    if not _is_texts(value):
        form.problem("facts", "a list of fact ids is needed")
        return ()
    for fact in value:
        if fact not in known:
            form.problem("facts", f"there is no fact {fact!r} in facts.toml")
    return tuple(value)


def _rubric(form: Form) -> dict[str, tuple[str, ...]]:
    value = form.table.get("rubric")
    if not isinstance(value, dict) or set(value) != set(RUBRIC):
        form.problem("rubric", f"three lists of points are needed: {', '.join(RUBRIC)}")
        return {}
    for level in RUBRIC:
        if not _is_texts(value[level]) or not value[level]:
            form.problem("rubric", f"{level}: a list of one or more points is needed")
    return {level: tuple(value[level]) for level in RUBRIC if _is_texts(value[level])}


def _chapter(form: Form, root: Path) -> str:
    value = form.table.get("chapter", "")
    if not isinstance(value, str) or (value and not (root / "book" / f"{value}.md").is_file()):
        form.problem("chapter", f"there is no page book/{value}.md; leave it out where no page teaches it")
        return ""
    return value


def _proof(form: Form, kind: str, known_facts: Collection[str], root: Path) -> Proof:
    value = form.table.get("proof")
    if value == NOT_RUN:
        return Proof(NOT_RUN)
    sort, _, what = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if sort == "calculation" and not what and "number" in OF_KIND.get(kind, ()):
        return Proof(sort)
    found = {
        "chapter": lambda: _has_cells(root / "book" / f"{what}.md"),
        "lab": lambda: (root / "labs" / f"{what.partition('/')[0]}.ipynb").is_file() and "/" in what,
        "test": lambda: (root / what).is_file() and what.startswith("tests/"),
        "fact": lambda: what in known_facts,
    }
    if sort not in found:
        form.problem("proof", f"{value!r} is not one of: {PROOFS}")
    elif not what or not found[sort]():
        form.problem("proof", f"there is no {sort} {what!r} that could prove it")
    return Proof(sort, what)


def _has_cells(page: Path) -> bool:
    return page.is_file() and "```{code-cell}" in page.read_text(encoding="utf-8")


def _options(form: Form) -> Details:
    value = form.table.get("options")
    keys = ({"text", "why"}, {"text", "why", "right"})
    if not isinstance(value, list) or not all(
        isinstance(each, dict)
        and set(each) in keys
        and _is_texts([each["text"], each["why"]])
        and each.get("right", True) is True
        for each in value
    ):
        form.problem(
            "options", 'a list is needed, each { text = "…", why = "…" }, a right one with right = true'
        )
        return Options(())
    options = tuple(Option(each["text"], each["why"], "right" in each) for each in value)
    right = sum(option.right for option in options)
    if len(options) < 3:
        form.problem("options", "three or more are needed")
    elif form.table["kind"] == "choice" and right != 1:
        form.problem("options", f"one of them is right, not {right}")
    elif not 1 <= right < len(options):
        form.problem("options", f"{right} of {len(options)} are right: some must be, and not all")
    return Options(options)


def _number(form: Form) -> Details:
    value = form.table.get("number")
    if not isinstance(value, dict) or set(value) != {"value", "unit", "tolerance", "formula"}:
        form.problem("number", '{ value = 1.0, unit = "…", tolerance = 0.05, formula = "…" } is needed')
        return None
    figures = value["value"], value["tolerance"]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in figures):
        form.problem("number", "value and tolerance are numbers")
        return None
    if not _is_texts([value["unit"], value["formula"]]):
        form.problem("number", "unit and formula are texts")
        return None
    number = Number(float(figures[0]), value["unit"], float(figures[1]), value["formula"])
    if not 0 <= number.tolerance < 1:
        form.problem("number", f"tolerance {number.tolerance} is no share from 0 to 1")
    try:
        gives = value_of(number.formula)
    except ValueError as error:
        form.problem("number", f"formula: {error}")
        return number
    if abs(gives - number.value) > EXACT * abs(number.value):
        form.problem("number", f"the formula gives {gives:,.10g}, the value is {number.value:,.10g}")
    return number


def _steps(form: Form) -> Details:
    steps = form.texts("steps", 3, "the steps in the right order")
    if len(set(steps)) < len(steps):
        form.problem("steps", "a step is in the list twice")
    return Steps(steps)


def _spot(form: Form) -> Details:
    spot = Spot(form.text("passage"), form.text("mistake"), form.text("correction"))
    times = spot.passage.count(spot.mistake)
    if spot.passage and spot.mistake and times != 1:
        form.problem("mistake", f"its words occur {times} times in the passage, not once")
    return spot


def _design(form: Form) -> Details:
    exactly = range(DESIGN_CHOICES, DESIGN_CHOICES + 1)
    choices = form.tables("choices", ("name", "price"), exactly, "three are needed")
    return Design(
        form.texts("requirements", 3, "what to ask for"),
        form.texts("estimate", 2, "the numbers, each with its sum"),
        form.text("drawing"),
        tuple((each["name"], each["price"]) for each in choices),
        form.texts("failures", 3, "what fails, and what happens then"),
        form.texts("attacks", 2, "what an interviewer would try to break"),
    )


def _incident(form: Form) -> Details:
    exactly = range(DECISIONS, DECISIONS + 1)
    decisions = form.tables("decisions", ("ask", "answer"), exactly, "three are needed")
    return Incident(
        form.texts("signals", 2, "metrics and log lines as they are seen"),
        tuple(FollowUp(each["ask"], each["answer"]) for each in decisions),
        form.texts("postmortem", 2, "what is written down afterwards"),
    )


def _claim(form: Form) -> Details:
    verdict = form.one_of("verdict", VERDICTS)
    since = form.table.get("since", "")
    if not isinstance(since, str) or bool(since) != (verdict == "false since"):
        form.problem("since", 'the version is needed with the verdict "false since", and with no other')
    return Claim(form.text("claim"), verdict, str(since))


READERS = {
    "choice": _options,
    "choices": _options,
    "numeric": _number,
    "estimate": _number,
    "order": _steps,
    "spot": _spot,
    "design": _design,
    "incident": _incident,
    "claim": _claim,
}
"""What reads the fields of a kind."""
