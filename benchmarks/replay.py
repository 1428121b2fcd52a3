"""A replay of 2,000 events in the page: how smoothly it plays, and how soon a jump on the timeline is drawn."""

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._static_host import static_host
from mqcourse.bench.table import Table
from mqcourse.book.directives.replay import WEB, element
from mqcourse.book.record import Record
from mqcourse.home import CHECKOUT
from mqcourse.replay.recording import read
from mqcourse.replay.story import story
from tools.browser import chromium

EVENTS = 2000
WORKERS = 4
WAITING = 40
"""Messages that wait at most: as many as a reader sees at once, and more."""
PLAY_S = 20
JUMPS = 100
PLAYED = """
async ([seconds]) => {
  const replay = document.querySelector("broker-replay");
  replay.querySelector("select").value = "16";
  replay.querySelector("select").dispatchEvent(new Event("change"));
  replay.querySelector(".mq-replay-controls button").click();
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let warm = 0; warm < 60; warm++) await frame();
  const took = [];
  const until = performance.now() + 1000 * seconds;
  for (let last = await frame(); last < until; ) {
    const now = await frame();
    took.push(now - last);
    last = now;
  }
  replay.querySelector(".mq-replay-controls button").click();
  return took;
}
"""
JUMPED = """
async ([jumps]) => {
  const replay = document.querySelector("broker-replay");
  const slider = replay.querySelector("input");
  const afterThisFrame = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    requestAnimationFrame(() => port2.postMessage(0));
  });
  const took = [];
  for (let jump = 0; jump < jumps; jump++) {
    await afterThisFrame();
    const began = performance.now();
    slider.value = (jump * 787) % slider.max;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    took.push(performance.now() - began);
  }
  return took;
}
"""


def measure(say: Callable[[str], None]) -> Table:
    """Milliseconds a frame while it plays, and of script for a jump."""
    with tempfile.TemporaryDirectory() as folder:
        page_of(Path(folder))
        with static_host(Path(folder)) as host, chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(host + "index.html")
            page.wait_for_function("document.querySelector('broker-replay')?.story")
            say(f"{EVENTS} events, played for {PLAY_S} s")
            frames = page.evaluate(PLAYED, [PLAY_S])
            say("jumps on the timeline")
            jumps = page.evaluate(JUMPED, [JUMPS])
            chromium_version = browser.version
    late = sum(one > 1.5 * 1000 / 60 for one in frames) / len(frames)
    fps = 1000 * len(frames) / sum(frames)
    return Table(
        title="A replay of 2,000 events",
        columns=["what", "unit", "median", "p95", "most"],
        rows=[
            ["a frame while it plays at 16×", "ms", median(frames), percentile(frames), max(frames)],
            ["a jump on the timeline, script", "ms", median(jumps), percentile(jumps), max(jumps)],
        ],
        versions={"Chromium": chromium_version},
        targets=[
            ("frames a second while it plays", fps, "at least 59", fps >= 59),
            ("share of frames later than 25 ms", late, "at most 0.02", late <= 0.02),
        ],
        notes=[
            f"{EVENTS} events of one producer, one queue and {WORKERS} workers, at the highest speed: about 18 events a second, "
            "each with a moving message, a sentence and a marked line.",
        ],
    )


def percentile(values: list[float]) -> float:
    """The 95th."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


def recording() -> str:
    """Events that are shaped as those of the chapters: publish, deliver, acknowledge."""
    queue = "bench.tasks.0a1b2c"
    events: list[dict[str, Any]] = [
        {"who": "shop", "did": "declared", "queue": queue, "ready": 0, "consumers": 0},
    ]
    for worker in range(WORKERS):
        events.append(
            {"who": f"worker {worker}", "did": "subscribed", "channel": 1, "queue": queue, "consumer": "c"}
        )
    published = delivered = acked = 0
    while len(events) < EVENTS:
        if published - delivered < WAITING:
            published += 1
            what = {"channel": 1, "exchange": "", "key": queue, "message": f"task {published}"}
            events.append({"who": "shop", "did": "published", **what})
        delivered += 1
        who = f"worker {delivered % WORKERS}"
        events.append(
            {
                "who": who,
                "did": "delivered",
                "channel": 1,
                "consumer": "c",
                "tag": delivered,
                "message": f"task {delivered}",
            }
        )
        if delivered > 3 * WORKERS:
            acked += 1
            events.append({"who": f"worker {acked % WORKERS}", "did": "acked", "channel": 1, "tag": acked})
    head = {"replay": "bench", "broker": "rabbitmq", "format": 1, "began": datetime.now(UTC).isoformat()}
    lines = [head, *({"at_ms": at, **event} for at, event in enumerate(events[:EVENTS]))]
    lines.append({"end": {"events": EVENTS, "missing": []}})
    return "".join(json.dumps(line) + "\n" for line in lines)


def page_of(folder: Path) -> None:
    """A page with the replay as the book has it, alone."""
    found = read(recording())
    told = story(found)
    record = Record(
        ran=found.began, seconds=1.0, versions={"rabbitmq": "0"}, fingerprint="", sources=(), outputs=()
    )
    for path in (*WEB.iterdir(), CHECKOUT / "book" / "_static" / "course.css"):
        (folder / path.name).write_bytes(path.read_bytes())
    html = element("2,000 events", found, told, record, [])
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>replay</title>'
        '<link rel="stylesheet" href="course.css"><link rel="stylesheet" href="replay.css"><script defer src="replay.js"></script>'
        f'</head><body style="max-width: 46rem"><broker-replay>{html}</broker-replay></body></html>',
        encoding="utf-8",
    )
