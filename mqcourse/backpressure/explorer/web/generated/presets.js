// Generated from presets.py by `make derived`; change it there.

export const PRESETS = [
  {
    "name": "overload",
    "title": "Overload without a limit",
    "look_at": "Depth and age of the oldest message; utilisation.",
    "question": "One consumer can handle 100 messages/s, and 120 arrive. How deep is the queue after a minute?",
    "choices": [
      "About 20",
      "About 200",
      "About 1,200"
    ],
    "answer": 2,
    "values": {
      "rate_per_s": 120.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers"
    ]
  },
  {
    "name": "scale",
    "title": "Answer 1: scale the consumers",
    "look_at": "Depth with one consumer and with two.",
    "question": "The same 120 messages/s, now with two consumers. How deep is the queue on average?",
    "choices": [
      "About 600, half as deep",
      "Less than 5",
      "About 100"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 120.0,
      "consumers": 2
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers"
    ]
  },
  {
    "name": "throttle",
    "title": "Answer 2: throttle the producer",
    "look_at": "Blocked time of the producer; 90 messages/s are offered instead of 120.",
    "question": "A source could send 120 messages/s, and a token bucket lets 90 pass. What happens to the other 30?",
    "choices": [
      "They wait in the queue",
      "They are not produced: the source is blocked a quarter of the time",
      "They are lost"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 120.0,
      "throttle": "token-bucket",
      "throttle_rate_per_s": 90.0,
      "throttle_burst": 10.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "throttle",
      "throttle_rate_per_s",
      "throttle_burst"
    ]
  },
  {
    "name": "block",
    "title": "Backpressure: a full queue blocks the producer",
    "look_at": "Blocked time; the queue stays at its limit.",
    "question": "The queue holds 100 messages and blocks the producer when full. How many messages are lost?",
    "choices": [
      "None",
      "20 per second",
      "All after the first 100"
    ],
    "answer": 0,
    "values": {
      "rate_per_s": 120.0,
      "queue_limit": 100,
      "on_full": "block"
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "queue_limit",
      "on_full"
    ]
  },
  {
    "name": "drop",
    "title": "Answer 3: drop",
    "look_at": "Rejected messages; p99 of the latency.",
    "question": "The queue holds 100 messages and rejects more. How long does an accepted message wait at most?",
    "choices": [
      "About 0.1 s",
      "About 1 s",
      "Longer and longer"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 120.0,
      "queue_limit": 100
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "queue_limit"
    ]
  },
  {
    "name": "burst",
    "title": "Bursts",
    "look_at": "Depth during and after each burst; utilisation.",
    "question": "On average 60 messages/s arrive and 100 can be handled, but they arrive in bursts. How deep does the queue get?",
    "choices": [
      "A few messages: the consumer has time to spare",
      "Hundreds in a burst, and it drains after it",
      "It grows without limit"
    ],
    "answer": 1,
    "values": {
      "duration_s": 120.0,
      "arrivals": "bursty",
      "rate_per_s": 60.0,
      "burst_off_s": 2.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "arrivals",
      "burst_off_s"
    ]
  },
  {
    "name": "retry-storm",
    "title": "A retry storm that outlives its surge",
    "look_at": "Goodput and throughput before, during and after the surge.",
    "question": "A surge of 20 s passes. Callers wait 1 s and try again, up to 5 times. What happens after the surge?",
    "choices": [
      "All is well within seconds",
      "It heals after a minute",
      "It stays down: the retries alone exceed the capacity"
    ],
    "answer": 2,
    "values": {
      "duration_s": 180.0,
      "rate_per_s": 70.0,
      "surge_from_s": 30.0,
      "surge_for_s": 20.0,
      "surge_factor": 2.0,
      "queue_limit": 5000,
      "client_timeout_s": 1.0,
      "client_retries": 5,
      "retry_backoff_s": 0.1
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "surge_from_s",
      "surge_for_s",
      "surge_factor",
      "queue_limit",
      "client_timeout_s",
      "client_retries",
      "retry_backoff_s"
    ]
  },
  {
    "name": "priority-shedding",
    "title": "Shed the messages of low priority",
    "look_at": "Dropped and rejected messages of each class; waits of each class.",
    "question": "Of 150 messages/s a fifth is important. The queue drops the least important first. How many important messages are lost?",
    "choices": [
      "A third, as of all",
      "Almost no message",
      "A fifth"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 150.0,
      "queue_limit": 50,
      "on_full": "drop-lowest",
      "priority_mix": [
        0.2,
        0.8
      ],
      "order": "priority"
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "queue_limit",
      "on_full",
      "priority_mix",
      "order"
    ]
  },
  {
    "name": "autoscaling-lags",
    "title": "Autoscaling that lags",
    "look_at": "Consumers and depth, one above the other.",
    "question": "The load triples for a minute. New consumers need 30 s to start. When is the queue deepest?",
    "choices": [
      "At once",
      "Around the time the new consumers start",
      "At the end of the surge"
    ],
    "answer": 1,
    "values": {
      "duration_s": 240.0,
      "surge_from_s": 30.0,
      "surge_for_s": 60.0,
      "surge_factor": 3.0,
      "autoscale": "lag",
      "autoscale_delay_s": 30.0,
      "autoscale_cooldown_s": 30.0,
      "autoscale_most": 8
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "surge_from_s",
      "surge_for_s",
      "surge_factor",
      "autoscale",
      "autoscale_delay_s",
      "autoscale_cooldown_s",
      "autoscale_most"
    ]
  },
  {
    "name": "hot-key",
    "title": "One hot key",
    "look_at": "Utilisation and depth although consumers have time to spare.",
    "question": "Four partitions, four consumers: 400 messages/s can be handled and 200 arrive, 60% of them with one key. Is it enough?",
    "choices": [
      "Yes, half of the capacity is free",
      "No, the hot partition grows",
      "No, all four partitions grow"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 200.0,
      "consumers": 4,
      "prefetch": 10,
      "partitions": 4,
      "hot_share": 0.6
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "prefetch",
      "partitions",
      "hot_share"
    ]
  },
  {
    "name": "prefetch-too-high",
    "title": "Prefetch too high",
    "look_at": "p99 of the latency with prefetch 1 and 1,000; the queue looks empty.",
    "question": "Four consumers, 80% busy, work that varies much. Prefetch goes from 1 to 1,000. What happens to the mean latency?",
    "choices": [
      "It falls, because there are fewer round trips",
      "It stays the same",
      "It rises several times, because messages wait behind a slow one"
    ],
    "answer": 2,
    "values": {
      "duration_s": 120.0,
      "warm_up_s": 10.0,
      "rate_per_s": 320.0,
      "service": "lognormal",
      "service_cv": 3.0,
      "consumers": 4,
      "prefetch": 1000
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "service",
      "service_cv",
      "prefetch"
    ]
  },
  {
    "name": "poison",
    "title": "Poison messages without a delivery limit",
    "look_at": "Redeliveries and goodput.",
    "question": "One message in 200 fails every time and is redelivered after a second, without a delivery limit. What happens to the other messages?",
    "choices": [
      "They are not affected, because 0.5% is little",
      "They wait a little longer",
      "They wait longer and longer, because the failing messages pile up"
    ],
    "answer": 2,
    "values": {
      "duration_s": 600.0,
      "rate_per_s": 70.0,
      "poison_share": 0.005,
      "retry_backoff_s": 1.0,
      "retry_backoff_most_s": 1.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "poison_share",
      "retry_backoff_s",
      "retry_backoff_most_s"
    ]
  }
];
