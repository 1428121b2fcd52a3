"""The state machines of connection (2.4.6), session (2.5.5), link (2.6.3) and SASL (5.3.2) as tables.

Each table maps (state, event) to the next state. An event without a row is an IllegalTransition that names
machine, role, state and event. Diagrams in the documentation are drawn from these tables.
"""

from __future__ import annotations

from servicebus_emulator.amqp.errors import IllegalTransition

Table = dict[tuple[str, str], str]

CONNECTION: Table = {
    ("START", "send header"): "HDR_SENT",
    ("START", "receive header"): "HDR_RCVD",
    ("HDR_RCVD", "send header"): "HDR_EXCH",
    ("HDR_SENT", "receive header"): "HDR_EXCH",
    ("HDR_SENT", "send open"): "OPEN_PIPE",
    ("HDR_EXCH", "send open"): "OPEN_SENT",
    ("HDR_EXCH", "receive open"): "OPEN_RCVD",
    ("HDR_EXCH", "send close with error"): "END",
    ("OPEN_PIPE", "receive header"): "OPEN_SENT",
    ("OPEN_PIPE", "send close"): "OC_PIPE",
    ("OC_PIPE", "receive header"): "CLOSE_PIPE",
    ("OPEN_SENT", "receive open"): "OPENED",
    ("OPEN_SENT", "send close"): "CLOSE_PIPE",
    ("OPEN_SENT", "send close with error"): "DISCARDING",
    ("OPEN_RCVD", "send open"): "OPENED",
    ("CLOSE_PIPE", "receive open"): "CLOSE_SENT",
    ("OPENED", "send close"): "CLOSE_SENT",
    ("OPENED", "send close with error"): "DISCARDING",
    ("OPENED", "receive close"): "CLOSE_RCVD",
    ("CLOSE_RCVD", "send close"): "END",
    ("CLOSE_SENT", "receive close"): "END",
    ("DISCARDING", "receive close"): "END",
}

SESSION: Table = {
    ("UNMAPPED", "send begin"): "BEGIN_SENT",
    ("UNMAPPED", "receive begin"): "BEGIN_RCVD",
    ("BEGIN_SENT", "receive begin"): "MAPPED",
    ("BEGIN_RCVD", "send begin"): "MAPPED",
    ("MAPPED", "send end"): "END_SENT",
    ("MAPPED", "send end with error"): "DISCARDING",
    ("MAPPED", "receive end"): "END_RCVD",
    ("END_SENT", "receive end"): "UNMAPPED",
    ("DISCARDING", "receive end"): "UNMAPPED",
    ("END_RCVD", "send end"): "UNMAPPED",
}

LINK: Table = {
    ("DETACHED", "send attach"): "ATTACH_SENT",
    ("DETACHED", "receive attach"): "ATTACH_RCVD",
    ("ATTACH_SENT", "receive attach"): "ATTACHED",
    ("ATTACH_RCVD", "send attach"): "ATTACHED",
    ("ATTACH_RCVD", "receive detach"): "GIVEN_UP",  # a held attach whose client did not want to wait
    ("GIVEN_UP", "send attach"): "DETACH_RCVD",
    ("ATTACHED", "send detach"): "DETACH_SENT",
    ("ATTACHED", "receive detach"): "DETACH_RCVD",
    ("ATTACH_SENT", "send detach"): "DETACH_PIPE",
    ("DETACH_PIPE", "receive attach"): "DETACH_SENT",
    ("DETACH_SENT", "receive detach"): "DETACHED",
    ("DETACH_RCVD", "send detach"): "DETACHED",
}

SASL_SERVER: Table = {
    ("START", "receive header"): "HDR_RCVD",
    ("HDR_RCVD", "send mechanisms"): "OFFERED",
    ("OFFERED", "receive init"): "INIT_RCVD",
    ("INIT_RCVD", "send challenge"): "CHALLENGED",
    ("CHALLENGED", "receive response"): "INIT_RCVD",
    ("INIT_RCVD", "send outcome"): "DONE",
}

SASL_CLIENT: Table = {
    ("START", "send header"): "HDR_SENT",
    ("HDR_SENT", "receive header"): "HDR_EXCH",
    ("HDR_EXCH", "receive mechanisms"): "OFFERED",
    ("OFFERED", "send init"): "INIT_SENT",
    ("INIT_SENT", "receive challenge"): "CHALLENGED",
    ("CHALLENGED", "send response"): "INIT_SENT",
    ("INIT_SENT", "receive outcome"): "DONE",
}

TABLES: dict[str, Table] = {
    "connection": CONNECTION,
    "session": SESSION,
    "link": LINK,
    "sasl server": SASL_SERVER,
    "sasl client": SASL_CLIENT,
}


class Machine:
    """One endpoint's place in its table."""

    __slots__ = ("name", "role", "state", "table")

    def __init__(self, name: str, role: str, start: str) -> None:
        self.name = name
        self.role = role
        self.state = start
        self.table = TABLES[name]

    def on(self, event: str) -> str:
        """Take an event; returns the new state. Raises IllegalTransition when the table has no such row."""
        next_state = self.table.get((self.state, event))
        if next_state is None:
            raise IllegalTransition(self.name, self.role, self.state, event)
        self.state = next_state
        return next_state

    def can(self, event: str) -> bool:
        """Whether the table has a row for this event in the present state."""
        return (self.state, event) in self.table
