"""Every term of the glossary with its first use in reading order, and whether it is explained there.

A use is a form of the term in a sentence, a table or inline code of a page. Titles, the head of a chapter and its cells
are not looked at: they announce or show what the text explains. A use is explained when it is a `{gloss}` link or
in italics, which is how a chapter marks its own definition.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from mqcourse.book import chapter
from mqcourse.book.glossary import GLOSSARY, Term, load_glossary
from mqcourse.home import CHECKOUT
from mqcourse.prose.passages import of_markdown

OPEN = CHECKOUT / "book" / "style" / "terms.toml"
"""Terms whose first use is not explained yet; the list only gets shorter."""
GLOSSARY_PAGE = "book/glossary.md"
GLOSS = re.compile(r"\{gloss\}`(?P<words>[^`<]+?)\s*(?:<(?P<id>[^>]+)>)?`")
DEFINED = re.compile(r"(?<![*\w])\*(?P<words>[^*\n]+)\*(?![*\w])")
HIDDEN = re.compile(
    r"\[[^\]]*\]\([^)\s]*\.md(?:#[^)]*)?\)|\]\([^)]*\)|\{(?!gloss)[\w-]+\}`(?:[^`<]*<)?[^`<]*>?`|!\[[^\]]*\]|^\[[^\]]+\]:.*$",
    re.MULTILINE,
)
"""Addresses, links to other pages (which explain their title), ids and names of other roles: no use of a term."""


@dataclass(frozen=True)
class Use:
    """Where a term occurs first, the words there, and whether they are explained."""

    term: Term
    file: str
    line: int
    words: str
    explained: bool


def pages() -> list[str]:
    """The pages in reading order, without the glossary."""
    return [page.file for page in chapter.pages() if page.file != GLOSSARY_PAGE]


@cache
def read(file: str) -> tuple[tuple[int, str], ...]:
    """The text of a page, passage by passage, with the line at which each begins."""
    source = (CHECKOUT / file).read_text(encoding="utf-8")
    return tuple(
        (passage.line, HIDDEN.sub(lambda found: " " * len(found[0]), passage.raw))
        for passage in of_markdown(source)
        if passage.kind not in ("heading", "head")
    )


def first_use(term: Term) -> Use | None:
    """The first use of a term in the book; None when no page uses it."""
    forms = sorted(term.forms, key=len, reverse=True)
    pattern = re.compile(
        r"(?<![\w.-])(?:" + "|".join(map(re.escape, forms)) + r")(?![\w-]|\.\w)", re.IGNORECASE
    )
    for file in pages():
        for line, text in read(file):
            linked = [found for found in GLOSS.finditer(text) if _is(found, term)]
            used = pattern.search(GLOSS.sub(_other(term), text))
            if not used and not linked:
                continue
            place = used if used and not (linked and linked[0].start() <= used.start()) else linked[0]
            explained = place in linked or any(
                found.start() <= place.start() < found.end() for found in DEFINED.finditer(text)
            )
            number = line + text.count("\n", 0, place.start())
            words = place["words"] if place in linked else place[0]
            return Use(term, file, number, " ".join(words.split()), explained)
    return None


def _is(found: re.Match[str], term: Term) -> bool:
    name = (found["id"] or found["words"]).strip().lower()
    return name == term.id or name in {form.lower() for form in (term.name, *term.forms)}


def _other(term: Term) -> Callable[[re.Match[str]], str]:
    """Keep the words of a link to another term, since they are words of the sentence; blank the link to this one."""

    def shown(found: re.Match[str]) -> str:
        return " " * len(found[0]) if _is(found, term) else found["words"].ljust(len(found[0]))

    return shown


def uses() -> list[Use]:
    """The first use of every term, in reading order; terms that no page uses are left out."""
    found = [use for term in load_glossary().values() if (use := first_use(term))]
    order = {file: number for number, file in enumerate(pages())}
    return sorted(found, key=lambda use: (order[use.file], use.line))


def unexplained() -> tuple[str, ...]:
    """The terms that may still be used before they are explained."""
    return tuple(tomllib.loads(OPEN.read_text(encoding="utf-8"))["unexplained"]) if OPEN.exists() else ()


def problems() -> Iterator[str]:
    """Every first use that explains nothing, and names that the glossary does not have."""
    may = unexplained()
    known = {name.lower() for term in load_glossary().values() for name in (term.id, term.name, *term.forms)}
    for file in pages():
        for found in GLOSS.finditer((CHECKOUT / file).read_text(encoding="utf-8")):
            name = (found["id"] or found["words"]).strip()
            if name.lower() not in known:
                yield f"{file}: {{gloss}} of {name!r}, which the glossary does not have: add it to {GLOSSARY.name}"
    for use in uses():
        if not use.explained and use.term.id not in may:
            yield (
                f"{use.file}:{use.line}: the first use of “{use.term.name}” (“{use.words}”) is not explained: "
                f"write {{gloss}}`{use.words} <{use.term.id}>` or define it in italics"
            )
    for name in may:
        if name not in load_glossary():
            yield f"{OPEN.name}: the glossary has no term {name!r}: take it out"


def lines() -> Iterator[str]:
    """The list: first use, whether it is explained there, and the explanation."""
    for use in uses():
        mark = "explained" if use.explained else "USED FIRST"
        yield f"{use.file}:{use.line}: {mark}: {use.term.name} (“{use.words}”): {use.term.text}"
    used = {use.term.id for use in uses()}
    for term in load_glossary().values():
        if term.id not in used:
            yield f"no page: {term.name}: {term.text}"


def link() -> Iterator[str]:
    """Make a `{gloss}` link of every first use that explains nothing, and give each changed line; read it afterwards.

    A use inside a link or another role is left, and given as it is: it needs an author.
    """
    for use in uses():
        if use.explained:
            continue
        path = CHECKOUT / use.file
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        line = lines[use.line - 1]
        changed = linked(line, use.words, use.term)
        if changed == line:
            yield f"{use.file}:{use.line}: left for an author: {use.term.name}: {line.strip()}"
            continue
        lines[use.line - 1] = changed
        path.write_text("".join(lines), encoding="utf-8")
        read.cache_clear()
        yield f"{use.file}:{use.line}: {changed.strip()}"


def linked(line: str, words: str, term: Term) -> str:
    """The line with its first use of the term as a link: the words, or the piece of code that they are in."""
    bare = words.strip("`")
    word = re.compile(rf"(?<![\w.-]){re.escape(bare)}(?![\w-]|\.\w)")
    # other markup is blanked, so that its words and its backticks are not taken for those of the sentence
    shown = re.sub(r"\[[^\]]*\]\([^)]*\)|\{\w+\}`[^`]*`", lambda found: " " * len(found[0]), line)
    for found in word.finditer(shown):
        begin, end = found.span()
        for code in re.finditer(r"`([^`<>]+)`", shown):
            if code.start() < begin < code.end():
                begin, end, bare = code.start(), code.end(), code[1]
        known = bare.lower() in {term.id, term.name.lower(), *(form.lower() for form in term.forms)}
        name = "" if known else f" <{term.id}>"
        return f"{line[:begin]}{{gloss}}`{bare}{name}`{line[end:]}"
    return line


def lower() -> None:
    """Shorten the list to the terms that are still used before they are explained."""
    write(name for name in unexplained() if any(use.term.id == name and not use.explained for use in uses()))


def write(names: Iterable[str]) -> None:
    """The list in its file."""
    body = "".join(f'  "{name}",\n' for name in names)
    head = "# Terms whose first use is neither a {gloss} link nor a definition in italics. `make check` fails on any other;\n"
    head += "# `python -m tools.prose --lower` takes out those that are explained by now.\n"
    OPEN.write_text(f"{head}unexplained = [\n{body}]\n", encoding="utf-8")
