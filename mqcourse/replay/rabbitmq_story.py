"""A recording of RabbitMQ's clients, told: queues with ready and unacknowledged messages, and who holds them."""

from collections.abc import Iterator

from mqcourse.replay.bindings import fits
from mqcourse.replay.rabbitmq_state import Channel, Held, Queue
from mqcourse.replay.recording import Event, Recording
from mqcourse.replay.scene import Scene, State, Step, counted, listed, plain, programs

ENDS = {
    "deleted": "acknowledged and deleted",
    "lost": "lost",
    "dropped": "dropped by the broker",
}
BY_THE_BROKER = ("counted", "declared", "bound")
"""Answers of the broker about a queue: there the reader should look."""


class RabbitMQStory:
    """Goes through the events once."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.scene = Scene()
        self.channels: dict[tuple[str, int], Channel] = {}
        self.queues: dict[str, Queue] = {}
        self.bindings: list[tuple[str, str, str]] = []
        self.exchanges: dict[str, str] = {}
        self.stray: dict[int, Held] = {}
        self.ended: set[str] = set()
        self.nacked: set[int] = set()
        self.known: set[int] = set()  # messages that the broker has confirmed or counted
        names = [str(event.what["queue"]) for event in recording.events if event.what.get("queue")]
        exchanges = [str(event.what["exchange"]) for event in recording.events if event.what.get("exchange")]
        self.label = plain(list(dict.fromkeys([*exchanges, *names])))
        self.program = {
            name: self.scene.place("program", name, column)
            for name, column in programs(recording, receives={"subscribed"})
        }
        for exchange in dict.fromkeys(exchanges):
            self.scene.place("exchange", exchange, "middle", self.label[exchange])
        for queue in dict.fromkeys(names):
            self.queue(queue)
        for event in recording.events:
            arguments = event.what.get("arguments") or {}
            if event.did == "declared" and arguments.get("x-queue-type") == "stream":
                self.queue(str(event.what["queue"])).is_stream = True

    def queue(self, name: str) -> Queue:
        if name not in self.queues:
            place = self.scene.place("queue", name, "middle", self.label.get(name, name))
            self.queues[name] = Queue(place)
        return self.queues[name]

    def channel(self, event: Event) -> Channel:
        return self.channels.setdefault((event.who, int(event.what.get("channel") or 0)), Channel())

    def end(self, name: str) -> str:
        """Where messages end."""
        return self.scene.place("end", name, "end", ENDS[name])

    def steps(self) -> Iterator[Step]:
        """A step for each event."""
        for event in self.recording.events:
            closing = self.closed(event.who)
            say = self.scene.tell(self, event)
            self.count()
            at = self.program[event.who]
            broke = event.did == "disconnected" and not closing
            if event.did in BY_THE_BROKER and event.what.get("queue"):
                at = self.queue(str(event.what["queue"])).place
            yield self.scene.step(
                event,
                say,
                at,
                mark=broke or event.did in ("signalled", "closed-by-broker", "refused", "returned"),
            )

    def closed(self, who: str) -> bool:
        """Whether a program has closed its connection, or was killed, so that its end is no surprise."""
        return self.program[who] in self.ended

    def count(self) -> None:
        """The line below each queue."""
        unacked = dict.fromkeys(self.queues, 0)
        for held in [*self.stray.values(), *(h for c in self.channels.values() for h in c.held.values())]:
            if not held.auto_ack and not held.is_copy:
                unacked[held.queue] += 1
        for name, queue in self.queues.items():
            ready = len(self.scene.at(queue.place))  # by the clients: the broker's own count is an event
            kept = f"{ready} stored" if queue.is_stream else f"{ready} not delivered, {unacked[name]} unacked"
            self.scene.note(queue.place, kept)

    # what happened, by its name in the recording

    def tell_joined(self, event: Event) -> str:
        """A connection was opened."""
        return f"{event.who} is connected to RabbitMQ."

    def tell_declared(self, event: Event) -> str:
        """The broker has the queue."""
        name = str(event.what["queue"])
        queue, arguments = self.queue(name), event.what.get("arguments") or {}
        if "x-dead-letter-exchange" in arguments:
            queue.dead_letter_exchange = str(arguments["x-dead-letter-exchange"])
            queue.dead_letter_key = arguments.get("x-dead-letter-routing-key")
        if event.what["ready"] and not self.scene.at(queue.place):
            self.scene.lacks(f"messages that {self.label[name]} held before")
        kind = arguments.get("x-queue-type", "")
        if queue.is_stream:
            return f"{event.who} declares the stream {self.label[name]}."
        return f"{event.who} declares the {kind + ' ' if kind else ''}queue {self.label[name]}."

    def tell_exchange_declared(self, event: Event) -> str:
        """The broker has the exchange."""
        exchange, kind = str(event.what["exchange"]), str(event.what["kind"])
        self.exchanges[exchange] = kind
        return f"{event.who} declares the {kind} exchange {self.label[exchange]}."

    def tell_bound(self, event: Event) -> str:
        """The broker has the binding."""
        exchange, key, queue = (str(event.what[name]) for name in ("exchange", "key", "queue"))
        self.bindings.append((exchange, key, queue))
        shown = f" for the key {key}" if key and self.exchanges.get(exchange) != "fanout" else ""
        return f"{event.who} binds {self.label[queue]} to {self.label[exchange]}{shown}."

    def targets(self, exchange: str, key: str) -> list[str]:
        """The queues that get a copy, by the bindings of the recording."""
        if not exchange:
            return [key] if key in self.queues else []
        kind = self.exchanges.get(exchange, "direct")
        if exchange not in {bound for bound, _, _ in self.bindings}:
            self.scene.lacks(f"the bindings of {self.label.get(exchange, exchange)}")
        found = [queue for bound, rule, queue in self.bindings if bound == exchange and fits(kind, rule, key)]
        return list(dict.fromkeys(found))

    def tell_published(self, event: Event) -> str:
        """A message is on its way to the broker."""
        channel, label = self.channel(event), str(event.what["message"])
        exchange, key = str(event.what["exchange"]), str(event.what["key"])
        copies = []
        targets = self.targets(exchange, key)
        for queue in targets:
            message = self.scene.message(label)
            self.scene.move(message, self.queues[queue].place, "sent" if channel.confirming else "plain")
            copies.append(message)
        if not targets:
            message = self.scene.message(label)
            self.scene.move(message, self.end("dropped"), "done")
            copies.append(message)
        channel.published.append(copies)
        keyed = f" with the key {key}" if key else ""
        to = f"the exchange {self.label[exchange]}{keyed}" if exchange else self.label.get(key, key)
        if not targets:
            return f"{event.who} publishes “{label}” to {to}. No binding fits, so the broker drops it."
        goes = ""
        if exchange:
            names = [self.label[queue] for queue in targets]
            goes = f" The bindings lead to {' and '.join(names)}."
        return f"{event.who} publishes “{label}” to {to}.{goes}"

    def tell_confirms(self, event: Event) -> str:
        """From now on publishes are confirmed."""
        self.channel(event).confirming = True
        return f"{event.who} turns publisher confirms on for this channel."

    def of_tag(self, channel: Channel, event: Event) -> list[int]:
        """The published messages that a confirm is about."""
        tag = int(event.what["tag"])
        first = 1 if event.what.get("multiple") else tag
        found = []
        for number in range(first, tag + 1):
            if number in channel.confirmed:
                continue
            channel.confirmed.add(number)
            if not 1 <= number <= len(channel.published):
                self.scene.lacks("messages that were published before it began")
                continue
            found += channel.published[number - 1]
        return found

    def tell_confirmed(self, event: Event) -> str:
        """The broker has taken responsibility."""
        messages = self.of_tag(self.channel(event), event)
        self.known |= set(messages)
        self.channel(event).confirming = True
        for message in messages:
            if self.scene.looks[message] == "sent":
                self.scene.move(message, self.scene.where[message], "plain")
        labels = list(dict.fromkeys(self.scene.messages[message] for message in messages))
        return f"The broker confirms {listed(labels)} to {event.who}." if labels else "The broker confirms."

    def tell_refused(self, event: Event) -> str:
        """The broker has not taken it."""
        messages = self.of_tag(self.channel(event), event)
        self.channel(event).confirming = True
        labels = list(dict.fromkeys(self.scene.messages[message] for message in messages))
        say = f"The broker refuses {listed(labels)} with basic.nack."
        if len(messages) > 1:
            self.nacked |= set(messages)  # which of the queues refused: their counts will show it
            return f"{say} At least one of the queues did not take it."
        for message in messages:
            self.scene.move(message, self.end("dropped"), "done")
        return say

    def tell_returned(self, event: Event) -> str:
        """An unroutable message was returned."""
        label = str(event.what["message"])
        for message in reversed(range(len(self.scene.messages))):
            if self.scene.messages[message] == label:
                self.scene.move(message, self.program[event.who], "done")
                break
        return f"The broker returns “{label}” to {event.who}: {event.what['why']}."

    def tell_subscribed(self, event: Event) -> str:
        """A consumer is registered."""
        queue, auto = str(event.what["queue"]), bool(event.what.get("auto_ack"))
        self.channel(event).consumers[str(event.what["consumer"])] = (queue, auto)
        how = "with automatic acknowledgement" if auto else "with manual acknowledgement"
        prefetch = int(event.what.get("prefetch") or 0)
        limit = f", prefetch {prefetch}" if prefetch else ""
        return f"{event.who} subscribes to {self.label[queue]}, {how}{limit}."

    def find(self, label: str, queue: str, event: Event) -> int:
        """The message that arrives: in its queue, else with a consumer that is gone, else dead-lettered."""
        scene, place = self.scene, self.queues[queue].place
        for message in scene.at(place):
            if scene.messages[message] == label:
                return message
        for message, held in list(self.stray.items()):
            if held.queue == queue and scene.messages[message] == label:
                del self.stray[message]
                return message
        for channel in self.channels.values():
            for tag, held in list(channel.held.items()):
                if not channel.open and held.queue == queue and scene.messages[held.message] == label:
                    del channel.held[tag]
                    return held.message
        died = event.what.get("died") or {}
        origin = self.queues.get(str(died.get("queue")))
        for message in scene.at(origin.place) if origin else []:
            if scene.messages[message] == label:
                return message
        scene.lacks("the publishing of a message that was delivered")
        return scene.message(label)

    def tell_delivered(self, event: Event) -> str:
        """A consumer has a message."""
        channel, label = self.channel(event), str(event.what["message"])
        known = channel.consumers.get(str(event.what["consumer"]))
        if known is None:
            self.scene.lacks("the subscription of a consumer")
            return f"The broker delivers “{label}” to {event.who}."
        queue, auto = known
        if self.queues[queue].is_stream:
            return self.read(queue, label, event)
        message = self.find(label, queue, event)
        again = bool(event.what.get("redelivered"))
        self.scene.move(message, self.program[event.who], "again" if again else "held")
        channel.held[int(event.what["tag"])] = Held(message, queue, auto)
        how = " again, with the flag redelivered" if again else ""
        died = event.what.get("died")
        why = f" It was dead-lettered from {self.shown(died['queue'])} ({died['reason']})." if died else ""
        deleted = " The broker deletes it at the same time." if auto else ""
        return f"The broker delivers “{label}” to {event.who}{how}.{why}{deleted}"

    def read(self, name: str, label: str, event: Event) -> str:
        """A consumer of a stream has a copy of a message, which stays in the stream."""
        queue = self.queues[name]
        message = self.find(label, name, event)
        again = (event.who, message) in queue.read
        queue.read.add((event.who, message))
        copy = self.scene.message(label)
        self.scene.move(copy, self.program[event.who], "again" if again else "held")
        self.channel(event).held[int(event.what["tag"])] = Held(copy, name, False, is_copy=True)
        return f"The broker sends “{label}” to {event.who}{' again' if again else ''}. It stays in {self.label[name]}."

    def shown(self, name: object) -> str:
        """The label of a queue."""
        return self.label.get(str(name), str(name))

    def tell_got(self, event: Event) -> str:
        """basic_get gave a message."""
        queue, label = str(event.what["queue"]), str(event.what["message"])
        message = self.find(label, queue, event)
        flag = " It has the flag redelivered." if event.what.get("redelivered") else ""
        died = event.what.get("died")
        why = f" It was dead-lettered from {self.shown(died['queue'])} ({died['reason']})." if died else ""
        if event.what.get("auto_ack"):
            self.scene.move(message, self.end("deleted"), "done")
            return f"{event.who} fetches “{label}” from {self.label[queue]}, and the broker deletes it.{flag}{why}"
        self.scene.move(message, self.program[event.who], "again" if flag else "held")
        self.channel(event).held[int(event.what["tag"])] = Held(message, queue, False)
        return f"{event.who} fetches “{label}” from {self.label[queue]}.{flag}{why}"

    def tell_found_empty(self, event: Event) -> str:
        """basic_get gave none."""
        return f"{event.who} fetches from {self.shown(event.what.get('queue'))}. The queue is empty."

    def settled(self, event: Event) -> list[Held]:
        """The deliveries that an ack or reject is about."""
        channel, tag = self.channel(event), int(event.what["tag"])
        tags = (
            [one for one in channel.held if one <= tag or tag == 0] if event.what.get("multiple") else [tag]
        )
        found = [channel.held.pop(one) for one in tags if one in channel.held]
        if not found:
            self.scene.lacks("the delivery of a message that was acknowledged")
        return found

    def tell_acked(self, event: Event) -> str:
        """A consumer is done with it."""
        held = self.settled(event)
        for one in held:
            to = self.program[event.who] if one.is_copy else self.end("deleted")
            self.scene.move(one.message, to, "done")
        labels = [self.scene.messages[one.message] for one in held]
        more = (
            " The stream keeps it, and the broker may send the next." if any(h.is_copy for h in held) else ""
        )
        return f"{event.who} acknowledges {listed(labels) if labels else 'a message'}.{more}"

    def tell_rejected(self, event: Event) -> str:
        """A consumer does not want it."""
        held = self.settled(event)
        labels = [self.scene.messages[one.message] for one in held]
        back = bool(event.what["requeue"])
        goes = ""
        for one in held:
            queue = self.queues[one.queue]
            if one.is_copy:
                self.scene.move(one.message, self.program[event.who], "done")
                goes = " The stream keeps it, and the broker may send the next."
                continue
            if back:
                self.scene.move(one.message, queue.place, "again")
                goes = f" It goes back to {self.shown(one.queue)}."
                continue
            targets = self.dead_letter_targets(one.queue, one.queue)
            to = self.queues[targets[0]].place if targets else self.end("dropped")
            self.scene.move(one.message, to, "plain" if targets else "done")
            goes = f" It is dead-lettered to {self.shown(targets[0])}." if targets else " It is dropped."
        how = "with requeue" if back else "without requeue"
        return f"{event.who} rejects {listed(labels) if labels else 'a message'} {how}.{goes}"

    def dead_letter_targets(self, name: str, key: str) -> list[str]:
        """Where a queue's dead letters go."""
        queue = self.queues[name]
        if queue.dead_letter_exchange is None:
            return []
        return self.targets(queue.dead_letter_exchange, queue.dead_letter_key or key)

    def tell_counted(self, event: Event) -> str:
        """The broker's own count, which shows what it did since the last one."""
        name, ready = str(event.what["queue"]), int(event.what["ready"])
        queue, scene = self.queue(name), self.scene
        consumers = int(event.what["consumers"])
        here = scene.at(queue.place)
        if queue.is_stream:
            return f"The broker counts {ready} in {self.label[name]}, and {counted(consumers, 'consumer')}."
        more = ""
        gone = [message for message, held in self.stray.items() if held.queue == name and not held.auto_ack]
        for channel in self.channels.values():
            if not channel.open:
                gone += [h.message for h in channel.held.values() if h.queue == name and not h.auto_ack]
        back = sorted(set(gone))
        if back and ready == len(here) + len(back):
            for message in back:
                self.forget(message)
                scene.move(message, queue.place, "again")
            more = f" {listed([scene.messages[m] for m in back])} {'is' if len(back) == 1 else 'are'} ready again."
        elif consumers == 0 and ready < len(known := [message for message in here if message in self.known]):
            left = known[: len(known) - ready]
            died = self.dead_letter_targets(name, name)
            for message in left:
                if died:
                    scene.move(message, self.queues[died[0]].place, "plain")
                else:
                    scene.move(message, self.end("lost"), "done")
            labels = listed([scene.messages[message] for message in left])
            more = f" {labels} {'has' if len(left) == 1 else 'have'} left the queue."
        elif consumers == 0 and ready < len(here) and self.nacked & set(here):
            refused = sorted(self.nacked & set(here))[ready - len(here) :]
            for message in refused:
                self.nacked.discard(message)
                scene.move(message, self.end("dropped"), "done")
            labels = listed([scene.messages[message] for message in refused])
            more = f" So this queue refused {labels}."
        elif ready < len(here):
            other = len(here) - ready
            what = "on the way to a consumer" if consumers else "not counted yet"
            more = f" {counted(other, 'message').capitalize()} {'is' if other == 1 else 'are'} {what}."
        for message in scene.at(queue.place)[:ready]:
            self.known.add(message)
            if scene.looks[message] == "sent" and message in self.nacked:
                scene.move(message, queue.place, "plain")
        who = counted(consumers, "consumer")
        return f"The broker counts {ready} ready in {self.label[name]}, and {who}.{more}"

    def forget(self, message: int) -> None:
        """Nobody holds it."""
        self.stray.pop(message, None)
        for channel in self.channels.values():
            for tag in [tag for tag, held in channel.held.items() if held.message == message]:
                del channel.held[tag]

    def tell_signalled(self, event: Event) -> str:
        """A process got a signal."""
        name = str(event.what["signal"])
        if name != "SIGKILL":
            return f"{event.who} gets {name}."
        held = self.leave(event.who)
        self.finish(event.who, "dead")
        say = f"{event.who} is ended with SIGKILL."
        unacked = [one for one in held if not one.auto_ack]
        auto = [one for one in held if one.auto_ack]
        if unacked:
            say += f" It held {counted(len(unacked), 'unacknowledged message')}."
        if auto:
            for one in auto:
                self.scene.move(one.message, self.end("lost"), "done")
            say += (
                f" The broker had deleted its {counted(len(auto), 'message')} on sending, so they are lost."
            )
        return say

    def finish(self, who: str, state: State) -> None:
        """A program's connection is gone."""
        self.ended.add(self.program[who])
        self.scene.state(self.program[who], state)

    def leave(self, who: str, number: int | None = None) -> list[Held]:
        """A program's channels are gone. What they held is returned, and kept as stray until it is seen again."""
        found: list[Held] = []
        for (name, of), channel in self.channels.items():
            if name == who and channel.open and number in (None, of):
                channel.open = False
                channel.consumers.clear()
                found += channel.held.values()
                channel.held = {}
        self.stray |= {held.message: held for held in found if not held.auto_ack and not held.is_copy}
        return found

    def tell_closed(self, event: Event) -> str:
        """A channel or a connection was closed by its program."""
        number = event.what.get("channel")
        held = self.leave(event.who, int(number) if number else None)
        what = "a channel" if number else "its connection"
        if not number:
            self.finish(event.who, "closed")
        unacked = [one for one in held if not one.auto_ack]
        more = f" It held {counted(len(unacked), 'unacknowledged message')}." if unacked else ""
        return f"{event.who} closes {what}.{more}"

    def tell_closed_by_broker(self, event: Event) -> str:
        """The broker closed it."""
        self.leave(event.who, int(event.what["channel"]) if event.what.get("channel") else None)
        what = "a channel" if event.what.get("channel") else "the connection"
        return f"The broker closes {what} of {event.who}: {event.what['why']}."

    def tell_disconnected(self, event: Event) -> str:
        """The socket is gone."""
        self.leave(event.who)
        self.finish(event.who, "closed")
        return f"The connection of {event.who} has ended."

    def tell_cancelled(self, event: Event) -> str:
        """The broker took a consumer away."""
        self.channel(event).consumers.pop(str(event.what["consumer"]), None)
        return f"The broker cancels a consumer of {event.who}."

    def tell_purged(self, event: Event) -> str:
        """A queue was emptied."""
        for message in self.scene.at(self.queue(str(event.what["queue"])).place):
            self.scene.move(message, self.end("dropped"), "done")
        return f"{event.who} purges {self.shown(event.what['queue'])}."

    def tell_queue_deleted(self, event: Event) -> str:
        """A queue was removed."""
        for message in self.scene.at(self.queue(str(event.what["queue"])).place):
            self.scene.move(message, self.end("dropped"), "done")
        return f"{event.who} deletes the queue {self.shown(event.what['queue'])}."
