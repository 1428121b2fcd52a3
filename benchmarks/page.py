"""The published page: from a slider to the screen, with the JavaScript model and with Python; how soon, how heavy."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._static_host import static_host
from mqcourse.bench.table import Table
from mqcourse.browser import chromium
from mqcourse.home import CHECKOUT

ARRIVALS = 1000
MOVES = 200
WARM = 40
LOADS = 5
MBIT_PER_S, LATENCY_MS = 20, 20
CONF = f"""
extensions = ["myst_parser", "mqcourse.sphinx.element", "mqcourse.sphinx.backpressure"]
html_theme = "sphinx_book_theme"
html_static_path = [{str(CHECKOUT / "book" / "_static")!r}]
html_css_files = ["course.css"]
html_js_files = [("cards.js", {{"defer": "defer"}})]
html_favicon = {str(CHECKOUT / "book" / "_static" / "favicon.svg")!r}
html_context = {{"default_mode": "auto"}}
"""
PAGE = f"""# Explorer

```{{backpressure}} overload
change:
  rate_per_s: 100
  duration_s: {ARRIVALS / 100:g}
predict: "no"
```
"""
MOVE = """
async ([moves]) => {
  // One slider position a frame, as a hand gives them; a measure ends when the frame that shows its figures is painted.
  const { view } = document.querySelector("backpressure-explorer");
  const slider = view.controls.holder.querySelector("input[name='rate_per_s']");
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const afterThisFrame = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(0); // a task: handled after the frame whose callbacks run now has been drawn
  });
  const took = [];
  for (let move = 0; move < moves; move++) {
    await frame();
    const position = 40 + (move * 7) % 20; // 81 to 119 messages/s
    const before = view.results[0];
    const began = performance.now();
    slider.value = position;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const later = view.results[0] === before;
    while (view.results[0] === before) await new Promise((resolve) => { view.host.addEventListener("drawn", resolve, { once: true }); });
    if (later) await frame(); // the figures came between two frames: the next one shows them
    await afterThisFrame();
    took.push(performance.now() - began);
  }
  return took;
}
"""


def measure(say: Callable[[str], None]) -> Table:
    """Times in ms and s; sizes of what went over the line."""
    with tempfile.TemporaryDirectory() as folder:
        site = build(Path(folder))
        with static_host(site) as url, chromium() as browser:
            say("page load on the simulated line")
            loads = [load(browser, url) for _ in range(LOADS)]
            with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
                page = context.new_page()
                page.goto(url)
                calm(page)
                say("slider to paint, JavaScript")
                javascript = slide(page)
                say("Python in the page")
                page.get_by_role("button", name="Run the real Python").click()
                state = page.locator(".python-state")
                state.filter(has_text="last digit").wait_for(timeout=120_000)
                python = slide(page)
                python_version = page.evaluate(
                    "document.querySelector('backpressure-explorer').view.python.versions.python"
                )
            chromium_version = browser.version
    usable = median(one["usable_s"] for one in loads)
    most_mb = max(one["bytes"] for one in loads) / 1e6
    rows: list[list[Any]] = [
        [
            "slider to paint, JavaScript",
            "ms",
            median(javascript),
            percentile(javascript, 0.95),
            max(javascript),
        ],
        ["slider to paint, SimPy in Pyodide", "ms", median(python), percentile(python, 0.95), max(python)],
        ["usable after navigation", "s", usable, None, max(one["usable_s"] for one in loads)],
        ["over the line before Python", "MB", most_mb, None, most_mb],
    ]
    return Table(
        title="The published page",
        columns=["what", "unit", "median", "p95", "most"],
        rows=rows,
        versions={
            "Chromium": chromium_version,
            "Python in the page": python_version,
            "SimPy": version("simpy"),
        },
        targets=[
            ("JavaScript, slider to paint, p95, ms", rows[0][3], "at most 17", rows[0][3] <= 17),
            ("SimPy in Pyodide, slider to paint, p95, ms", rows[1][3], "at most 50", rows[1][3] <= 50),
            ("usable after navigation, s", usable, "at most 1.0", usable <= 1.0),
            ("MB before a reader asks for Python", most_mb, "at most 1", most_mb <= 1.0),
        ],
        notes=[
            f"About {ARRIVALS:,} arrivals a run, {MOVES} moves of the slider, one a frame, after {WARM} to warm up; a "
            "measure begins with the input event, at the beginning of a frame as browsers deliver it, and ends when the frame "
            "with the new figures has been drawn.",
            f"Loads: {LOADS}, each with an empty cache, {MBIT_PER_S} Mbit/s and {LATENCY_MS} ms round trip (Chromium's "
            "own throttling), files packed by gzip as static hosts do. Usable: controls are there and the first run is drawn.",
        ],
    )


def build(folder: Path) -> Path:
    """A page with one explorer, in the book's theme and styles."""
    source = folder / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(folder / "out")]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return folder / "out"


def load(browser: Any, url: str) -> dict[str, float]:
    """One visit with nothing kept, on the simulated line: seconds until usable, bytes on the line."""
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        rate = MBIT_PER_S * 1e6 / 8
        line.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": LATENCY_MS, "downloadThroughput": rate, "uploadThroughput": rate},
        )
        received: list[float] = []
        line.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        page.goto(url, wait_until="commit")
        page.wait_for_function("document.querySelector('backpressure-explorer')?.view?.drawnS !== undefined")
        usable_s = page.evaluate("document.querySelector('backpressure-explorer').view.drawnS")
        page.wait_for_load_state("networkidle")
        return {"usable_s": usable_s, "bytes": sum(received)}


def calm(page: Any) -> None:
    page.locator("backpressure-explorer[data-state=calm]").wait_for(timeout=60_000)


def slide(page: Any) -> list[float]:
    """Milliseconds of each move, warm."""
    page.evaluate(MOVE, [WARM])
    calm(page)
    took: list[float] = page.evaluate(MOVE, [MOVES])
    calm(page)
    return took


def percentile(values: list[float], share: float) -> float:
    """The smallest value that so large a share does not pass."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
