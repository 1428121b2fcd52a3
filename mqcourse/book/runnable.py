"""A chapter as a notebook that a reader runs in JupyterLab: its text without the book's own directives, its cells."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import yaml

from mqcourse.book.chapter import Chapter, named
from mqcourse.book.facts import load_facts
from mqcourse.home import CHECKOUT, state_folder
from mqcourse.small_file import object_of

BLOCK = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w-]+)\}[ ]*(?P<argument>.*?)$\n(?P<body>.*?)^(?P=fence)\s*$",
    re.MULTILINE | re.DOTALL,
)
ROLE = re.compile(r"\{fact\}`(?P<content>[^`]+)`")
FRONT = re.compile(r"\A---\n.*?\n---\n+", re.DOTALL)


def write(name: str, root: Path = CHECKOUT) -> Path:
    """See mqcourse.book.notebook. Each chapter has a separate folder, because its cells write files beside themselves."""
    chapter = named([name], root)[0]
    path = state_folder() / "chapters" / chapter.name / f"{chapter.path.stem}.ipynb"
    made = text_of(chapter)
    digest = hashlib.sha256(made.encode()).hexdigest()[:16]
    if path.is_file():
        before = made_from(path)
        if before == digest:
            return path
        path.replace(aside(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = json.loads(made)
    notebook["metadata"]["mqcourse"] = {"made_from": digest}
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def made_from(path: Path) -> str:
    """The digest of the notebook that a file was made as; "" for a file that does not say."""
    try:
        return str(object_of(path)["metadata"]["mqcourse"]["made_from"])
    except (LookupError, TypeError):
        return ""


def aside(path: Path) -> Path:
    """A free name for what a reader made of an older chapter."""
    number = 1
    while (found := path.with_name(f"{path.stem}-before-{number}.ipynb")).exists():
        number += 1
    return found


def text_of(chapter: Chapter) -> str:
    """The notebook as JSON."""
    cells: list[dict[str, Any]] = []

    def add(kind: str, source: str, **more: Any) -> None:
        if source.strip():
            name = f"{kind}-{len(cells) + 1:02}"
            lines = source.strip("\n").splitlines(keepends=True)
            cells.append({"cell_type": kind, "id": name, "metadata": {}, "source": lines, **more})

    text = FRONT.sub("", chapter.text)
    at, number, words = 0, 0, ""
    for block in BLOCK.finditer(text):
        words += text[at : block.start()]
        at = block.end()
        if block["name"] != "code-cell":
            words += plain_block(block["name"], block["argument"].strip(), block["body"])
            continue
        add("markdown", plain(words))
        words = ""
        add("code", chapter.cells[number].source, execution_count=None, outputs=[])
        number += 1
    add("markdown", plain(words + text[at:]))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )


def plain_block(name: str, argument: str, body: str) -> str:
    """A directive of the book as plain Markdown, "" for what a notebook cannot show."""
    if name == "chapter-head":
        head = yaml.safe_load(body)
        return "".join(f"- {question}\n" for question in head.get("questions", ()))
    if name == "key-points":
        return f"## Key points\n\n{body}"
    if name == "fact":
        return fact(argument)
    if name in ("predict", "dropdown"):
        question, _, answer = body.partition("\n---\n") if name == "predict" else (argument, "", body)
        return f"{'**Predict.** ' if name == 'predict' else ''}{question.strip()}\n\n<details><summary>Answer</summary>\n\n{answer.strip()}\n\n</details>\n"
    if name == "backpressure":
        return "*(The page of the book has a model here to drag.)*\n"
    return body if name in ("note", "tip", "warning", "admonition") else ""


def fact(content: str) -> str:
    """A fact in words, with product and version behind it."""
    found = re.fullmatch(r"(?P<words>.*?)\s*<(?P<id>[^>]+)>", content, re.DOTALL)
    name = found["id"] if found else content
    known = load_facts().get(name.strip())
    if known is None:
        return content
    return f"{found['words'] if found else known.text} ({known.stamp})"


def plain(words: str) -> str:
    """Text without roles; links to other chapters by their name alone, since their files are not beside it."""
    words = ROLE.sub(lambda role: fact(role["content"]), words)
    return re.sub(r"\[(?P<text>[^\]]+)\]\((?!https?:)[^)]+\)", r"\g<text>", words)
