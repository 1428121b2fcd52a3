"""Arbitrary scenarios for the property tests: every field is drawn, small enough to run in milliseconds."""

from hypothesis import strategies as st

from mqcourse.backpressure.model.scenario import Scenario


def _maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.none(), strategy)


def _seconds(low: float, high: float) -> st.SearchStrategy:
    """Times that often coincide (multiples of 1/8 s) as well as any others: ties are where engines differ."""
    return st.one_of(
        st.floats(low, high, allow_nan=False, exclude_min=low == 0.0),
        st.integers(max(1, int(low * 8)), max(1, int(high * 8))).map(lambda n: n / 8),
    )


_SHARE = st.one_of(st.just(0.0), st.just(0.0), st.floats(0.0, 1.0))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any valid scenario of at most a few hundred messages."""
    partitions = draw(st.sampled_from([0, 0, 1, 2, 5]))
    consumers = draw(st.integers(1, 4))
    autoscale = draw(st.sampled_from(["none", "none", "lag", "age", "cpu"]))
    on_full = draw(st.sampled_from(["block", "reject", "drop-oldest", "drop-lowest", "expire"]))
    duration_s = draw(_seconds(2.0, 12.0))
    expire_after_s = draw(_seconds(0.1, 3.0)) if on_full == "expire" else draw(_maybe(_seconds(0.1, 3.0)))
    return Scenario(
        seed=draw(st.integers(0, 2**32 - 1)),
        duration_s=duration_s,
        warm_up_s=draw(st.sampled_from([0.0, duration_s / 4])),
        samples=draw(st.integers(1, 40)),
        arrivals=draw(st.sampled_from(["poisson", "regular", "bursty", "trace"])),
        rate_per_s=draw(st.sampled_from([0.5, 4.0, 8.0, 20.0, 33.3])),
        burst_on_s=draw(_seconds(0.1, 2.0)),
        burst_off_s=draw(st.sampled_from([0.0, 0.5, 2.0])),
        trace_s=tuple(sorted(draw(st.lists(_seconds(0.0, 12.0), min_size=1, max_size=30)))),
        surge_from_s=draw(_seconds(0.0, 6.0)),
        surge_for_s=draw(st.sampled_from([0.0, 1.0, 2.5])),
        surge_factor=draw(st.sampled_from([0.0, 0.5, 3.0])),
        service=draw(st.sampled_from(["constant", "exponential", "lognormal", "pareto"])),
        service_mean_s=draw(st.sampled_from([0.01, 0.125, 0.3])),
        service_cv=draw(st.sampled_from([0.3, 1.5])),
        service_tail=draw(st.sampled_from([1.2, 2.5])),
        consumers=consumers,
        prefetch=draw(st.sampled_from([1, 1, 2, 10])),
        delivery_s=draw(st.sampled_from([0.0, 0.0, 0.125, 0.05])),
        partitions=partitions,
        hot_share=draw(_SHARE) if partitions else 0.0,
        queue_limit=draw(_maybe(st.integers(0, 12))),
        on_full=on_full,
        expire_after_s=expire_after_s,
        priority_mix=draw(st.sampled_from([(1.0,), (1.0,), (0.2, 0.8), (1.0, 2.0, 3.0), (0.0, 1.0)])),
        order=draw(st.sampled_from(["fifo", "priority"])),
        throttle=draw(st.sampled_from(["none", "none", "token-bucket", "aimd"])),
        throttle_rate_per_s=draw(st.sampled_from([1.0, 8.0, 25.0])),
        throttle_burst=draw(st.sampled_from([1.0, 2.5, 20.0])),
        aimd_interval_s=draw(_seconds(0.1, 2.0)),
        aimd_depth=draw(st.integers(0, 20)),
        outbox_limit=draw(_maybe(st.sampled_from([0, 0, 1, 10]))),
        block_timeout_s=draw(_maybe(_seconds(0.1, 2.0))),
        client_timeout_s=draw(_maybe(_seconds(0.1, 2.0))),
        client_retries=draw(st.sampled_from([0, 0, 1, 3])),
        autoscale=autoscale,
        autoscale_target=draw(st.sampled_from([0.2, 0.7]))
        if autoscale == "cpu"
        else draw(st.sampled_from([0.5, 2.0])),
        autoscale_interval_s=draw(_seconds(0.25, 2.0)),
        autoscale_delay_s=draw(st.sampled_from([0.0, 0.5, 2.0])),
        autoscale_cooldown_s=draw(st.sampled_from([0.0, 1.0])),
        autoscale_most=consumers + draw(st.integers(0, 5)),
        crash_every_s=draw(_maybe(_seconds(0.2, 4.0))),
        repair_s=draw(_seconds(0.1, 2.0)),
        error_share=draw(_SHARE),
        poison_share=draw(_SHARE),
        delivery_limit=draw(_maybe(st.integers(1, 4))),
        retry_backoff_s=draw(st.sampled_from([0.0, 0.125, 0.4])),
        retry_backoff_most_s=draw(st.sampled_from([0.0, 1.0, 60.0])),
        retry_jitter=draw(st.sampled_from([0.0, 0.5, 1.0])),
    )
