"""What the checks of every broker have in common: numbered bodies, unique names, waiting, and removing at the end."""

import json
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Self

from mqcourse.grading import journal


class CheckBroker(ABC):
    """One check's work at a broker, over separate connections. As a context manager it removes what it made."""

    BROKER: ClassVar[str]
    """Its name in the stack."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Remove what was made at the broker, and close the connections."""

    def number_of(self, body: bytes) -> int | None:
        """The number of the message with that body; None for a body that is none of ours."""
        return self._numbers.get(body)

    def becomes(self, condition: Callable[[], bool], limit_s: float) -> bool:
        """Whether the condition, asked again and again, becomes true in that time."""
        end_s = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end_s:
                return False
            time.sleep(0.05)
        return True

    def _numbered(self, number: int, fields: dict[str, Any]) -> bytes:
        """The body of that message: JSON, which nobody can guess as one of its fields is random."""
        body = json.dumps(fields).encode()
        self._numbers[body] = number
        return body

    def _new_name(self, kind: str, purpose: str) -> str:
        """A new name, noted in the journal as that of a queue, topic or group."""
        name = f"{purpose}.{secrets.token_hex(4)}"
        journal.note(self.BROKER, kind, name)
        return name
