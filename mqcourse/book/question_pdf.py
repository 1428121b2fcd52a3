"""The bank as a PDF to print: a list of the topics with their pages, then each question with its answer.

Every topic and every question has an entry in the outline of the file. The text is what the other exports have
(`card_markdown`), set by ReportLab in the DejaVu fonts that matplotlib brings, so nothing is fetched and the letters
are inside the file. The same bank gives the same bytes.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from markdown_it import MarkdownIt
from markdown_it.token import Token
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Preformatted,
    Spacer,
)
from reportlab.platypus.tableofcontents import TableOfContents

from mqcourse.book.card_markdown import back, front
from mqcourse.book.question import KINDS, LEVELS, Question
from mqcourse.book.questions import Topic

TITLE = "Mastering message queues: interview questions"
SUBJECT = "RabbitMQ, Apache Kafka and Azure Service Bus"
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
TEXT, CODE = "MQSans", "MQMono"
FONTS = {
    TEXT: ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    CODE: ("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
}
"""Each family with its four files: plain, bold, italic, both."""
CODE_PT = 7.5
COLUMNS = int(WIDTH / (0.6021 * CODE_PT))
"""As many signs of code as fit into a line: a sign of DejaVu Sans Mono is 0.602 of its size wide."""
ADDRESS_PT = 7
LINK, GREY = "#1a5f9e", "#555555"

BODY = ParagraphStyle("body", fontName=TEXT, bulletFontName=TEXT, fontSize=9, leading=13, spaceAfter=4)
LABEL = ParagraphStyle("label", BODY, keepWithNext=1)
"""A line in bold above a list: never the last line of a page."""
ITEM = ParagraphStyle("item", BODY, leftIndent=14, bulletIndent=3, spaceAfter=2)
QUOTE = ParagraphStyle("quote", BODY, leftIndent=14, fontSize=10, leading=14)
PROGRAM = ParagraphStyle("program", fontName=CODE, fontSize=CODE_PT, leading=10, spaceBefore=2, spaceAfter=6)
TAGS = ParagraphStyle("tags", BODY, fontSize=8, textColor=GREY, keepWithNext=1)
TITLE_STYLE = ParagraphStyle("title", BODY, fontSize=22, leading=28, spaceAfter=8)
TOPIC = ParagraphStyle("topic", BODY, fontSize=17, leading=22, spaceAfter=8, keepWithNext=1)
CARD = ParagraphStyle("card", BODY, fontSize=11.5, leading=15.5, spaceBefore=16, spaceAfter=2, keepWithNext=1)
LISTED = ParagraphStyle("listed", BODY, fontSize=10, leading=16)


def as_pdf(questions: Sequence[Question], topics: Mapping[str, Topic]) -> bytes:
    """The questions below their topics, in the order of the bank, on A4."""
    _load_fonts()
    held = io.BytesIO()
    _Print(held).multiBuild([*_head(questions), *_topics(questions, topics)])
    return held.getvalue()


class _Print(BaseDocTemplate):  # type: ignore[misc]  # ReportLab has no types
    """A document that enters its headings into the outline, and its topics into the list at its beginning."""

    def __init__(self, held: io.BytesIO) -> None:
        super().__init__(
            held,
            pagesize=A4,
            title=TITLE,
            subject=SUBJECT,
            author="",
            lang="en",
            invariant=1,
            pageCompression=1,
        )
        frame = Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, *[0] * 4)  # no padding
        self.addPageTemplates(PageTemplate("page", [frame], onPage=_number))

    def beforeDocument(self) -> None:
        self.canv.showOutline()

    def afterFlowable(self, flowable: Flowable) -> None:
        if isinstance(flowable, _Heading):
            self.canv.bookmarkPage(flowable.key)
            self.canv.addOutlineEntry(flowable.plain, flowable.key, flowable.depth, closed=True)
            if not flowable.depth:
                self.notify("TOCEntry", (0, escape(flowable.plain), self.page, flowable.key))


class _Heading(Paragraph):  # type: ignore[misc]
    """A heading with its place in the outline: `depth` is 0 for a topic and 1 for a question."""

    def __init__(self, markdown: str, style: ParagraphStyle, depth: int, key: str) -> None:
        (block,) = [token for token in MarkdownIt("commonmark").parse(markdown) if token.type == "inline"]
        super().__init__(f"<b>{_marked(block.children or [])}</b>", style)
        self.plain = "".join(token.content for token in block.children or [])
        self.depth = depth
        self.key = key


def _head(questions: Sequence[Question]) -> Iterator[Flowable]:
    listed = TableOfContents(levelStyles=[LISTED], dotsMinLevel=0)
    yield Paragraph(f"<b>{escape(TITLE)}</b>", TITLE_STYLE)
    yield Paragraph(f"{len(questions)} questions on {SUBJECT}, each with a strong answer.", BODY)
    yield Spacer(0, 10)
    yield listed


def _topics(questions: Sequence[Question], topics: Mapping[str, Topic]) -> Iterator[Flowable]:
    for topic in topics.values():
        cards = [question for question in questions if question.topic == topic.name]
        if not cards:
            continue
        yield PageBreak()
        yield _Heading(topic.title, TOPIC, 0, topic.name)
        for card in cards:
            yield _Heading(card.prompt, CARD, 1, f"{topic.name}/{card.id}")
            yield Paragraph(f"{LEVELS[card.level]} · {KINDS[card.kind]} · {escape(card.id)}", TAGS)
            yield from _flow(front(card).removeprefix(card.prompt))
            yield from _flow(back(card))


def _flow(markdown: str) -> Iterator[Flowable]:
    """The blocks that a card has: paragraphs, lists of one depth, quotations, and fenced text."""
    marks: list[str] = []  # of the list that is open: its bullet, or "" where its items have numbers
    style = BODY
    bullet = ""
    for token in MarkdownIt("commonmark").parse(markdown):
        match token.type:
            case "bullet_list_open":
                marks.append("•")
            case "ordered_list_open":
                marks.append("")
            case "bullet_list_close" | "ordered_list_close":
                marks.pop()
                yield Spacer(0, 3)
            case "list_item_open":
                bullet = marks[-1] or f"{token.info}."
            case "blockquote_open":
                style = QUOTE
            case "blockquote_close":
                style = BODY
            case "inline" if marks:
                yield Paragraph(_marked(token.children or []), ITEM, bulletText=bullet or None)
                bullet = ""
            case "inline":
                kinds = [each.type for each in token.children or []]
                only_bold = kinds == ["strong_open", "text", "strong_close"]
                yield Paragraph(_marked(token.children or []), LABEL if only_bold else style)
            case "fence":
                yield Preformatted(
                    token.content.rstrip("\n"), PROGRAM, maxLineLength=COLUMNS, newLineChars="  "
                )


_MARKS = {
    "strong_open": "<b>",
    "strong_close": "</b>",
    "em_open": "<i>",
    "em_close": "</i>",
    "softbreak": " ",
}


def _marked(tokens: Sequence[Token]) -> str:
    """The inline Markdown of a paragraph in ReportLab's marks; after a link its address, for who reads it on paper."""
    found = []
    address = ""
    for token in tokens:
        match token.type:
            case "code_inline":
                found.append(
                    f'<font face="{CODE}" size="{BODY.fontSize - 0.6}">{escape(token.content)}</font>'
                )
            case "link_open":
                address = str(token.attrs["href"])
                found.append(f'<a href={quoteattr(address)} color="{LINK}">')
            case "link_close":
                found.append(f'</a><br/><font size="{ADDRESS_PT}" color="{GREY}">{escape(address)}</font>')
            case kind:
                found.append(_MARKS.get(kind) or escape(token.content))
    return "".join(found)


def _number(canvas: Canvas, document: Any) -> None:
    """The page's number at its foot."""
    canvas.setFont(TEXT, TAGS.fontSize)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(document.page))


def _load_fonts() -> None:
    """Register the two families, once in a process."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for family, files in FONTS.items():
        if family in pdfmetrics.getRegisteredFontNames():
            continue
        names = [family, *(f"{family}-{kind}" for kind in ("bold", "italic", "both"))]
        for name, file in zip(names, files, strict=True):
            pdfmetrics.registerFont(TTFont(name, str(folder / f"{file}.ttf")))
        pdfmetrics.registerFontFamily(family, *names)
