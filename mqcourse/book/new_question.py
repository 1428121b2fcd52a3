"""The skeleton of a question, in a topic that exists or in a new one, with marks where its author has to write."""

import tomllib
from pathlib import Path

from mqcourse.book.questions import BANK
from mqcourse.disk import write_text
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import shown
from mqcourse.nearest import nearest
from mqcourse.skeleton import MARK, check_name, write

TOPIC = """\
title = "{mark}: the title of the topic"
order = {order}
"""
QUESTION = """
[[question]]
id = "{id}"
level = "M"
kind = "recall"
prompt = "{mark}: the question, as an interviewer asks it, and an id above that tells it from the others"
strong = [
  "{mark}: the most important point of a strong answer",
  "{mark}: the next point, with a number or an example",
]
rubric.mid = ["{mark}: what an answer at mid level contains"]
rubric.senior = ["{mark}: what a senior engineer adds"]
rubric.staff = ["{mark}: what a staff engineer adds"]
follow_ups = [
  {{ ask = "{mark}: what the interviewer asks next", answer = "{mark}: the answer to it" }},
  {{ ask = "{mark}: what the interviewer asks after that", answer = "{mark}: the answer to that" }},
]
wrong = [
  {{ said = "{mark}: what is often answered", why = "{mark}: what is wrong with it" }},
]
sources = [
  {{ url = "https://example.org/", title = "{mark}: where that is written" }},
]
versions = "{mark}: the versions of which the answer is true"
proof = "read, not run"
facts = []
"""


def new(topic: str, bank: Path = BANK) -> Path:
    """Append a question to the topic's file, which is made where there is none; gives the file.

    CourseError for a name that is none or nearly another topic's, or when the last skeleton is still as it was.
    """
    check_name(topic, "topic", "-")
    topics = {path.stem: path for path in sorted(bank.glob("*.toml"))}
    path = topics.get(topic)
    id_ = f"new-{topic}"
    question = QUESTION.format(mark=MARK, id=id_)
    if path is None:
        if meant := nearest(topic, topics):
            raise CourseError(
                f"there is no topic {topic!r}, and a new one cannot be told from {meant!r}",
                do=f"`mq questions new {meant}` adds to it; else choose a name that is less like it",
                code=Exit.USAGE,
            )
        orders = [tomllib.loads(each.read_text(encoding="utf-8")).get("order", 0) for each in topics.values()]
        head = TOPIC.format(mark=MARK, order=max(orders, default=0) + 1)
        return write({bank / f"{topic}.toml": head + question})[0]
    text = path.read_text(encoding="utf-8")
    if f'id = "{id_}"' in text:
        raise CourseError(
            f"{shown(path)} has a question {id_!r} already",
            do="Write that one first, and change its id",
            code=Exit.USAGE,
        )
    write_text(path, text.rstrip("\n") + "\n" + question)
    return path
