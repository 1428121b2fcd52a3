"""`mq ask`: the passages of the book that fit a question best, quoted with their addresses."""

import argparse
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import add, answer, whole
from mqcourse.exits import Exit

if TYPE_CHECKING:
    from mqcourse.search.passage import Passage

MOST = 3
WIDEST = 100
INDENT = "   "
KINDS = {"section": "Section", "card": "Question", "fact": "Fact", "term": "Term"}
HOW = """The answer is quoted from the book and never made up: sections,
interview questions, facts with version and source, terms. The search
of the book's pages gives the same order."""


def register(subcommands: Any) -> None:
    """Add `mq ask`."""
    parser = add(
        subcommands,
        "ask",
        run,
        "find the passages of the book that answer a question",
        example='mq ask "does Kafka keep messages in order"\nmq ask lock lost\nmq ask --most 10 prefetch',
        more=HOW,
    )
    parser.add_argument("words", metavar="WORD", nargs="+", help="words, or a question")
    parser.add_argument(
        "--most",
        metavar="N",
        type=whole("number from 1 to 100", 1, 100),
        default=MOST,
        help=f"as many passages (default: {MOST})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the passages. The exit code is SAID_NO where none was found."""
    from mqcourse.home import state_folder
    from mqcourse.search import index_file, query
    from mqcourse.search.excerpt import excerpt

    html = state_folder() / "book" / "html"
    index = index_file.read(html / index_file.PLACE)
    asked = query.read(index, " ".join(arguments.words))
    found = [index.passages[number] for number in query.rank(index, asked, arguments.most)]
    base = _base(html)
    quoted = [excerpt(index, asked, one) for one in found]
    value = {
        "unknown": asked.unknown,
        "passages": [
            {
                "kind": one.kind,
                "title": one.heading,
                "page": one.above,
                "excerpt": text,
                "note": one.note,
                "address": base + one.address,
            }
            for one, text in zip(found, quoted, strict=True)
        ],
    }
    lines = [_shown(one, text, base) for one, text in zip(found, quoted, strict=True)]
    if asked.unknown:
        lines.append(f"Not in the book: {', '.join(asked.unknown)}.")
    if not found:
        lines.append("No passage was found. Try other words, or the glossary of the book.")
    answer(arguments, value, "\n\n".join(lines))
    return Exit.DONE if found else Exit.SAID_NO


def _shown(one: "Passage", text: str, base: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    kind = KINDS[one.kind] if one.above == one.title else f"{KINDS[one.kind]} in {one.above}"
    lines = textwrap.wrap(one.heading, width)
    for paragraph in (kind, text, one.note):
        lines += textwrap.wrap(paragraph, width, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join([*lines, f"{INDENT}{base}{one.address}"])


def _base(html: Path) -> str:
    """The address of the served book, or of its folder where it is not served."""
    from mqcourse.home import state_folder
    from mqcourse.stack import stack
    from mqcourse.stack.services.registry import SERVICES

    row = stack.status_of(SERVICES["book"], state_folder())
    if row.state == "running" and row.endpoint:
        return f"{row.endpoint.rstrip('/')}/"
    return f"{html.as_uri()}/"
