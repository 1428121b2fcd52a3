"""A bad scenario gets one line that names the field, its unit and what is allowed; a good one can be passed around."""

import pytest

from mqcourse.backpressure import Scenario, ScenarioError
from mqcourse.backpressure.model.field import allowed
from mqcourse.backpressure.model.scenario import DEFAULTS, FIELDS, MOST_BACKLOG

BAD = [
    ({"rate_per_s": -1}, "rate_per_s", "is -1 messages/s. Allowed: above 0 to 1000000 messages/s"),
    ({"rate_per_s": 0}, "rate_per_s", "is 0 messages/s"),
    ({"rate_per_s": float("nan")}, "rate_per_s", "is nan"),
    ({"rate_per_s": float("inf")}, "rate_per_s", "is inf"),
    ({"rate_per_s": "fast"}, "rate_per_s", "is 'fast'"),
    ({"rate_per_s": None}, "rate_per_s", "is None"),
    ({"rate_per_s": True}, "rate_per_s", "is True"),
    ({"rate_per_s": 10**400}, "rate_per_s", "Allowed: above 0"),
    ({"rate_per_s": 10**5000}, "rate_per_s", "is inf messages/s. Allowed: above 0"),
    ({"consumers": -(10**5000)}, "consumers", "is -inf consumers. Allowed: whole numbers from 1"),
    ({"on_full": 10**5000}, "on_full", "is inf. Allowed: block, reject"),
    ({"on_full": [10**5000]}, "on_full", "is a list of 1. Allowed: block, reject"),
    ({"priority_mix": [10**5000]}, "priority_mix", "is inf shares"),
    ({"trace_s": 10**5000}, "trace_s", "is inf. Allowed: a list"),
    ({"on_full": {"a": 1}}, "on_full", "is a dict of 1. Allowed"),
    ({"on_full": "a\nb" * 10_000}, "on_full", "is 'a\\u000aba\\u000ab"),
    ({"consumers": 0}, "consumers", "is 0 consumers. Allowed: whole numbers from 1 to 10000 consumers"),
    ({"consumers": 1.5}, "consumers", "is 1.5"),
    ({"service_mean_s": 0}, "service_mean_s", "Allowed: above 0 to 100000 s"),
    ({"service_tail": 1.0}, "service_tail", "above 1 to 100"),
    ({"duration_s": -5}, "duration_s", "s. Allowed: above 0 to 10000000 s"),
    ({"warm_up_s": 60}, "warm_up_s", "from 0 to less than duration_s, 60 s"),
    ({"prefetch": 0}, "prefetch", "whole numbers from 1 to 100000 messages"),
    ({"queue_limit": -1}, "queue_limit", "or None (no limit)"),
    ({"on_full": "explode"}, "on_full", "block, reject, drop-oldest, drop-lowest, expire"),
    ({"on_full": "expire"}, "expire_after_s", "above 0 to 10000000 s"),
    ({"arrivals": "trace"}, "trace_s", "at least one time of arrival in s"),
    ({"arrivals": "trace", "trace_s": (2, 1)}, "trace_s", "is not in order"),
    ({"trace_s": "123"}, "trace_s", "a list of at most"),
    ({"priority_mix": ()}, "priority_mix", "at least one of them above 0"),
    ({"priority_mix": (0, 0)}, "priority_mix", "at least one of them above 0"),
    ({"priority_mix": (1,) * 11}, "priority_mix", "at most 10 numbers"),
    ({"priority_mix": (1, -1)}, "priority_mix", "is -1 shares"),
    ({"hot_share": 0.5}, "hot_share", "set partitions to 1 or more"),
    ({"hot_share": 1.5, "partitions": 2}, "hot_share", "from 0 to 1 share"),
    ({"autoscale": "lag", "consumers": 20}, "autoscale_most", "from consumers, 20, to 10000 consumers"),
    ({"autoscale": "cpu"}, "autoscale_target", "above 0 to 1 share busy"),
    ({"delivery_limit": 0}, "delivery_limit", "whole numbers from 1"),
    ({"seed": -1}, "seed", "from 0 to 4294967295"),
    (
        {"duration_s": 1e6, "rate_per_s": 99},
        "duration_s",
        "99000000 messages. Allowed: above 0 to 505051 s at this rate: at most 50000000 messages in a run",
    ),
    (
        {"throttle": "aimd", "aimd_interval_s": 1e-9},
        "aimd_interval_s",
        "is 1e-09 s: 6e+10 times in this run. Allowed: from 1.2e-06 to 3600 s at this duration_s",
    ),
    ({"arrivals": "bursty", "burst_on_s": 1e-9, "burst_off_s": 0}, "burst_on_s", "from 1.2e-06 to 1000000 s"),
    ({"autoscale": "lag", "autoscale_interval_s": 1e-9}, "autoscale_interval_s", "to 100000 s"),
    (
        {"crash_every_s": 1e-9, "repair_s": 1e-9, "consumers": 4},
        "crash_every_s",
        "from 4.799e-06 to 1000000000 s",
    ),
    (
        {"rate_per_s": 200_000, "duration_s": 100},
        "queue_limit",
        "unstable, it grows without bound. Allowed: whole numbers from 0 to 2000000 messages, or rate_per_s up to 20100",
    ),
    (
        {"rate_per_s": 200_000, "duration_s": 100, "throttle": "token-bucket", "outbox_limit": None},
        "outbox_limit",
        "unstable, it grows without bound",
    ),
    (
        {
            "rate_per_s": 200_000,
            "duration_s": 100,
            "on_full": "block",
            "queue_limit": 9,
            "outbox_limit": None,
        },
        "outbox_limit",
        "unstable, it grows without bound",
    ),
    ({"rate_per_s": 200_000, "duration_s": 100, "queue_limit": 90_000_000}, "queue_limit", "unstable"),
]


@pytest.mark.parametrize(("fields", "field", "message"), BAD)
def test_a_bad_scenario_names_field_unit_and_range(
    fields: dict[str, object], field: str, message: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario(**fields)  # type: ignore[arg-type]
    line = str(caught.value)
    assert caught.value.field == field
    assert line.startswith(f"scenario: {field} ")
    assert message in line
    assert "\n" not in line
    assert len(line) < 300


@pytest.mark.parametrize(
    "fields",
    [
        {"queue_limit": 1000},
        {"expire_after_s": 1.0},
        {"throttle": "token-bucket", "throttle_rate_per_s": 90.0},
        {"on_full": "block", "queue_limit": 10},
        {"consumers": 2000},
        {"autoscale": "lag", "autoscale_most": 2000},
    ],
)
def test_what_bounds_the_backlog_makes_an_overload_allowed(fields: dict[str, object]) -> None:
    assert Scenario(rate_per_s=200_000, duration_s=100, **fields).rate_per_s == 200_000  # type: ignore[arg-type]


def test_a_short_overload_is_allowed() -> None:
    """Overload without a limit is the lesson; only a backlog beyond the limit is refused."""
    assert Scenario(rate_per_s=120, duration_s=60).queue_limit is None
    most = 100 + MOST_BACKLOG / 100
    assert Scenario(rate_per_s=most, duration_s=100)
    with pytest.raises(ScenarioError, match="unstable"):
        Scenario(rate_per_s=most * 1.001, duration_s=100)


def test_every_field_has_unit_help_and_range() -> None:
    for spec in FIELDS:
        assert spec["help"].endswith("."), spec["name"]
        assert spec["unit"], spec["name"]
        assert allowed(spec), spec["name"]
    assert Scenario().as_dict() == DEFAULTS


def test_frozen_and_changed_by_but() -> None:
    base = Scenario()
    with pytest.raises(AttributeError):
        base.rate_per_s = 5  # type: ignore[misc]
    assert base.but(rate_per_s=50).rate_per_s == 50.0
    assert base.rate_per_s == 80.0
    with pytest.raises(ScenarioError, match="speed is no field of a scenario"):
        base.but(speed=3)


def test_the_address_is_short_and_says_what_is_wrong() -> None:
    scenario = Scenario(
        rate_per_s=120, queue_limit=100, on_full="block", priority_mix=(0.2, 0.8), delivery_limit=None
    )
    assert scenario.as_query() == "rate_per_s=120&queue_limit=100&on_full=block&priority_mix=0.2,0.8"
    assert Scenario.from_query("#" + scenario.as_query()) == scenario
    assert Scenario.from_query("") == Scenario()
    for query, field in (
        ("rate_per_s=quick", "rate_per_s"),
        ("speed=1", "speed"),
        ("consumers=2.5", "consumers"),
        ("queue_limit=", "queue_limit"),
        ("priority_mix=1,x", "priority_mix"),
        ("rate_per_s=nan", "rate_per_s"),
        ("consumers=inf", "consumers"),
        ("consumers=1e400", "consumers"),
    ):
        with pytest.raises(ScenarioError) as caught:
            Scenario.from_query(query)
        assert caught.value.field == field


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1]", "not a JSON object"),
        ("{", "not JSON"),
        ('{"speed": 1}', "no field"),
        ("[" * 200_000, "not JSON"),
    ],
)
def test_bad_json(text: str, problem: str) -> None:
    with pytest.raises(Exception, match=problem):
        Scenario.from_json(text)


def test_numpys_numbers_are_numbers() -> None:
    """A sweep takes its values from arange and linspace; a scenario holds plain ones, which JSON can write."""
    import numpy as np

    found = Scenario(consumers=np.int64(3), rate_per_s=np.float32(80), prefetch=np.arange(5)[2])
    assert found == Scenario(consumers=3, rate_per_s=80.0, prefetch=2)
    assert type(found.consumers) is int
    assert Scenario.from_json(found.as_json()) == found
    with pytest.raises(ScenarioError, match="Allowed: whole numbers from 1 to 10000 consumers"):
        Scenario(consumers=np.int64(0))
    with pytest.raises(ScenarioError, match=r"is np\.True_"):
        Scenario(consumers=np.True_)
    with pytest.raises(ScenarioError, match="block, reject"):
        Scenario(on_full=np.array(["block", "reject"]))  # type: ignore[arg-type]
