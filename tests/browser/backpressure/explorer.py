"""One explorer of a page, as a test speaks of it."""

from typing import Any

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import simulate


class Explorer:
    """The element with that id: what the reader can do, and what the page came to."""

    def __init__(self, page: Any, name: str = "explorer-overload") -> None:
        self.page = page
        self.element = page.locator(f"backpressure-explorer#{name}")
        self.name = name

    def calm(self) -> "Explorer":
        """Wait until words, flow and figures are those of the last change."""
        self.page.locator(f"#{self.name}[data-state=calm]").wait_for(timeout=60000)
        return self

    def unasked(self) -> "Explorer":
        """Past the prediction."""
        skip = self.element.get_by_role("button", name="Run without predicting")
        self.calm()
        if skip.count():
            skip.click()
        return self.calm()

    def view(self, expression: str, argument: Any = None) -> Any:
        """What an expression of `view` gives."""
        return self.element.evaluate(
            f"(element, argument) => {{ const view = element.view; return {expression}; }}", argument
        )

    def open_all(self) -> None:
        """Unfold all controls."""
        self.view("view.controlsHolder.querySelectorAll('details').forEach((one) => { one.open = true; })")

    def set_scenario(self, query: str) -> "Explorer":
        """By the address, as a link does."""
        self.page.evaluate("hash => { location.hash = hash; }", f"#{self.name}?{query}")
        self.page.wait_for_function(
            "([one, hash]) => document.querySelector(one).dataset.state === 'calm' && location.hash === hash",
            arg=[f"backpressure-explorer#{self.name}", f"#{self.name}?{query}"],
        )
        return self.calm()

    def control(self, name: str) -> Any:
        return self.element.locator(f"[name='{name}']")

    @property
    def values(self) -> dict[str, Any]:
        """The scenario that the controls now mean (the active one)."""
        found: dict[str, Any] = self.view("({...view.sides[view.active]})")
        return found

    def agrees_with_python(self) -> None:
        """The figures of every side, and its series, are Python's to the last digit."""
        for values, result in zip(self.view("view.sides"), self.view("view.results"), strict=False):
            ours = simulate(Scenario.from_dict(values))
            assert result["summary"] == ours.summary, values
            assert result["series"] == ours.series, values
            assert result["latency_histogram"] == ours.latency_histogram
