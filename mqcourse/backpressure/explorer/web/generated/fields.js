// Generated from scenario.py by `make derived`; change it there.

export const FIELDS = [
  {
    "name": "seed",
    "default": 1,
    "kind": "whole",
    "unit": "number",
    "low": 0,
    "high": 4294967295,
    "above": false,
    "none": "",
    "help": "Same seed, same messages, same figures."
  },
  {
    "name": "duration_s",
    "default": 60.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "",
    "help": "How long the run lasts."
  },
  {
    "name": "warm_up_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "The first part of the run, left out of the summary."
  },
  {
    "name": "samples",
    "default": 240,
    "kind": "whole",
    "unit": "points",
    "low": 1,
    "high": 100000,
    "above": false,
    "none": "",
    "help": "Points of each time series."
  },
  {
    "name": "arrivals",
    "default": "poisson",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "poisson",
      "regular",
      "bursty",
      "trace"
    ],
    "help": "How messages arrive at the producer."
  },
  {
    "name": "rate_per_s",
    "default": 80.0,
    "kind": "number",
    "unit": "messages/s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Messages offered, on average."
  },
  {
    "name": "burst_on_s",
    "default": 1.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Bursty: mean length of a burst."
  },
  {
    "name": "burst_off_s",
    "default": 4.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": false,
    "none": "",
    "help": "Bursty: mean length of the silence between bursts."
  },
  {
    "name": "trace_s",
    "default": [],
    "kind": "numbers",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "most": 1000000,
    "help": "Trace: recorded times of arrival, in order."
  },
  {
    "name": "surge_from_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "When the surge begins."
  },
  {
    "name": "surge_for_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "How long the surge lasts; 0 for no surge."
  },
  {
    "name": "surge_factor",
    "default": 1.0,
    "kind": "number",
    "unit": "times",
    "low": 0.0,
    "high": 1000.0,
    "above": false,
    "none": "",
    "help": "By how much the surge multiplies rate_per_s."
  },
  {
    "name": "service",
    "default": "exponential",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "constant",
      "exponential",
      "lognormal",
      "pareto"
    ],
    "help": "How the time to handle a message varies."
  },
  {
    "name": "service_mean_s",
    "default": 0.01,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": true,
    "none": "",
    "help": "Mean time to handle a message."
  },
  {
    "name": "service_cv",
    "default": 1.5,
    "kind": "number",
    "unit": "times",
    "low": 0.0,
    "high": 20.0,
    "above": true,
    "none": "",
    "help": "Lognormal: standard deviation over mean."
  },
  {
    "name": "service_tail",
    "default": 2.5,
    "kind": "number",
    "unit": "index",
    "low": 1.0,
    "high": 100.0,
    "above": true,
    "none": "",
    "help": "Pareto: tail index; 2 or less has no variance."
  },
  {
    "name": "consumers",
    "default": 1,
    "kind": "whole",
    "unit": "consumers",
    "low": 1,
    "high": 10000,
    "above": false,
    "none": "",
    "help": "Consumers at the start (and the fewest, when scaling)."
  },
  {
    "name": "prefetch",
    "default": 1,
    "kind": "whole",
    "unit": "messages",
    "low": 1,
    "high": 100000,
    "above": false,
    "none": "",
    "help": "Unacknowledged messages a consumer may hold."
  },
  {
    "name": "delivery_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 3600.0,
    "above": false,
    "none": "",
    "help": "From the broker to the consumer."
  },
  {
    "name": "partitions",
    "default": 0,
    "kind": "whole",
    "unit": "partitions",
    "low": 0,
    "high": 10000,
    "above": false,
    "none": "",
    "help": "0: one shared queue; else keyed partitions."
  },
  {
    "name": "hot_share",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of messages with the one hot key (partition 0)."
  },
  {
    "name": "queue_limit",
    "default": null,
    "kind": "whole",
    "unit": "messages",
    "low": 0,
    "high": 100000000,
    "above": false,
    "none": "no limit",
    "help": "Messages that may wait (in each partition)."
  },
  {
    "name": "on_full",
    "default": "reject",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "block",
      "reject",
      "drop-oldest",
      "drop-lowest",
      "expire"
    ],
    "help": "What happens when the queue is full."
  },
  {
    "name": "expire_after_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "never",
    "help": "A message waiting longer is dropped at the head of the queue."
  },
  {
    "name": "priority_mix",
    "default": [
      1.0
    ],
    "kind": "numbers",
    "unit": "shares",
    "low": 0.0,
    "high": 1000000.0,
    "most": 10,
    "help": "Share of each class, the most important first."
  },
  {
    "name": "order",
    "default": "fifo",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "fifo",
      "priority"
    ],
    "help": "Which waiting message goes first."
  },
  {
    "name": "throttle",
    "default": "none",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "none",
      "token-bucket",
      "aimd"
    ],
    "help": "What slows the producer down."
  },
  {
    "name": "throttle_rate_per_s",
    "default": 100.0,
    "kind": "number",
    "unit": "messages/s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Tokens per second (AIMD: at the start)."
  },
  {
    "name": "throttle_burst",
    "default": 1.0,
    "kind": "number",
    "unit": "messages",
    "low": 1.0,
    "high": 1000000.0,
    "above": false,
    "none": "",
    "help": "Tokens the bucket holds."
  },
  {
    "name": "aimd_interval_s",
    "default": 1.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 3600.0,
    "above": true,
    "none": "",
    "help": "AIMD: interval at which the feedback is checked."
  },
  {
    "name": "aimd_depth",
    "default": 100,
    "kind": "whole",
    "unit": "messages",
    "low": 0,
    "high": 100000000,
    "above": false,
    "none": "",
    "help": "AIMD: waiting messages that mean 'too fast'."
  },
  {
    "name": "aimd_increase_per_s",
    "default": 5.0,
    "kind": "number",
    "unit": "messages/s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "AIMD: added to the rate when all is well."
  },
  {
    "name": "aimd_decrease",
    "default": 0.5,
    "kind": "number",
    "unit": "times",
    "low": 0.01,
    "high": 0.99,
    "above": false,
    "none": "",
    "help": "AIMD: the rate is multiplied by this when too fast."
  },
  {
    "name": "outbox_limit",
    "default": 0,
    "kind": "whole",
    "unit": "messages",
    "low": 0,
    "high": 100000000,
    "above": false,
    "none": "no limit",
    "help": "Messages that may wait at the producer."
  },
  {
    "name": "block_timeout_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "no timeout",
    "help": "A producer gives a message up after waiting this long."
  },
  {
    "name": "client_timeout_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "no timeout",
    "help": "The caller's timeout for one attempt."
  },
  {
    "name": "client_retries",
    "default": 0,
    "kind": "whole",
    "unit": "attempts",
    "low": 0,
    "high": 100,
    "above": false,
    "none": "",
    "help": "Further attempts after a timeout or a refusal."
  },
  {
    "name": "autoscale",
    "default": "none",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "none",
      "lag",
      "age",
      "cpu"
    ],
    "help": "The signal that consumers are scaled on."
  },
  {
    "name": "autoscale_target",
    "default": 100.0,
    "kind": "number",
    "unit": "messages per consumer (lag), s (age), share busy (cpu)",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "",
    "help": "The target value of the signal."
  },
  {
    "name": "autoscale_interval_s",
    "default": 5.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": true,
    "none": "",
    "help": "Interval at which the signal is polled."
  },
  {
    "name": "autoscale_delay_s",
    "default": 10.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": false,
    "none": "",
    "help": "From the decision to a consumer that works."
  },
  {
    "name": "autoscale_cooldown_s",
    "default": 15.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": false,
    "none": "",
    "help": "No further decision for this long."
  },
  {
    "name": "autoscale_most",
    "default": 10,
    "kind": "whole",
    "unit": "consumers",
    "low": 1,
    "high": 10000,
    "above": false,
    "none": "",
    "help": "The most consumers."
  },
  {
    "name": "crash_every_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000000.0,
    "above": true,
    "none": "never",
    "help": "Mean time a consumer runs before it crashes."
  },
  {
    "name": "repair_s",
    "default": 5.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Mean time until a crashed consumer is back."
  },
  {
    "name": "error_share",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of handlings that fail and may succeed next time."
  },
  {
    "name": "poison_share",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of messages that fail every time."
  },
  {
    "name": "delivery_limit",
    "default": null,
    "kind": "whole",
    "unit": "deliveries",
    "low": 1,
    "high": 1000000,
    "above": false,
    "none": "no limit",
    "help": "Deliveries before a message is dead-lettered."
  },
  {
    "name": "retry_backoff_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": false,
    "none": "",
    "help": "Wait before the first retry; doubles for each further one."
  },
  {
    "name": "retry_backoff_most_s",
    "default": 60.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "The longest wait before a retry."
  },
  {
    "name": "retry_jitter",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of the wait that is random."
  }
];
