"""What holds in every scenario: no message is lost or made, the books agree, both engines give the same bits."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import Simulation, environment, simulate
from tests.backpressure.scenarios import scenarios

EXAMPLES = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def check_books(simulation: Simulation) -> None:
    """Messages are where the meter says they are, and each is in one place."""
    meter, broker, consumers = simulation.meter, simulation.broker, simulation.consumers
    everyone = [*consumers.group, *consumers.leaving]
    assert meter.accounted() == sum(meter.offered)
    assert meter.held == len(simulation.producer.held)
    assert meter.waiting == sum(queue.count for queue in broker.queues)
    assert meter.waiting == sum(len(line) for queue in broker.queues for line in queue.lines)
    assert meter.in_flight == sum(consumer.unacked for consumer in everyone)
    assert meter.in_flight == sum(len(c.inbox) + (c.current is not None) for c in everyone)
    assert meter.retrying == len(consumers.retrying)
    assert meter.busy == sum(consumer.working for consumer in everyone)
    assert len({message.number for message in simulation.live_messages()}) == meter.live()
    scenario = simulation.scenario
    for consumer in everyone:
        assert consumer.unacked <= scenario.prefetch
    for partition, queue in enumerate(broker.queues):
        assert queue.count == 0 or broker.next_consumer(partition) is None, (
            "a message waits while a consumer has credit"
        )


@pytest.mark.lengthy
@EXAMPLES
@given(scenarios())
def test_messages_are_conserved_at_every_instant(scenario: Scenario) -> None:
    simulation = Simulation(scenario, environment("kernel"))
    agenda = simulation.env.agenda
    while agenda and agenda[0][0] < scenario.duration_s:
        simulation.env.step()
        if not agenda or agenda[0][0] > simulation.env.now:  # all that belongs to this instant has happened
            check_books(simulation)


@EXAMPLES
@given(scenarios())
def test_simpy_and_the_kernel_give_the_same_bits(scenario: Scenario) -> None:
    assert simulate(scenario, engine="simpy", journal=10_000) == simulate(
        scenario, engine="kernel", journal=10_000
    )


@pytest.mark.lengthy
@EXAMPLES
@given(scenarios())
def test_littles_law_holds_exactly_on_every_run(scenario: Scenario) -> None:
    """The area under the number of messages in the system is the sum of the times they spent in it."""
    simulation = Simulation(scenario, environment("kernel"))
    simulation.env.run(until=scenario.duration_s)
    simulation.result()
    meter = simulation.meter
    area = meter.area_held + meter.area_waiting + meter.area_in_flight + meter.area_retrying
    stays = meter.ended_s + sum(
        scenario.duration_s - message.created_s for message in simulation.live_messages()
    )
    assert abs(area - stays) <= 1e-9 * max(1.0, area)


@pytest.mark.lengthy
@EXAMPLES
@given(scenarios())
def test_series_and_summary_agree_with_the_rules(scenario: Scenario) -> None:
    result = simulate(scenario)
    series, summary = result.series, result.summary
    assert {len(column) for column in series.values()} == {scenario.samples}
    assert series["time_s"][-1] == scenario.duration_s
    for name in (
        "time_s",
        "offered",
        "completed",
        "good",
        "rejected",
        "dropped",
        "dead",
        "blocked_s",
        "area_waiting",
    ):
        assert all(earlier <= later for earlier, later in pairwise(series[name])), name
    assert 0.0 <= summary["utilisation"] <= 1.0 + 1e-9
    assert summary["good"] <= summary["completed"]
    assert sum(result.latency_histogram) == summary["completed"]
    if summary["completed"]:
        assert summary["p50_s"] <= summary["p95_s"] <= summary["p99_s"]
    if scenario.expire_after_s is not None:
        assert max(series["oldest_s"]) <= scenario.expire_after_s + 1e-9
    if scenario.warm_up_s == 0.0:
        for name in ("offered", "completed", "good", "dead"):
            assert series[name][-1] == summary[name]


@pytest.mark.lengthy
@EXAMPLES
@given(scenarios())
def test_a_scenario_survives_json_and_an_address(scenario: Scenario) -> None:
    assert Scenario.from_json(scenario.as_json()) == scenario
    assert Scenario.from_query(scenario.as_query()) == scenario
    assert Scenario.from_dict(scenario.as_dict()) == scenario
