// Generated from workload.py, rates.py, prices.py and presets.py by `make derived`; change it there.

export const GROUPS = [
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

export const PRESETS = {
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
