"""Many scenarios, on as many processes as there are: a table and a heat map.

    from mqcourse.backpressure.sweep import grid, heat_map, sweep
    table = sweep(grid(Scenario(), rate_per_s=[60, 80, 95], consumers=[1, 2, 4]))
    heat_map(table, "rate_per_s", "consumers", "p99_s")

In a script, call it under `if __name__ == "__main__":`, as every process that is started imports the script again.

For more than one machine give any other executor of concurrent.futures, such as dask.distributed's:

    from distributed import Client
    with Client("tcp://scheduler:8786") as client:
        table = sweep(scenarios, executor=client.get_executor())
"""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from itertools import product
from multiprocessing import get_context
from typing import Any

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import simulate
from mqcourse.errors import CourseError


def grid(base: Scenario, **axes: Sequence[Any]) -> list[Scenario]:
    """All combinations of the values given for some fields, the last field changing fastest."""
    return [base.but(**dict(zip(axes, values, strict=True))) for values in product(*axes.values())]


def sweep(
    scenarios: Iterable[Scenario],
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    progress: bool = True,
) -> Any:
    """Simulate every scenario and return a pandas table, a row each in the order given.

    Columns: the fields in which the scenarios differ, then the figures of the summary (without the classes).
    `executor`: any concurrent.futures.Executor; it stays open. Without one, `workers` processes (default: as many as
    this process may use cores) are started and ended here. `progress` shows a bar (none where there is no terminal or
    notebook to show it in).

    Raises CourseError when there is no scenario, and whatever a simulation raised, with the rest cancelled.
    """
    todo = list(scenarios)
    if not todo:
        raise CourseError("there is no scenario to sweep", do="Give at least one")
    if executor is not None:
        return table(todo, _run(todo, executor, progress))
    with ProcessPoolExecutor(workers or _cores(), mp_context=get_context("spawn")) as pool:
        return table(todo, _run(todo, pool, progress))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def summary_of(scenario: Scenario) -> dict[str, Any]:
    """The summary alone: what a worker sends back."""
    return {name: value for name, value in simulate(scenario).summary.items() if name != "classes"}


def summaries_of(scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """The summaries of a batch: several short runs to one message between processes."""
    return [summary_of(scenario) for scenario in scenarios]


def _run(scenarios: list[Scenario], executor: Executor, progress: bool) -> list[dict[str, Any]]:
    """All summaries, in order. Long scenarios go first, so that the last ones are short."""
    from tqdm.auto import tqdm

    def size(index: int) -> float:
        return scenarios[index].offered_per_s * scenarios[index].duration_s

    by_size = sorted(range(len(scenarios)), key=size, reverse=True)
    futures: dict[Future[list[dict[str, Any]]], int] = {
        executor.submit(summaries_of, [scenarios[index]]): index for index in by_size
    }
    found: list[dict[str, Any]] = [{} for _ in scenarios]
    try:
        with tqdm(total=len(scenarios), unit="scenario", disable=None if progress else True) as bar:
            for future in as_completed(futures):
                (found[futures[future]],) = future.result()
                bar.update()
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return found


def table(scenarios: Sequence[Scenario], summaries: Sequence[dict[str, Any]]) -> Any:
    """A pandas table of the fields that differ and the figures."""
    import pandas

    rows = [scenario.as_dict() for scenario in scenarios]
    differing = [name for name in rows[0] if any(row[name] != rows[0][name] for row in rows)]
    return pandas.DataFrame(
        [
            {**{name: row[name] for name in differing}, **summary}
            for row, summary in zip(rows, summaries, strict=True)
        ]
    )


def heat_map(frame: Any, x: str, y: str, value: str, *, ax: Any = None) -> Any:
    """A matplotlib heat map of one figure over two fields (mean where several rows fall on one square).

    Every square also carries its number, so that no reader depends on colour; the colours are viridis, which keeps its
    order for colour-blind readers and in grey. Returns the axes. Raises CourseError for a column that is not there.
    """
    import matplotlib.pyplot as plt

    for name in (x, y, value):
        if name not in frame.columns:
            raise CourseError(
                f"the table has no column {name!r}", do=f"Choose from: {', '.join(map(str, frame.columns))}"
            )
    squares = frame.pivot_table(index=y, columns=x, values=value, aggfunc="mean").sort_index(ascending=False)
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    numbers = squares.to_numpy(dtype=float)
    image = ax.imshow(numbers, cmap="viridis", aspect="auto")
    ax.set_xticks(
        range(len(squares.columns)),
        [f"{one:g}" if isinstance(one, float) else str(one) for one in squares.columns],
    )
    ax.set_yticks(
        range(len(squares.index)),
        [f"{one:g}" if isinstance(one, float) else str(one) for one in squares.index],
    )
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_title(value)
    middle = image.norm.vmin + (image.norm.vmax - image.norm.vmin) / 2
    for row, line in enumerate(numbers):
        for column, number in enumerate(line):
            if number == number:  # not a number where no scenario fell
                ax.text(
                    column,
                    row,
                    f"{number:.3g}",
                    ha="center",
                    va="center",
                    color="black" if number > middle else "white",
                )
    ax.figure.colorbar(image, ax=ax, label=value)
    return ax
