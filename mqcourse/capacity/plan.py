"""The plan of a workload: each result with its formula, its numbers and its source.

Decimal units: 1 KB is 1,000 bytes. A month has 30 days. Each formula is written once, here, and the page's engine is
translated from this module.
"""

from math import ceil

from mqcourse.capacity.figure import Figure
from mqcourse.capacity.number_text import count, digits, size
from mqcourse.capacity.prices import Prices
from mqcourse.capacity.rates import Rates
from mqcourse.capacity.workload import Workload

DAY_S = 86400.0
MONTH_S = 2592000.0
"""30 days."""
MONTH_H = 720.0
ROUNDING = 1e-12
"""A quotient that is whole but for the rounding of doubles must not become one more."""

UNITS = "Units: 86,400 s in a day, 30 days in a month"
PEAK = "Your own factor: the busiest hour of your metrics over the mean"
COPIES = "Kafka 4.3 docs, Design, Replication: each follower fetches from the leader and writes what it got"
READ = "Each group reads every message once"
LITTLE = "J. D. C. Little, Operations Research 9 (1961): L = λW"
BUSY = "Queueing theory: waiting grows as 1 / (1 - utilisation), so a target below 1 (Kleinrock 1975, 3.2)"
PER_PARTITION = "J. Rao, How to Choose the Number of Topics/Partitions (Confluent, 2015): at least t / p"
ONE_CONSUMER = "Kafka 4.3 docs: a partition is read by one consumer of a group"
RETENTION = "Kafka 4.3 docs, retention.ms: kept by age, in every copy"
REPLICAS = "KIP-578: at most 4,000 per broker recommended"
FAILURE = "N + lost brokers: the rest carries the peak"
SPREAD = "Leaders, copies and clients spread evenly over the zones; KIP-392 for the nearest replica"
PRICE = "Your price. Default: AWS list price, us-east-1, 2025, rounded; replace it"


def plan(w: Workload, r: Rates, p: Prices) -> list[Figure]:
    """All results, in the order in which each uses those before it."""
    found: list[Figure] = []
    mean = _messages(found, w)
    written = _bytes(found, w, mean)
    partitions = _partitions(found, w, r, mean)
    brokers, disk = _brokers(found, w, r, written, partitions)
    _money(found, w, p, mean, brokers, disk)
    return found


def _messages(found: list[Figure], w: Workload) -> float:
    """Messages per second, and at the peak."""
    given = count(w.messages)
    mean = w.messages / DAY_S if w.per == "day" else w.messages
    how = f"{given} per day ÷ 86,400 s" if w.per == "day" else f"{given} per second"
    _add(found, "mean_rate", "Mean rate", mean, "messages/s", how, UNITS)
    peak = mean * w.peak_factor
    how = f"{count(mean)} × {digits(w.peak_factor)}"
    _add(found, "peak_rate", "Peak rate", peak, "messages/s", how, PEAK)
    requests = peak / w.batch
    how = f"{count(peak)} ÷ {count(w.batch)} per batch"
    _add(found, "requests", "Requests of producers at the peak", requests, "requests/s", how, UNITS)
    return mean


def _bytes(found: list[Figure], w: Workload, mean: float) -> float:
    """Bytes per second into the brokers, out of them, and onto their disks."""
    arriving = mean * w.size_bytes / w.compression
    shrunk = "" if w.compression == 1.0 else f" ÷ {digits(w.compression)}"
    how = f"{count(mean)}/s × {size(w.size_bytes)}{shrunk}"
    _add(found, "bytes_in", "Bytes in, mean", arriving, "bytes/s", how, UNITS)
    peak = arriving * w.peak_factor
    how = f"{size(arriving)}/s × {digits(w.peak_factor)}"
    _add(found, "bytes_in_peak", "Bytes in, peak", peak, "bytes/s", how, PEAK)
    copies, groups = things(w.copies, "copy"), things(w.groups, "group")
    written = peak * w.copies
    how = f"{size(peak)}/s × {copies}"
    _add(found, "bytes_written", "Written to disks, peak", written, "bytes/s", how, COPIES)
    read = peak * w.groups
    how = f"{size(peak)}/s × {groups}"
    _add(found, "bytes_out", "Read by groups, peak", read, "bytes/s", how, READ)
    return written


def _partitions(found: list[Figure], w: Workload, r: Rates, mean: float) -> float:
    """Partitions for the producers' bytes and for the consumers' work."""
    peak = mean * w.peak_factor
    busy = peak * w.processing_ms / 1000.0
    how = f"{count(peak)}/s × {digits(w.processing_ms)} ms"
    _add(found, "in_work", "Messages in work at once, peak", busy, "messages", how, LITTLE)
    consumers = _whole(busy / (r.utilisation * w.at_once))
    how = f"{count(busy)} ÷ ({digits(r.utilisation)} × {w.at_once} at once), rounded up"
    _add(found, "consumers", "Consumers of each group", consumers, "consumers", how, BUSY)
    bytes_in = peak * w.size_bytes / w.compression
    by_bytes = _whole(bytes_in / (r.partition_mb_per_s * 1e6))
    how = f"{size(bytes_in)}/s ÷ {digits(r.partition_mb_per_s)} MB/s, rounded up"
    title = "Partitions for the bytes"
    _add(found, "partitions_bytes", title, by_bytes, "partitions", how, PER_PARTITION)
    partitions = max(by_bytes, consumers)
    how = f"the larger of {count(by_bytes)} and {count(consumers)} consumers"
    _add(found, "partitions", "Partitions", partitions, "partitions", how, ONE_CONSUMER)
    return partitions


def _brokers(
    found: list[Figure], w: Workload, r: Rates, written: float, partitions: float
) -> tuple[float, float]:
    """Brokers by each of their limits, and the bytes that the disks keep."""
    copies = things(w.copies, "copy")
    peak = written / w.copies
    received = written
    sent = peak * (w.copies - 1) + peak * w.groups
    traffic = max(received, sent)
    how = f"the larger of {size(received)}/s received and {size(sent)}/s sent"
    _add(found, "network", "Network of all brokers, peak", traffic, "bytes/s", how, COPIES)
    link = r.network_gbit_per_s * 1e9 / 8.0
    used = f"{digits(r.utilisation)}"
    by_network = _whole(traffic / (link * r.utilisation))
    how = f"{size(traffic)}/s ÷ ({size(link)}/s × {used}), rounded up"
    _broker(found, "brokers_network", "Brokers for the network", by_network, how, BUSY)
    by_writes = _whole(written / (r.disk_mb_per_s * 1e6 * r.utilisation))
    how = f"{size(written)}/s ÷ ({size(r.disk_mb_per_s * 1e6)}/s × {used}), rounded up"
    _broker(found, "brokers_writes", "Brokers for the disk writes", by_writes, how, BUSY)
    kept = peak / w.peak_factor * DAY_S * w.retention_days * w.copies
    disk = kept / (1.0 - r.free_disk)
    how = f"{size(peak / w.peak_factor)}/s × 86,400 s × {digits(w.retention_days)} d × {copies}"
    how = f"{how} ÷ (1 - {digits(r.free_disk)} free)"
    _add(found, "disk", "Disk of all brokers", disk, "bytes", how, RETENTION)
    by_size = _whole(disk / (r.disk_tb * 1e12))
    how = f"{size(disk)} ÷ {size(r.disk_tb * 1e12)}, rounded up"
    _broker(found, "brokers_disk", "Brokers for the disk size", by_size, how, RETENTION)
    by_replicas = _whole(partitions * w.copies / r.replicas_per_broker)
    how = f"{count(partitions)} × {copies} ÷ {count(r.replicas_per_broker / 1.0)}, rounded up"
    _broker(found, "brokers_replicas", "Brokers for the replicas", by_replicas, how, REPLICAS)
    needed = max(by_network, by_writes, by_size, by_replicas)
    safe = max(needed + r.lost_brokers, w.copies)
    brokers = _whole(safe / w.zones) * w.zones
    how = f"the largest of them, {count(needed)}, + {r.lost_brokers} lost; at least {copies}"
    how = f"{how}; a multiple of {w.zones}, one for each zone" if w.zones > 1 else how
    _broker(found, "brokers", "Brokers", brokers, how, FAILURE)
    return brokers, disk


def _money(found: list[Figure], w: Workload, p: Prices, mean: float, brokers: float, disk: float) -> None:
    """Traffic between zones, and what a month costs."""
    arriving = mean * w.size_bytes / w.compression
    away = (w.zones - 1.0) / w.zones
    copied = min(w.copies - 1.0, w.copies * away)
    elsewhere = max(0.0, (w.zones - w.copies) / w.zones) if w.fetch == "nearest" else away
    crossing = arriving * (away + copied + w.groups * elsewhere)
    how = f"{size(arriving)}/s × ({digits(away)} produce + {digits(copied)} copy"
    how = f"{how} + {w.groups} × {digits(elsewhere)} read)"
    _add(found, "cross_zone", "Between zones, mean", crossing, "bytes/s", how, SPREAD)
    monthly = crossing * MONTH_S
    how = f"{size(crossing)}/s × 2,592,000 s"
    _add(found, "cross_zone_month", "Between zones in a month", monthly, "bytes", how, UNITS)
    machines = brokers * MONTH_H * p.broker_hour
    how = f"{count(brokers)} × 720 h × {digits(p.broker_hour)} per hour"
    _add(found, "cost_brokers", "Cost of brokers", machines, "per month", how, PRICE)
    disks = disk / 1e9 * p.disk_gb_month
    how = f"{size(disk)} × {digits(p.disk_gb_month)} per GB"
    _add(found, "cost_disk", "Cost of disk", disks, "per month", how, PRICE)
    zones = monthly / 1e9 * p.cross_zone_gb
    how = f"{size(monthly)} × {digits(p.cross_zone_gb)} per GB"
    _add(found, "cost_zones", "Cost between zones", zones, "per month", how, PRICE)
    total = machines + disks + zones
    how = f"{count(machines)} + {count(disks)} + {count(zones)}"
    _add(found, "cost", "Cost of a month", total, "per month", how, PRICE)
    each = total / (mean * MONTH_S / 1e6)
    how = f"{count(total)} ÷ {count(mean * MONTH_S)} messages × 1 million"
    _add(found, "cost_million", "Cost of a million messages", each, "per million", how, UNITS)


def _whole(quotient: float) -> float:
    """Rounded up, and at least 1. A double, as JavaScript has no other whole numbers."""
    return max(1.0, ceil(quotient - quotient * ROUNDING) * 1.0)


def things(number: int, word: str) -> str:
    """1 copy, 2 copies: a number with its noun."""
    if number == 1:
        return f"1 {word}"
    return f"{number} copies" if word == "copy" else f"{number} {word}s"


def _broker(found: list[Figure], name: str, title: str, number: float, formula: str, source: str) -> None:
    _add(found, name, title, number, "brokers", formula, source)


def _add(
    found: list[Figure], name: str, title: str, value: float, unit: str, formula: str, source: str
) -> None:
    shown = f"{count(value)} {unit}"
    if unit == "bytes":
        shown = size(value)
    if unit == "bytes/s":
        shown = f"{size(value)}/s"
    found.append(Figure(name, title, value, unit, shown, formula, source))
