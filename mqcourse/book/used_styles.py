"""The rules of style sheets that the pages of a site can use, as one sheet.

tinycss2 reads the sheets (CSS Syntax Level 3, https://www.w3.org/TR/css-syntax-3/). A rule is left out only when each of its
selectors names a class or an id that occurs in no page and in no script, so every rule that is left out could match nothing.
"""

import json
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tinycss2
from tinycss2 import ast

ANY_OF = frozenset(["is", "where", "matches", "has", "-webkit-any", "-moz-any"])
"""Functions of a selector that match when one of their arguments does; of the others (`:not`) nothing is required."""
GROUPS = frozenset(["media", "supports", "layer", "container"])
"""Rules that hold rules."""
WORD = re.compile(r"[A-Za-z_][\w-]*")
CUSTOM = re.compile(r"--[\w-]+")
ELSEWHERE = re.compile(r"[a-zA-Z][\w+.-]*:|/|#")
"""How an address begins that is not relative to its sheet."""


@dataclass(frozen=True)
class Sheet:
    """A style sheet: its path in the site's folder of files, its text, and whether every rule of it is kept."""

    path: str
    text: str
    whole: bool = False


def words_of(text: str) -> set[str]:
    """Every word of a page or a script that a class or an id could be."""
    return set(WORD.findall(text))


def lean(sheets: Sequence[Sheet], words: Collection[str], texts: Iterable[str] = ()) -> str:
    """One sheet of the rules that can match, in the sheets' order, with addresses relative to the site's folder of files.

    `words` are those of all pages and scripts (words_of). A custom property stays if a rule or one of `texts`
    names it, an animation if a rule does.
    """
    rules = [rule for sheet in sheets for rule in _used(sheet, words)]
    named = {name for text in texts for name in CUSTOM.findall(text)}
    while True:
        whole = tinycss2.serialize(rules)
        needed = named | set(re.findall(r"var\(\s*(--[\w-]+)", whole))
        fewer = [one for rule in rules if (one := _needed(rule, needed, whole)) is not None]
        if tinycss2.serialize(fewer) == whole:
            return "".join(f"{rule.serialize()}\n" for rule in rules)
        rules = fewer


def _used(sheet: Sheet, words: Collection[str]) -> Iterator[Any]:
    for rule in tinycss2.parse_stylesheet(sheet.text, skip_comments=True, skip_whitespace=True):
        yield from _used_of(rule, sheet, words)


def _used_of(rule: Any, sheet: Sheet, words: Collection[str]) -> Iterator[Any]:
    if isinstance(rule, ast.ParseError):
        return  # a browser skips it, too
    if isinstance(rule, ast.AtRule) and rule.lower_at_keyword == "charset":
        return
    if isinstance(rule, ast.AtRule) and rule.lower_at_keyword in GROUPS and rule.content is not None:
        inside = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        rule.content = [one for each in inside for one in _used_of(each, sheet, words)]
        if rule.content or rule.lower_at_keyword == "layer":
            yield rule
        return
    if isinstance(rule, ast.QualifiedRule) and not sheet.whole:
        selectors = split(rule.prelude)
        possible = [one for one in selectors if can_match(one, words)]
        if not possible:
            return
        # a browser drops a whole list that has a selector it cannot read: such a list stays as it is
        if len(possible) < len(selectors) and not _of_one_vendor(rule.prelude):
            rule.prelude = _joined(possible)
        rule.prelude = list(_plain(rule.prelude, ""))
    if rule.content is not None:
        rule.content = list(_plain(rule.content, posixpath.dirname(sheet.path)))
    yield rule


def split(tokens: Sequence[Any]) -> list[list[Any]]:
    """The selectors of a list, without the white space around each."""
    parts: list[list[Any]] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        elif token.type != "comment" and (parts[-1] or token.type != "whitespace"):
            parts[-1].append(token)
    for part in parts:
        while part and part[-1].type == "whitespace":
            part.pop()
    return parts


def can_match(selector: Sequence[Any], words: Collection[str]) -> bool:
    """False when the selector needs a class or an id that is none of `words`."""
    dot = False
    for token in selector:
        named = token.type == "hash" or (token.type == "ident" and dot)
        if named and token.value not in words:
            return False
        of_many = token.type == "function" and token.lower_name in ANY_OF
        if of_many and not any(can_match(one, words) for one in split(token.arguments)):
            return False
        dot = token.type == "literal" and token.value == "."
    return True


def _of_one_vendor(tokens: Sequence[Any]) -> bool:
    """Whether a selector has a part that only some browsers read."""
    return any(
        (token.type == "ident" and token.value.startswith("-"))
        or (token.type == "function" and token.name.startswith("-"))
        for token in tokens
    )


def _joined(selectors: Sequence[Sequence[Any]]) -> list[Any]:
    comma = ast.LiteralToken(0, 0, ",")
    return [token for one in selectors for token in (comma, *one)][1:]


def _plain(tokens: Sequence[Any], folder: str) -> Iterator[Any]:
    """Without comments and doubled white space, and with addresses from the site's folder of files."""
    for token in tokens:
        if token.type == "comment":
            continue
        if token.type == "whitespace":
            yield ast.WhitespaceToken(token.source_line, token.source_column, " ")
            continue
        if token.type == "url":
            yield _address(token, folder, "url({})")
            continue
        if token.type == "function" and token.lower_name == "url":
            token.arguments = [
                _address(one, folder, "{}") if one.type == "string" else one for one in token.arguments
            ]
        elif token.type == "function":
            token.arguments = list(_plain(token.arguments, folder))
        elif token.type in ("() block", "[] block", "{} block"):
            token.content = list(_plain(token.content, folder))
        yield token


def _address(token: Any, folder: str, form: str) -> Any:
    """The token as it is where its address stays the same."""
    address = moved(token.value, folder)
    if address == token.value:
        return token
    return type(token)(token.source_line, token.source_column, address, form.format(json.dumps(address)))


def moved(address: str, folder: str) -> str:
    """An address that was relative to a folder, relative to the folder above."""
    if not folder or ELSEWHERE.match(address):
        return address
    return posixpath.normpath(posixpath.join(folder, address))


def _needed(rule: Any, custom: Collection[str], whole: str) -> Any:
    """The rule without custom properties that nothing reads; None when nothing of it is needed."""
    if isinstance(rule, ast.AtRule):
        keyword = rule.lower_at_keyword
        if keyword in GROUPS and rule.content is not None:
            inside = [one for each in rule.content if (one := _needed(each, custom, whole)) is not None]
            if not inside and rule.content:
                return None
            return _with(rule, inside)
        if keyword.endswith("keyframes"):
            name = tinycss2.serialize(rule.prelude).strip()
            named = re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", whole)
            definitions = len(re.findall(rf"keyframes\s+{re.escape(name)}(?![\w-])", whole))
            return rule if len(named) > definitions else None
        return rule
    declarations = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    if any(one.type != "declaration" for one in declarations):
        return rule  # rules in a rule, or what cannot be read: as it is
    kept = [one for one in declarations if not one.name.startswith("--") or one.name in custom]
    if len(kept) == len(declarations):
        return rule
    return _with(rule, tinycss2.parse_component_value_list(tinycss2.serialize(kept))) if kept else None


def _with(rule: Any, content: list[Any]) -> Any:
    kind = type(rule)
    if kind is ast.AtRule:
        return ast.AtRule(
            rule.source_line,
            rule.source_column,
            rule.at_keyword,
            rule.lower_at_keyword,
            rule.prelude,
            content,
        )
    return ast.QualifiedRule(rule.source_line, rule.source_column, rule.prelude, content)
