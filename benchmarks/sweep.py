"""A sweep of 200 scenarios on one process and on two."""

import time
from collections.abc import Callable
from importlib.metadata import version

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.sweep import grid, sweep
from mqcourse.bench.table import Table

ROUNDS = 3


def scenarios() -> list[Scenario]:
    """200 scenarios: 10 loads, 4 numbers of consumers, 5 bounds; 5,000 to 10,000 messages each."""
    made = []
    for consumers in (1, 2, 4, 8):
        loads = [round(consumers * 100 * (0.5 + 0.06 * step), 6) for step in range(10)]
        base = Scenario(consumers=consumers, duration_s=100.0 / consumers)
        made += grid(base, rate_per_s=loads, queue_limit=[10, 30, 100, 300, 1000])
    return made


def measure(say: Callable[[str], None]) -> Table:
    """Wall time with one and two workers, in turn, the best of three rounds; starting the processes included."""
    todo = scenarios()
    best: dict[int, float] = {}
    for round_number in range(ROUNDS):
        for workers in (1, 2):
            say(f"round {round_number + 1} of {ROUNDS}: {len(todo)} scenarios on {workers}")
            start = time.perf_counter()
            sweep(todo, workers=workers, progress=False)
            took = time.perf_counter() - start
            best[workers] = min(took, best.get(workers, took))
    speed_up = best[1] / best[2]
    return Table(
        title="A sweep of 200 scenarios on one worker and on two",
        columns=["workers", "scenarios", "wall s", "scenarios per s"],
        rows=[[workers, len(todo), took, len(todo) / took] for workers, took in best.items()],
        versions={name: version(name) for name in ("simpy", "pandas")},
        targets=[("speed-up of two workers", speed_up, "at least 1.7", speed_up >= 1.7)],
        notes=["Wall time, the best of three rounds taken in turn; starting the worker processes counts."],
    )
