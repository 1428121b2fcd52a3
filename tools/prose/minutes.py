"""How long a page takes to read: measured from its words, code, predictions, questions and explorers.

The rates are the same for all pages. They are fitted to a reader whose first language is not English, who is new to
brokers, reads the code, and thinks about a prediction before opening it. Such a reader's times for five pages were used.
"""

import re
from collections.abc import Iterator

from mqcourse.book.chapter import Chapter
from mqcourse.book.question import MINUTES
from mqcourse.book.questions import load_bank
from mqcourse.prose.passages import of_markdown, words
from tools.prose.terms import GLOSSARY_PAGE, pages

WORDS_A_MINUTE = 90
CODE_LINES_A_MINUTE = 12
MINUTES_A_PREDICTION = 1.5
MINUTES_A_QUESTION = 1.5
MINUTES_AN_EXPLORER = 4.0
STEP = 5
CELL = re.compile(r"^```\{code-cell\}.*?\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
FOLDED = re.compile(r"^:tags:.*(?:hide-input|remove-cell)", re.MULTILINE)


def measured(source: str) -> float:
    """The minutes of a page, from its source."""
    count = sum(len(words(passage.text)) for passage in of_markdown(source))
    shown = [cell["body"] for cell in CELL.finditer(source) if not FOLDED.search(cell["body"])]
    lines = sum(bool(line.strip()) for body in shown for line in body.splitlines())
    return (
        count / WORDS_A_MINUTE
        + lines / CODE_LINES_A_MINUTE
        + source.count("```{predict}") * MINUTES_A_PREDICTION
        + source.count(":::{dropdown}") * MINUTES_A_QUESTION
        + source.count("```{backpressure}") * MINUTES_AN_EXPLORER
    )


CHOSEN = ("book/questions/review.md", "book/questions/mock.md")
"""A session and an interview have the minutes that their reader chooses."""
LISTS = ("book/interview/facts.md", GLOSSARY_PAGE, *CHOSEN)
"""Pages whose directives fetch what is read: their minutes cannot be measured from their own source."""
CARDS = "book/questions/"
"""Pages of cards: their minutes are those of the cards."""


def of_cards(topic: str) -> float:
    """The minutes of a topic's cards."""
    return sum(MINUTES[question.kind] for question in load_bank()[topic].questions)


def stated_and_measured() -> Iterator[tuple[str, int, float]]:
    """Each page with the minutes of its head and the measured ones."""
    for file in [*pages(), GLOSSARY_PAGE]:
        page = Chapter(file.removeprefix("book/").removesuffix(".md"))
        minutes = (
            of_cards(page.path.stem) if file.startswith(CARDS) and file not in LISTS else measured(page.text)
        )
        yield file, page.minutes, minutes


def rounded(minutes: float) -> int:
    """Minutes as a head states them."""
    return max(STEP, STEP * round(minutes / STEP))


def problems() -> Iterator[str]:
    """Every page whose stated minutes are more than a step from the measured ones."""
    for file, stated, found in stated_and_measured():
        if file not in LISTS and abs(stated - rounded(found)) > STEP:
            yield f"{file}: states {stated} minutes, measured are {found:.0f}: write {rounded(found)}"


def lines() -> Iterator[str]:
    """Each page with both, side by side."""
    for file, stated, found in stated_and_measured():
        listed = "a list" if file in LISTS else f"measured {found:5.1f}, so {rounded(found):3}"
        yield f"{file:44} stated {stated:4}  {listed}"
