"""Scenarios on the test run's own RabbitMQ, Kafka and Service Bus.

The scenarios are saturated: what comes out then hangs on the rule for a full queue and on the consumers' speed (which
is measured in the run), and not on how evenly a busy machine works.
"""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from mqcourse.backpressure import Scenario
from mqcourse.backpressure.measure import Comparison, kafka, measure, plan, servicebus
from mqcourse.backpressure.measure.alarm import memory_alarm
from mqcourse.exits import Exit

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.paced]

SATURATED = Scenario(rate_per_s=150.0, service="constant", seed=7)


def figures(found: Comparison) -> dict[str, tuple[float, float, float]]:
    return {name: (simulated, measured, error) for name, simulated, measured, error in found.figures}


def close(found: Comparison, **limits: float) -> None:
    """Each figure's error is within its limit: the last line of a test, as it ends there on a machine that was late.

    Such a machine gave its processors to somebody else meanwhile, and the model has nobody beside it.
    """
    if found.late.was_late:
        pytest.skip(f"not compared with the model: {found.late}")
    seen = figures(found)
    assert {name: seen[name] for name, limit in limits.items() if abs(seen[name][2]) > limit} == {}, str(
        found
    )


def test_reject_publish(stack: Any) -> None:
    found = measure(SATURATED.but(queue_limit=10, on_full="reject"), "rabbitmq", seconds=10.0)
    assert max(depth for _, depth in found.points) == 10
    assert figures(found)["lost_share"][1] > 0.2
    close(found, throughput_per_s=0.15, mean_waiting=0.15, mean_latency_s=0.15, lost_share=0.1)


def test_drop_head(stack: Any) -> None:
    found = measure(SATURATED.but(queue_limit=10, on_full="drop-oldest"), "rabbitmq", seconds=10.0)
    assert max(depth for _, depth in found.points) <= 10
    assert figures(found)["lost_share"][1] > 0.2
    close(found, throughput_per_s=0.15, mean_waiting=0.15, mean_latency_s=0.15, lost_share=0.1)


def test_overload_without_a_bound_and_the_chart(stack: Any, tmp_path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    found = measure(SATURATED, "rabbitmq", seconds=8.0)
    depths = [depth for _, depth in found.points]
    assert depths[-1] > 3 * depths[len(depths) // 4] > 0
    axes = found.plot()
    assert axes.get_lines()[0].get_label() == "simulated"
    assert "measured on RabbitMQ 4" in axes.get_legend().get_texts()[1].get_text()
    axes.figure.savefig(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 5000
    close(found, throughput_per_s=0.15, mean_waiting=0.2)


def test_consumer_lag_on_one_hot_partition(stack: Any) -> None:
    """Three consumers, two partitions: one consumer has nothing to read, and the hot partition falls behind."""
    scenario = Scenario(
        rate_per_s=200.0, consumers=3, partitions=2, hot_share=0.9, service="constant", prefetch=5
    )
    found = measure(scenario, "kafka", seconds=10.0)
    lags = [lag for _, lag in found.points]
    assert lags[-1] > 3 * lags[len(lags) // 4] > 0
    close(found, throughput_per_s=0.15, mean_lag=0.2)


def test_a_quota_blocks_a_producer_with_a_bounded_buffer(stack: Any) -> None:
    """The window of ten seconds is full after 10 * 10 / 50 = 2 s, the buffer of 10 soon after; then it stands still."""
    scenario = Scenario(
        rate_per_s=100.0,
        consumers=2,
        partitions=1,
        service="constant",
        throttle="token-bucket",
        throttle_rate_per_s=20.0,
        outbox_limit=10,
    )
    found = measure(scenario, "kafka", seconds=14.0)
    simulated, measured, _ = figures(found)["blocked_share"]
    assert simulated > 0.5
    assert measured > 0.5
    within = scenario.but(throttle_rate_per_s=2000.0)
    # not exactly 0: on a busy machine ten records may wait for their acknowledgements now and then
    assert figures(measure(within, "kafka", seconds=4.0))["blocked_share"][1] < 0.1


def test_while_a_kafka_producer_stands_still_its_source_does_too(stack: Any) -> None:
    """As in the simulation: what would have come meanwhile is not sent in one lump afterwards."""
    scenario = Scenario(
        arrivals="regular",
        rate_per_s=50.0,
        service="constant",
        partitions=1,
        throttle="token-bucket",
        throttle_rate_per_s=10.0,
        outbox_limit=5,
        duration_s=8.0,
    )
    run = kafka.Run(scenario, plan.messages(scenario), stack.endpoints.kafka_settings, 0.0)
    record, _ = run.execute()
    assert sum(to - since for since, to in record.blocked) > 1.0
    sent = [at for at in record.sent if at is not None]
    assert min(later - earlier for earlier, later in itertools.pairwise(sent)) > 0.0199


def test_the_memory_alarm_blocks_publishers_and_not_consumers(stack: Any) -> None:
    found = memory_alarm(stack.endpoints.rabbitmq_url, stack.home / "bin" / "rabbitmqctl", blocked_for_s=2.0)
    assert found.reason == "low on memory"
    assert found.alarm_from_s < found.blocked_at_s < found.alarm_to_s < found.unblocked_at_s
    assert found.published_while_blocked == 0
    assert found.consumed_while_blocked > 10
    assert max(found.published_s) > found.unblocked_at_s


def test_a_receiver_takes_what_it_has_credit_for(stack: Any) -> None:
    """With little credit four receivers share the work. With much, the one that asked first gets a long row of it.

    Four can do twice as much as is asked of them, one only half: so much room has a machine to be slow.
    """
    scenario = Scenario(rate_per_s=40.0, consumers=4, service_mean_s=0.05, service="constant")
    little = measure(scenario, "servicebus", seconds=8.0)
    assert (little.broker, little.depth) == ("Service Bus emulator", "active")
    much = figures(measure(scenario.but(prefetch=1000), "servicebus", seconds=8.0))
    simulated, measured, _ = much["mean_latency_s"]
    assert measured > 2.0 * simulated
    assert overtaken(scenario) < 0.15 < overtaken(scenario.but(prefetch=1000))
    close(little, throughput_per_s=0.15)


def overtaken(scenario: Scenario) -> float:
    """The share of the messages of 8 s on Service Bus that more than three later ones overtake.

    Where four share the work, three can; a message that waits in one receiver's row is overtaken by the others' rows.
    """
    scenario = scenario.but(duration_s=8.0)
    with servicebus.of_the_stack() as namespace:
        record, _ = servicebus.Run(scenario, plan.messages(scenario), namespace, 1, 0.0).execute()
    started = [at for at in record.started if at is not None]
    overtakers = [sum(later < at for later in started[number + 1 :]) for number, at in enumerate(started)]
    return sum(count > 3 for count in overtakers) / len(overtakers)


def test_server_busy_stops_a_sender_for_longer_than_its_limit_asks() -> None:
    """Three times what the credits of the Standard tier are enough for; without a stack, on a namespace of its own.

    The model's sender waits a twentieth of a second for the next credit, the SDK 1.6 s and longer.
    """
    scenario = Scenario(
        rate_per_s=120.0,
        consumers=4,
        service="constant",
        throttle="token-bucket",
        throttle_rate_per_s=40.0,
    )
    found = refused(scenario, 10.0)
    times = next(int(note.split()[0]) for note in found.notes if "sends were told 'server busy'" in note)
    seen = figures(found)
    assert (
        seen["blocked_share"][1] * 10.0 >= (times - 1) * servicebus.FIRST_RETRY_S
    )  # the last goes on after the end
    assert seen["lost_share"][1] == 0.0
    impatient = scenario.but(throttle_rate_per_s=20.0, block_timeout_s=0.1)
    assert figures(refused(impatient, 5.0))["lost_share"][1] > 0.0


def refused(scenario: Scenario, seconds: float) -> Comparison:
    """Measured on Service Bus, told busy at least once; a late machine may send too little for that and ends the test."""
    found = measure(scenario, "servicebus", seconds=seconds)
    if figures(found)["blocked_share"][1] == 0.0 and found.late.was_late:
        pytest.skip(f"too few messages were sent to be refused: {found.late}")
    return found


def test_below_its_limit_nobody_is_told_busy() -> None:
    """Of the 1,000 credits of one second the whole run needs 250: also what a late machine sends at once is not refused."""
    scenario = Scenario(
        rate_per_s=20.0, service="constant", throttle="token-bucket", throttle_rate_per_s=500.0
    )
    found = measure(scenario, "servicebus", seconds=6.0)
    assert not any("'server busy'" in note for note in found.notes)
    close(found, throughput_per_s=0.15, lost_share=0.0, blocked_share=0.0)


def test_the_command_prints_figures_and_points(stack: Any) -> None:
    done = stack.mq(
        "measure",
        "rate_per_s=150&queue_limit=5&service=constant",
        "--on",
        "rabbitmq",
        "--seconds",
        "3",
        "--json",
    )
    found = json.loads(done.stdout)
    assert found["broker"] == "RabbitMQ"
    assert {row["figure"] for row in found["figures"]} >= {"throughput_per_s", "mean_latency_s", "lost_share"}
    assert len(found["points"]) > 5
    refused = stack.mq("measure", "block", "--on", "rabbitmq", check=False)
    assert refused.returncode == Exit.USAGE
    assert refused.stderr.startswith("mq measure: on_full = 'block'")
    assert refused.stderr.count("\n") == 1
