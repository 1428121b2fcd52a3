"""Backpressure you can drag: a model of producer, queue and consumers, the theory beside it, and real brokers.

    from mqcourse.backpressure import Scenario, simulate
    simulate(Scenario(rate_per_s=95, service_mean_s=0.01)).summary

model/      the scenario, its simulation, the theory, ready scenarios, and the contract that makes every run repeatable
sweep.py    many scenarios on many processes
measure/    the same scenario on real brokers
explorer/   the model in a page and in a notebook; tools/to_javascript makes the page's engine from the model's Python
"""

from mqcourse.backpressure.model.field import ScenarioError
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import Result, simulate

__all__ = ["Result", "Scenario", "ScenarioError", "simulate"]
