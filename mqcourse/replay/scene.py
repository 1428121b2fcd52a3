"""What a page plays: the places of a recording, its messages, and for each event a sentence and what moved where.

All reasoning about a broker is done here and in the story of each broker. The page only shows it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mqcourse.replay.recording import Event, Recording

Column = Literal["left", "middle", "right", "end"]
Look = Literal["plain", "sent", "held", "again", "done"]
"""How a message is drawn: waiting, not yet certain, held by a consumer, delivered again, finished."""
State = Literal["", "dead", "closed"]


@dataclass(frozen=True)
class Place:
    """A box of the picture: a program, a queue, a partition, or where messages end."""

    id: str
    kind: str
    column: Column
    label: str


@dataclass(frozen=True)
class Move:
    """A message goes to a place; a message that was in none appears at the place of the event's program."""

    message: int
    to: str
    look: Look


@dataclass(frozen=True)
class Step:
    """One event in words. `at` is the place that acted; `notes` and `states` are those that changed."""

    at_ms: float
    did: str
    say: str
    at: str
    source: str
    line: int
    moves: tuple[Move, ...]
    notes: dict[str, str]
    states: dict[str, State]
    mark: bool


@dataclass(frozen=True)
class Story:
    """All of it. `missing` are the reasons why it cannot be shown complete."""

    places: tuple[Place, ...]
    messages: tuple[str, ...]
    steps: tuple[Step, ...]
    missing: tuple[str, ...]


@dataclass
class Scene:
    """What the story of a broker writes into while it goes through the events."""

    places: dict[str, Place] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    known_notes: dict[str, str] = field(default_factory=dict)

    def place(self, kind: str, name: str, column: Column, label: str = "") -> str:
        """The id of a place, which is added when it is new."""
        identity = f"{kind}:{name}"
        if identity not in self.places:
            self.places[identity] = Place(identity, kind, column, label or name)
        return identity

    def message(self, label: str) -> int:
        self.messages.append(label)
        self.where.append("")
        self.looks.append("plain")
        return len(self.messages) - 1

    def move(self, message: int, to: str, look: Look = "plain") -> None:
        """In this step a message goes there."""
        if (self.where[message], self.looks[message]) == (to, look):
            return
        self.where[message], self.looks[message] = to, look
        self.moves.append(Move(message, to, look))

    def at(self, place: str) -> list[int]:
        """The messages at a place, in the order in which they were published."""
        return [message for message, where in enumerate(self.where) if where == place]

    def note(self, place: str, text: str) -> None:
        """The line below a place's name, from this step on."""
        if self.known_notes.get(place, "") != text:
            self.notes[place] = self.known_notes[place] = text

    def state(self, place: str, state: State) -> None:
        self.states[place] = state

    def lacks(self, reason: str) -> None:
        """Something that the recording does not have."""
        if reason not in self.missing:
            self.missing.append(reason)

    def tell(self, story: object, event: Event) -> str:
        """The sentence of an event: the story's method `tell_…` of its name gives it."""
        tell = getattr(story, "tell_" + event.did.replace("-", "_"), None)
        if tell is not None:
            return str(tell(event))
        self.lacks(f"an event “{event.did}” that this page cannot show")
        return f"{event.who}: {event.did}."

    def step(self, event: Event, say: str, at: str, *, mark: bool = False) -> Step:
        """Close the step of an event."""
        done = Step(
            event.at_ms,
            event.did,
            say,
            at,
            event.source,
            event.line,
            tuple(self.moves),
            dict(self.notes),
            dict(self.states),
            mark,
        )
        self.moves.clear()
        self.notes.clear()
        self.states.clear()
        return done


def plain(names: Sequence[str]) -> dict[str, str]:
    """Names of a run, as "work-queue.tasks.3fa2b1", by the part in which they differ: "tasks"."""
    found = {}
    for name in names:
        parts = name.split(".")
        if len(parts) > 1 and len(parts[-1]) == 6 and all(c in "0123456789abcdef" for c in parts[-1]):
            parts.pop()
        found[name] = parts[-1]
    return found if len(set(found.values())) == len(found) else {name: name for name in found}


def counted(number: int, noun: str) -> str:
    """ "no message", "1 message", "2 messages"."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def listed(labels: Sequence[str]) -> str:
    """ "“a”", "“a” and “b”", "“a”, “b” and 3 more"."""
    quoted = [f"“{label}”" for label in labels]
    if len(quoted) > 3:
        quoted = [*quoted[:2], f"{len(quoted) - 2} more"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def programs(recording: Recording, *, receives: set[str]) -> Iterator[tuple[str, Column]]:
    """Every program that takes part, and its side: right when it receives and the left has another, else left."""
    names = list(dict.fromkeys(event.who for event in recording.events))
    takes = {event.who for event in recording.events if event.did in receives}
    for name in names:
        yield name, "right" if name in takes else "left"
