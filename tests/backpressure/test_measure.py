"""Measuring without a broker: the plan is the simulation's own, the figures are computed the same way, errors say why."""

import json
from pathlib import Path

import pytest
from kafka.errors import KafkaTimeoutError

from mqcourse.backpressure import Scenario, simulate
from mqcourse.backpressure.command import scenario_of
from mqcourse.backpressure.measure import kafka, measure, plan, rabbitmq, servicebus
from mqcourse.backpressure.measure.comparison import Comparison, compare, in_words
from mqcourse.backpressure.measure.record import Record, calibrated
from mqcourse.backpressure.model.presets import preset
from mqcourse.cli import main
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

SHARED = Scenario(
    rate_per_s=50.0,
    duration_s=20.0,
    service="lognormal",
    priority_mix=(0.3, 0.7),
    order="priority",
    consumers=2,
)


def test_the_plan_is_what_the_simulation_draws() -> None:
    """Number, time of arrival and work of every message; the journal of the simulation is the witness."""
    for scenario in (
        SHARED,
        SHARED.but(arrivals="bursty"),
        SHARED.but(partitions=3, hot_share=0.5, arrivals="regular"),
    ):
        planned = plan.messages(scenario)
        result = simulate(scenario, journal=1_000_000)
        offered = [(number, at) for at, what, number, _ in result.journal if what == "offered"]
        assert [number for number, _ in offered] == [message.number for message in planned]
        assert [at for _, at in offered] == pytest.approx([message.due_s for message in planned], abs=1e-9)
        started = {number: at for at, what, number, _ in result.journal if what == "started"}
        ended = {number: at for at, what, number, _ in result.journal if what == "completed"}
        assert len(ended) > 500
        for number, at in ended.items():
            assert at - started[number] == pytest.approx(planned[number].work_s, abs=1e-9)
        for kind in range(2):
            assert (
                sum(message.kind == kind for message in planned) == result.summary["classes"][kind]["offered"]
            )


def test_a_record_that_follows_the_simulation_has_no_error() -> None:
    """Figures of a record filled from the simulation's own journal are the simulation's figures."""
    scenario = SHARED.but(
        queue_limit=5, samples=2000, rate_per_s=400.0, service_mean_s=0.006, duration_s=10.0
    )
    result = simulate(scenario, journal=1_000_000)
    record = Record(plan.messages(scenario), scenario.duration_s)
    for at, what, number, _ in result.journal:
        place = {
            "offered": record.sent,
            "rejected": record.lost,
            "started": record.started,
            "completed": record.done,
        }
        if what in place:
            place[what][number] = at
    record.depth = [
        (at, int(depth)) for at, depth in zip(result.series["time_s"], result.series["waiting"], strict=True)
    ]
    for name, simulated, measured, error in compare(result, record, depth="waiting"):
        assert abs(error) < 0.03, (name, simulated, measured)


def test_near_zero_the_error_is_the_difference() -> None:
    """A queue of 0.02 messages that was seen empty is not 100% off."""
    result = simulate(Scenario(rate_per_s=5.0, duration_s=20.0))
    assert 0.0 < result.summary["mean_waiting"] < 0.1
    record = Record(plan.messages(result.scenario), 20.0)
    record.depth = [(0.0, 0), (10.0, 0)]
    rows = compare(result, record, depth="waiting")
    found = Comparison("RabbitMQ", "4", result.scenario, 1.0, result, rows, record.depth, [])
    (line,) = [line for line in str(found).splitlines() if line.startswith("mean_waiting")]
    assert line.endswith(f"{-result.summary['mean_waiting']:+.2g} messages")
    (figure,) = [one for one in found.as_dict()["figures"] if one["figure"] == "mean_waiting"]
    assert figure["error"] == pytest.approx(-result.summary["mean_waiting"])
    assert figure["error_in_words"] == " ".join(line.split()[3:])
    assert in_words("mean_waiting", 20.0, 10.0) == "-50.0%"
    assert in_words("throughput_per_s", 0.0, 0.0) == "+0/s"
    assert in_words("lost_share", 0.001, 0.0) == "-0.001"


def test_a_busy_machine_is_told_apart_from_a_wrong_model() -> None:
    planned = plan.messages(Scenario(rate_per_s=100.0, duration_s=1.0))
    record = Record(planned, 1.0)
    for message in planned:
        record.started[message.number] = message.due_s
        record.done[message.number] = message.due_s + 1.1 * message.work_s
    record.gaps_s = [0.002] * 30
    fitted, notes = calibrated(Scenario(), record, 0.0005)
    assert fitted.service_mean_s == pytest.approx(0.011)
    assert fitted.delivery_s == pytest.approx(0.002)
    assert "work took +10.0% of what was planned" in notes[1]
    fitted, notes = calibrated(Scenario(prefetch=10), record, 0.0005)
    assert fitted.delivery_s == 0.0005
    assert fitted.service_mean_s == pytest.approx(0.013)


@pytest.mark.parametrize("name", ["overload", "burst", "hot-key", "prefetch-too-high", "drop"])
def test_scaling_keeps_the_load_and_fits_the_machine(name: str) -> None:
    scenario = preset(name).scenario
    fitted, stretch = plan.scaled(scenario, 20.0)
    load = scenario.rate_per_s * scenario.service_mean_s
    assert fitted.rate_per_s * fitted.service_mean_s == pytest.approx(load)
    assert fitted.service_mean_s >= plan.LEAST_WORK_S - 1e-12
    assert fitted.rate_per_s <= plan.MOST_RATE_PER_S
    assert fitted.duration_s <= 20.0
    assert stretch == pytest.approx(fitted.service_mean_s / scenario.service_mean_s)
    assert fitted.queue_limit == scenario.queue_limit


@pytest.mark.parametrize(
    ("scenario", "on", "message"),
    [
        (Scenario(), "mqtt", r"no way to measure on 'mqtt'. Choose one of: rabbitmq, kafka, servicebus"),
        (
            Scenario(queue_limit=9, on_full="block"),
            "rabbitmq",
            r"on_full = 'block': no RabbitMQ queue does that.*memory-alarm",
        ),
        (Scenario(queue_limit=9, on_full="drop-lowest"), "rabbitmq", r"on_full = 'drop-lowest'"),
        (Scenario(crash_every_s=5.0), "rabbitmq", r"crash_every_s = 5.0 cannot be measured on RabbitMQ"),
        (Scenario(autoscale="lag"), "kafka", r"autoscale = 'lag' cannot be measured on Kafka"),
        (Scenario(queue_limit=9), "kafka", r"queue_limit = 9 cannot be measured on Kafka"),
        (Scenario(throttle="aimd"), "kafka", r"throttle = 'aimd' cannot be measured on Kafka"),
        (Scenario(priority_mix=(1, 2)), "rabbitmq", r"order"),
        (Scenario(queue_limit=9), "servicebus", r"queue_limit = 9 cannot be measured on Service Bus"),
        (Scenario(throttle="aimd"), "servicebus", r"throttle = 'aimd' cannot be measured on Service Bus"),
        (
            Scenario(throttle="token-bucket", outbox_limit=5),
            "servicebus",
            r"outbox_limit = 5 cannot be measured on Service Bus. Leave it at 0",
        ),
        (
            Scenario(throttle="token-bucket", throttle_rate_per_s=1500.0),
            "servicebus",
            r"throttle_rate_per_s is 750 messages/s at the measured speed. Allowed: from 1 to 500 messages/s",
        ),
        (
            Scenario(throttle="token-bucket", throttle_rate_per_s=1.0),
            "servicebus",
            r"throttle_rate_per_s is 0.5 messages/s",
        ),
    ],
)
def test_what_a_broker_cannot_do_is_an_error_before_anything_starts(
    scenario: Scenario, on: str, message: str
) -> None:
    with pytest.raises(CourseError, match=message):
        measure(scenario, on)


def test_settings_of_what_is_off_are_no_hindrance() -> None:
    idle = Scenario(
        aimd_depth=7, throttle_rate_per_s=9.0, autoscale_target=3.0, repair_s=1.0, on_full="block"
    )
    plan.refuse_others(idle, "RabbitMQ", rabbitmq.SUPPORTED)


def test_the_queue_gets_the_vendors_own_arguments() -> None:
    assert rabbitmq.arguments(Scenario(queue_limit=7, on_full="drop-oldest", expire_after_s=1.5)) == {
        "x-queue-type": "classic",
        "x-max-length": 7,
        "x-overflow": "drop-head",
        "x-message-ttl": 1500,
    }
    assert rabbitmq.arguments(SHARED)["x-max-priority"] == 1


def test_a_topic_has_partitions() -> None:
    fitted, notes = kafka.adapted(Scenario(consumers=3, rate_per_s=150.0))
    assert fitted.partitions == 3
    assert "partitions: 3" in notes[0]


def test_a_message_costs_what_the_rate_asks_for() -> None:
    """1,000 credits a second let 20 messages pass when each costs 50: 49 sent, 1 delivered."""
    notes: list[str] = []
    wanted = Scenario(throttle="token-bucket", throttle_rate_per_s=20.0)
    assert servicebus.with_credits(wanted, notes) == (wanted.but(throttle_burst=20.0), 49)
    assert "a batch of 49, which with one delivery costs 50 of 1000 credits/s" in notes[0]
    fitted, batch = servicebus.with_credits(wanted.but(throttle_rate_per_s=45.0), notes)
    assert fitted.throttle_rate_per_s * (batch + 1) == pytest.approx(1000.0)
    assert servicebus.with_credits(Scenario(), notes) == (Scenario(), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["drop", "--on", "rabbitmq", "--chart", "{tmp}/none/x.png"], "/none/x.png cannot be written"),
        (["drop", "--on", "rabbitmq", "--chart", "{tmp}"], "ends in neither .png nor .svg"),
        (["drop", "--on", "rabbitmq", "--chart", "{tmp}/x.pgn"], "ends in neither .png nor .svg"),
        (["memory-alarm", "--on", "rabbitmq", "--chart", "{tmp}/x.png"], "memory-alarm has no chart"),
        (["memory-alarm", "--on", "kafka"], "kafka has no memory alarm"),
        (["nosuch", "--on", "kafka"], "no preset 'nosuch'"),
        (["drop", "--on", "mqtt"], "no way to measure on 'mqtt'"),
        (["drop", "--on", "rabbitmq", "--seconds", "nan"], "Allowed: from 2 to 3600 s"),
    ],
)
def test_a_command_that_cannot_be_done_says_so_before_anything_is_measured(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = Exit.ENVIRONMENT if "cannot be written" in message else Exit.USAGE
    assert main(["measure", *(one.format(tmp=tmp_path) for one in arguments)]) == code
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not said.out


def test_a_command_reads_presets_json_files_and_addresses(tmp_path: Path) -> None:
    assert scenario_of("drop") == preset("drop").scenario
    assert scenario_of('{"rate_per_s": 50}').rate_per_s == 50
    assert scenario_of("rate_per_s=50&queue_limit=none").queue_limit is None
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"consumers": 3}), encoding="utf-8")
    assert scenario_of(str(file)).consumers == 3
    with pytest.raises(CourseError, match="cannot be read"):
        scenario_of(str(tmp_path / "none.json"))
    with pytest.raises(CourseError, match="not JSON"):
        scenario_of("{")


def test_what_kafka_has_not_taken_when_the_run_ends_is_no_failure_of_the_run() -> None:
    scenario = Scenario(partitions=1, throttle="token-bucket", throttle_rate_per_s=1.0, duration_s=2.0)
    during, after = (kafka.Run(scenario, plan.messages(scenario), {}, 0.0) for _ in range(2))
    error = KafkaTimeoutError("Expiring 7 record(s)")
    during.not_sent(error)
    assert during.record.trouble == [error]
    assert during.record.stop.is_set()
    after.record.stop.set()
    after.not_sent(error)
    assert after.record.trouble == []
