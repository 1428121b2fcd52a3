"""How Google's Lighthouse rates a page of the book: four scores from 0 to 100, on its simulated phone and on a desktop.

Lighthouse is an npm package, pinned in `tools/lighthouse` and run by the Node of a Python wheel. What each score counts:
https://developer.chrome.com/docs/lighthouse/overview.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.install.npm import NODE, node_modules
from mqcourse.progress import Progress
from mqcourse.variables import Kind, environment_of
from tools.chromium import FLAGS, chromium_executable

LOCKED = Path(__file__).parent / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
DEVICES: dict[str, tuple[str, ...]] = {"phone": (), "desktop": ("--preset=desktop",)}
"""Lighthouse's own settings: a mid-range phone on a slow line of 4G, and a desktop on a fast one."""
MOST_S = 180
"""A rating that takes longer hangs."""


@dataclass(frozen=True)
class Rating:
    """One page on one device."""

    scores: dict[str, int]
    """By category, 0 to 100."""
    lighthouse: str
    """Its version."""
    speed_of_machine: int
    """Lighthouse's benchmark index, without unit: about 1,000 for a cheap laptop. A lower one lowers "performance"."""
    found: tuple[str, ...]
    """Each audit that costs points, with the score that Lighthouse gave it, 0 to 1."""

    @property
    def lowest(self) -> int:
        return min(self.scores.values())


def installed(progress: Progress | None = None) -> Path:
    """Lighthouse's program. Raises CourseError when npm cannot fetch it."""
    return node_modules(LOCKED, progress) / "lighthouse" / "cli" / "index.js"


def rating(url: str, device: str) -> Rating:
    """Rate one page with an empty cache. Raises CourseError when Lighthouse gives no rating."""
    command = [str(NODE), str(installed()), url, "--output=json", "--quiet", *DEVICES[device]]
    command += [f"--only-categories={','.join(CATEGORIES)}", "--no-enable-error-reporting"]
    command += [f"--chrome-flags={' '.join(('--headless=new', '--no-sandbox', *FLAGS))}"]
    environment = environment_of(Kind.SYSTEM, CHROME_PATH=str(chromium_executable()))
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=MOST_S
        )
    except subprocess.TimeoutExpired as slow:
        raise no_rating(url, f"no answer within {MOST_S} s") from slow
    if done.returncode:
        raise no_rating(url, (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    report = json.loads(done.stdout)
    if "runtimeError" in report:
        raise no_rating(url, report["runtimeError"]["message"])
    return read(report)


def read(report: dict[str, Any]) -> Rating:
    """A rating out of Lighthouse's report."""
    scores, found = {}, []
    for name in CATEGORIES:
        category = report["categories"][name]
        if category["score"] is None:
            raise no_rating(report["finalDisplayedUrl"], f"it could not count {name}")
        scores[name] = round(100 * category["score"])
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                found.append(f"{audit['id']} {audit['score']:.2f}")
    return Rating(
        scores, report["lighthouseVersion"], round(report["environment"]["benchmarkIndex"]), tuple(found)
    )


def no_rating(url: str, why: str) -> CourseError:
    """What is raised when Lighthouse ends without one."""
    return CourseError(
        f"Lighthouse gives no rating of {url}: {' '.join(why.split())}",
        do="Run it again; if it fails again, see whether the page opens in a browser",
        code=Exit.SAID_NO,
    )
