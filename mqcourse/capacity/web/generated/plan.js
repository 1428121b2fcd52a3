// Generated from mqcourse/capacity/plan.py by `make derived`; change it there.

// The plan of a workload: each result with its formula, its numbers and its source.
//
// Decimal units: 1 KB is 1,000 bytes. A month has 30 days. Each formula is written once, here, and the page's engine is
// translated from this module.

import { Figure } from "./figure.js";
import { count, digits, size } from "./number_text.js";

export const DAY_S = 86400.0;

/** 30 days. */
export const MONTH_S = 2592000.0;

export const MONTH_H = 720.0;

/** A quotient that is whole but for the rounding of doubles must not become one more. */
export const ROUNDING = 1e-12;

export const UNITS = "Units: 86,400 s in a day, 30 days in a month";
export const PEAK = "Your own factor: the busiest hour of your metrics over the mean";
export const COPIES =
    "Kafka 4.3 docs, Design, Replication: each follower fetches from the leader and writes what it got";
export const READ = "Each group reads every message once";
export const LITTLE = "J. D. C. Little, Operations Research 9 (1961): L = λW";
export const BUSY =
    "Queueing theory: waiting grows as 1 / (1 - utilisation), so a target below 1 (Kleinrock 1975, 3.2)";
export const PER_PARTITION =
    "J. Rao, How to Choose the Number of Topics/Partitions (Confluent, 2015): at least t / p";
export const ONE_CONSUMER = "Kafka 4.3 docs: a partition is read by one consumer of a group";
export const RETENTION = "Kafka 4.3 docs, retention.ms: kept by age, in every copy";
export const REPLICAS = "KIP-578: at most 4,000 per broker recommended";
export const FAILURE = "N + lost brokers: the rest carries the peak";
export const SPREAD =
    "Leaders, copies and clients spread evenly over the zones; KIP-392 for the nearest replica";
export const PRICE = "Your price. Default: AWS list price, us-east-1, 2025, rounded; replace it";

/** All results, in the order in which each uses those before it. */
export function plan(w, r, p) {
  const found = [];
  const mean = _messages(found, w);
  const written = _bytes(found, w, mean);
  const partitions = _partitions(found, w, r, mean);
  const brokers_and_disk = _brokers(found, w, r, written, partitions);
  const brokers = brokers_and_disk[0];
  const disk = brokers_and_disk[1];
  _money(found, w, p, mean, brokers, disk);
  return found;
}

/** Messages per second, and at the peak. */
function _messages(found, w) {
  const given = count(w.messages);
  const mean = w.per === "day" ? w.messages / DAY_S : w.messages;
  let how = w.per === "day" ? `${given} per day ÷ 86,400 s` : `${given} per second`;
  _add(found, "mean_rate", "Mean rate", mean, "messages/s", how, UNITS);
  const peak = mean * w.peak_factor;
  how = `${count(mean)} × ${digits(w.peak_factor)}`;
  _add(found, "peak_rate", "Peak rate", peak, "messages/s", how, PEAK);
  const requests = peak / w.batch;
  how = `${count(peak)} ÷ ${count(w.batch)} per batch`;
  _add(found, "requests", "Requests of producers at the peak", requests, "requests/s", how, UNITS);
  return mean;
}

/** Bytes per second into the brokers, out of them, and onto their disks. */
function _bytes(found, w, mean) {
  const arriving = mean * w.size_bytes / w.compression;
  const shrunk = w.compression === 1.0 ? "" : ` ÷ ${digits(w.compression)}`;
  let how = `${count(mean)}/s × ${size(w.size_bytes)}${shrunk}`;
  _add(found, "bytes_in", "Bytes in, mean", arriving, "bytes/s", how, UNITS);
  const peak = arriving * w.peak_factor;
  how = `${size(arriving)}/s × ${digits(w.peak_factor)}`;
  _add(found, "bytes_in_peak", "Bytes in, peak", peak, "bytes/s", how, PEAK);
  const copies = things(w.copies, "copy");
  const groups = things(w.groups, "group");
  const written = peak * w.copies;
  how = `${size(peak)}/s × ${copies}`;
  _add(found, "bytes_written", "Written to disks, peak", written, "bytes/s", how, COPIES);
  const read = peak * w.groups;
  how = `${size(peak)}/s × ${groups}`;
  _add(found, "bytes_out", "Read by groups, peak", read, "bytes/s", how, READ);
  return written;
}

/** Partitions for the producers' bytes and for the consumers' work. */
function _partitions(found, w, r, mean) {
  const peak = mean * w.peak_factor;
  const busy = peak * w.processing_ms / 1000.0;
  let how = `${count(peak)}/s × ${digits(w.processing_ms)} ms`;
  _add(found, "in_work", "Messages in work at once, peak", busy, "messages", how, LITTLE);
  const consumers = _whole(busy / (r.utilisation * w.at_once));
  how = `${count(busy)} ÷ (${digits(r.utilisation)} × ${w.at_once} at once), rounded up`;
  _add(found, "consumers", "Consumers of each group", consumers, "consumers", how, BUSY);
  const bytes_in = peak * w.size_bytes / w.compression;
  const by_bytes = _whole(bytes_in / (r.partition_mb_per_s * 1e6));
  how = `${size(bytes_in)}/s ÷ ${digits(r.partition_mb_per_s)} MB/s, rounded up`;
  const title = "Partitions for the bytes";
  _add(found, "partitions_bytes", title, by_bytes, "partitions", how, PER_PARTITION);
  const partitions = Math.max(by_bytes, consumers);
  how = `the larger of ${count(by_bytes)} and ${count(consumers)} consumers`;
  _add(found, "partitions", "Partitions", partitions, "partitions", how, ONE_CONSUMER);
  return partitions;
}

/** Brokers by each of their limits, and the bytes that the disks keep. */
function _brokers(found, w, r, written, partitions) {
  const copies = things(w.copies, "copy");
  const peak = written / w.copies;
  const received = written;
  const sent = peak * (w.copies - 1) + peak * w.groups;
  const traffic = Math.max(received, sent);
  let how = `the larger of ${size(received)}/s received and ${size(sent)}/s sent`;
  _add(found, "network", "Network of all brokers, peak", traffic, "bytes/s", how, COPIES);
  const link = r.network_gbit_per_s * 1e9 / 8.0;
  const used = `${digits(r.utilisation)}`;
  const by_network = _whole(traffic / (link * r.utilisation));
  how = `${size(traffic)}/s ÷ (${size(link)}/s × ${used}), rounded up`;
  _broker(found, "brokers_network", "Brokers for the network", by_network, how, BUSY);
  const by_writes = _whole(written / (r.disk_mb_per_s * 1e6 * r.utilisation));
  how = `${size(written)}/s ÷ (${size(r.disk_mb_per_s * 1e6)}/s × ${used}), rounded up`;
  _broker(found, "brokers_writes", "Brokers for the disk writes", by_writes, how, BUSY);
  const kept = peak / w.peak_factor * DAY_S * w.retention_days * w.copies;
  const disk = kept / (1.0 - r.free_disk);
  how = `${size(peak / w.peak_factor)}/s × 86,400 s × ${digits(w.retention_days)} d × ${copies}`;
  how = `${how} ÷ (1 - ${digits(r.free_disk)} free)`;
  _add(found, "disk", "Disk of all brokers", disk, "bytes", how, RETENTION);
  const by_size = _whole(disk / (r.disk_tb * 1e12));
  how = `${size(disk)} ÷ ${size(r.disk_tb * 1e12)}, rounded up`;
  _broker(found, "brokers_disk", "Brokers for the disk size", by_size, how, RETENTION);
  const by_replicas = _whole(partitions * w.copies / r.replicas_per_broker);
  how = `${count(partitions)} × ${copies} ÷ ${count(r.replicas_per_broker / 1.0)}, rounded up`;
  _broker(found, "brokers_replicas", "Brokers for the replicas", by_replicas, how, REPLICAS);
  const needed = Math.max(by_network, by_writes, by_size, by_replicas);
  const safe = Math.max(needed + r.lost_brokers, w.copies);
  const brokers = _whole(safe / w.zones) * w.zones;
  how = `the largest of them, ${count(needed)}, + ${r.lost_brokers} lost; at least ${copies}`;
  how = w.zones > 1 ? `${how}; a multiple of ${w.zones}, one for each zone` : how;
  _broker(found, "brokers", "Brokers", brokers, how, FAILURE);
  return [brokers, disk];
}

/** Traffic between zones, and what a month costs. */
function _money(found, w, p, mean, brokers, disk) {
  const arriving = mean * w.size_bytes / w.compression;
  const away = (w.zones - 1.0) / w.zones;
  const copied = Math.min(w.copies - 1.0, w.copies * away);
  const elsewhere = w.fetch === "nearest" ? Math.max(0.0, (w.zones - w.copies) / w.zones) : away;
  const crossing = arriving * (away + copied + w.groups * elsewhere);
  let how = `${size(arriving)}/s × (${digits(away)} produce + ${digits(copied)} copy`;
  how = `${how} + ${w.groups} × ${digits(elsewhere)} read)`;
  _add(found, "cross_zone", "Between zones, mean", crossing, "bytes/s", how, SPREAD);
  const monthly = crossing * MONTH_S;
  how = `${size(crossing)}/s × 2,592,000 s`;
  _add(found, "cross_zone_month", "Between zones in a month", monthly, "bytes", how, UNITS);
  const machines = brokers * MONTH_H * p.broker_hour;
  how = `${count(brokers)} × 720 h × ${digits(p.broker_hour)} per hour`;
  _add(found, "cost_brokers", "Cost of brokers", machines, "per month", how, PRICE);
  const disks = disk / 1e9 * p.disk_gb_month;
  how = `${size(disk)} × ${digits(p.disk_gb_month)} per GB`;
  _add(found, "cost_disk", "Cost of disk", disks, "per month", how, PRICE);
  const zones = monthly / 1e9 * p.cross_zone_gb;
  how = `${size(monthly)} × ${digits(p.cross_zone_gb)} per GB`;
  _add(found, "cost_zones", "Cost between zones", zones, "per month", how, PRICE);
  const total = machines + disks + zones;
  how = `${count(machines)} + ${count(disks)} + ${count(zones)}`;
  _add(found, "cost", "Cost of a month", total, "per month", how, PRICE);
  const each = total / (mean * MONTH_S / 1e6);
  how = `${count(total)} ÷ ${count(mean * MONTH_S)} messages × 1 million`;
  _add(found, "cost_million", "Cost of a million messages", each, "per million", how, UNITS);
}

/** Rounded up, and at least 1. A double, as JavaScript has no other whole numbers. */
function _whole(quotient) {
  return Math.max(1.0, Math.ceil(quotient - quotient * ROUNDING) * 1.0);
}

/** 1 copy, 2 copies: a number with its noun. */
export function things(number, word) {
  if (number === 1) {
    return `1 ${word}`;
  }
  return word === "copy" ? `${number} copies` : `${number} ${word}s`;
}

function _broker(found, name, title, number, formula, source) {
  _add(found, name, title, number, "brokers", formula, source);
}

function _add(found, name, title, value, unit, formula, source) {
  let shown = `${count(value)} ${unit}`;
  if (unit === "bytes") {
    shown = size(value);
  }
  if (unit === "bytes/s") {
    shown = `${size(value)}/s`;
  }
  found.push(new Figure(name, title, value, unit, shown, formula, source));
}
