"""Each machine against what the real broker did: every event of every kept trace."""

import pytest

from mqcourse.whatif.golden import golden
from mqcourse.whatif.kafka_partition import KafkaPartition
from tests.whatif.model import MACHINES, differences
from tests.whatif.traces import HAS, of_presets

BROKERS = sorted(HAS)
OUTCOMES = {
    "rabbitmq": {
        "published",
        "received",
        "empty",
        "full",
        "settled",
        "returned",
        "killed",
        "waited",
        "nothing",
    },
    "kafka": {
        "published",
        "received",
        "empty",
        "joining",
        "settled",
        "killed",
        "waited",
        "rewound",
        "expired",
        "nothing",
    },
    "servicebus": {
        "published",
        "received",
        "empty",
        "settled",
        "returned",
        "lost",
        "killed",
        "waited",
        "nothing",
    },
}


@pytest.mark.parametrize("broker", BROKERS)
def test_the_machine_does_what_the_broker_did(broker: str) -> None:
    kept = golden(broker)
    found = [line for trace in kept["traces"] for line in differences(trace, broker, kept["version"])]
    assert found == []


@pytest.mark.parametrize("broker", BROKERS)
def test_the_traces_have_every_outcome_and_every_preset_of_the_page(broker: str) -> None:
    traces = golden(broker)["traces"]
    assert sum(len(trace["steps"]) for trace in traces) >= 250
    assert {step["did"] for trace in traces for step in trace["steps"]} == OUTCOMES[broker]
    whole = [[step["event"] for step in trace["steps"]] for trace in traces if trace["rest"] is not None]
    for events in of_presets(broker):
        assert events in whole


def test_dead_letters_and_both_ways_into_them_are_in_the_traces() -> None:
    for broker in ("rabbitmq", "servicebus"):
        grown = set()
        for trace in golden(broker)["traces"]:
            before = [0, *(dead_count(step) for step in trace["steps"])]
            grown |= {
                step["event"]
                for was, step in zip(before, trace["steps"], strict=False)
                if dead_count(step) > was
            }
        assert grown >= {"return", "kill" if broker == "rabbitmq" else "wait"}, broker


def dead_count(step: dict[str, object]) -> int:
    state = step["state"]
    assert isinstance(state, dict)
    dead = state["dead"]
    return len(dead) if isinstance(dead, list) else int(dead)


def test_a_machine_that_errs_is_found() -> None:
    kept = golden("kafka")

    class Forgetful(KafkaPartition):
        def commit(self):  # type: ignore[no-untyped-def]
            told = super().commit()
            self.committed = 0
            return told

    known, MACHINES["kafka"] = MACHINES["kafka"], lambda _: Forgetful()
    try:
        assert any(differences(trace, "kafka", kept["version"]) for trace in kept["traces"])
    finally:
        MACHINES["kafka"] = known
