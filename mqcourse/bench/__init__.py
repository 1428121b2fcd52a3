"""Benchmarks: what `mq bench NAME` runs, and the table each one prints."""
