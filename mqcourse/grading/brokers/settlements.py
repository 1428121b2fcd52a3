"""What a queue of Service Bus still holds of what workers have done, seen while they work and when they are idle."""

from collections.abc import Iterable

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.servicebus import CheckServiceBus
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Trial

VERB = "completed"

IDLE_S = 6.0
"""How long a worker finds nothing to do and must not end: longer than the five seconds at which many give up, and than
the three and a half after which a client that tries once for a free session raises (max_wait_time=1)."""

SETTLED_S = 4.0
"""How long the last settlement may take to reach the service once the work is done."""

LANES_S = 0.3
"""How long other threads of a worker may take to begin with work, or to settle, while one of them is held."""


def wait_done(broker: CheckServiceBus, trial: Trial, queue: str, sent: Iterable[int]) -> None:
    """Wait until everything was done, or the queue is empty, so that no more work can follow."""
    trial.wait(lambda seen: all_done(sent, seen) or broker.active(queue) == 0)
    trial.wait_quiet(lambda seen: all_done(sent, seen), quiet_s=0.7)


def miscounted(broker: CheckServiceBus, trial: Trial, queue: str, sent: int) -> list[Breach]:
    """Whether the queue holds other than what is not done, while worker A is held at work. Sessions cannot be peeked."""
    done, left = len(trial.history.messages(Kind.FINISHED)), broker.active(queue)
    trial.wait(lambda _seen: False, deadline_s=LANES_S)
    working = trial.history.open_work().get("worker A", [])
    if len(working) > 1:
        done, left = len(trial.history.messages(Kind.FINISHED)), broker.active(queue)
    trial.saw("the queue", f"{left} messages, completed: {sent - left}")
    if sent - left > done:
        return [
            Breach(
                Guarantee.ACKNOWLEDGED_LATE,
                f"a message was completed too early: while worker A worked on message {working[0] if working else '?'}, "
                f"the work of {done} messages was done and {sent - left} were completed",
            )
        ]
    if sent - left < done:
        return [
            Breach(
                Guarantee.ONCE,
                f"what was done is processed twice after a crash: worker A had done {done} messages, had completed "
                f"{sent - left} of them, and went on to the next",
            )
        ]
    return []


def ignored(number: int, finished: Iterable[int]) -> list[Breach]:
    """Whether a message that had been delivered once, and was given back before any worker began, was never processed."""
    why = "was not processed: it had been delivered before and was given back, and no worker worked on it"
    return guarantees.lost([number], finished, why=why)


def unsettled(done: Iterable[int], held: Iterable[int]) -> list[Breach]:
    """Messages that were done, and that the queue still held when their worker had gone on to the next."""
    return [
        Breach(
            Guarantee.ONCE,
            f"message {number} is processed twice after a crash: it was done and not completed, and the worker had "
            "gone on to the next message",
        )
        for number in sorted({*done} & {*held})
    ]


def idle_s(trial: Trial) -> float:
    """So long a worker that has nothing to do is watched: on a slow machine its clients are later by so much."""
    return IDLE_S + trial.patience - 1


def ended(program: Program) -> list[Breach]:
    """A worker that ended by itself."""
    if program.running:
        return []
    if program.breach:
        return [program.breach]
    return [Breach(Guarantee.RUNS, f"{program.name} ended by itself: a worker runs until somebody stops it")]


def left_over(broker: CheckServiceBus, trial: Trial, queue: str) -> list[Breach]:
    """Whether messages whose work was done are in the queue still: they would be delivered again."""
    if broker.becomes(lambda: broker.active(queue) == 0, SETTLED_S * trial.patience):
        return []
    finished = set(trial.history.messages(Kind.FINISHED))
    return [
        Breach(
            Guarantee.ONCE,
            f"the queue still holds {broker.active(queue)} messages after {len(finished)} were done: they would be "
            "processed twice",
        )
    ]


def never_came(sent: Iterable[int], seen: History) -> list[Breach]:
    """Worker A was idle before it reached the point of the kill, so only that is judged."""
    return guarantees.lost(sent, seen.messages(Kind.FINISHED)) or [
        Breach(Guarantee.RUNS, "worker A never began to work on what the check waits for")
    ]


def all_done(numbers: Iterable[int], seen: History) -> bool:
    return set(numbers) <= set(seen.messages(Kind.FINISHED))
