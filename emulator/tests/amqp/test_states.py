"""The state machines' tables: whole, without dead ends, and with errors that name event, role and state."""

import pytest

from servicebus_emulator.amqp.errors import IllegalTransition
from servicebus_emulator.amqp.states import TABLES, Machine

STARTS = {
    "connection": "START",
    "session": "UNMAPPED",
    "link": "DETACHED",
    "sasl server": "START",
    "sasl client": "START",
}
ENDS = {
    "connection": "END",
    "session": "UNMAPPED",
    "link": "DETACHED",
    "sasl server": "DONE",
    "sasl client": "DONE",
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_state_is_reached_and_leads_to_an_end(name):
    table = TABLES[name]
    states = {state for state, _ in table} | set(table.values())
    reached = {STARTS[name]}
    while more := {table[row] for row in table if row[0] in reached} - reached:
        reached |= more
    assert reached == states
    ends = {ENDS[name]}
    while more := {state for (state, _), after in table.items() if after in ends} - ends:
        ends |= more
    assert ends == states


@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_event_without_a_row_is_refused_by_name(name):
    table = TABLES[name]
    events = {event for _, event in table}
    for state in {state for state, _ in table} | set(table.values()):
        for event in events:
            machine = Machine(name, "server", state)
            if (state, event) in table:
                assert machine.can(event)
                assert machine.on(event) == table[(state, event)]
            else:
                assert not machine.can(event)
                with pytest.raises(IllegalTransition, match=event) as caught:
                    machine.on(event)
                assert (caught.value.role, caught.value.state, machine.state) == ("server", state, state)
