"""The page's engine, which is made from the model, against Python: every figure to the last digit, every error to the last letter."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mqcourse.backpressure.model import meter
from mqcourse.backpressure.model.presets import PRESETS
from mqcourse.backpressure.model.scenario import FIELDS, Scenario
from mqcourse.backpressure.model.simulation import simulate
from mqcourse.errors import CourseError
from tests.backpressure.in_javascript import in_javascript
from tests.backpressure.scenarios import scenarios


def in_python(values: dict[str, Any], engine: str = "kernel") -> dict[str, Any]:
    """The same by Python."""
    try:
        result = simulate(Scenario.from_dict(values), engine=engine, journal=500)
    except CourseError as error:
        return {"error": str(error)}
    plain = {name: getattr(result, name) for name in ("summary", "series", "latency_histogram", "journal")}
    found: dict[str, Any] = json.loads(json.dumps(plain))  # lists for tuples, as JavaScript has them
    return found


def compare(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    theirs = in_javascript(cases)
    ours = [in_python(values) for values in cases]
    for values, mine, other in zip(cases, ours, theirs, strict=True):
        assert other == mine, values
    return ours


@pytest.mark.lengthy
def test_every_preset_is_the_same_to_the_last_digit() -> None:
    for found in compare([one.scenario.as_dict() for one in PRESETS]):
        assert found["summary"]["completed"] > 0


@pytest.mark.lengthy
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(scenarios(), min_size=20, max_size=30))
def test_generated_scenarios_are_the_same_to_the_last_digit(drawn: list[Scenario]) -> None:
    compare([one.as_dict() for one in drawn])


@pytest.mark.lengthy
def test_simpy_the_kernel_and_javascript_agree(request: pytest.FixtureRequest) -> None:
    """With `--fresh-scenarios 1000` on as many as that, which no run had before; else on a few that are always the same."""
    fresh: int = request.config.getoption("--fresh-scenarios", default=0)
    drawn: list[dict[str, Any]] = []

    @settings(
        max_examples=fresh or 40,
        deadline=None,
        database=None,
        derandomize=not fresh,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios())
    def draw(one: Scenario) -> None:
        drawn.append(one.as_dict())

    draw()
    assert len(drawn) >= (fresh or 40)
    for begin in range(0, len(drawn), 100):
        cases = drawn[begin : begin + 100]
        for values, found in zip(cases, compare(cases), strict=True):
            assert in_python(values, engine="simpy") == found, values
    if fresh:
        with capture_of(request).global_and_fixture_disabled():
            print(f"\nSimPy, the kernel and JavaScript give the same bits on {len(drawn)} fresh scenarios")


def capture_of(request: pytest.FixtureRequest) -> Any:
    return request.config.pluginmanager.getplugin("capturemanager")


BAD: list[dict[str, Any]] = [
    {"rate_per_s": -5},
    {"rate_per_s": 0},
    {"throttle": "aimd", "aimd_interval_s": 1e-9},
    {"arrivals": "bursty", "burst_on_s": 1e-9, "burst_off_s": 0},
    {"autoscale": "lag", "autoscale_interval_s": 1e-9},
    {"crash_every_s": 1e-9, "repair_s": 1e-9, "consumers": 4},
    {"rate_per_s": 1e9},
    {"rate_per_s": "fast"},
    {"rate_per_s": None},
    {"consumers": 0},
    {"consumers": 1.5},
    {"consumers": -3},
    {"seed": -1},
    {"service": "gamma"},
    {"on_full": "explode", "queue_limit": 3},
    {"queue_limit": -1},
    {"queue_limit": 2.5},
    {"on_full": "expire"},
    {"priority_mix": []},
    {"priority_mix": [0]},
    {"priority_mix": [0, 0]},
    {"priority_mix": [1.0, -2.5]},
    {"priority_mix": 3.5},
    {"priority_mix": [1] * 11},
    {"hot_share": 0.5},
    {"hot_share": 1.01, "partitions": 2},
    {"warm_up_s": 60},
    {"duration_s": 1e-5, "warm_up_s": 3e-5},
    {"autoscale": "cpu"},
    {"autoscale": "lag", "consumers": 20},
    {"arrivals": "trace"},
    {"arrivals": "trace", "trace_s": [3, 1]},
    {"surge_factor": 0, "surge_for_s": 60},
    {"rate_per_s": 1e6, "duration_s": 3600, "queue_limit": 10},
    {"rate_per_s": 1e6, "client_timeout_s": 1, "client_retries": 5},
    {"rate_per_s": 50000, "duration_s": 600},
    {"rate_per_s": 50000, "duration_s": 600, "queue_limit": 10, "on_full": "block", "outbox_limit": None},
    {"crash_every_s": 0},
    {"delivery_limit": 0},
    {"prefetch": True},
    {"rate_per_s": 1e308},
    {"consumers": 1e300},
    {"consumers": -(10**400)},
    {"priority_mix": [1.0, True]},
    {"constructor": 3},
    {"speed": 3},
    {"sp\need\u2028": 3},
    {"service": 'it\'s\na "new\\line"'},
    {"service": "\ud800 half a letter"},
    {"service": "𝄞" * 41},
    {"service": "𝄞" * 40},
    {"rate_per_s": "1" * 100_000},
]


def test_a_bad_scenario_gets_the_same_words_with_field_unit_and_range() -> None:
    for values, found in zip(BAD, compare(BAD), strict=True):
        assert set(found) == {"error"}, values
        field = next(iter(values))
        assert field in found["error"] or "scenario: " in found["error"]
        assert "Allowed: " in found["error"]


@st.composite
def wrong(draw: st.DrawFn) -> dict[str, Any]:
    """One field with something that no field can be: of another type, or far outside."""
    spec = draw(st.sampled_from(FIELDS))
    beyond = [-1e-300, -(10**400), 10**400, 10**17, -1e16, 1e15 + 0.5]  # JSON has no other way to infinity
    allowed = [*spec.get("choices", ())]
    value: st.SearchStrategy[Any] = st.one_of(
        st.text(max_size=60).filter(
            lambda text: text not in allowed
        ),  # it also draws words of the course's modules
        st.booleans(),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
        st.lists(st.one_of(st.none(), st.text(max_size=3), st.sampled_from(beyond)), min_size=1, max_size=3),
    )
    if spec["kind"] != "numbers":
        value |= st.lists(st.integers(), max_size=3)
    if spec["kind"] == "choice":
        value |= st.floats(allow_nan=False, allow_infinity=False) | st.integers()
    elif spec["kind"] == "whole":
        value |= st.floats(0.1, 0.9) | st.sampled_from([one for one in beyond if one != 1e15 + 0.5])
    else:
        value |= st.sampled_from(beyond)
    return {spec["name"]: draw(value)}


@pytest.mark.lengthy
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(wrong(), min_size=60, max_size=60))
def test_whatever_a_field_is_given_the_words_are_the_same_and_one_short_line(
    drawn: list[dict[str, Any]],
) -> None:
    for values, found in zip(drawn, compare(drawn), strict=True):
        (field,) = values
        assert found["error"].startswith(f"scenario: {field} is "), values
        assert "Allowed: " in found["error"]
        assert len(found["error"].splitlines()) == 1
        assert len(found["error"]) < 300


ADDRESSES = [
    "rate_per_s=nan", "rate_per_s=inf", "rate_per_s=-inf", "rate_per_s=1e999", "rate_per_s=-1e999", "rate_per_s=",
    "rate_per_s=0x50", "rate_per_s=1_000", "rate_per_s=Infinity", "consumers=1e308", "consumers=nan",
    "consumers=\u0663", "consumers=2.5", "consumers=99999999999999999999", "trace_s=1,x&arrivals=trace",
    "trace_s=1,inf&arrivals=trace", "on_full=none", "constructor=1", "toString=1", "__proto__=1", "speed=3",
    "rate_per_s=" + "9" * 5000, "rate_per_s=it's", "rate_per_s=%0A%E2%80%A8", "queue_limit=1e15", "sp%0Aeed=1",
]  # fmt: skip


def test_a_bad_address_gets_the_same_words_with_field_unit_and_range() -> None:
    for query, found in zip(ADDRESSES, in_javascript(ADDRESSES), strict=True):
        with pytest.raises(CourseError) as raised:
            Scenario.from_query(query)
        assert found == {"error": str(raised.value)}, query
        assert query.split("=")[0].replace("%0A", "\\u000a") in found["error"]
        assert "Allowed: " in found["error"]


def test_a_backlog_that_outgrows_its_bound_on_the_way_gets_the_same_words() -> None:
    storm = {
        "rate_per_s": 40000,
        "duration_s": 60,
        "consumers": 100,
        "service_mean_s": 0.1,
        "error_share": 0.0,
    }
    (found,) = compare([storm])
    assert "without bound" in found["error"]


@pytest.mark.lengthy
def test_messages_that_come_back_for_ever_end_the_run_in_the_same_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storm = {"service_mean_s": 1e-9, "error_share": 1.0}
    (theirs,) = in_javascript([storm])
    monkeypatch.setattr(meter, "MOST_REDELIVERIES", 1000)  # the real limit takes Python most of a minute
    ours = in_python(storm)["error"]
    for engine in ("kernel", "simpy"):
        with pytest.raises(CourseError, match="more than 1000 deliveries failed") as raised:
            simulate(Scenario.from_dict(storm), engine=engine)
        assert str(raised.value) == ours
    figures = re.compile(r"[0-9]+(\.[0-9]+)?(e-[0-9]+)?")
    assert "10000000 deliveries" in theirs["error"]
    assert figures.sub("#", theirs["error"]) == figures.sub("#", ours)
    assert "delivery_limit (deliveries) or retry_backoff_s (s)" in ours


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 - 1])
def test_far_seeds_are_the_same(seed: int) -> None:
    compare([{"seed": seed, "duration_s": 5.0, "service": "lognormal", "arrivals": "bursty"}])
