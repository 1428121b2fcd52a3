"""Sweeps: the same table from processes, threads and a real dask cluster."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas
import pytest

from mqcourse.backpressure import Scenario, simulate
from mqcourse.backpressure.sweep import grid, heat_map, sweep
from mqcourse.errors import CourseError

SCENARIOS = grid(
    Scenario(duration_s=5.0), rate_per_s=[60.0, 90.0, 150.0], consumers=[1, 2], queue_limit=[None, 10]
)


@pytest.fixture(scope="module")
def table() -> Any:
    """What one process, one after the other, makes of it."""
    with ThreadPoolExecutor(1) as executor:
        return sweep(SCENARIOS, executor, progress=False)


def test_rows_are_in_order_and_columns_tell_the_scenarios_apart(table: Any) -> None:
    assert len(table) == len(SCENARIOS) == 12
    assert list(table.columns[:3]) == ["rate_per_s", "consumers", "queue_limit"]
    for row, scenario in zip(table.to_dict("records"), SCENARIOS, strict=True):
        assert row["rate_per_s"] == scenario.rate_per_s
        assert row["p99_s"] == simulate(scenario).summary["p99_s"]


def test_processes_give_the_same_table(table: Any) -> None:
    pandas.testing.assert_frame_equal(sweep(SCENARIOS, workers=2, progress=False), table)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")
def test_a_real_dask_cluster_gives_the_same_table(table: Any, tmp_path: Path) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(tmp_path),
        ) as cluster,
        Client(cluster) as client,
    ):
        workers = {info["id"] for info in client.scheduler_info()["workers"].values()}
        assert len(workers) == 2
        pandas.testing.assert_frame_equal(sweep(SCENARIOS, client.get_executor(), progress=False), table)


def test_an_executor_is_used_and_left_open() -> None:
    class Counting(ThreadPoolExecutor):
        submitted = 0

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            Counting.submitted += 1
            return super().submit(fn, *args, **kwargs)

    executor: Executor
    with Counting(1) as executor:
        sweep(SCENARIOS[:3], executor, progress=False)
        assert Counting.submitted == 3
        assert executor.submit(int, "7").result() == 7


def test_no_scenario_is_an_error() -> None:
    with pytest.raises(CourseError, match="no scenario"):
        sweep([])


def test_what_a_simulation_raises_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries pile up where the rates alone promise a steady state: seen only on the way."""
    monkeypatch.setattr("mqcourse.backpressure.model.simulation.MOST_BACKLOG", 500)
    doomed = Scenario(rate_per_s=90.0, client_timeout_s=0.02, client_retries=20)
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(CourseError, match="the backlog passed 500 messages after"),
    ):
        sweep([Scenario(duration_s=1.0), doomed], executor, progress=False)


def test_the_heat_map_shows_every_number(table: Any, tmp_path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    axes = heat_map(table[table.queue_limit == 10], "rate_per_s", "consumers", "p99_s")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["60", "90", "150"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2", "1"]  # more is higher up
    assert len(axes.texts) == 6
    axes.figure.savefig(tmp_path / "heat.png")
    assert (tmp_path / "heat.png").stat().st_size > 5000
    with pytest.raises(CourseError, match="no column 'speed'"):
        heat_map(table, "rate_per_s", "consumers", "speed")
