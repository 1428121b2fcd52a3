"""What the page of the mock interview loads besides its script: the texts of each topic's cards, and markdown-it.

Scripts, and no JSON: a page that was opened from a folder may load a script, and may fetch nothing.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from mqcourse.book.interview_card import card_of, compared_with
from mqcourse.book.questions import Topic
from mqcourse.install.npm import node_modules
from mqcourse.progress import Progress

LOCKED = Path(__file__).parent / "markdown-it"
RENDERER = "markdown-it/dist/markdown-it.min.js"
"""A script that works in a page opened from a folder too, where a browser loads no module."""


def topic_script(topic: Topic) -> str:
    """The cards of a topic by id, as the report needs them, and what a last line is compared with."""
    cards = {
        question.id: {**asdict(card_of(question)), "right_one": compared_with(question)}
        for question in topic.questions
    }
    texts = json.dumps(cards, ensure_ascii=False, separators=(",", ":"))
    return f"(globalThis.mqInterviewCards ??= {{}})[{json.dumps(topic.name)}] = {texts};\n"


def publish(folder: Path, topics: Mapping[str, Topic], progress: Progress | None = None) -> None:
    """Put all of it into a folder of a built book. Raises CourseError when npm cannot fetch the package."""
    folder.mkdir(parents=True, exist_ok=True)
    for topic in topics.values():
        (folder / f"{topic.name}.js").write_text(topic_script(topic), encoding="utf-8")
    package = node_modules(LOCKED, progress)
    shutil.copyfile(package / RENDERER, folder / Path(RENDERER).name)
    shutil.copyfile(package / "markdown-it" / "LICENSE", folder / "LICENSE.txt")
