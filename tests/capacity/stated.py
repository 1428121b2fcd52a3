"""Workloads, rates and prices for property tests: every field anywhere in its range."""

from typing import Any

from hypothesis import strategies as st

from mqcourse.capacity.figure import Figure
from mqcourse.capacity.given import Given
from mqcourse.capacity.plan import plan
from mqcourse.capacity.prices import Prices
from mqcourse.capacity.rates import Rates
from mqcourse.capacity.workload import Workload

Stated = tuple[Workload, Rates, Prices]


def a_value(spec: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A value of one field."""
    if spec["kind"] == "choice":
        return st.sampled_from(spec["choices"])
    if spec["kind"] == "whole":
        return st.integers(spec["low"], spec["high"])
    return st.floats(spec["low"], spec["high"], exclude_min=spec["above"])


def a_group(group: type[Given]) -> st.SearchStrategy[Any]:
    return st.builds(group, **{spec["name"]: a_value(spec) for spec in group.specs()})


def stated() -> st.SearchStrategy[Stated]:
    """All three groups."""
    return st.tuples(a_group(Workload), a_group(Rates), a_group(Prices))


def figures(
    workload: Workload, rates: Rates | None = None, prices: Prices | None = None
) -> dict[str, Figure]:
    """The plan by name."""
    return {one.name: one for one in plan(workload, rates or Rates(), prices or Prices())}
