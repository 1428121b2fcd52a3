"""`{question}` and `{questions}`: recall-then-reveal cards of the interview bank.

Without any script a card is the question and a closed `details` with the answer. cards.js adds a field to answer in
first, a rating of oneself after the reveal (kept in the browser's localStorage), and a count for the page.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from mqcourse.book.directives.block import Block
from mqcourse.book.directives.fact import stamp
from mqcourse.book.directives.html_element import Element, InlineElement
from mqcourse.book.facts import FACTS, load_facts
from mqcourse.book.questions import BANK, LEVELS, Question, Topic, find, load_bank
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Card(Block):
    """```{question} id```: one card."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """The card; an unknown id or a broken bank fails the build."""
        try:
            bank = self.bank()
            question = find(bank, self.arguments[0])
        except CourseError as error:
            raise self.error(f"{{question}}: {error}") from error
        return [self.card(question, bank[question.topic].title)]

    def bank(self) -> Mapping[str, Topic]:
        """The bank; the page is made again when a file of it changes."""
        self.env.note_dependency(str(FACTS))
        for path in sorted(BANK.glob("*.toml")):
            self.env.note_dependency(str(path))
        return load_bank()

    def card(self, question: Question, topic: str) -> Element:
        """The whole card of one question."""
        anchor = f"question-{question.id}"
        level = LEVELS[question.level]
        tags = Element("p", **{"class": "mq-card-tags"})
        tags += InlineElement("span", level, **{"class": f"mq-level mq-level-{question.level.lower()}"})
        tags += nodes.Text(" ")
        tags += InlineElement("span", topic, **{"class": "mq-topic"})
        prompt = InlineElement("h3", **{"class": "mq-card-prompt", "id": f"{anchor}-prompt"})
        prompt += self.inline(question.prompt)
        summary = Element("summary")
        summary += nodes.Text("Show a strong answer")
        answer = Element("div", **{"class": "mq-card-body"})
        answer += self.part("A strong answer", self.bullets(question.strong))
        answer += self.part(
            "Then you are asked",
            *self.markdown(question.follow_up),
            *self.markdown(question.follow_up_answer),
        )
        answer += self.part(
            "Often said, and wrong", *self.markdown(f"“{question.wrong}”"), css="mq-card-wrong"
        )
        answer.children[-1] += self.markdown(question.why_wrong)
        answer += self.sources(question)
        return Element(
            "section",
            tags,
            prompt,
            Element("details", summary, answer, **{"class": "mq-card-answer"}),
            id=anchor,
            **{
                "class": "mq-card",
                "data-question": question.id,
                "data-level": question.level,
                "aria-labelledby": f"{anchor}-prompt",
            },
        )

    def part(self, title: str, *content: nodes.Node, css: str = "") -> Element:
        """One titled part of the answer."""
        head = Element("p", **{"class": "mq-card-part-title"})
        head += nodes.Text(title)
        return Element("div", head, *content, **{"class": f"mq-card-part {css}".strip()})

    def sources(self, question: Question) -> Element:
        """The facts that the answer leans on, with their versions, and where it was read."""
        facts = load_facts()
        items = nodes.bullet_list(bullet="-")
        for name in question.facts:
            fact = facts[name]
            items += nodes.list_item(
                "", nodes.paragraph("", "", *self.inline(fact.text), nodes.Text(" "), stamp(fact))
            )
        read = nodes.paragraph("", "Read: ")
        for place, (title, url) in enumerate(question.sources):
            if place:
                read += nodes.Text("; ")
            read += nodes.reference("", title, refuri=url)
        return self.part(
            "Facts and sources", *([items] if question.facts else []), read, css="mq-card-sources"
        )


class Cards(Card):
    """```{questions}```: every card of a topic (`topic: NAME`), of a level (`level: J|M|S|St`), or of a list of ids."""

    required_arguments = 0
    has_content = True
    KEYS: ClassVar[dict[str, type]] = {"topic": str, "level": str, "ids": list}

    def run(self) -> list[nodes.Node]:
        """The cards in the order of the bank, or of `ids`."""
        wanted = self.settings(self.KEYS)
        try:
            bank = self.bank()
            chosen = self.choose(bank, wanted.get("topic"), wanted.get("level"), wanted.get("ids", []))
        except CourseError as error:
            raise self.error(f"{{questions}}: {error}") from error
        return [self.card(question, bank[question.topic].title) for question in chosen]

    def choose(
        self, bank: Mapping[str, Topic], topic: str | None, level: str | None, ids: Sequence[str]
    ) -> list[Question]:
        """The questions that were asked for; CourseError when there is none."""
        if topic is not None and topic not in bank:
            raise CourseError(
                f"there is no topic {topic!r}", do=f"Topics: {', '.join(bank)}", code=Exit.SAID_NO
            )
        if level is not None and level not in LEVELS:
            raise CourseError(
                f"there is no level {level!r}", do=f"Levels: {', '.join(LEVELS)}", code=Exit.SAID_NO
            )
        if ids:
            return [find(bank, name) for name in ids]
        chosen = [
            question
            for each in bank.values()
            for question in each.questions
            if topic in (None, question.topic) and level in (None, question.level)
        ]
        if not chosen:
            raise CourseError(
                f"no question has the topic {topic!r} and the level {level!r}", code=Exit.SAID_NO
            )
        return chosen


def setup(app: "Sphinx") -> None:
    """Register both directives."""
    app.add_directive("question", Card)
    app.add_directive("questions", Cards)
