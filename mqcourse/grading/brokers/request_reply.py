"""The exercise of a requester on RabbitMQ: the check answers its questions in another order, and one of them not at all."""

import json
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.program import Program
from mqcourse.grading.trial import DEADLINE_S, MOST_PATIENCE, Answer, GuaranteesBroken, Trial

WITHHELD_S = 1.5
"""So long the last answer is kept back."""

NEXT_QUESTION_S = 3.0
"""After so long without another question, the requester is waiting for an answer."""

NEVER_S = 2 * DEADLINE_S * MOST_PATIENCE
"""A timeout beyond the check's longest wait: a requester that waits for all of it is seen on the slowest machine too."""

SOON_S = 2
"""A timeout that is reached, on an idle machine."""


def requests(answer: Answer) -> Sequence[Breach]:
    """Answers in another order, a foreign one and a second one among them; then one question that gets no answer."""
    draw = answer.draw("requests")
    count = draw.randint(5, 7)
    with CheckRabbitMQ() as broker, Trial(answer, broker.number_of) as trial:
        queue = broker.declare("requests", **{"x-queue-type": "classic"})
        asker = _ask(broker, trial, queue, range(1, count + 1), NEVER_S)
        asked = _questions(broker, trial, queue, count, asker)
        if found := _asked(asked, count):
            return found
        answers = {number: _answer(number) for number in asked}
        order = draw.sample(sorted(asked), count)
        if order == sorted(order):
            order.reverse()
        to = asked[order[0]].reply_to
        broker.reply(to, secrets.token_hex(8), _answer(0))
        for number in order[:-1]:
            _reply(broker, asked[number], answers[number])
        twice = draw.choice(order[:-1])
        _reply(broker, asked[twice], _answer(0))
        trial.wait(lambda _seen: not asker.running, deadline_s=WITHHELD_S)
        _reply(broker, asked[order[-1]], answers[order[-1]])
        found = _matched(trial.result(asker), range(1, count + 1), answers)
        if found:
            return found
        numbers = range(101, 101 + count)
        asker = _ask(broker, trial, queue, numbers, SOON_S * trial.patience)
        asked = _questions(broker, trial, queue, count, asker)
        silent = draw.choice(numbers[:-1])
        answers = {number: _answer(number) for number in asked if number != silent}
        for number, body in answers.items():
            _reply(broker, asked[number], body)
        return _matched(trial.result(asker, deadline_s=SOON_S * 2 + DEADLINE_S), numbers, answers)


def _ask(
    broker: CheckRabbitMQ, trial: Trial, queue: str, numbers: Iterable[int], timeout_s: float
) -> Program:
    questions = [broker.job(number) for number in numbers]
    return trial.start("the requester", "ask", queue=queue, questions=questions, timeout_s=timeout_s)


def _answer(number: int) -> bytes:
    return json.dumps({"answer": number, "token": secrets.token_hex(4)}).encode()


def _questions(broker: CheckRabbitMQ, trial: Trial, queue: str, count: int, asker: Program) -> dict[int, Any]:
    """Properties of each question that arrives, by number, until there are `count` or the requester sends no more."""
    asked: dict[int, Any] = {}
    last_s = time.monotonic()
    while len(asked) < count:
        message = broker.take(queue)
        if message is not None:
            asked[message[0]] = message[1]
            last_s = time.monotonic()
            continue
        idle_s = NEXT_QUESTION_S if asked else DEADLINE_S
        if not asker.running or time.monotonic() - last_s > idle_s * trial.patience:
            trial.wait(lambda _seen: False, deadline_s=0.01)  # raises what the requester failed with
            break
        trial.wait(lambda _seen: False, deadline_s=0.01)
    return asked


def _asked(asked: Mapping[int, Any], count: int) -> list[Breach]:
    """What is wrong with the questions themselves."""
    if len(asked) < count:
        what = f"the requester sent {len(asked)} of {count} questions, and then waited for an answer"
        return [Breach(Guarantee.NOT_LOST, what)]
    found = [
        Breach(
            Guarantee.DIRECT,
            f"question {number} has the reply_to {properties.reply_to!r}, which is not that of direct reply-to",
        )
        for number, properties in asked.items()
        if not str(properties.reply_to).startswith("amq.rabbitmq.reply-to")
    ]
    first: dict[str | None, int] = {}
    for number, properties in sorted(asked.items()):
        if not properties.correlation_id:
            found.append(Breach(Guarantee.MATCHED, f"question {number} has no correlation_id"))
        elif (same := first.setdefault(properties.correlation_id, number)) != number:
            found.append(
                Breach(Guarantee.MATCHED, f"questions {same} and {number} have the same correlation_id")
            )
    return found


def _reply(broker: CheckRabbitMQ, properties: Any, body: bytes) -> None:
    broker.reply(properties.reply_to, properties.correlation_id, body)


def _matched(returned: object, numbers: Sequence[int], answers: Mapping[int, bytes]) -> list[Breach]:
    """Compare what ask() returned with the answers that were sent; GuaranteesBroken for what is no such list."""
    if not isinstance(returned, list) or len(returned) != len(numbers):
        what = (
            f"ask() returned {str(returned)[:80]!r}; it must return a list with one place for each question"
        )
        raise GuaranteesBroken([Breach(Guarantee.RUNS, what)])
    whose = {body: number for number, body in answers.items()}
    found = []
    for number, got in zip(numbers, returned, strict=True):
        wanted = answers.get(number)
        if got == wanted:
            continue
        if got is None:
            what = f"question {number} was answered, and ask() returned None for it"
        elif isinstance(got, bytes) and got in whose:
            what = f"question {number} got the answer to question {whose[got]}"
        elif wanted is None:
            what = f"question {number} was not answered, and ask() returned {repr(got)[:60]} for it"
        else:
            what = f"question {number} got {repr(got)[:60]}, which is not the first answer to it"
        found.append(Breach(Guarantee.MATCHED, what))
    return found
