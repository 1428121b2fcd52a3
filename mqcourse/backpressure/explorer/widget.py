"""The explorer in a notebook: the page's own sliders and charts, with this kernel's Python as the model.

    from mqcourse.backpressure.explorer.widget import Explorer
    explorer = Explorer(preset="overload")      # or Explorer(Scenario(rate_per_s=95))
    explorer                                    # shows it
    explorer.result.summary                     # the figures of what the sliders say now

A separate explorer takes ten lines of plain ipywidgets:

    import ipywidgets
    import matplotlib.pyplot as plt
    from mqcourse.backpressure import Scenario, simulate

    def explore(rate_per_s=80, consumers=1, queue_limit=100):
        run = simulate(Scenario(rate_per_s=rate_per_s, consumers=consumers, queue_limit=queue_limit))
        plt.plot(run.series["time_s"], run.series["waiting"])
        plt.xlabel("second"); plt.ylabel("messages waiting"); plt.show()

    ipywidgets.interact(explore, rate_per_s=(10, 300), consumers=(1, 8), queue_limit=(1, 1000));
"""

from collections.abc import Sequence
from typing import Any

import anywidget
import traitlets

from mqcourse.backpressure.explorer.bundle import BUNDLE
from mqcourse.backpressure.model.presets import preset as preset_named
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import Result, simulate
from mqcourse.errors import CourseError

JOURNAL_MOST = 50_000
"""Lines of the journal that go to the page: what the moving messages are played from."""


class Explorer(anywidget.AnyWidget):
    """Sliders, charts and moving messages of a scenario; the kernel runs the model.

    `scenario`: where to begin (beside a preset: what to change in it is already in it). `preset`: a name of
    presets.py. `sliders`: the fields that are open. `predict`: ask the preset's question first.
    Raises CourseError for an unknown preset.
    """

    _esm = BUNDLE.read_text(encoding="utf-8")
    values = traitlets.Dict().tag(sync=True)
    preset = traitlets.Unicode("").tag(sync=True)
    sliders = traitlets.List(traitlets.Unicode()).tag(sync=True)
    predict = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        preset: str = "",
        sliders: Sequence[str] = (),
        predict: bool = True,
    ) -> None:
        if preset:
            preset_named(preset)  # raises for a name that is none
        super().__init__(
            values={} if scenario is None else scenario.as_dict(),
            preset=preset,
            sliders=list(sliders),
            predict=predict,
        )
        self.on_msg(self._asked)

    @property
    def scenario(self) -> Scenario:
        """What the sliders say now."""
        if self.values:
            return Scenario.from_dict(self.values)
        return preset_named(self.preset).scenario if self.preset else Scenario()

    @property
    def result(self) -> Result:
        """The run of what the sliders say now."""
        return simulate(self.scenario)

    def _asked(self, _widget: Any, question: dict[str, Any], _buffers: Any) -> None:
        self.send({"id": question.get("id"), **answer(question)})


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What the kernel answers the page: {"values": ..., "journal": true or not} -> result, journal or error."""
    journal = bool(question.get("journal"))
    try:
        result = simulate(Scenario.from_dict(question["values"]), journal=JOURNAL_MOST if journal else 0)
    except CourseError as error:
        return {"error": str(error)}
    if journal:
        return {"journal": result.journal}
    return {
        "result": {
            "scenario": result.scenario.as_dict(),
            "summary": result.summary,
            "series": result.series,
            "latency_histogram": result.latency_histogram,
        }
    }
