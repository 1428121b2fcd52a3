"""A question of the interview bank: what all kinds have, and what each kind has besides."""

import random
from dataclasses import dataclass

from mqcourse.rubric.levels import LEVELS as LEVELS
from mqcourse.rubric.levels import RUBRIC as RUBRIC

KINDS = {
    "recall": "Recall",
    "choice": "One choice",
    "choices": "Several choices",
    "numeric": "Number",
    "order": "Order the steps",
    "spot": "Find the mistake",
    "estimate": "Estimate",
    "design": "Design",
    "incident": "Incident",
    "claim": "True or false",
}
"""Name in the bank, name on the page."""
MINUTES = {**dict.fromkeys(KINDS, 3), "estimate": 5, "incident": 10, "design": 45}
"""How long a question of each kind takes: to answer, to compare, to rate."""
VERDICTS = {"true": "True", "false": "False", "false since": "False since", "depends": "It depends"}
CHOOSE = f"Choose: {', '.join(VERDICTS.values())}.".replace("since", "since …")
"""What the reader of a claim is asked; the dots stand for a version."""
NOT_RUN = "read, not run"
"""The proof of a question whose answer was read and not tried."""


@dataclass(frozen=True)
class FollowUp:
    """What the interviewer asks next, and the answer to it."""

    ask: str
    answer: str


@dataclass(frozen=True)
class WrongAnswer:
    """An answer that is often given, and what is the matter with it."""

    said: str
    why: str


@dataclass(frozen=True)
class Proof:
    """What shows that the answer is true: `kind` is chapter, lab, test, fact, calculation, or NOT_RUN."""

    kind: str
    what: str = ""
    """The chapter's name, lab/exercise, test file or fact id."""

    @property
    def shown(self) -> str:
        """In the bank's words, for a reader outside the book."""
        return self.kind if self.kind == NOT_RUN else f"{self.kind} {self.what}".strip()


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Number:
    """The number that is asked for: `value` in `unit`, right within the share `tolerance`, from `formula`."""

    value: float
    unit: str
    tolerance: float
    formula: str

    def holds(self, given: float) -> bool:
        """Whether a given number is near enough."""
        return abs(given - self.value) <= self.tolerance * abs(self.value)

    @property
    def shown(self) -> str:
        """The value as it is written on a card: 4,200 messages."""
        return f"{self.value:,.10g} {self.unit}"


@dataclass(frozen=True)
class Spot:
    """A text or program with one mistake: the words `mistake` of it, and how they read when they are right."""

    passage: str
    mistake: str
    correction: str


@dataclass(frozen=True)
class Design:
    """What a walk-through of 45 minutes has beside its strong answer; `choices` are (name, price)."""

    requirements: tuple[str, ...]
    estimate: tuple[str, ...]
    drawing: str
    choices: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]
    attacks: tuple[str, ...]


@dataclass(frozen=True)
class Incident:
    """What is seen, what has to be decided in turn, and what is written down afterwards."""

    signals: tuple[str, ...]
    decisions: tuple[FollowUp, ...]
    postmortem: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A popular claim, and whether it is true; `since` is the version from which it is false."""

    quoted: str
    verdict: str
    since: str = ""

    @property
    def shown(self) -> str:
        """The verdict as it is written on a card."""
        return f"{VERDICTS[self.verdict]} {self.since}".strip()


@dataclass(frozen=True)
class Steps:
    """The steps of a procedure in the right order."""

    right: tuple[str, ...]

    def shuffled(self, seed: str) -> tuple[str, ...]:
        """The steps in another order, always the same for a seed, and never the right one."""
        drawn = random.Random(seed)  # noqa: S311  # an order to show, no secret
        found = list(self.right)
        while tuple(found) == self.right:
            drawn.shuffle(found)
        return tuple(found)

    def letters(self, seed: str) -> str:
        """The right order by the letters of the shuffled one: "C, A, B"."""
        shown = self.shuffled(seed)
        return ", ".join(letter(shown.index(step)) for step in self.right)


@dataclass(frozen=True)
class Options:
    """The answers to choose from, in the order in which they are shown."""

    all: tuple[Option, ...]

    @property
    def letters(self) -> str:
        """The letters of the right options: "A, C"."""
        return ", ".join(letter(place) for place, option in enumerate(self.all) if option.right)


Details = None | Options | Number | Steps | Spot | Design | Incident | Claim
"""What a kind has besides; None for recall."""


@dataclass(frozen=True)
class Question:
    """A question with the content of a strong answer.

    Texts are Markdown. `strong` holds the points of a strong answer, most important first; `rubric` what an answer of
    each level adds; `facts` are ids of book/facts.toml that the answer leans on; `sources` are pairs (title, https
    address); `versions` names what the answer is true of; `chapter` the page to read, "kafka/log", or "".
    """

    id: str
    topic: str
    level: str
    kind: str
    prompt: str
    strong: tuple[str, ...]
    rubric: dict[str, tuple[str, ...]]
    follow_ups: tuple[FollowUp, ...]
    wrong: tuple[WrongAnswer, ...]
    sources: tuple[tuple[str, str], ...]
    versions: str
    proof: Proof
    facts: tuple[str, ...] = ()
    chapter: str = ""
    details: Details = None


def letter(place: int) -> str:
    """The name of an option: A for the first."""
    return chr(ord("A") + place)
