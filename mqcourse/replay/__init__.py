"""Replays: what clients and brokers really did, recorded beside the client, and played in a page.

A cell imports `record` and `watch` from the module of its broker, so that a change of one recorder does not make the
kept runs of the other brokers' chapters stale. `recording.py`, `scene.py` and the stories are the reading side, which
no cell uses.
"""
