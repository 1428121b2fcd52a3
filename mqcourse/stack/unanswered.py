"""What a client's error means for a broker, in one line: not every error means that it does not run."""

from collections.abc import Iterator

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.products import TITLES

SIGNS = (
    (
        ("proxy", "tunnel connection"),
        "is asked for through a proxy, which does not lead there",
        "Unset HTTPS_PROXY and HTTP_PROXY, or name the broker's host in NO_PROXY",
    ),
    (
        ("certificate", "sslerror", "ssl:", "tlsv1", "wrong_version_number"),
        "shows a certificate that is not accepted, or speaks no TLS",
        "Check the address and its certificate; for the one of this course run `mq stop {name}` and `mq start {name}`",
    ),
    (
        ("unauthorized", "authentication", "access_refused", "forbidden", "saslauth"),
        "refuses the name or key that it was given",
        "Check the variable that names it; for the one of this course run `mq stop {name}` and `mq start {name}`",
    ),
    (
        ("getaddrinfo", "name or service not known", "nodename nor servname", "name resolution"),
        "has an address that no name server resolves",
        "Check the variable that names it",
    ),
    (
        (
            "connection refused",
            "connectionrefused",
            "newconnectionerror",
            "timed out",
            "timeout",
            "reset by peer",
            "connectionreset",
            "unreachable",
            "nobrokersavailable",
            "remotedisconnected",
            "connectionerror",
            "amqpconnectionworkflowfailed",
            "streamlost",
        ),
        "does not answer",
        "Run `mq start {name}`",
    ),
)
"""Words of an error and its causes, the most telling first: what they mean, and what to do.

No numbers: an error's text also contains ports and addresses of objects.
"""


def unanswered(name: str, error: BaseException) -> CourseError:
    """The one-line error for a broker (rabbitmq, kafka, servicebus) that a client could not use, because of `error`."""
    said = " ".join(f"{type(each).__name__}: {each!r} {each}" for each in _causes(error)).lower()
    kind = type(error).__name__
    for words, what, do in SIGNS:
        if any(word in said for word in words):
            return CourseError(
                f"{TITLES[name]} {what} ({kind})", do=do.format(name=name), code=Exit.UNREACHABLE
            )
    first = (str(error).strip().splitlines() or ["without a reason"])[0][:200]
    return CourseError(
        f"{TITLES[name]} answers with an error ({kind}: {first})",
        do=f"See `mq status` and `mq logs {name}`",
        code=Exit.UNREACHABLE,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    ahead: list[BaseException | None] = [error]
    while ahead:
        each = ahead.pop()
        if each is None or any(each is other for other in seen):
            continue
        seen.append(each)
        yield each
        inner = getattr(each, "inner_exception", None)
        ahead += [each.__cause__, each.__context__, inner if isinstance(inner, BaseException) else None]
        ahead += [other for other in each.args if isinstance(other, BaseException)]
        ahead += list(getattr(each, "exceptions", ()))
