"""What the review page loads besides its scripts: the memory model, the list of cards, and each topic's cards as a script.

Scripts, and no JSON: a page that was opened from a folder may load a script, and may fetch nothing.
"""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from mqcourse.book.facts import FACTS
from mqcourse.book.question import LEVELS, MINUTES
from mqcourse.book.questions import BANK, Topic, all_questions
from mqcourse.home import CHECKOUT
from mqcourse.install.npm import node_modules
from mqcourse.progress import Progress
from mqcourse.source_digest import digest_of

LOCKED = Path(__file__).parent / "ts-fsrs"
MODEL = "ts-fsrs/dist/index.umd.js"
"""A script that works in a page opened from a folder too, where a browser loads no module."""
STATIC = CHECKOUT / "book" / "_static"
MODEL_FOLDER = "ts-fsrs"
"""Where the model and its licence are in the built book's _static."""
CARDS_FOLDER = "review"
"""The folder of the list and of the topics, beside it."""
LIST = f"{CARDS_FOLDER}/bank.js"
CARD = re.compile(r'<section\b[^>]* data-question="(?P<id>[^"]+)".*?</section>', re.DOTALL)
"""A card in a page: it has no section inside."""


def publish_model(static: Path, progress: Progress | None = None) -> None:
    """Put the model and its licence into a built book. Raises CourseError when npm cannot fetch the package."""
    package = node_modules(LOCKED, progress)
    folder = static / MODEL_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(package / MODEL, folder / "ts-fsrs.js")
    shutil.copyfile(package / "ts-fsrs" / "LICENSE", folder / "LICENSE.txt")


def bank_script(topics: Mapping[str, Topic], version: str) -> str:
    """The list of cards: without their texts, so that the page is light."""
    bank = {
        "version": version,
        "topics": [[topic.name, topic.title] for topic in topics.values()],
        "levels": list(LEVELS.items()),
        "cards": [
            {
                "id": card.id,
                "topic": card.topic,
                "level": card.level,
                "kind": card.kind,
                "minutes": MINUTES[card.kind],
            }
            for card in all_questions(topics)
        ],
    }
    return f"globalThis.mqBank = {_json(bank)};\n"


def topic_script(topic: str, page: str) -> str:
    """The cards of a topic's page, by id, as a script."""
    cards = {found["id"]: found[0] for found in CARD.finditer(page)}
    return f"(globalThis.mqTopics ??= {{}})[{_json(topic)}] = {_json(cards)};\n"


def cards_version() -> str:
    """Changes with the cards, so that a browser does not take an older topic from its cache."""
    here = Path(__file__).parent
    made_by = [*(here / "directives").glob("*.py"), here / "interview_card.py", here / "proof_line.py"]
    sources = [FACTS, *BANK.glob("*.toml"), *made_by]
    return digest_of(sources, CHECKOUT)[:8]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
