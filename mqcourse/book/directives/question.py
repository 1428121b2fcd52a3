"""`{question}`, `{questions}` and `{question-topics}`: recall-then-reveal cards of the interview bank.

Without any script a card is the question and a closed `details` with the answer. cards.js adds a field to answer in
first, a rating of oneself after the reveal (kept in the browser's localStorage), and a count for the page.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from mqcourse.book.chapter import Chapter
from mqcourse.book.coverage import Coverage, coverage
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.fact import stamp
from mqcourse.book.directives.html_element import Element, InlineElement
from mqcourse.book.facts import FACTS, load_facts
from mqcourse.book.question import (
    CHOOSE,
    KINDS,
    LEVELS,
    NOT_RUN,
    RUBRIC,
    Claim,
    Design,
    FollowUp,
    Incident,
    Number,
    Options,
    Question,
    Spot,
    Steps,
    letter,
)
from mqcourse.book.questions import BANK, Topic, chosen, find, load_bank
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
        anchor = f"question-{question.id}"
        level = LEVELS[question.level]
        tags = Element("p", **{"class": "mq-card-tags"})
        tags += InlineElement("span", level, **{"class": f"mq-level mq-level-{question.level.lower()}"})
        tags += nodes.Text(" ")
        tags += InlineElement("span", topic, **{"class": "mq-topic"})
        if question.kind != "recall":
            tags += nodes.Text(" ")
            tags += InlineElement("span", KINDS[question.kind], **{"class": "mq-kind"})
        prompt = InlineElement("h3", **{"class": "mq-card-prompt", "id": f"{anchor}-prompt"})
        prompt += self.inline(question.prompt)
        summary = Element("summary")
        summary += nodes.Text("Show a strong answer")
        answer = Element("div", *self.answer(question), **{"class": "mq-card-body"})
        return Element(
            "section",
            tags,
            prompt,
            *self.given(question),
            Element("details", summary, answer, **{"class": "mq-card-answer"}),
            id=anchor,
            **{
                "class": "mq-card",
                "data-question": question.id,
                "data-topic": question.topic,
                "data-level": question.level,
                "data-kind": question.kind,
                "aria-labelledby": f"{anchor}-prompt",
            },
        )

    def given(self, question: Question) -> list[nodes.Node]:
        """What a kind shows before the answer: options, steps in the wrong order, a passage, signals."""
        match question.details:
            case Options(all=options):
                return [self.lettered([option.text for option in options])]
            case Steps() as steps:
                return [self.lettered(steps.shuffled(question.id))]
            case Spot(passage=passage):
                return [nodes.literal_block(passage, passage, language="text")]
            case Claim(quoted=quoted):
                choose = nodes.paragraph("", CHOOSE)
                return [Element("div", *self.markdown(f"> {quoted}"), choose, **{"class": "mq-card-given"})]
            case Number(unit=unit):
                return [nodes.paragraph("", f"Give a number in {unit}.", classes=["mq-card-given"])]
            case Incident(signals=signals):
                # A list and no block of code: a line of a log is wide, and a phone is not.
                items = [nodes.list_item("", nodes.paragraph("", signal)) for signal in signals]
                signs = nodes.bullet_list("", *items, bullet="-", classes=["mq-card-signals"])
                signs["support_smartquotes"] = False  # an option such as --describe keeps both its hyphens
                return [signs]
        return []

    def answer(self, question: Question) -> list[nodes.Node]:
        """What is hidden until the reader has answered."""
        return [
            *self.solution(question),
            self.part("A strong answer", self.bullets(question.strong), css="mq-card-strong"),
            *self.walk(question),
            self.part(
                "Then you are asked",
                *(node for each in question.follow_ups for node in self.asked(each)),
            ),
            self.part(
                "Often said, and wrong",
                *(
                    node
                    for each in question.wrong
                    for node in (*self.markdown(f"“{each.said}”"), *self.markdown(each.why))
                ),
                css="mq-card-wrong",
            ),
            self.rubric(question),
            self.sources(question),
        ]

    def solution(self, question: Question) -> list[nodes.Node]:
        """What can be right or wrong in an answer: the letters, the order, the number, the mistake, the verdict."""
        match question.details:
            case Options(all=options, letters=letters):
                whys = [f"**{letter(place)}.** {option.why}" for place, option in enumerate(options)]
                return [self.part(f"Right: {letters}", self.bullets(whys))]
            case Steps(right=right) as steps:
                return [self.part(f"Right: {steps.letters(question.id)}", self.numbered(right))]
            case Spot() as spot:
                instead = self.bullets([f"Wrong: `{spot.mistake}`", f"Right: {spot.correction}"])
                return [self.part("The mistake", instead)]
            case Claim() as claim:
                return [self.part("Verdict", nodes.paragraph("", f"{claim.shown}."))]
            case Number() as number:
                within = f"Within {number.tolerance:.0%} it counts as right."
                return [
                    self.part(
                        "The number", *self.markdown(f"**{number.shown}**, from `{number.formula}`. {within}")
                    )
                ]
        return []

    def walk(self, question: Question) -> list[nodes.Node]:
        """The further parts of a design or an incident."""
        match question.details:
            case Design() as design:
                drawing = nodes.literal_block(design.drawing, design.drawing, language="text")
                return [
                    self.part("Requirements to ask for", self.bullets(design.requirements)),
                    self.part("The estimate", self.bullets(design.estimate)),
                    self.part("The drawing", drawing),
                    self.part(
                        "Three options, each with its price",
                        self.bullets([f"**{name}.** {price}" for name, price in design.choices]),
                    ),
                    self.part("What fails, and what happens then", self.bullets(design.failures)),
                    self.part("What an interviewer tries to break", self.bullets(design.attacks)),
                ]
            case Incident() as incident:
                asked = [self.asked(each) for each in incident.decisions]
                return [
                    self.part("Three decisions", self.enumerated(asked, "arabic")),
                    self.part("The post-mortem", self.bullets(incident.postmortem)),
                ]
        return []

    def rubric(self, question: Question) -> Element:
        """What an answer of each level adds."""
        points = [
            f"**{name}:** {point}" for level, name in RUBRIC.items() for point in question.rubric[level]
        ]
        return self.part("What each level adds", self.bullets(points), css="mq-card-rubric")

    def asked(self, each: FollowUp) -> list[nodes.Node]:
        """What is asked next, and the answer to it."""
        ask = nodes.paragraph("", "", nodes.emphasis("", "", *self.inline(each.ask)))
        return [ask, *self.markdown(each.answer)]

    def lettered(self, items: Sequence[str]) -> nodes.enumerated_list:
        return self.enumerated([self.markdown(item) for item in items], "upperalpha")

    def numbered(self, items: Sequence[str]) -> nodes.enumerated_list:
        return self.enumerated([self.markdown(item) for item in items], "arabic")

    def enumerated(self, items: Sequence[Sequence[nodes.Node]], sort: str) -> nodes.enumerated_list:
        """A list whose items are counted."""
        found = nodes.enumerated_list("", enumtype=sort, prefix="", suffix=".")
        for item in items:
            found += nodes.list_item("", *item)
        return found

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
        true_of = nodes.paragraph("", f"True of: {question.versions}. Proof: ")
        true_of += self.proof(question)
        if question.chapter:
            true_of += nodes.Text(" Read more: ")
            true_of += self.page(question.chapter)
            true_of += nodes.Text(".")
        return self.part(
            "Facts and sources", *([items] if question.facts else []), read, true_of, css="mq-card-sources"
        )

    def proof(self, question: Question) -> list[nodes.Node]:
        """What shows that the answer is true."""
        proof = question.proof
        match proof.kind:
            case "chapter":
                return [nodes.Text("the cells of "), self.page(proof.what), nodes.Text(".")]
            case "lab":
                lab, _, exercise = proof.what.partition("/")
                return self.inline(f"the exercise `{exercise}` of `labs/{lab}.ipynb`.")
            case "test":
                return self.inline(f"`{proof.what}`.")
            case "fact":
                return [nodes.Text("the course's own run, in the facts above.")]
            case "calculation":
                return [nodes.Text("the calculation above.")]
        return [nodes.Text(f"{NOT_RUN}.")]

    def page(self, name: str) -> nodes.reference:
        """A link to another page of the book, by its title."""
        chapter = Chapter(name)
        self.env.note_dependency(str(chapter.path))
        return self.link(name, chapter.title)

    def link(self, name: str, title: str) -> nodes.reference:
        """A link to another page of the book."""
        address = self.env.app.builder.get_relative_uri(self.env.docname, f"book/{name}")
        return nodes.reference("", title, refuri=address, internal=True)


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
            cards = self.choose(bank, wanted.get("topic"), wanted.get("level"), wanted.get("ids", []))
        except CourseError as error:
            raise self.error(f"{{questions}}: {error}") from error
        return [self.card(question, bank[question.topic].title) for question in cards]

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
        found = chosen(bank, topic, level)
        if not found:
            raise CourseError(
                f"no question has the topic {topic!r} and the level {level!r}", code=Exit.SAID_NO
            )
        return found


class Overview(Card):
    """```{question-topics}```: a table of the topics with their pages, and how many cards of each level they have."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        """The table; its words link to the topic's page."""
        try:
            bank = self.bank()
        except CourseError as error:
            raise self.error(f"{{question-topics}}: {error}") from error
        counted = coverage(bank)
        head = ["Topic", *LEVELS.values(), "All"]
        table = Element("table", self.row("th", [nodes.Text(name) for name in head]), **{"class": "table"})
        for topic in bank.values():
            link = self.link(f"questions/{topic.name}", topic.title)
            table += self.row("td", [link, *self.counts(counted, topic.name)])
        table += self.row("td", [nodes.Text("All"), *self.counts(counted)])
        return [table]

    def counts(self, counted: Coverage, topic: str = "") -> list[nodes.Node]:
        """The questions of a topic by level, and all of them; an empty cell for none."""
        numbers = [*(counted.of(topic, level) for level in LEVELS), counted.of(topic)]
        return [nodes.Text(str(number or "")) for number in numbers]

    def row(self, tag: str, cells: Sequence[nodes.Node]) -> Element:
        made = Element("tr")
        for cell in cells:
            held = InlineElement(tag)
            held += cell
            made += held
        return made


def setup(app: "Sphinx") -> None:
    """Register the directives."""
    app.add_directive("question", Card)
    app.add_directive("questions", Cards)
    app.add_directive("question-topics", Overview)
