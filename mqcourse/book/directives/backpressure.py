"""`{backpressure}`: the explorer of a preset in a page, with a figure that is visible before any script runs.

Without scripts the reader sees what is simulated, the question, and (folded away, so that it can be predicted first)
the result. explorer.js puts sliders, charts and moving messages in its place.
"""

from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from docutils import nodes

from mqcourse.backpressure.explorer.bundle import BUNDLE
from mqcourse.backpressure.explorer.publish import FROM_FILE, publish
from mqcourse.backpressure.explorer.still_figure import diagram, outcome, sentence
from mqcourse.backpressure.model.field import ScenarioError, to_text
from mqcourse.backpressure.model.presets import Preset, preset
from mqcourse.backpressure.model.scenario import NAMES, Scenario
from mqcourse.backpressure.model.simulation import simulate
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element, holds
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "backpressure"
"""Where it lies in the built book's _static."""


class Explorer(Block):
    """```{backpressure} preset```, with YAML below: change, beside, sliders, predict, id."""

    required_arguments = 1
    KEYS: ClassVar[dict[str, type]] = {
        "change": dict,
        "beside": dict,
        "sliders": list,
        "predict": str,
        "id": str,
    }

    def run(self) -> list[nodes.Node]:
        """The element with its static figure; a bad preset or scenario fails the build."""
        wanted = self.settings(self.KEYS)
        try:
            ready = preset(self.arguments[0])
            scenario = ready.scenario.but(**wanted.get("change", {}))
            if "beside" in wanted:
                scenario.but(**wanted["beside"])
            for name in wanted.get("sliders", []):
                if name not in NAMES:
                    raise ScenarioError(str(name), "is no field of a scenario", ", ".join(sorted(NAMES)))
            predict = wanted.get("predict", "yes")
            if predict not in ("yes", "no"):
                raise CourseError(f'predict is {predict!r}, not "yes" or "no" (in quotes)', code=Exit.SAID_NO)
            figure = self.figure(ready, scenario, predict == "yes" and "change" not in wanted)
        except (CourseError, TypeError) as error:
            raise self.error(f"{{backpressure}}: {error}") from error
        self.env.note_dependency(str(Path(__file__)))
        html = {"preset": ready.name, "predict": predict, "id": wanted.get("id", f"explorer-{ready.name}")}
        if "change" in wanted:
            html["scenario"] = query(wanted["change"])
        if "beside" in wanted:
            html["beside"] = query(wanted["beside"])
        if "sliders" in wanted:
            html["sliders"] = ",".join(wanted["sliders"])
        return [Element("backpressure-explorer", nodes.raw("", figure, format="html"), **html)]

    def figure(self, ready: Preset, scenario: Scenario, predict: bool) -> str:
        """What the page shows without scripts."""
        result = simulate(scenario)
        came = f"{outcome(result)}<p>{escape(sentence(result))}</p>"
        if predict:
            answers = "".join(f"<li>{escape(choice)}</li>" for choice in ready.choices)
            came = (
                f"<p>{escape(ready.question)}</p><ul>{answers}</ul>"
                f"<details><summary>What happens: {escape(ready.title)}</summary>{came}</details>"
            )
        return f'<figure class="mq-predict" aria-label="{escape(ready.title)}">{diagram(scenario)}{came}</figure>'


def query(values: dict[str, Any]) -> str:
    """Fields and values in the form of an address."""
    return "&".join(f"{name}={quote(to_text(value), safe=',')}" for name, value in values.items())


def load_script(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load it on the pages that have an explorer, and on no other; explorer-load.js chooses in which form."""
    if not holds(doctree, "backpressure-explorer"):
        return
    version = sha256(BUNDLE.read_bytes()).hexdigest()[:8]
    where: dict[str, Any] = {
        "data-module": f"{FOLDER}/{BUNDLE.name}?v={version}",
        "data-script": f"{FOLDER}/{FROM_FILE}?v={version}",
    }
    app.add_js_file("explorer-load.js", loading_method="defer", **where)


def copy_files(app: "Sphinx", error: Exception | None) -> None:
    """Put what the explorers load into the built book."""
    if error is None and app.builder.format == "html":
        publish(Path(app.outdir) / "_static" / FOLDER)


def setup(app: "Sphinx") -> None:
    """Register the directive and its files."""
    app.add_directive("backpressure", Explorer)
    app.connect("html-page-context", load_script)
    app.connect("build-finished", copy_files)
