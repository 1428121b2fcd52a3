"""The same scenario on a real broker: `measure(scenario, "rabbitmq")` gives measured points and their error.

Producer and consumers are real clients; work is a sleep. Time is stretched so that one machine can drive it (plan.py),
and the simulation that is compared has the same stretch, and the times for delivery and work that this machine took.
"""

from collections.abc import Callable
from dataclasses import replace

from mqcourse.backpressure.measure.comparison import Comparison, compare
from mqcourse.backpressure.measure.plan import messages, refuse_others, scaled
from mqcourse.backpressure.measure.record import calibrated, overshoot_s, started_version
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import simulate
from mqcourse.errors import CourseError
from mqcourse.lateness import watched

__all__ = ["BROKERS", "Comparison", "measure"]


def measure(scenario: Scenario, on: str, *, seconds: float = 20.0, tries: int = 1) -> Comparison:
    """Run a scenario on a broker of the stack for at most `seconds`, and compare with the simulation.

    The result includes how late this machine was meanwhile; with more `tries` it is measured again when it was late.
    `on`: one of BROKERS. Uses a separate queue or topic and deletes it. Raises CourseError for an unknown
    broker, for one that does not answer, and for a field that the broker has no setting for.
    """
    if on not in BROKERS:
        raise CourseError(f"there is no way to measure on {on!r}", do=f"Choose one of: {', '.join(BROKERS)}")
    if not 2.0 <= seconds <= 3600.0:
        raise CourseError(f"seconds is {seconds:g} s", do="Allowed: from 2 to 3600 s")
    found, late = watched(lambda: BROKERS[on](scenario, seconds), tries=tries)
    return replace(found, late=late, notes=[*found.notes, str(late)])


def _on_rabbitmq(scenario: Scenario, seconds: float) -> Comparison:
    from mqcourse.backpressure.measure import rabbitmq  # here: one broker's client alone is loaded
    from mqcourse.stack import endpoints  # here: one broker's client alone is loaded

    refuse_others(scenario, "RabbitMQ", rabbitmq.SUPPORTED)
    fitted, notes = rabbitmq.adapted(scenario)
    fitted, stretch = scaled(fitted, seconds)
    run = rabbitmq.Run(fitted, messages(fitted), endpoints().rabbitmq_url, overshoot_s())
    record, delivery_s, version = run.execute()
    rabbitmq.count_dropped(record, fitted)
    fitted, more = calibrated(fitted, record, delivery_s)
    notes += more
    simulated = simulate(fitted)
    figures = compare(simulated, record, depth="waiting")
    return Comparison("RabbitMQ", version, fitted, stretch, simulated, figures, record.depth, notes)


def _on_kafka(scenario: Scenario, seconds: float) -> Comparison:
    from mqcourse.backpressure.measure import kafka  # here: one broker's client alone is loaded
    from mqcourse.stack import endpoints  # here: one broker's client alone is loaded

    refuse_others(scenario, "Kafka", kafka.SUPPORTED)
    fitted, notes = kafka.adapted(scenario)
    fitted, stretch = scaled(fitted, seconds)
    fitted = kafka.with_quota(fitted, notes)
    run = kafka.Run(fitted, messages(fitted), endpoints().kafka_settings, overshoot_s())
    record, delivery_s = run.execute()
    fitted, more = calibrated(fitted, record, delivery_s)
    notes += more
    simulated = simulate(fitted)
    figures = compare(simulated, record, depth="lag")
    return Comparison(
        "Kafka", started_version("kafka"), fitted, stretch, simulated, figures, record.depth, notes, "lag"
    )


def _on_servicebus(scenario: Scenario, seconds: float) -> Comparison:
    from mqcourse.backpressure.measure import servicebus  # here: one broker's client alone is loaded

    refuse_others(scenario, "Service Bus", servicebus.SUPPORTED)
    fitted, notes = servicebus.adapted(scenario)
    fitted, stretch = scaled(fitted, seconds)
    fitted, batch = servicebus.with_credits(fitted, notes)
    where = servicebus.of_the_stack() if fitted.throttle == "none" else servicebus.of_the_standard_tier()
    with where as namespace:
        run = servicebus.Run(fitted, messages(fitted), namespace, batch, overshoot_s())
        record, delivery_s = run.execute()
    notes += servicebus.busy(record)
    fitted, more = calibrated(fitted, record, delivery_s)
    notes += more
    simulated = simulate(fitted)
    figures = compare(simulated, record, depth="active")
    return Comparison(
        namespace.title, namespace.version, fitted, stretch, simulated, figures, record.depth, notes, "active"
    )


BROKERS: dict[str, Callable[[Scenario, float], Comparison]] = {
    "rabbitmq": _on_rabbitmq,
    "kafka": _on_kafka,
    "servicebus": _on_servicebus,
}
"""What can be measured on."""
