"""The countable habits of style: the course's rules in book/style, and some of proselint's, run by proselint's engine."""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.prose.passages import BOLD, Passage, of_file, sentences, words

if TYPE_CHECKING:
    from proselint.registry.checks import Check

FOLDER = CHECKOUT / "book" / "style"
RULES, ALLOWED, BASELINE = (FOLDER / name for name in ("rules.toml", "allowed.toml", "baseline.toml"))
BORROWED = (
    "archaism",
    "lexical_illusions",
    "malapropisms",
    "mondegreens",
    "needless_variants",
    "nonwords",
    "redundancy",
    "uncomparables",
)
"""Checks that proselint brings along. Left out: its taste in typography, dates and business English, and its rule against “very”."""
LEAF = "proselint"
"""What a finding of a borrowed check is counted as."""


@dataclass(frozen=True)
class Rule:
    """One habit: how it is found, where, and what to write instead."""

    id: str
    instead: str
    pattern: str = ""
    unless: str = ""
    case: bool = False
    kinds: tuple[str, ...] = ()
    sentence_words_at_most: int = 0
    sentence_words_over: int = 0
    beyond_the_first: bool = False


@dataclass(frozen=True)
class Finding:
    """One place: the rule, the line of the file, the words found and the sentence around them."""

    rule: str
    line: int
    words: str
    sentence: str
    instead: str


@dataclass(frozen=True)
class Allowed:
    """A place where a rule is broken on purpose."""

    rule: str
    words: str
    why: str
    file: str = ""

    def fits(self, file: str, finding: Finding) -> bool:
        """Whether it is about this finding."""
        sentence = " ".join(finding.sentence.split())
        return self.rule == finding.rule and self.file in ("", file) and self.words in sentence


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of book/style/rules.toml; CourseError for one that is not in its form."""
    found = []
    for name, fields in tomllib.loads(RULES.read_text(encoding="utf-8")).items():
        try:
            fields["kinds"] = tuple(fields.get("kinds", ()))
            rule = Rule(id=name, **fields)
            re.compile(rule.pattern + rule.unless)
        except (TypeError, re.error) as error:
            raise CourseError(
                f"{RULES.name}, rule {name!r}: {error}", do="Follow the head of the file", code=Exit.SAID_NO
            ) from error
        found.append(rule)
    return tuple(found)


@cache
def allowed() -> tuple[Allowed, ...]:
    """The exceptions of book/style/allowed.toml."""
    try:
        entries = tomllib.loads(ALLOWED.read_text(encoding="utf-8")).get("allowed", ())
        return tuple(Allowed(**entry) for entry in entries)
    except (TypeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(
            f"{ALLOWED.name}: {error}", do="Follow the head of the file", code=Exit.SAID_NO
        ) from error


def findings(file: str, source: str) -> list[Finding]:
    """What the rules find in a file's prose, exceptions included. CourseError in a learner's installation."""
    if find_spec("proselint") is None:
        raise CourseError(
            "the style of texts cannot be checked: proselint is not in a learner's installation",
            do="Run `make check` once, which installs what developers need",
            code=Exit.ENVIRONMENT,
        )
    passages = of_file(file, source)
    own = [finding for passage in passages for finding in of_passage(passage)]
    return own if file.endswith(".py") else [*own, *_borrowed_findings(passages)]


def of_passage(passage: Passage) -> Iterator[Finding]:
    """What the course's own rules find in one passage."""
    for rule in rules():
        if not rule.kinds or passage.kind in rule.kinds:
            yield from _by_length(rule, passage)
            if rule.pattern:
                yield from _by_pattern(rule, passage)


def _borrowed_findings(passages: list[Passage]) -> Iterator[Finding]:
    """What proselint's own checks find in the sentences of a file; each check reads them all at once."""
    read = [passage for passage in passages if passage.kind in ("paragraph", "item")]
    begins, text = [], "\n"
    for passage in read:
        begins.append(len(text))
        text += f"{passage.text}\n\n"
    for check in _borrowed():
        for found in check.check(text):
            if "Code" in text[found.span[0] : found.span[1]]:
                continue  # pieces of code, which all read alike here
            number = max(bisect_right(begins, found.span[0]) - 1, 0)
            passage, begin = read[number], found.span[0] - begins[number]
            end = found.span[1] - begins[number]
            named = f"{found.check_path}: {found.message}"
            yield _finding(LEAF, passage, (max(begin, 0), end), named)


@cache
def _check(rule: Rule) -> "Check":
    from proselint.registry.checks import Check
    from proselint.registry.checks.engine import Fancy, RegexOptions
    from proselint.registry.checks.types import ExistenceSimple

    engine = Fancy(RegexOptions(case_insensitive=not rule.case))
    return Check(ExistenceSimple(rule.pattern), engine, rule.id, "")


def _by_pattern(rule: Rule, passage: Passage) -> Iterator[Finding]:
    text = passage.text.replace("\n", " ")
    for number, found in enumerate(_check(rule).check(text)):
        if number == 0 and rule.beyond_the_first:
            continue
        finding = _finding(rule.id, passage, found.span, rule.instead)
        if not (rule.unless and re.search(rule.unless, finding.sentence, re.IGNORECASE)):
            yield finding


def _by_length(rule: Rule, passage: Passage) -> Iterator[Finding]:
    if not rule.sentence_words_over and not rule.sentence_words_at_most:
        return
    for begin, sentence in sentences(passage.marked):
        count = len(words(sentence))
        label = BOLD in sentence and rule.sentence_words_at_most
        short = 0 < count <= rule.sentence_words_at_most and sentence.rstrip(f'"”)\n {BOLD}').endswith(
            (".", "!")
        )
        if (rule.sentence_words_over and count > rule.sentence_words_over) or (short and not label):
            line = passage.line + passage.marked.count("\n", 0, begin)
            text = sentence.replace(BOLD, "")
            if rule.unless and re.search(rule.unless, text, re.IGNORECASE):
                continue
            yield Finding(rule.id, line, f"{count} words", text, rule.instead)


@cache
def _borrowed() -> "list[Check]":
    from proselint.checks import __register__

    return [check for check in __register__ if any(check.matches_partial(name) for name in BORROWED)]


def _finding(rule: str, passage: Passage, span: tuple[int, int], instead: str) -> Finding:
    text, (begin, end) = passage.text, span
    at = max((offset for offset, _ in sentences(text) if offset <= begin), default=0)
    sentence = next(sentence for offset, sentence in sentences(text) if offset == at)
    return Finding(rule, passage.line_at(begin), " ".join(text[begin:end].split()), sentence, instead)


def texts(root: Path = CHECKOUT) -> list[str]:
    """The files whose prose is held to the style, relative to the checkout."""
    patterns = (
        "*.md",
        "book/*.md",
        "book/*/*.md",
        "book/*.toml",
        "book/questions/*.toml",
        "labs/*.md",
        "solutions/*/*.md",
        "solutions/*/*.py",
        "emulator/*.md",
        "emulator/docs/*.md",
        "docs/*.md",
        "mqcourse/**/*.py",
        "tools/**/*.py",
        "emulator/servicebus_emulator/**/*.py",
    )
    found = {path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern)}
    return sorted(
        name for name in found if not name.endswith("CHANGELOG.md")
    )  # what was, in the words of its time
