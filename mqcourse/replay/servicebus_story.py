"""A recording of Service Bus's clients, told: queues, sessions, and which receiver holds the lock of which message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mqcourse.replay.recording import Event, Recording
from mqcourse.replay.scene import Scene, State, Step, counted, listed, plain, programs

MARKED = ("signalled", "not-settled", "not-sent")
ENDS = {
    "deleted": "completed and deleted",
    "lost": "lost",
    "dropped": "dropped by the service",
    "undone": "rolled back",
}

DRAWN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A message id that the client has drawn, because the sender gave none. The page leaves it out."""


@dataclass
class Sent:
    """A message of the story: which entity and session it is in, and its number once the service has told it."""

    message: int
    entity: str
    session: str
    identity: str
    sequence: int = 0


@dataclass
class Held:
    """A message that a receiver has and did not settle."""

    sent: Sent
    who: str
    deleted: bool


class ServiceBusStory:
    """Goes through the events once."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.scene = Scene()
        self.sent: list[Sent] = []
        self.held: list[Held] = []
        self.deletes: set[str] = set()
        self.inside: dict[str, list[tuple[Sent, str]]] = {}  # what happens when a transaction is committed
        self.ended: set[str] = set()
        entities = dict.fromkeys(
            str(event.what["entity"]) for event in recording.events if event.what.get("entity")
        )
        self.label = plain(list(entities))
        self.program = {
            name: self.scene.place("program", name, column)
            for name, column in programs(recording, receives={"received"})
        }
        for event in recording.events:
            if event.what.get("entity") and event.did in ("sent", "received", "joined", "counted"):
                self.place(str(event.what["entity"]), str(event.what.get("session") or ""))

    def place(self, entity: str, session: str) -> str:
        """The place of a queue, or of one session of it."""
        name = self.label.get(entity, entity)
        if session:
            return self.scene.place("queue", f"{entity}/{session}", "middle", f"{name}, session {session}")
        if any(place.id.startswith(f"queue:{entity}/") for place in self.scene.places.values()):
            return next(place for place in self.scene.places if place.startswith(f"queue:{entity}/"))
        return self.scene.place("queue", entity, "middle", name)

    def end(self, name: str) -> str:
        """Where messages end."""
        return self.scene.place("end", name, "end", ENDS[name])

    def dead_letters(self, entity: str) -> str:
        """The place of a queue's dead letters."""
        return self.scene.place("queue", f"{entity}$dead", "middle", f"{self.label[entity]}, dead letters")

    def steps(self) -> Iterator[Step]:
        """A step for each event."""
        for event in self.recording.events:
            say = self.scene.tell(self, event)
            yield self.scene.step(event, say, self.program[event.who], mark=event.did in MARKED)

    # what happened, by its name in the recording

    def tell_joined(self, event: Event) -> str:
        """A client takes part."""
        entity = event.what.get("entity")
        if event.who in self.ended:
            self.ended.discard(event.who)
            self.scene.state(self.program[event.who], "")
        if not entity:
            return f"{event.who} takes part."
        if event.what.get("deletes"):
            self.deletes.add(event.who)
        how = "receive-and-delete" if event.what.get("deletes") else "peek-lock"
        session = event.what.get("session")
        if session:
            return f"{event.who} has the lock of the session {session} of {self.label[str(entity)]}."
        what = "the dead letters of " if event.what.get("dead_letters") else ""
        return f"{event.who} receives from {what}{self.label[str(entity)]} in the mode {how}."

    def tell_sent(self, event: Event) -> str:
        """The service has accepted a message."""
        entity, label = str(event.what["entity"]), str(event.what["message"])
        session, identity = str(event.what.get("session") or ""), str(event.what.get("id") or "")
        message = self.scene.message(label)
        if transaction := event.what.get("transaction"):
            self.scene.move(message, self.program[event.who], "sent")
            pending = Sent(message, entity, session, identity)
            self.inside.setdefault(str(transaction), []).append((pending, "send"))
            return f"{event.who} sends “{label}” to {self.label[entity]} inside the transaction."
        self.scene.move(message, self.place(entity, session), "plain")
        self.sent.append(Sent(message, entity, session, identity))
        named = f" with the message id {identity}" if identity and not DRAWN.fullmatch(identity) else ""
        of = f" for the session {session}" if session else ""
        return f"{event.who} sends “{label}”{named}{of} to {self.label[entity]}, and the service accepts it."

    def tell_not_sent(self, event: Event) -> str:
        """The service has refused."""
        what = counted(int(event.what["messages"]), "message")
        return f"A send of {event.who} with {what} ends with {event.what['why']}."

    def find(self, event: Event) -> Sent:
        """The message that was received: by its sequence number, else the first of that body without a number."""
        entity, sequence = str(event.what["entity"]), int(event.what["sequence"])
        label = str(event.what["message"])
        for sent in self.sent:
            if sent.entity == entity and sent.sequence == sequence:
                return sent
        for sent in self.sent:
            if sent.entity == entity and not sent.sequence and self.scene.messages[sent.message] == label:
                sent.sequence = sequence
                return sent
        self.scene.lacks("the sending of a message that was received")
        found = Sent(self.scene.message(label), entity, str(event.what.get("session") or ""), "", sequence)
        self.sent.append(found)
        return found

    def tell_received(self, event: Event) -> str:
        """A receiver has a message."""
        sent = self.find(event)
        before = [held for held in self.held if held.sent is sent]
        self.held = [held for held in self.held if held.sent is not sent]
        again = bool(event.what.get("deliveries"))
        self.scene.move(sent.message, self.program[event.who], "again" if again else "held")
        deleted = event.who in self.deletes
        self.held.append(Held(sent, event.who, deleted))
        label = str(event.what["message"])
        say = f"{event.who} receives “{label}”"
        if sent.session:
            say += f" of the session {sent.session}"
        if deleted:
            return f"{say}, and the service deletes it."
        lock = event.what.get("lock_ms")
        say += f", locked for {int(lock) / 1000:.1f} s." if lock is not None else "."
        if again:
            say += f" Delivery count {event.what['deliveries']}."
        if event.what.get("reason"):
            say += f" It was dead-lettered: {event.what['reason']}."
        if before and before[0].who != event.who:
            say += f" The lock of {before[0].who} has ended."
        return say

    def settled(self, event: Event) -> Sent | None:
        """The message that was settled, which nobody holds any more."""
        sequence = int(event.what["sequence"])
        for held in self.held:
            if held.who == event.who and held.sent.sequence == sequence:
                self.held.remove(held)
                return held.sent
        self.scene.lacks("the receiving of a message that was settled")
        return None

    def tell_completed(self, event: Event) -> str:
        """The service has deleted it."""
        if transaction := event.what.get("transaction"):
            held = [one for one in self.held if one.sent.sequence == int(event.what["sequence"])]
            self.inside.setdefault(str(transaction), []).extend((one.sent, "complete") for one in held)
            return f"{event.who} completes “{event.what['message']}” inside the transaction."
        sent = self.settled(event)
        if sent is not None:
            self.scene.move(sent.message, self.end("deleted"), "done")
        return f"{event.who} completes “{event.what['message']}”, and the service deletes it."

    def tell_began(self, event: Event) -> str:
        """A transaction was declared."""
        return f"{event.who} begins a transaction."

    def tell_committed(self, event: Event) -> str:
        """All that was done in the transaction happens now."""
        for sent, what in self.inside.pop(str(event.what["transaction"]), []):
            if what == "send":
                self.sent.append(sent)
                self.scene.move(sent.message, self.place(sent.entity, sent.session), "plain")
            else:
                self.held = [held for held in self.held if held.sent is not sent]
                self.scene.move(sent.message, self.end("deleted"), "done")
        return f"{event.who} commits: all of the transaction happens at once."

    def tell_rolled_back(self, event: Event) -> str:
        """The parts of the transaction do not happen."""
        for sent, what in self.inside.pop(str(event.what["transaction"]), []):
            if what == "send":
                self.scene.move(sent.message, self.end("undone"), "done")
        return f"{event.who} rolls back: no part of the transaction happens."

    def tell_abandoned(self, event: Event) -> str:
        """The lock was given up."""
        sent = self.settled(event)
        if sent is not None:
            self.scene.move(sent.message, self.place(sent.entity, sent.session), "again")
        return f"{event.who} abandons “{event.what['message']}”, and its lock ends."

    def tell_deferred(self, event: Event) -> str:
        """It stays, and only its number fetches it."""
        sent = self.settled(event)
        if sent is not None:
            self.scene.move(sent.message, self.place(sent.entity, sent.session), "sent")
        return f"{event.who} defers “{event.what['message']}”. Only its sequence number fetches it now."

    def tell_dead_lettered(self, event: Event) -> str:
        """It was moved to the dead letters."""
        sent = self.settled(event)
        if sent is not None:
            self.scene.move(sent.message, self.dead_letters(sent.entity), "plain")
        return f"{event.who} dead-letters “{event.what['message']}”."

    def tell_not_settled(self, event: Event) -> str:
        """The settlement was refused, and the client has no lock: the message is the service's again."""
        label, why = event.what["message"], event.what["why"]
        if why in ("MessageLockLostError", "SessionLockLostError"):
            for held in list(self.held):
                if held.who == event.who and held.sent.sequence == int(event.what["sequence"]):
                    self.held.remove(held)
                    self.scene.move(
                        held.sent.message, self.place(held.sent.entity, held.sent.session), "again"
                    )
        return f"{event.who} cannot {event.what['settlement']} “{label}”: {why}."

    def tell_renewed(self, event: Event) -> str:
        """A lock lasts longer."""
        return f"{event.who} renews the lock of “{event.what['message']}” for {int(event.what['lock_ms']) / 1000:.1f} s."

    def tell_counted(self, event: Event) -> str:
        """The service's own count. It proves which of two messages with one id was dropped."""
        entity, active = str(event.what["entity"]), int(event.what["active"])
        here = [sent for sent in self.sent if sent.entity == entity and self.is_active(sent)]
        more = ""
        if len(here) > active:
            first: set[str] = set()
            twice = []
            for sent in self.sent:
                if sent.entity == entity and sent.identity:
                    if sent.identity in first and sent in here:
                        twice.append(sent)
                    first.add(sent.identity)
            if len(twice) == len(here) - active:
                for sent in twice:
                    self.scene.move(sent.message, self.end("dropped"), "done")
                labels = [self.scene.messages[sent.message] for sent in twice]
                more = f" So the service dropped {listed(labels)}, whose message id it knew."
        dead = int(event.what["dead"])
        letters = f", {counted(dead, 'dead letter')}" if dead else ""
        return (
            f"The service counts {counted(active, 'active message')}{letters} in {self.label[entity]}.{more}"
        )

    def is_active(self, sent: Sent) -> bool:
        """Whether the service counts it: in its queue, or locked by a receiver."""
        if any(held.sent is sent for held in self.held):
            return not next(held for held in self.held if held.sent is sent).deleted
        return self.scene.where[sent.message] == self.place(sent.entity, sent.session)

    def tell_signalled(self, event: Event) -> str:
        """A process got a signal."""
        name = str(event.what["signal"])
        if name != "SIGKILL":
            return f"{event.who} gets {name}."
        self.finish(event.who, "dead")
        mine = [held for held in self.held if held.who == event.who]
        deleted = [held for held in mine if held.deleted]
        say = f"{event.who} is ended with SIGKILL."
        if deleted:
            for held in deleted:
                self.held.remove(held)
                self.scene.move(held.sent.message, self.end("lost"), "done")
            labels = listed([self.scene.messages[held.sent.message] for held in deleted])
            is_lost = "it is" if len(deleted) == 1 else "they are"
            say += f" The service had deleted {labels}, so {is_lost} lost."
        elif mine:
            say += f" It had the lock of {counted(len(mine), 'message')}, and the lock lasts on."
        return say

    def tell_closed(self, event: Event) -> str:
        """A client was closed."""
        self.finish(event.who, "closed")
        return f"{event.who} closes."

    def finish(self, who: str, state: State) -> None:
        """A client is gone."""
        if who not in self.ended:
            self.ended.add(who)
            self.scene.state(self.program[who], state)
