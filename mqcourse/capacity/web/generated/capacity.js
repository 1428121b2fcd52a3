(() => {
// ---- generated/fields.js
const generated_fields = (() => {
// Generated from workload.py, rates.py, prices.py and presets.py by `make derived`; change it there.

const GROUPS = [
  [
    "Workload",
    [
      {
        "name": "messages",
        "default": 10000.0,
        "kind": "number",
        "unit": "messages",
        "low": 0.001,
        "high": 10000000000000.0,
        "above": false,
        "none": "",
        "help": "Messages that arrive on average, in each second or day.",
        "label": "Messages"
      },
      {
        "name": "per",
        "default": "second",
        "kind": "choice",
        "unit": "one of",
        "choices": [
          "second",
          "day"
        ],
        "help": "The time in which they arrive.",
        "label": "In each"
      },
      {
        "name": "size_bytes",
        "default": 1000.0,
        "kind": "number",
        "unit": "bytes",
        "low": 1.0,
        "high": 100000000.0,
        "above": false,
        "none": "",
        "help": "Mean size of a message with its key and headers.",
        "label": "Size of a message"
      },
      {
        "name": "compression",
        "default": 1.0,
        "kind": "number",
        "unit": "times",
        "low": 1.0,
        "high": 100.0,
        "above": false,
        "none": "",
        "help": "Size before compression over size after; 1 is none.",
        "label": "Compression"
      },
      {
        "name": "batch",
        "default": 100.0,
        "kind": "number",
        "unit": "messages",
        "low": 1.0,
        "high": 1000000.0,
        "above": false,
        "none": "",
        "help": "Messages that a producer sends in one request.",
        "label": "Batch"
      },
      {
        "name": "peak_factor",
        "default": 3.0,
        "kind": "number",
        "unit": "times",
        "low": 1.0,
        "high": 100.0,
        "above": false,
        "none": "",
        "help": "The busiest time over the mean.",
        "label": "Peak"
      },
      {
        "name": "groups",
        "default": 1,
        "kind": "whole",
        "unit": "groups",
        "low": 1,
        "high": 1000,
        "above": false,
        "none": "",
        "help": "Consumer groups (or queues) that each read every message.",
        "label": "Consumer groups"
      },
      {
        "name": "copies",
        "default": 3,
        "kind": "whole",
        "unit": "copies",
        "low": 1,
        "high": 10,
        "above": false,
        "none": "",
        "help": "Copies that the brokers keep of a message.",
        "label": "Copies"
      },
      {
        "name": "retention_days",
        "default": 7.0,
        "kind": "number",
        "unit": "days",
        "low": 0.001,
        "high": 36500.0,
        "above": false,
        "none": "",
        "help": "How long a message is kept.",
        "label": "Retention"
      },
      {
        "name": "processing_ms",
        "default": 5.0,
        "kind": "number",
        "unit": "ms",
        "low": 0.0001,
        "high": 100000000.0,
        "above": false,
        "none": "",
        "help": "Time in which a consumer handles one message.",
        "label": "Time for a message"
      },
      {
        "name": "at_once",
        "default": 1,
        "kind": "whole",
        "unit": "messages",
        "low": 1,
        "high": 10000,
        "above": false,
        "none": "",
        "help": "Messages that one consumer handles at the same time.",
        "label": "At once"
      },
      {
        "name": "zones",
        "default": 3,
        "kind": "whole",
        "unit": "zones",
        "low": 1,
        "high": 10,
        "above": false,
        "none": "",
        "help": "Zones over which brokers and clients are spread.",
        "label": "Zones"
      },
      {
        "name": "fetch",
        "default": "leader",
        "kind": "choice",
        "unit": "one of",
        "choices": [
          "leader",
          "nearest"
        ],
        "help": "Where consumers read: from the leader, or from a replica in their zone.",
        "label": "Consumers read from"
      }
    ]
  ],
  [
    "Rates: what a partition and a broker take (examples; type yours)",
    [
      {
        "name": "partition_mb_per_s",
        "default": 10.0,
        "kind": "number",
        "unit": "MB/s",
        "low": 0.001,
        "high": 100000.0,
        "above": false,
        "none": "",
        "help": "What producers can write to one partition.",
        "label": "One partition"
      },
      {
        "name": "network_gbit_per_s",
        "default": 10.0,
        "kind": "number",
        "unit": "Gbit/s",
        "low": 0.001,
        "high": 10000.0,
        "above": false,
        "none": "",
        "help": "Network of one broker, in each direction.",
        "label": "Network of a broker"
      },
      {
        "name": "disk_mb_per_s",
        "default": 600.0,
        "kind": "number",
        "unit": "MB/s",
        "low": 0.001,
        "high": 1000000.0,
        "above": false,
        "none": "",
        "help": "What the disks of one broker can write.",
        "label": "Disk writes of a broker"
      },
      {
        "name": "disk_tb",
        "default": 10.0,
        "kind": "number",
        "unit": "TB",
        "low": 0.001,
        "high": 100000.0,
        "above": false,
        "none": "",
        "help": "Size of the disks of one broker.",
        "label": "Disk of a broker"
      },
      {
        "name": "replicas_per_broker",
        "default": 4000,
        "kind": "whole",
        "unit": "replicas",
        "low": 1,
        "high": 1000000,
        "above": false,
        "none": "",
        "help": "Replicas of partitions that one broker may hold.",
        "label": "Replicas on a broker"
      },
      {
        "name": "utilisation",
        "default": 0.7,
        "kind": "number",
        "unit": "share",
        "low": 0.01,
        "high": 1.0,
        "above": false,
        "none": "",
        "help": "Share of its capacity that a part uses at the peak.",
        "label": "Utilisation"
      },
      {
        "name": "free_disk",
        "default": 0.3,
        "kind": "number",
        "unit": "share",
        "low": 0.0,
        "high": 0.95,
        "above": false,
        "none": "",
        "help": "Share of the disks that stays free.",
        "label": "Free disk"
      },
      {
        "name": "lost_brokers",
        "default": 1,
        "kind": "whole",
        "unit": "brokers",
        "low": 0,
        "high": 100,
        "above": false,
        "none": "",
        "help": "Brokers that may be lost while the rest carries the peak.",
        "label": "Brokers that may be lost"
      }
    ]
  ],
  [
    "Prices (examples; type yours)",
    [
      {
        "name": "broker_hour",
        "default": 0.8,
        "kind": "number",
        "unit": "per hour",
        "low": 0.0,
        "high": 100000.0,
        "above": false,
        "none": "",
        "help": "One broker's machine (16 vCPUs), without disks.",
        "label": "Broker"
      },
      {
        "name": "disk_gb_month",
        "default": 0.08,
        "kind": "number",
        "unit": "per GB and month",
        "low": 0.0,
        "high": 10000.0,
        "above": false,
        "none": "",
        "help": "Disk, for each GB.",
        "label": "Disk"
      },
      {
        "name": "cross_zone_gb",
        "default": 0.02,
        "kind": "number",
        "unit": "per GB",
        "low": 0.0,
        "high": 1000.0,
        "above": false,
        "none": "",
        "help": "Traffic between zones, sending and receiving added.",
        "label": "Traffic between zones"
      }
    ]
  ]
];

const PRESETS = {
  "trillion": {
    "title": "a trillion messages per day",
    "values": {
      "messages": 1000000000000.0,
      "per": "day",
      "retention_days": 1.0,
      "processing_ms": 0.05
    }
  },
  "orders": {
    "title": "an order pipeline",
    "values": {
      "messages": 2000000.0,
      "per": "day",
      "size_bytes": 2000.0,
      "groups": 4,
      "processing_ms": 40.0
    }
  },
  "plain": {
    "title": "10,000 messages per second",
    "values": {}
  }
};

return { GROUPS, PRESETS };
})();

// ---- generated/figure.js
const generated_figure = (() => {
// Generated from mqcourse/capacity/figure.py by `make derived`; change it there.

// One result of the calculator.

/** A value in its unit, the same as a text, the formula with its numbers, and the formula's source. */
class Figure {
  constructor(name, title, value, unit, shown, formula, source) {
    this.name = name;
    this.title = title;
    this.value = value;
    this.unit = unit;
    this.shown = shown;
    this.formula = formula;
    this.source = source;
  }
}

return { Figure };
})();

// ---- generated/number_text.js
const generated_number_text = (() => {
// Generated from mqcourse/capacity/number_text.py by `make derived`; change it there.

// Numbers as a person reads them: four significant digits, with a word or a unit for their size.
//
// Written with the arithmetic that the translation to JavaScript has, so that the page shows the same digits.

const MOST_PLACES = 12;

/** A number of at least 0 with four significant digits; thousands are separated by commas; from 10**12 on 1.5e12. */
function digits(x) {
  if (x >= 1e12) {
    return powers(x);
  }
  if (x >= 999.95) {
    return grouped(Math.trunc(x + 0.5));
  }
  let places = x < 1.0 ? 4 : x < 10.0 ? 3 : x < 100.0 ? 2 : 1;
  let bound = 0.1;
  while (x < bound && places < MOST_PLACES) {
    bound = bound / 10.0;
    places = places + 1;
  }
  let power = 1;
  for (let _ = 0, _end = places; _ < _end; _++) {
    power = power * 10;
  }
  const scaled = Math.trunc(x * power + 0.5);
  const whole = Math.trunc(scaled / power);
  let rest = scaled - whole * power;
  while (rest > 0 && Math.trunc(rest / 10) * 10 === rest) {
    rest = Math.trunc(rest / 10);
    places = places - 1;
  }
  return rest === 0 ? `${whole}` : `${whole}.${padded(rest, places)}`;
}

/** A number of at least 10 with its power of ten. */
function powers(x) {
  let exponent = 0;
  while (x >= 10.0) {
    x = x / 10.0;
    exponent = exponent + 1;
  }
  return `${digits(x)}e${exponent}`;
}

/** A whole number with zeros before it. */
function padded(n, width) {
  let text = `${n}`;
  while (text.length < width) {
    text = `0${text}`;
  }
  return text;
}

/** A whole number below 10**12 with a comma before every three digits. */
function grouped(n) {
  if (n < 1000) {
    return `${n}`;
  }
  const head = Math.trunc(n / 1000);
  return `${grouped(head)},${padded(n - head * 1000, 3)}`;
}

/** A number of things: 11.57 million. */
function count(x) {
  if (x >= 1e12) {
    return `${digits(x / 1e12)} trillion`;
  }
  if (x >= 1e9) {
    return `${digits(x / 1e9)} billion`;
  }
  return x >= 1e6 ? `${digits(x / 1e6)} million` : digits(x);
}

/** A number of bytes in decimal units: 1 KB is 1,000 bytes. */
function size(x) {
  if (x >= 1e15) {
    return `${digits(x / 1e15)} PB`;
  }
  if (x >= 1e12) {
    return `${digits(x / 1e12)} TB`;
  }
  if (x >= 1e9) {
    return `${digits(x / 1e9)} GB`;
  }
  if (x >= 1e6) {
    return `${digits(x / 1e6)} MB`;
  }
  return x >= 1e3 ? `${digits(x / 1e3)} KB` : `${digits(x)} bytes`;
}

return { MOST_PLACES, digits, powers, padded, grouped, count, size };
})();

// ---- generated/plan.js
const generated_plan = (() => {
// Generated from mqcourse/capacity/plan.py by `make derived`; change it there.

// The plan of a workload: each result with its formula, its numbers and its source.
//
// Decimal units: 1 KB is 1,000 bytes. A month has 30 days. Each formula is written once, here, and the page's engine is
// translated from this module.

const { Figure } = generated_figure;
const { count, digits, size } = generated_number_text;

const DAY_S = 86400.0;

/** 30 days. */
const MONTH_S = 2592000.0;

const MONTH_H = 720.0;

/** A quotient that is whole but for the rounding of doubles must not become one more. */
const ROUNDING = 1e-12;

const UNITS = "Units: 86,400 s in a day, 30 days in a month";
const PEAK = "Your own factor: the busiest hour of your metrics over the mean";
const COPIES =
    "Kafka 4.3 docs, Design, Replication: each follower fetches from the leader and writes what it got";
const READ = "Each group reads every message once";
const LITTLE = "J. D. C. Little, Operations Research 9 (1961): L = λW";
const BUSY =
    "Queueing theory: waiting grows as 1 / (1 - utilisation), so a target below 1 (Kleinrock 1975, 3.2)";
const PER_PARTITION =
    "J. Rao, How to Choose the Number of Topics/Partitions (Confluent, 2015): at least t / p";
const ONE_CONSUMER = "Kafka 4.3 docs: a partition is read by one consumer of a group";
const RETENTION = "Kafka 4.3 docs, retention.ms: kept by age, in every copy";
const REPLICAS = "KIP-578: at most 4,000 per broker recommended";
const FAILURE = "N + lost brokers: the rest carries the peak";
const SPREAD =
    "Leaders, copies and clients spread evenly over the zones; KIP-392 for the nearest replica";
const PRICE = "Your price. Default: AWS list price, us-east-1, 2025, rounded; replace it";

/** All results, in the order in which each uses those before it. */
function plan(w, r, p) {
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
function things(number, word) {
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

return { DAY_S, MONTH_S, MONTH_H, ROUNDING, UNITS, PEAK, COPIES, READ, LITTLE, BUSY, PER_PARTITION, ONE_CONSUMER, RETENTION, REPLICAS, FAILURE, SPREAD, PRICE, plan, things };
})();

// ---- calculator.js
const calculator = (() => {
// The calculator in a page: inputs made of Python's list of fields, and the plan that plan.js computes from them. Native
// inputs, so keyboard and screen reader are the browser's own. The worked example that the page has without scripts is
// replaced by the same plan, in the same table.

const { GROUPS, PRESETS } = generated_fields;
const { plan } = generated_plan;

const SPECS = GROUPS.flatMap(([, specs]) => specs);
const WRITTEN = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/; // field.py reads the same numbers
const plain = (value) => (Number.isInteger(value) && Math.abs(value) < 1e16 ? BigInt(value).toString() : String(value));

/** What is allowed in a field, in the words of Python's errors. */
function allowed(spec) {
  if (spec.kind === "choice") return spec.choices.join(", ");
  const span = `${spec.above ? "above" : "from"} ${plain(spec.low)} to ${plain(spec.high)} ${spec.unit}`;
  return spec.kind === "whole" ? `whole numbers ${span}` : span;
}

/** The value of a typed text. Throws an error with field, unit and range. */
function read(spec, text) {
  const typed = text.trim();
  if (spec.kind === "choice" && spec.choices.includes(typed)) return typed;
  const value = Number(typed);
  const written = spec.kind !== "choice" && WRITTEN.test(typed);
  const whole = spec.kind !== "whole" || Number.isInteger(value);
  if (written && whole && value <= spec.high && (spec.above ? value > spec.low : value >= spec.low)) return value;
  throw new Error(`${spec.name} is '${typed}'. Allowed: ${allowed(spec)}`);
}

/** The plan of values by field name; a field that is left out has its default. */
function planned(values) {
  const all = Object.fromEntries(SPECS.map((spec) => [spec.name, values[spec.name] ?? spec.default]));
  return plan(all, all, all); // the three groups have no name in common
}

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** What the form calls a field: with its unit, unless the name is the unit. */
function label(spec) {
  const told = spec.kind === "choice" || spec.label.toLowerCase().includes(spec.unit);
  return told ? spec.label : `${spec.label} (${spec.unit})`;
}

/** A value as a person would type it: 1e12, 1500, 0.05. */
const shortest = (value) => (value >= 1e6 ? value.toExponential().replace("+", "") : plain(value));

class Calculator {
  constructor(root) {
    this.root = root;
    this.rows = new Map([...root.querySelectorAll("tr[data-figure]")].map((row) => [row.dataset.figure, row]));
    this.inputs = new Map();
    this.status = make("p", { class: "mq-capacity-status", role: "status" });
    const form = make("form", { class: "mq-capacity-form", "aria-label": "Workload, rates and prices" });
    form.append(this.presets(), ...GROUPS.map(([title, specs]) => this.group(title, specs)), this.status);
    form.addEventListener("submit", (event) => event.preventDefault());
    root.prepend(form);
    this.preset = root.dataset.preset;
    this.take(PRESETS[this.preset].values);
  }

  presets() {
    const select = make("select", { name: "preset" }, ...Object.entries(PRESETS).map(([name, one]) => make("option", { value: name }, one.title)));
    select.value = this.root.dataset.preset;
    select.addEventListener("change", () => this.take(PRESETS[select.value].values));
    return make("label", { class: "mq-capacity-preset" }, "Start from ", select);
  }

  group(title, specs) {
    const fields = specs.map((spec) => {
      const help = make("small", { id: `capacity-${spec.name}-help` }, spec.help);
      const input = this.input(spec);
      input.setAttribute("aria-describedby", help.id);
      input.addEventListener("input", () => this.show());
      this.inputs.set(spec.name, { spec, input });
      return make("div", { class: "mq-capacity-field" }, make("label", { for: input.id }, label(spec)), input, help);
    });
    const inside = make("div", { class: "mq-capacity-fields" }, ...fields);
    if (specs === GROUPS[0][1]) return make("fieldset", {}, make("legend", {}, title), inside);
    return make("details", {}, make("summary", {}, title), inside);
  }

  input(spec) {
    const shared = { id: `capacity-${spec.name}`, name: spec.name };
    if (spec.kind !== "choice") return make("input", { ...shared, type: "text", inputmode: "decimal", autocomplete: "off" });
    return make("select", shared, ...spec.choices.map((value) => make("option", { value }, value)));
  }

  /** Fill in values; what is left out gets its default. */
  take(values) {
    for (const { spec, input } of this.inputs.values()) input.value = shortest(values[spec.name] ?? spec.default);
    this.show();
  }

  /** Compute and show, or name the first field that is not allowed and leave the results as they are, marked as old. */
  show() {
    const values = {};
    let refused = null;
    for (const { spec, input } of this.inputs.values()) {
      try {
        values[spec.name] = read(spec, input.value);
        input.removeAttribute("aria-invalid");
      } catch (error) {
        refused ??= error.message.replace(spec.name, spec.label);
        input.setAttribute("aria-invalid", "true");
      }
    }
    this.root.classList.toggle("mq-capacity-old", refused !== null);
    if (refused !== null) {
      this.status.textContent = `${refused}. The results below are those of the last allowed numbers.`;
      return;
    }
    const figures = planned(values);
    for (const figure of figures) {
      const [, shown, formula] = this.rows.get(figure.name).cells;
      shown.textContent = figure.shown;
      formula.firstElementChild.textContent = figure.formula;
    }
    const shown = Object.fromEntries(figures.map((figure) => [figure.name, figure.shown]));
    this.status.textContent = `${shown.brokers}, ${shown.partitions}, ${shown.disk} of disk, a cost of ${shown.cost}.`;
  }
}

if (typeof document !== "undefined") for (const root of document.querySelectorAll(".mq-capacity")) new Calculator(root);
globalThis.mqCapacity = { planned, read, SPECS };

return { allowed, read, planned };
})();
})();
