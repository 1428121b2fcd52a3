"""The published page: from a slider to the screen, with the JavaScript model and with Python; how soon, how heavy."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._static_host import static_host
from mqcourse.bench.table import Table
from mqcourse.errors import CourseError
from mqcourse.home import state_folder
from tools.browser import chromium

CHAPTER = "book/interview/what-backpressure-is.html"
"""A chapter of the built book, as readers get it: its first explorer is measured."""
MOVES = 200
WARM = 40
LOADS = 5
LOAD_LIMIT_MS = 120_000
"""After this long a load has failed: far above any on a machine that is only busy."""
MBIT_PER_S, LATENCY_MS = 20, 20
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
    with static_host(built_book()) as host, chromium() as browser:
        url = host + CHAPTER
        say("page load on the simulated line")
        loads = [load(browser, url) for _ in range(LOADS)]
        with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
            page = context.new_page()
            page.goto(url)
            explorer = page.locator("backpressure-explorer").first
            explorer.scroll_into_view_if_needed()
            calm(page)
            explorer.get_by_role("button", name="Run without predicting").click()
            calm(page)
            say("slider to paint, JavaScript")
            javascript = slide(page)
            say("Python in the page")
            explorer.get_by_role("button", name="Run the real Python").click()
            state = explorer.locator(".python-state")
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
            f"The first explorer of {CHAPTER.removesuffix('.html')}, {MOVES} moves of the slider, one a frame, after {WARM} to warm up; a "
            "measure begins with the input event, at the beginning of a frame as browsers deliver it, and ends when the frame "
            "with the new figures has been drawn.",
            f"Loads: {LOADS}, each with an empty cache, {MBIT_PER_S} Mbit/s and {LATENCY_MS} ms round trip (Chromium's "
            "own throttling), files packed by gzip as static hosts do. Usable: controls are there and the first run is drawn.",
        ],
    )


def built_book() -> Path:
    """The pages as `mq start` serves them."""
    html = state_folder() / "book" / "html"
    if not (html / CHAPTER).is_file():
        raise CourseError("the book is not built yet", do="Run `mq book build`")
    return html


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
        page.wait_for_function(
            "document.querySelector('backpressure-explorer')?.view?.drawnS !== undefined",
            timeout=LOAD_LIMIT_MS,
        )
        usable_s = page.evaluate("document.querySelector('backpressure-explorer').view.drawnS")
        page.wait_for_load_state("networkidle")
        return {"usable_s": usable_s, "bytes": sum(received)}


def calm(page: Any) -> None:
    page.locator("backpressure-explorer").first.and_(
        page.locator("backpressure-explorer[data-state=calm]")
    ).wait_for(timeout=60_000)


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
