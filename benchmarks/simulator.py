"""The same M/M/c in this course's model, in plain SimPy, in ciw and in salabim, one process each, in turn.

Every process simulates messages of 5 consumers at 80% load and prints what it took. Processor time is compared, the
best of three rounds, so that other work on the machine counts as little as possible.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

from mqcourse.bench.table import Table

RATE_PER_S, CONSUMERS, SERVICE_MEAN_S = 40.0, 5, 0.1
MESSAGES = 50_000
LONGER = (500_000, 10_000_000)
ROUNDS = 3


def course_model(messages: int, engine: str = "kernel") -> tuple[int, float]:
    """This course's model, summary and series on; completions and their mean latency in seconds."""
    from mqcourse.backpressure import Scenario, simulate

    scenario = Scenario(
        rate_per_s=RATE_PER_S,
        consumers=CONSUMERS,
        service_mean_s=SERVICE_MEAN_S,
        duration_s=messages / RATE_PER_S,
    )
    summary = simulate(scenario, engine=engine).summary
    return summary["completed"], summary["mean_latency_s"]


def course_model_simpy(messages: int) -> tuple[int, float]:
    """The same processes on SimPy's own engine."""
    return course_model(messages, "simpy")


def plain_simpy(messages: int) -> tuple[int, float]:
    """What one writes by hand: a process for each message, a resource for the consumers."""
    import simpy

    rng = random.Random(1)
    env = simpy.Environment()
    consumers = simpy.Resource(env, capacity=CONSUMERS)
    done, latency_s = 0, 0.0

    def message():
        nonlocal done, latency_s
        arrived = env.now
        with consumers.request() as request:
            yield request
            yield env.timeout(rng.expovariate(1.0 / SERVICE_MEAN_S))
        done += 1
        latency_s += env.now - arrived

    def source():
        while True:
            yield env.timeout(rng.expovariate(RATE_PER_S))
            env.process(message())

    env.process(source())
    env.run(until=messages / RATE_PER_S)
    return done, latency_s / done


def in_ciw(messages: int) -> tuple[int, float]:
    """ciw's network of one node."""
    import ciw

    ciw.seed(1)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=RATE_PER_S)],
        service_distributions=[ciw.dists.Exponential(rate=1.0 / SERVICE_MEAN_S)],
        number_of_servers=[CONSUMERS],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(messages / RATE_PER_S)
    records = simulation.get_all_records()
    return len(records), sum(r.exit_date - r.arrival_date for r in records) / len(records)


def in_salabim(messages: int) -> tuple[int, float]:
    """salabim's component and resource, with generators (`yieldless=False`), its quicker way."""
    import salabim as sim

    sim.yieldless(False)
    env = sim.Environment(trace=False, random_seed=1)
    consumers = sim.Resource("consumers", capacity=CONSUMERS)
    done, latency_s = 0, 0.0

    class Message(sim.Component):
        def process(self):
            nonlocal done, latency_s
            arrived = env.now()
            yield self.request(consumers)
            yield self.hold(random.expovariate(1.0 / SERVICE_MEAN_S))
            self.release()
            done += 1
            latency_s += env.now() - arrived

    class Source(sim.Component):
        def process(self):
            while True:
                yield self.hold(random.expovariate(RATE_PER_S))
                Message()

    random.seed(1)
    Source()
    env.run(till=messages / RATE_PER_S)
    return done, latency_s / done


PEERS: dict[str, Callable[[int], tuple[int, float]]] = {
    "this course, kernel": course_model,
    "this course, SimPy": course_model_simpy,
    "plain SimPy": plain_simpy,
    "ciw": in_ciw,
    "salabim": in_salabim,
}


def one(name: str, messages: int) -> dict[str, float]:
    """Run one peer in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.simulator", name, str(messages)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(say: Callable[[str], None]) -> Table:
    """Time per message and memory of every peer, then of the model at ten and two hundred times the messages."""
    from mqcourse.backpressure.model.theory import mmc

    theory_s = mmc(RATE_PER_S, SERVICE_MEAN_S, CONSUMERS).mean_latency_s
    best: dict[str, dict[str, float]] = {}
    for round_number in range(ROUNDS):
        for name in PEERS:
            say(f"round {round_number + 1} of {ROUNDS}: {name}, {MESSAGES:,} messages")
            figures = one(name, MESSAGES)
            if name not in best or figures["us"] < best[name]["us"]:
                best[name] = figures
    rows = [_row(name, best[name], theory_s) for name in PEERS]
    longer = {MESSAGES: best["this course, kernel"]}
    for messages in LONGER:
        say(
            f"this course, kernel, {messages:,} messages (about {messages * longer[MESSAGES]['us'] / 1e6:.0f} s)"
        )
        longer[messages] = one("this course, kernel", messages)
        rows.append(_row("this course, kernel", longer[messages], theory_s))

    def us(name: str) -> float:
        return best[name]["us"]

    to_ciw, to_plain = us("this course, kernel") / us("ciw"), us("this course, kernel") / us("plain SimPy")
    on_simpy = us("this course, SimPy") / us("plain SimPy")
    growth = longer[LONGER[-1]]["us"] / longer[MESSAGES]["us"]
    more_mb = longer[LONGER[-1]]["peak_mb"] - longer[MESSAGES]["peak_mb"]
    return Table(
        title="One simulator against another: M/M/5 at 80% load",
        columns=["model", "messages", "us per message", "wall s", "peak MB", "mean latency s", "theory s"],
        rows=rows,
        versions={name: version(name) for name in ("simpy", "ciw", "salabim")},
        targets=[
            ("time per message over ciw's", to_ciw, "at most 0.5", to_ciw <= 0.5),
            ("time per message over plain SimPy's", to_plain, "at most 1.5", to_plain <= 1.5),
            ("the same on SimPy's engine", on_simpy, "at most 1.5", on_simpy <= 1.5),
            ("time per message, 10,000,000 over 50,000", growth, "at most 1.25", growth <= 1.25),
            ("memory in MB, 10,000,000 more than 50,000", more_mb, "at most 5", more_mb <= 5.0),
        ],
        notes=[
            "us per message is processor time, the best of three rounds (one round for the longer runs).",
            "This course's model keeps percentiles, time series and figures by class; plain SimPy here keeps a mean.",
        ],
    )


def _row(name: str, figures: dict[str, float], theory_s: float) -> list[str | int | float | None]:
    return [
        name,
        int(figures["done"]),
        figures["us"],
        figures["wall_s"],
        figures["peak_mb"],
        figures["latency_s"],
        theory_s,
    ]


def main() -> None:
    """Run one peer here and print its figures as JSON."""
    import resource

    name, messages = sys.argv[1], int(sys.argv[2])
    PEERS[name](1_000)  # imports and first calls are not what is compared
    wall, cpu = time.perf_counter(), time.process_time()
    done, latency_s = PEERS[name](messages)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    unit = 1e6 if sys.platform == "darwin" else 1e3
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    figures = {
        "done": done,
        "us": cpu / done * 1e6,
        "wall_s": wall,
        "peak_mb": peak_mb,
        "latency_s": latency_s,
    }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
