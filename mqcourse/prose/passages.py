"""What a reader reads in a file of the course, passage by passage: without code, markup and data."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mqcourse.products import BROKERS

PROSE_DIRECTIVES = {"predict", "key-points", "note", "tip", "warning", "admonition", "dropdown", "important"}
"""Directives whose body is prose; of all others only the `chapter-head` and tables are read, each in its way."""
CARD_ITEMS = ("strong", "steps", "requirements", "estimate", "failures", "attacks", "postmortem")
"""Lists of an interview card that are prose."""
CARD_TABLES = {
    "follow_ups": ("ask", "answer"),
    "decisions": ("ask", "answer"),
    "wrong": ("why",),
    "options": ("text", "why"),
    "choices": ("name", "price"),
}
"""Tables of a card, and what in them is prose. `said` is left out: it quotes what a weak candidate says."""
CARD_TEXTS = ("prompt", "correction")
"""Single texts of a card. Left out: `claim`, which is quoted, and what was recorded from a program."""

FENCE = re.compile(
    r"^\s*(?P<marks>`{3,}|:{3,}|~{3,})\s*(?:\{(?P<name>[\w-]+)\}\s*(?P<title>.*)|(?P<code>.*))$"
)
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+(?:\[.\]\s+)?")
OPTION = re.compile(r"^\s*:[\w-]+:")
SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!cf\.)(?<!vs\.)[\"”’)\x01]*\s+(?=[\"“‘(\x01]*\w)"
)
BOLD = "\x01"
"""Marks where bold begins or ends, so that a label such as "**Too small:**" can be told from a sentence."""


@dataclass(frozen=True)
class Passage:
    """One paragraph, heading, list item, table cell, docstring or message; `line` is where it begins in its file."""

    line: int
    kind: str
    marked: str
    raw: str = ""
    """As it is written, with its markup; empty where a file has none."""

    @property
    def text(self) -> str:
        """The words, without the marks of bold; line breaks are where they are in the file."""
        return self.marked.replace(BOLD, "")

    def line_at(self, offset: int) -> int:
        """The file's line of a place in the text."""
        return self.line + self.text.count("\n", 0, offset)


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Each sentence of a passage with the offset at which it begins."""
    begin = 0
    for found in SENTENCE_END.finditer(text):
        yield begin, text[begin : found.start()]
        begin = found.end()
    yield begin, text[begin:]


def words(sentence: str) -> list[str]:
    """Its words: whatever holds a letter or a digit."""
    return [word for word in sentence.split() if any(sign.isalnum() for sign in word)]


def plain(markdown: str) -> str:
    """Inline markup away, line breaks kept: a piece of code counts as one word, a bare fact as none."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    def role(found: re.Match[str]) -> str:
        titled = re.match(r"(?P<words>.+?)\s*<[^>]+>$", found["text"], re.DOTALL)
        if titled:
            return titled["words"]
        return blank(found) if found["role"] == "fact" else found["text"]

    text = re.sub(r"<!--.*?-->", blank, markdown, flags=re.DOTALL)
    text = re.sub(r"\{\{[^}\n]*\}\}", "Title", text)  # what a lab's source leaves to its manifest
    text = re.sub(r"\{(?P<role>[\w-]+)\}`(?P<text>[^`]+)`", role, text)
    text = re.sub(r"``.+?``|`[^`]+`", lambda found: "Code" + blank(found), text, flags=re.DOTALL)
    text = re.sub(r"\$[^$\n]+\$", "Formula", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", blank, text)
    text = re.sub(r"\[(?P<words>[^\]]*)\]\([^)]*\)", lambda found: found["words"] or "Title", text)
    text = re.sub(r"</?[a-zA-Z][^>\n]*>", "", text)
    text = text.replace("**", BOLD)
    return re.sub(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text)


def of_markdown(source: str) -> Iterator[Passage]:
    """The passages of a MyST file."""
    open_fences: list[tuple[str, str]] = []
    kind, begin, lines = "", 0, list[str]()
    numbered = list(enumerate(source.splitlines(), 1))
    if source.startswith("---\n"):
        end = next((number for number, line in numbered[1:] if line == "---"), 1)
        numbered = numbered[end:]

    def flush() -> Iterator[Passage]:
        nonlocal kind, lines
        if lines:
            raw = "\n".join(lines)
            yield Passage(begin, kind, plain(raw), raw)
        kind, lines = "", []

    for number, line in numbered:
        fence = FENCE.match(line)
        inside = open_fences[-1][1] if open_fences else ""
        if open_fences and line.strip() == open_fences[-1][0]:
            yield from flush()
            open_fences.pop()
        elif inside == "skip":
            continue
        elif fence:
            yield from flush()
            name = fence["name"] or ""
            prose = name in PROSE_DIRECTIVES or name in ("chapter-head", "list-table")
            open_fences.append((fence["marks"], name if prose else "skip"))
            if name == "dropdown" and fence["title"]:
                yield Passage(number, "item", plain(fence["title"]), fence["title"])
        elif inside == "chapter-head":
            if ITEM.match(line):
                yield Passage(number, "head", plain(ITEM.sub("", line).strip("\"'")))
        elif inside == "list-table":
            cell = re.sub(r"^\s*(?:\*\s*)?(?:-\s*)?", "", line)
            if cell and not OPTION.match(line):
                yield Passage(number, "cell", plain(cell), cell)
        elif line.lstrip().startswith("|"):
            yield from flush()
            yield Passage(number, "cell", plain(line.replace("|", " ")), line)
        elif line.startswith("#"):
            yield from flush()
            yield Passage(number, "heading", plain(line.lstrip("# ")))
        elif not line.strip() or line.strip() in ("---", ">") or line.startswith("+++"):
            yield from flush()
        elif OPTION.match(line) and not lines:
            continue
        elif ITEM.match(line):
            yield from flush()
            kind, begin, lines = "item", number, [ITEM.sub("", line)]
        else:
            if not lines:
                kind, begin = "paragraph", number
            lines.append(line.removeprefix("> "))
    yield from flush()


def of_toml(source: str) -> Iterator[Passage]:
    """The cards of a topic, the facts, or the terms of the glossary."""
    raw = source.splitlines()

    def at(text: str) -> int:
        start = text[:30].replace('"', '\\"')
        return next((number for number, line in enumerate(raw, 1) if start in line), 1)

    def passages(kind: str, value: Any) -> Iterator[Passage]:
        for text in [value] if isinstance(value, str) else value or ():
            yield Passage(at(text), kind, plain(text))

    data = tomllib.loads(source)
    if "question" in data:
        for card in data["question"]:
            for field in CARD_TEXTS:
                yield from passages("paragraph", card.get(field))
            for field in CARD_ITEMS:
                yield from passages("item", card.get(field))
            for points in (card.get("rubric") or {}).values():
                yield from passages("item", points)
            for field, keys in CARD_TABLES.items():
                for table in card.get(field) or ():
                    for key in keys:
                        kind = "item" if field in ("options", "choices") else "paragraph"
                        yield from passages(kind, table.get(key))
        return
    for entry in data.values():
        if isinstance(entry, dict):
            # a term's text defines it, as a dictionary does: a noun phrase will do
            yield from passages("definition" if "group" in entry else "paragraph", entry.get("text"))
            for product in BROKERS:
                yield from passages("cell", entry.get(product))


def of_python(source: str) -> Iterator[Passage]:
    """Docstrings, and every text of four words or more: errors, progress, help."""
    nodes = list(ast.walk(ast.parse(source)))
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    statements = [statement for node in nodes if isinstance(node, documented) for statement in node.body]
    docstrings = {id(one.value) for one in statements if isinstance(one, ast.Expr)}
    pieces = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            known = (part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            text = "".join(map(str, known))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            text = node.value
        else:
            continue
        kind = "docstring" if id(node) in docstrings else "message"
        if len(words(text)) >= 4 and re.search(r"[a-z] [a-z]", text):
            yield Passage(node.lineno, kind, plain(text))


def of_file(name: str, source: str) -> list[Passage]:
    """The passages of a file by its ending; CourseError is left to whoever checks that ending's form."""
    read = {".md": of_markdown, ".toml": of_toml, ".py": of_python}[name[name.rindex(".") :]]
    return list(read(source))
