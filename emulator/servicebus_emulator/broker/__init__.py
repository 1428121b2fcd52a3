"""The state of a Service Bus namespace: pure, synchronous, deterministic; `now_s` is passed in.

It has no wire, no socket, no thread and no clock. The gateway calls it, then drains what it produced with
`Namespace.pop_deliveries` and `Namespace.pop_notices`. All times are float seconds since the epoch (UTC).
"""
