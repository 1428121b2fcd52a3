"""What a filter or action sees of one message: its properties, the rule's parameters, a source of new ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from servicebus_emulator.broker.message import SYSTEM_PROPERTIES, Content
from servicebus_emulator.broker.sql_value import FilterException, Value, in_utc


class Scope:
    """One message during evaluation. Property names are case-insensitive; a missing user property is unknown."""

    __slots__ = ("_lowered", "_new_id", "_user", "content", "enqueued_s", "parameters", "sequence_number")

    def __init__(
        self,
        content: Content,
        parameters: Mapping[str, object],
        new_id: Callable[[], UUID],
        enqueued_s: float = 0.0,
        sequence_number: int = 0,
    ) -> None:
        self.content = content
        self.parameters = parameters
        self.enqueued_s = enqueued_s
        self.sequence_number = sequence_number
        self._new_id = new_id
        self._lowered: dict[str, str] | None = None
        self._user: Mapping[str, object] | None = None

    @property
    def user(self) -> Mapping[str, object]:
        """The user properties by the names their sender gave them."""
        if self._user is None:
            self._user = self.content.comparable_properties()
        return self._user

    def key(self, name: str) -> str | None:
        """The user property's name as the sender wrote it, None if there is none."""
        properties = self.user
        if name in properties:
            return name
        if self._lowered is None:
            self._lowered = {str(key).lower(): key for key in properties}
        return self._lowered.get(name.lower())

    def value(self, scope: str, name: str) -> Value:
        """Raises FilterException for a system property that does not exist."""
        if scope == "sys":
            return self._system(name)
        key = self.key(name)
        return None if key is None else self.user[key]

    def exists(self, scope: str, name: str) -> bool:
        return self._system(name) is not None if scope == "sys" else self.key(name) is not None

    def parameter(self, name: str) -> Value:
        """Raises FilterException when the rule gives no value for it."""
        for key in (name, name[1:]):
            if key in self.parameters:
                return in_utc(self.parameters[key])
        lowered = name.lower()
        for key, value in self.parameters.items():
            if key.lower() in (lowered, lowered[1:]):
                return in_utc(value)
        raise FilterException(f"The rule has no value for parameter {name}.")

    def new_id(self) -> UUID:
        return self._new_id()

    def _system(self, name: str) -> Value:
        lowered = name.lower()
        if lowered in SYSTEM_PROPERTIES:
            return self.content.system_property(lowered)
        if lowered == "enqueuedtimeutc":
            return datetime.fromtimestamp(self.enqueued_s, UTC)
        if lowered in ("sequencenumber", "enqueuedsequencenumber"):
            return self.sequence_number
        if lowered == "deliverycount":
            return 0
        if lowered == "size":
            return self.content.size_bytes
        raise FilterException(f"The system property '{name}' does not exist.")
