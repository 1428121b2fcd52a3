"""The calculator's results: which way each moves, their units, what is refused, and the numbers that the book states."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqcourse.book.arithmetic import value_of
from mqcourse.book.question import Number
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.capacity.figure import Figure
from mqcourse.capacity.number_text import count, digits, size
from mqcourse.capacity.plan import plan
from mqcourse.capacity.presets import PRESETS
from mqcourse.capacity.prices import Prices
from mqcourse.capacity.rates import Rates
from mqcourse.capacity.workload import Workload
from mqcourse.errors import CourseError
from mqcourse.home import CHECKOUT
from tests.capacity.stated import Stated, figures, stated

CARDS = {card.id: card for card in all_questions(load_bank())}
GROWING = ("messages", "size_bytes", "peak_factor", "copies", "retention_days", "processing_ms", "groups")
PER_MESSAGE = "cost_million"


@settings(max_examples=150, deadline=None)
@given(stated(), st.sampled_from(GROWING), st.floats(1.0, 50.0))
def test_more_of_the_workload_needs_no_less_of_anything(one: Stated, name: str, factor: float) -> None:
    workload, rates, prices = one
    spec = next(spec for spec in Workload.specs() if spec["name"] == name)
    more = min(getattr(workload, name) * factor, spec["high"])
    grown = replace(workload, **{name: round(more) if spec["kind"] == "whole" else more})
    before, after = figures(workload, rates, prices), figures(grown, rates, prices)
    # a message's share of the fixed cost falls; and more copies bring one nearer to every reader
    apart = {PER_MESSAGE}
    if name == "copies" and workload.fetch == "nearest":
        apart |= {"cross_zone", "cross_zone_month", "cost_zones", "cost"}
    for figure in before.values():
        if figure.name not in apart:
            assert after[figure.name].value >= figure.value * (1 - 1e-9), figure.name


@settings(max_examples=100, deadline=None)
@given(stated())
def test_a_plan_has_room_for_its_peak_after_the_loss_it_allows(one: Stated) -> None:
    workload, rates, prices = one
    found = figures(workload, rates, prices)
    left = found["brokers"].value - rates.lost_brokers
    link = rates.network_gbit_per_s * 1e9 / 8 * rates.utilisation
    assert left * link >= found["network"].value * (1 - 1e-9)
    assert left * rates.disk_mb_per_s * 1e6 * rates.utilisation >= found["bytes_written"].value * (1 - 1e-9)
    assert left * rates.disk_tb * 1e12 >= found["disk"].value * (1 - 1e-9)
    assert left * rates.replicas_per_broker >= found["partitions"].value * workload.copies * (1 - 1e-9)
    assert found["brokers"].value >= 2**53 or found["brokers"].value % workload.zones == 0
    assert found["brokers"].value >= workload.copies
    assert found["partitions"].value >= found["consumers"].value


@settings(max_examples=100, deadline=None)
@given(stated())
def test_a_day_and_a_second_of_the_same_rate_give_the_same_plan(one: Stated) -> None:
    workload, rates, prices = one
    per_second = replace(workload, messages=min(workload.messages, 1e8), per="second")
    per_day = replace(per_second, messages=per_second.messages * 86400, per="day")
    before, after = figures(per_second, rates, prices), figures(per_day, rates, prices)
    for figure in before.values():
        tolerance = 1 if figure.unit in ("brokers", "partitions", "consumers") else 0
        most = workload.zones if figure.name == "brokers" else tolerance
        if figure.unit.startswith("per "):
            continue  # follows from those before
        assert after[figure.name].value == pytest.approx(figure.value, rel=1e-9, abs=most), figure.name


def test_one_zone_has_no_traffic_between_zones_and_the_nearest_replica_saves_the_reads() -> None:
    assert figures(Workload(zones=1))["cross_zone"].value == 0
    leader = figures(Workload(groups=4))["cross_zone"].value
    nearest = figures(Workload(groups=4, fetch="nearest"))["cross_zone"].value
    read = 4 * figures(Workload())["bytes_in"].value * 2 / 3
    assert leader - nearest == pytest.approx(read)


def test_a_quotient_that_is_whole_is_not_rounded_up_by_a_last_bit() -> None:
    assert 150 * 14 / 1000 / 0.7 > 3  # the doubles' quotient
    workload = Workload(messages=150, peak_factor=1, processing_ms=14)
    assert figures(workload)["consumers"].value == 3


@settings(max_examples=100, deadline=None)
@given(stated())
def test_every_result_has_a_formula_with_numbers_a_source_and_a_unit(one: Stated) -> None:
    found = plan(*one)
    assert len({figure.name for figure in found}) == len(found) == 25
    for figure in found:
        assert re.search(r"\d", figure.formula), figure
        assert len(figure.source) > 10
        assert figure.unit
        assert re.match(r"\d[\d,.e]* ?", figure.shown), figure
        assert not re.search(r"\b1 (groups|copies)\b", figure.formula), figure


@pytest.mark.parametrize(
    ("text", "typed", "line"),
    [
        ("messages", "0", "messages is 0 messages. Allowed: from 0.001 to 10000000000000 messages"),
        ("copies", "2.5", "copies is 2.5. Allowed: whole numbers from 1 to 10 copies"),
        ("copies", "three", "copies is 'three'. Allowed: whole numbers from 1 to 10 copies"),
        ("retention_days", "1e99", "retention_days is 1e+99 days. Allowed: from 0.001 to 36500 days"),
        ("per", "week", "per is 'week'. Allowed: second, day"),
    ],
)
def test_bad_input_is_one_line_with_field_unit_and_range(text: str, typed: str, line: str) -> None:
    with pytest.raises(CourseError) as refused:
        Workload.from_texts({text: typed})
    assert str(refused.value) == line


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.00012345, "0.0001235"),
        (0.08, "0.08"),
        (2 / 3, "0.6667"),
        (9.9999, "10"),
        (99.995, "100"),
        (999.96, "1,000"),
        (86400.0, "86,400"),
        (1234567.0, "1,234,567"),
        (3e15, "3e15"),
    ],
)
def test_numbers_have_four_significant_digits(number: float, text: str) -> None:
    assert digits(number) == text


def test_sizes_are_decimal() -> None:
    assert [size(x) for x in (999.0, 1000.0, 1.5e6, 2e9, 3.5e12, 1e15)] == [
        "999 bytes",
        "1 KB",
        "1.5 MB",
        "2 GB",
        "3.5 TB",
        "1 PB",
    ]
    assert [count(x) for x in (5.0, 11574074.07, 7e9, 1e12)] == [
        "5",
        "11.57 million",
        "7 billion",
        "1 trillion",
    ]


# what cards and chapters state


def card_number(identity: str) -> float:
    """The number of a card, by its own formula, and held to its stated value by the bank's check."""
    number = CARDS[identity].details
    assert isinstance(number, Number)
    return value_of(number.formula)


def in_mb(figure: Figure) -> float:
    return figure.value / 1e6


TRILLION = Workload(messages=1e12, per="day")
OF_CARDS = {
    "estimate-trillion-a-day": figures(TRILLION)["mean_rate"].value / 1e6,
    "estimate-partitions": figures(
        Workload(messages=6000, peak_factor=2, size_bytes=1), Rates(utilisation=1)
    )["partitions"].value,
    "estimate-consumers-for-target": figures(Workload(messages=300, peak_factor=1, processing_ms=40))[
        "consumers"
    ].value,
    "estimate-retention-disk": figures(Workload(messages=2000, size_bytes=1500, retention_days=14))[
        "disk"
    ].value
    / 1e12,
    "estimate-cross-zone-bytes": in_mb(figures(Workload(groups=4))["cross_zone"]),
    "estimate-littles-law-depth": figures(Workload(messages=40, peak_factor=1, processing_ms=15_000))[
        "in_work"
    ].value,
    "estimate-size-claim-check": sum(
        in_mb(figures(Workload(messages=200 / 60, size_bytes=5e6, peak_factor=1))[name])
        for name in ("bytes_written", "bytes_out")
    ),
}


@pytest.mark.parametrize("identity", OF_CARDS)
def test_a_card_states_what_the_calculator_gives(identity: str) -> None:
    assert OF_CARDS[identity] == pytest.approx(card_number(identity), rel=1e-9)


def text_of(identity: str) -> str:
    card = CARDS[identity]
    return " ".join([*card.strong, *(one.answer for one in card.follow_ups)])


def test_what_cards_and_chapters_say_of_a_trillion_a_day_is_what_the_calculator_gives() -> None:
    once = figures(replace(TRILLION, peak_factor=1))
    card = text_of("estimate-trillion-a-day")
    assert "11.6 million per second" in card
    assert digits(round(once["mean_rate"].value / 1e6, 1)) == "11.6"
    assert "11.6 GB per second in, and 35 GB per second written" in card
    assert round(once["bytes_in"].value / 1e9, 1) == 11.6
    assert round(once["bytes_written"].value / 1e9) == 35
    fleet = figures(Workload(messages=7e12, per="day"))["mean_rate"].value
    for identity in ("estimate-trillion-a-day", "claim-kafka-trillions"):
        assert "about 20,000" in text_of(identity)
    assert round(fleet / 4000, -3) == 20_000
    log = (CHECKOUT / "book" / "kafka" / "log.md").read_text(encoding="utf-8")
    assert "70 billion per day for the average cluster, or 0.8 million per second, on some 40 brokers" in log
    assert round(figures(Workload(messages=70e9, per="day"))["mean_rate"].value / 1e6, 1) == 0.8


def test_the_claim_of_trillions_gives_the_mean_of_the_fleet_it_names() -> None:
    """A trillion over 4,000 brokers is not LinkedIn's mean: the fleet had seven."""
    fleet = figures(Workload(messages=7e12, per="day"))["mean_rate"].value
    assert f"{fleet / 1e6:.0f} million per second" in text_of("claim-kafka-trillions")
    assert "a few thousand per second each" not in text_of("claim-kafka-trillions")


def test_cards_about_a_product_and_months_agree() -> None:
    product = figures(Workload(messages=50e6, per="day"))["mean_rate"].value
    assert "About 580 per second" in text_of("estimate-trillion-a-day")
    assert round(product, -1) == 580
    monthly = figures(Workload(groups=4))["cross_zone_month"].value
    assert "= 138 TB" in text_of("estimate-cross-zone-bytes")
    assert round(monthly / 1e12) == 138
    disk = figures(Workload(messages=2000, size_bytes=1500, retention_days=14), Rates(free_disk=0))[
        "disk"
    ].value
    assert "three copies 10.9 TB" in text_of("estimate-retention-disk")
    assert round(disk / 1e12, 1) == 10.9


def test_the_multiplication_of_which_broker_is_right() -> None:
    page = Path(CHECKOUT / "book" / "interview" / "which-broker.md").read_text(encoding="utf-8")
    assert (
        "50,000 events per second of 200 bytes are 10 MB per second, 26 TB in a month, and 78 TB with three copies"
        in page
    )
    workload = Workload(messages=50_000, size_bytes=200, retention_days=30)
    found = figures(workload, Rates(free_disk=0))
    assert found["bytes_in"].shown == "10 MB/s"
    assert round(found["disk"].value / 3e12) == 26
    assert round(found["disk"].value / 1e12) == 78


def test_prices_are_the_readers() -> None:
    free = figures(Workload(), prices=Prices(broker_hour=0, disk_gb_month=0, cross_zone_gb=0))
    assert free["cost"].value == 0
    found = figures(Workload(), prices=Prices(broker_hour=1, disk_gb_month=0, cross_zone_gb=0))
    assert found["cost"].value == found["brokers"].value * 720


CHAPTER = (CHECKOUT / "book" / "interview" / "capacity.md").read_text(encoding="utf-8")


def test_the_chapter_states_the_numbers_of_its_preset() -> None:
    preset = PRESETS[0].workload
    assert (preset.messages, preset.per, preset.retention_days, preset.processing_ms) == (
        1e12,
        "day",
        1.0,
        0.05,
    )
    found = figures(preset)
    gb = [found[name].value / 1e9 for name in ("bytes_in", "bytes_in_peak", "bytes_written", "cross_zone")]
    stated_bytes = [f"{digits(one)} GB" for one in gb]
    counts = [
        found[name].shown for name in ("partitions_bytes", "consumers", "brokers_network", "brokers_writes")
    ]
    counts += [found[name].shown for name in ("brokers_disk", "brokers", "disk", "cross_zone_month")]
    work = f"{count(found['in_work'].value)} messages in work at once"
    million = [f"{found[name].value / 1e6:.4g} million" for name in ("mean_rate", "peak_rate", "cost_zones")]
    for one in [*stated_bytes, *counts, *million, work]:
        assert one in CHAPTER, one
    assert f"costs {found['cost'].value / 1e6:.3g} million" in CHAPTER
    assert found["cross_zone"].value / found["bytes_in"].value == pytest.approx(3.33, abs=0.005)
    options = "--messages 1e12 --per day --processing-ms 0.05 --retention-days 1"
    assert f"mq capacity {options}" in CHAPTER


def test_the_chapter_states_what_the_changes_of_its_questions_give() -> None:
    preset = PRESETS[0].workload
    before = figures(preset)
    saving = figures(replace(preset, compression=4, fetch="nearest"))
    assert before["cross_zone"].value / saving["cross_zone"].value == pytest.approx(5)
    assert f"to {digits(saving['cross_zone'].value / 1e9)} GB per second" in CHAPTER
    assert f"brokers falls to {digits(saving['brokers'].value)}" in CHAPTER
    assert round(saving["cost"].value, -4) == 550_000
    week = figures(replace(preset, retention_days=7))
    assert (
        f"rises to {week['disk'].shown}, and the brokers by disk size to {week['brokers_disk'].shown[:5]}"
        in CHAPTER
    )
    assert f"{digits(week['brokers'].value - before['brokers'].value)} further machines" in CHAPTER
    assert {name for name in before if before[name].value != week[name].value} == {
        *("disk", "brokers_disk", "brokers", "cost_brokers", "cost_disk", "cost", "cost_million")
    }
    slow = figures(replace(preset, processing_ms=5))
    assert f"{slow['partitions'].shown}, and three copies" in CHAPTER
    assert f"needs {slow['brokers_replicas'].shown}" in CHAPTER
    small = figures(Workload(messages=50e6, per="day", size_bytes=2000))
    assert round(small["mean_rate"].value, -1) == 580
    assert round(small["bytes_in"].value / 1e6, 1) == 1.2
    assert small["brokers"].value == 3
    assert round(7e12 / 86400 / 1e6) == 81
    assert round(10e12 / 200e6 / 3600) == 14
