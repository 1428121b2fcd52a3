"""Each part of the model by itself, on small scenarios whose outcome can be worked out by hand."""

import pytest

from mqcourse.backpressure import Scenario, simulate
from mqcourse.errors import CourseError


def trace(*at: float, **fields: object) -> Scenario:
    """Messages at given times, each 1 s of work, 20 s."""
    given = {"duration_s": 20.0, "service": "constant", "service_mean_s": 1.0, **fields}
    return Scenario(arrivals="trace", trace_s=at, **given)  # type: ignore[arg-type]


def events(scenario: Scenario, *kinds: str) -> list[tuple[float, str, int]]:
    """(time, what, message) of the journal, of these kinds."""
    journal = simulate(scenario, journal=10_000).journal
    return [(round(at, 9), what, number) for at, what, number, _ in journal if what in kinds]


def completed(scenario: Scenario) -> list[tuple[float, int]]:
    return [(at, number) for at, _, number in events(scenario, "completed")]


def test_first_come_first_served() -> None:
    assert completed(trace(1, 1.5, 9)) == [(2, 0), (3, 1), (10, 2)]


def test_two_consumers_share_the_work() -> None:
    assert completed(trace(1, 1, 1, consumers=2)) == [(2, 0), (2, 1), (3, 2)]


def test_delivery_takes_time_and_prefetch_hides_it() -> None:
    assert completed(trace(1, 1, 1, delivery_s=0.5)) == [(2.5, 0), (4, 1), (5.5, 2)]
    assert completed(trace(1, 1, 1, delivery_s=0.5, prefetch=2)) == [(2.5, 0), (3.5, 1), (4.5, 2)]


def test_a_full_queue_rejects_the_new() -> None:
    scenario = trace(1, 1, 1, 1, queue_limit=1, on_full="reject")
    assert events(scenario, "rejected") == [(1, "rejected", 2), (1, "rejected", 3)]
    assert completed(scenario) == [(2, 0), (3, 1)]


def test_a_full_queue_drops_the_oldest() -> None:
    scenario = trace(1, 1, 1, 1, queue_limit=1, on_full="drop-oldest")
    assert events(scenario, "dropped") == [(1, "dropped", 1), (1, "dropped", 2)]
    assert completed(scenario) == [(2, 0), (3, 3)]


def test_a_full_queue_blocks_the_producer_which_loses_nothing() -> None:
    scenario = trace(1, 1, 1, 1, queue_limit=1, on_full="block")
    assert completed(scenario) == [(2, 0), (3, 1), (4, 2), (5, 3)]
    assert simulate(scenario).summary["blocked_s"] == pytest.approx(2.0)  # from 1 to 3


def test_a_producer_that_waits_too_long_gives_up() -> None:
    scenario = trace(1, 1, 1, 1, queue_limit=1, on_full="block", block_timeout_s=0.6)
    assert events(scenario, "refused") == [(1.6, "refused", 2)]
    assert completed(scenario) == [(2, 0), (3, 1), (4, 3)]


def test_an_outbox_keeps_the_source_going() -> None:
    scenario = trace(1, 1, 1, 1, queue_limit=1, on_full="block", outbox_limit=5)
    result = simulate(scenario)
    assert result.summary["completed"] == 4
    assert result.summary["blocked_s"] == 0.0
    full = simulate(scenario.but(outbox_limit=1))
    assert full.summary["completed"] == 4
    assert full.summary["blocked_s"] == pytest.approx(1.0)  # the fourth, until the third left the outbox


def test_messages_expire_at_the_head() -> None:
    scenario = trace(1, 1, 1, expire_after_s=1.5)
    assert events(scenario, "expired") == [(2.5, "expired", 2)]
    assert completed(scenario) == [(2, 0), (3, 1)]


def test_the_least_important_is_dropped_and_the_most_important_goes_first() -> None:
    """Classes follow from the seed; the rule is checked on what the run says they were."""
    scenario = Scenario(
        rate_per_s=300.0,
        duration_s=5.0,
        priority_mix=(1, 1, 1),
        order="priority",
        queue_limit=8,
        on_full="drop-lowest",
    )
    classes = simulate(scenario).summary["classes"]
    lost = [(one["rejected"] + one["dropped"]) / one["offered"] for one in classes]
    assert lost[0] < 0.2 < lost[1] < lost[2]
    assert classes[0]["mean_wait_s"] < classes[1]["mean_wait_s"]
    first_come = simulate(scenario.but(order="fifo", queue_limit=None, duration_s=1.0)).summary["classes"]
    assert first_come[0]["mean_wait_s"] == pytest.approx(first_come[2]["mean_wait_s"], rel=0.3)


def test_a_token_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    scenario = trace(
        0,
        0,
        0,
        0,
        0,
        0,
        service_mean_s=0.001,
        throttle="token-bucket",
        throttle_rate_per_s=2.0,
        throttle_burst=3.0,
    )
    assert [at for at, _ in completed(scenario)] == [0.001, 0.002, 0.003, 0.501, 1.001, 1.501]


def test_aimd_finds_the_capacity() -> None:
    scenario = Scenario(
        rate_per_s=500.0,
        duration_s=300.0,
        warm_up_s=50.0,
        throttle="aimd",
        throttle_rate_per_s=10.0,
        aimd_depth=20,
    )
    result = simulate(scenario)
    assert result.summary["throughput_per_s"] == pytest.approx(90, abs=10)
    assert result.summary["most_waiting"] < 150
    rates = result.series["send_rate_per_s"]
    assert min(rates[40:]) < 80 < 100 < max(rates[40:])  # the saw


def test_failures_back_off_and_end_in_the_dead_letter_queue() -> None:
    scenario = trace(1, poison_share=1.0, delivery_limit=3, retry_backoff_s=0.5)
    assert events(scenario, "backs off", "dead-lettered") == [
        (2, "backs off", 0),
        (3.5, "backs off", 0),  # worked from 2.5
        (5.5, "dead-lettered", 0),  # worked from 4.5
    ]
    assert simulate(scenario).summary["dead"] == 1


def test_without_back_off_a_poison_message_comes_back_to_the_head() -> None:
    scenario = trace(1, 1, poison_share=1.0, delivery_limit=2)
    assert [number for _, _, number in events(scenario, "started")] == [0, 0, 1, 1]


def test_jitter_spreads_the_retries() -> None:
    scenario = trace(*[1.0] * 20, consumers=20, poison_share=1.0, delivery_limit=2, retry_backoff_s=2.0)
    together = {at for at, what, _ in events(scenario, "started") if at > 1}
    assert together == {4.0}
    spread = {at for at, _, _ in events(scenario.but(retry_jitter=1.0), "started") if at > 1}
    assert len(spread) == 20
    assert 2.0 <= min(spread) < max(spread) <= 4.0


def test_a_crash_returns_what_was_not_acknowledged() -> None:
    scenario = trace(1, 1, 1, prefetch=3, crash_every_s=2.0, repair_s=0.5, duration_s=60.0)
    result = simulate(scenario, journal=1000)
    what = [one for _, one, _, _ in result.journal]
    assert result.summary["crashes"] > 3
    assert "returned" in what
    assert result.summary["completed"] == 3
    assert result.summary["redeliveries"] > 0


def test_callers_lose_patience_and_their_old_messages_are_still_worked_on() -> None:
    scenario = trace(1, client_timeout_s=0.4, client_retries=1)
    result = simulate(scenario)
    assert result.summary["offered"] == 2
    assert result.summary["completed"] == 2
    assert result.summary["good"] == 0
    assert result.summary["time_outs"] == 2


def test_a_rejected_caller_tries_again() -> None:
    scenario = trace(1, 1, queue_limit=0, client_retries=3, retry_backoff_s=0.5)
    assert [at for at, _, _ in events(scenario, "rejected")] == [1, 1.5]
    assert completed(scenario)[-1][0] == 3.5  # offered again at 2.5 = 1.5 + 1.0: the back-off doubles


def test_consumers_beyond_the_partitions_idle() -> None:
    base = Scenario(rate_per_s=500.0, duration_s=20.0, partitions=3, prefetch=5, queue_limit=100)
    three, nine = simulate(base.but(consumers=3)).summary, simulate(base.but(consumers=9)).summary
    assert nine["completed"] == three["completed"]
    assert nine["utilisation"] == pytest.approx(three["utilisation"] / 3, rel=1e-9)


@pytest.mark.lengthy
@pytest.mark.parametrize(("signal", "target"), [("lag", 20.0), ("age", 0.5), ("cpu", 0.7)])
def test_autoscaling_follows_each_signal_up_and_down(signal: str, target: float) -> None:
    scenario = Scenario(
        rate_per_s=50.0,
        duration_s=200.0,
        surge_from_s=50.0,
        surge_for_s=60.0,
        surge_factor=6.0,
        autoscale=signal,
        autoscale_target=target,
        autoscale_interval_s=1.0,
        autoscale_delay_s=3.0,
        autoscale_cooldown_s=2.0,
        autoscale_most=6,
    )
    result = simulate(scenario)
    consumers = result.series["consumers"]
    assert consumers[50] == 1
    assert max(consumers) >= 3
    assert consumers[-1] <= 2
    assert result.series["waiting"][-1] < 50


def test_common_random_numbers() -> None:
    """Another service time, the same arrivals: differences come from the change and not from luck."""

    def offered(scenario: Scenario) -> list[float]:
        return [at for at, what, _, _ in simulate(scenario, journal=100_000).journal if what == "offered"]

    base = Scenario(duration_s=5.0)
    assert offered(base) == offered(
        base.but(service="pareto", consumers=3, crash_every_s=1.0, poison_share=0.1)
    )
    assert offered(base) != offered(base.but(seed=2))


@pytest.mark.lengthy
def test_a_surge_and_bursts_keep_their_mean() -> None:
    surge = Scenario(
        duration_s=100.0, arrivals="regular", rate_per_s=10, surge_from_s=40, surge_for_s=20, surge_factor=3
    )
    assert simulate(surge).summary["offered"] in (1399, 1400)
    bursty = Scenario(
        duration_s=20_000.0, arrivals="bursty", rate_per_s=10, burst_on_s=1, burst_off_s=3, samples=1
    )
    assert simulate(bursty).summary["offered"] == pytest.approx(200_000, rel=0.05)


def test_percentiles_are_within_their_bins() -> None:
    """Regular arrivals, constant work, no waiting: every latency is the work."""
    summary = simulate(
        Scenario(arrivals="regular", service="constant", service_mean_s=0.0125, rate_per_s=50)
    ).summary
    for name in ("p50_s", "p95_s", "p99_s"):
        assert summary[name] == pytest.approx(0.0125, rel=0.02)
    assert summary["mean_latency_s"] == pytest.approx(0.0125)


def test_unknown_engine() -> None:
    with pytest.raises(CourseError, match="no engine 'warp'"):
        simulate(Scenario(), engine="warp")
