"""What if: one queue of each broker as a small state machine, which a reader drives event by event.

The machines are checked against traces of the real brokers (`traces/`, recorded by `tests/whatif`). The page's engine
is translated from these modules.
"""
