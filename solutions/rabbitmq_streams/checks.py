"""Checks of the lab rabbitmq_streams. What differs from run to run is drawn from the answer's seed."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.streams import NO_OFFSET, CheckStreams
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, Trial

READ_S = 10.0
"""How long a reader may take for some hundred messages."""

STORED_S = 4.0
"""How long an offset may be on its way to the broker after its message was handled."""

IDLE_S = 2.0
"""How long a worker finds no message and must not end."""

SHARED_S = 10.0
"""How long a second worker may take until it has a partition."""

SEGMENT_BYTES, LIMIT_BYTES, LONG_BYTES, LONG = 50_000, 100_000, 1_000, 400
"""A stream of so many long messages has lost its first segments. The sizes are those of the chapter's experiment, halved."""

LINE, MESSAGE, ORDER = "line", "message", "order"


def read(answer: Answer) -> Sequence[Breach]:
    """Two readers at once, each from another offset; then one that begins with a message that retention deleted."""
    draw = answer.draw("read")
    count = draw.randint(120, 160)
    cuts = sorted(draw.sample(range(10, 100), 3))
    with CheckStreams() as broker, Trial(answer, broker.number_of) as trial:
        stream = broker.stream("log")
        for begin, end in zip([0, *cuts], [*cuts, count], strict=True):
            broker.publish(stream, range(begin + 1, end + 1))
            if end < count:
                broker.store_offset(stream, "another service", begin)  # takes an offset of the stream
        stored = broker.contents(stream)
        asked = {
            "reader A": (draw.randint(2, 9), draw.randint(105, 110)),
            "reader B": (draw.randint(40, 60), draw.randint(20, 40)),
        }
        programs = {
            name: _reader(trial, name, stream, stored[begin][0], many)
            for name, (begin, many) in asked.items()
        }
        wrong = [
            breach
            for name, (begin, many) in asked.items()
            for breach in _misread(
                name, broker, trial.result(programs[name], deadline_s=READ_S), stored[begin : begin + many]
            )
        ]
        if wrong:
            return wrong
        short = broker.stream(
            "short",
            **{"x-max-length-bytes": LIMIT_BYTES, "x-stream-max-segment-size-bytes": SEGMENT_BYTES},
        )
        broker.publish_long(short, range(1001, 1001 + LONG), LONG_BYTES)
        begin = draw.randint(1, 20)
        broker.becomes(lambda: broker.first(short) > begin, READ_S * trial.patience)
        oldest = broker.first(short)
        if oldest <= begin:
            return []  # the broker deleted nothing, so nothing is asked
        trial.saw("the stream", f"retention deleted all before offset {oldest}")
        got = trial.result(_reader(trial, "reader C", short, begin, 5), deadline_s=READ_S)
    if got is None:
        return []
    return [
        Breach(
            Guarantee.HONEST,
            f"reader C returned a list for offset {begin}, and the broker had deleted all messages before offset "
            f"{oldest}: the right result for this gap is `None`",
        )
    ]


def _reader(trial: Trial, name: str, stream: str, start: int, count: int) -> Program:
    return trial.start(name, "read", stream=stream, start=start, count=count)


def _misread(name: str, broker: CheckStreams, got: Any, wanted: Sequence[tuple[int, int]]) -> list[Breach]:
    """What is wrong with the pairs that a reader returned; `wanted` are offsets and numbers."""
    try:
        pairs = [(int(offset), broker.number_of(bytes(body)) or -1) for offset, body in got]
    except (TypeError, ValueError):
        return [
            Breach(
                Guarantee.RUNS,
                f"{name} returned {str(got)[:60]!r}: a list of pairs of offset and body is asked for",
            )
        ]
    if pairs == [*wanted]:
        return []
    numbers = [number for _, number in pairs]
    right = [number for _, number in wanted]
    if numbers == right:
        at = next(place for place, pair in enumerate(pairs) if pair != wanted[place])
        return [
            Breach(
                Guarantee.INTACT,
                f"{name} returned offset {pairs[at][0]} for message {right[at]}, whose offset is {wanted[at][0]}",
            )
        ]
    if sorted(numbers) == right:
        return guarantees.out_of_order(numbers, dict.fromkeys(right, "the stream"), verb="was returned")
    return [
        *guarantees.lost(right, numbers, why=f"is missing in what {name} returned"),
        *guarantees.unasked(right, numbers, why=f"was returned by {name}, which did not ask for it"),
        *guarantees.duplicated(numbers, verb=f"was returned by {name}"),
    ]


@dataclass(frozen=True)
class _Kills:
    """Messages of a stream in two parts, and where the first two workers are killed."""

    first: Sequence[int]
    second: Sequence[int]
    cuts: Sequence[int]


def _kills(draw: random.Random) -> _Kills:
    count = draw.randint(8, 11)
    last = count + draw.randint(5, 8)
    early = draw.randint(4, count - 2)
    return _Kills(range(1, count + 1), range(count + 1, last + 1), (early, draw.randint(early + 3, last - 1)))


def work(answer: Answer) -> Sequence[Breach]:
    """Workers A and B are killed while they handle a message; worker C does the rest and finds no more."""
    drawn = _kills(answer.draw("work"))
    with CheckStreams() as broker, Trial(answer, broker.number_of) as trial:
        stream = broker.stream("jobs")
        broker.publish(stream, drawn.first)
        trial.hold(
            lambda worker, number: (worker, number) in zip(("worker A", "worker B"), drawn.cuts, strict=True)
        )
        for worker, cut in zip(("worker A", "worker B"), drawn.cuts, strict=True):
            program = trial.start(worker, "work", stream=stream, consumer_name="billing", handle="@handle")
            if worker == "worker B":
                broker.publish(stream, drawn.second)
            trial.wait(
                lambda seen, worker=worker, cut=cut: cut in seen.messages(Kind.STARTED, worker),  # type: ignore[misc]
                deadline_s=READ_S,
            )
            offsets = {number: offset for offset, number in broker.contents(stream)}
            wrong = [
                *_repeated(trial, drawn.cuts),
                *_unreached(trial, worker, program, cut),
                *_unstored(broker, trial, "billing", {stream: offsets}, [cut]),
            ]
            trial.kill(program)
            if wrong:
                return wrong
        last = trial.start("worker C", "work", stream=stream, consumer_name="billing", handle="@handle")
        wanted = {*drawn.first, *drawn.second}
        trial.wait(lambda seen: wanted <= {*seen.messages(Kind.FINISHED)}, deadline_s=READ_S)
        broker.becomes(lambda: not last.running, IDLE_S)
        ended = not last.running
    return [
        *guarantees.lost(wanted, trial.history.messages(Kind.FINISHED), why="was not handled to its end"),
        *_repeated(trial, drawn.cuts),
        *_idle(last if ended else None),
    ]


def _idle(ended: Program | None) -> list[Breach]:
    if ended is None:
        return []
    runs = Breach(Guarantee.RUNS, f"{ended.name} ended by itself when no message arrived for a while")
    return [ended.breach or runs]


def _unreached(trial: Trial, worker: str, program: Program, cut: int) -> list[Breach]:
    started = trial.history.messages(Kind.STARTED, worker)
    if cut in started:
        return []
    if not program.running:
        return _idle(program)
    return [Breach(Guarantee.NOT_LOST, f"message {cut} was not handled: {worker} did not begin with it")]


def _repeated(trial: Trial, cut: Iterable[int], free: Iterable[int] = ()) -> list[Breach]:
    """Every message that was begun again, although no kill had cut it off; `free` ones may be."""
    begun = Counter(trial.history.messages(Kind.STARTED))
    for number in cut:
        begun[number] -= 1
    return [
        Breach(
            Guarantee.ONCE,
            f"message {number} was handled again, and its offset was stored or could have been",
        )
        for number, times in sorted(begun.items())
        if times > 1 and number > 0 and number not in free
    ]


def _unstored(
    broker: CheckStreams,
    trial: Trial,
    name: str,
    offsets: Mapping[str, Mapping[int, int]],
    held: Iterable[int],
) -> list[Breach]:
    """Where the stored offset is not that of the last message whose handling has ended; `offsets`: stream, number, offset."""
    finished = {*trial.history.messages(Kind.FINISHED)}
    wanted = {
        stream: max((at for number, at in places.items() if number in finished), default=NO_OFFSET)
        for stream, places in offsets.items()
    }
    found = broker.stored(name, wanted, STORED_S * trial.patience)
    breaches: list[Breach] = []
    for stream, places in offsets.items():
        at, due = found[stream], wanted[stream]
        numbers = {offset: number for number, offset in places.items()}
        trial.saw("the broker", f"stored offset of {name!r}: {'none' if at == NO_OFFSET else at}")
        if at < due:
            breaches.append(
                Breach(
                    Guarantee.ONCE,
                    f"message {numbers[due]} would be handled again after a crash: its offset is {due}, and the offset "
                    f"that the broker has under the name is {'missing' if at == NO_OFFSET else at}",
                )
            )
        breaches += [
            Breach(
                Guarantee.COMMITTED_LATE,
                f"the stored offset is {at}, so message {number} with offset {places[number]} counts as handled, and "
                "its handling has not ended: after a crash it is lost",
            )
            for number in held
            if number in places and at >= places[number]
        ]
    return breaches


def publish(answer: Answer) -> Sequence[Breach]:
    """Publisher A is killed when it reports a line, and started again; publisher C has the next lines."""
    draw = answer.draw("publish")
    count = draw.randint(6, 9)
    cut = draw.randint(3, count - 1)
    first = draw.randint(0, 40)
    lines, more = range(1, count + 1), range(count + 1, count + draw.randint(4, 6))
    with CheckStreams() as broker, Trial(answer, broker.number_of) as trial:
        stream = broker.stream("lines")
        bodies = {number: broker.job(number, amount=draw.randint(1, 99)) for number in (*lines, *more)}

        def start(publisher: str, numbers: Sequence[int]) -> Program:
            return trial.start(
                publisher,
                "publish",
                stream=stream,
                publisher_name="import",
                first=first + numbers[0] - 1,
                lines=[bodies[number] for number in numbers],
                report="@handle",
            )

        trial.hold(lambda publisher, number: publisher == "publisher A" and number == cut)
        program = start("publisher A", lines)
        reached = trial.wait(lambda seen: cut in seen.messages(Kind.STARTED), deadline_s=READ_S)
        there = [number for _, number in broker.contents(stream)]
        trial.saw("the stream", f"lines when publisher A reports line {cut}: {there or 'none'}")
        reported = {*trial.history.messages(Kind.STARTED)}
        trial.kill(program)
        early = guarantees.dishonest(reported, there, (), word=LINE)
        if early:
            return [
                Breach(
                    Guarantee.HONEST,
                    breach.what.replace(
                        "but no queue holds it: it is lost", "but the stream does not have it"
                    ),
                )
                for breach in early
            ]
        if not reached:
            return [
                Breach(
                    Guarantee.HONEST,
                    f"line {cut} was not reported: publisher A reported {len(reported)} lines",
                )
            ]
        trial.result(start("publisher B", lines))
        trial.result(start("publisher C", more))
        found = [number for _, number in broker.contents(stream)]
        trial.saw("the stream", f"lines at the end: {found}")
        told = trial.history.messages(Kind.STARTED, "publisher C")
    return [
        *guarantees.lost([*lines, *more], found, word=LINE, why="is not in the stream"),
        *guarantees.duplicated(found, word=LINE, verb="was stored"),
        *guarantees.out_of_order(
            list(dict.fromkeys(found)),
            dict.fromkeys([*lines, *more], "the file"),
            word=LINE,
            verb="is stored",
        ),
        *(
            [Breach(Guarantee.INTACT, "the stream has a message whose body is none of the lines")]
            if -1 in found
            else []
        ),
        *(
            Breach(Guarantee.HONEST, f"line {number} is stored, and publisher C did not report it")
            for number in sorted({*more} & {*found} - {*told})
        ),
    ]


def share(answer: Answer) -> Sequence[Breach]:
    """Worker A has all partitions, B joins, and the one that holds a drawn message is killed; the other takes over."""
    draw = answer.draw("share")
    partitions = 3
    with CheckStreams() as broker, Trial(answer, broker.number_of) as trial:
        name, streams = broker.super_stream("orders", partitions)
        sent: dict[int, str] = {}

        def send(each: int) -> list[int]:
            """So many messages to each partition."""
            new: list[int] = []
            for stream in streams:
                numbers = range(len(sent) + 1, len(sent) + 1 + each)
                broker.publish(stream, numbers)
                sent.update(dict.fromkeys(numbers, stream))
                new += numbers
            return new

        def places() -> dict[str, dict[int, int]]:
            return {stream: {number: at for at, number in broker.contents(stream)} for stream in streams}

        def begin(worker: str) -> Program:
            return trial.start(
                worker, "share", super_stream=name, consumer_name="warehouse", handle="@handle"
            )

        opening = send(draw.randint(2, 3))
        programs = [begin("worker A")]
        if not trial.wait(lambda seen: {*opening} <= {*seen.messages(Kind.FINISHED)}, deadline_s=READ_S):
            return [
                *_idle(None if programs[0].running else programs[0]),
                *guarantees.lost(
                    opening, trial.history.messages(Kind.FINISHED), why="was not handled by worker A"
                ),
            ]
        wrong = [*_repeated(trial, ()), *_unstored(broker, trial, "warehouse", places(), ())]
        if wrong:
            return wrong
        programs.append(begin("worker B"))
        free: list[int] = []  # sent while the partitions move: a message may be with both workers then

        def shared() -> bool:
            new = send(1)
            free.extend(new)
            trial.wait(lambda seen: {*new} <= {*seen.messages(Kind.FINISHED)}, deadline_s=2.0)
            return bool(trial.history.messages(Kind.STARTED, "worker B"))

        if not broker.becomes(shared, SHARED_S * trial.patience):
            return [Breach(Guarantee.SPREAD, "worker B got no message: worker A kept all partitions")]
        if wrong := _repeated(trial, (), free):
            return wrong
        batch = range(len(sent) + 1, len(sent) + 1 + 4 * partitions)
        cut = draw.choice([number for number in batch if (number - batch[0]) % 4 in (1, 2)])
        trial.hold(lambda _worker, number: number == cut)
        send(4)
        if not trial.wait(lambda seen: cut in seen.messages(Kind.STARTED), deadline_s=READ_S):
            ended = [breach for program in programs if not program.running for breach in _idle(program)]
            return ended or [
                Breach(Guarantee.NOT_LOST, f"message {cut} was not handled: no worker began with it")
            ]
        holder = next(
            program for program in programs if cut in trial.history.messages(Kind.STARTED, program.name)
        )
        before = {*trial.history.messages(Kind.FINISHED)}
        wrong = [
            *_repeated(trial, (), free),
            *_unstored(broker, trial, "warehouse", places(), [cut]),
        ]
        if wrong:
            return wrong
        trial.hold(lambda _worker, _number: False)  # before the kill: the other worker may begin at once
        trial.kill(holder)
        # What it finished in other partitions meanwhile may not be stored yet.
        free += {*trial.history.messages(Kind.FINISHED, holder.name)} - before
        (rest,) = (program for program in programs if program is not holder)
        trial.wait(lambda seen: {*sent} <= {*seen.messages(Kind.FINISHED)}, deadline_s=READ_S)
        broker.becomes(lambda: not rest.running, IDLE_S)
        over = not rest.running
    return [
        *guarantees.lost(
            sent,
            trial.history.messages(Kind.FINISHED),
            why=f"was not handled: {holder.name} was killed, and {rest.name} did not take over there",
        ),
        *_repeated(trial, [cut], free),
        *_idle(rest if over else None),
    ]


CHECKS = {"read": read, "work": work, "publish": publish, "share": share}
