"""The whole site in one table: weight, layout shift, console, other hosts, axe, links, Lighthouse, and how long it is built."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from mqcourse.bench.table import Cell, Table
from mqcourse.errors import CourseError
from mqcourse.home import CHECKOUT
from mqcourse.install.npm import node_modules
from mqcourse.stack.services.book_server import server, serving
from mqcourse.variables import Kind, environment_of
from tools import layout_shift, lighthouse_scores, page_links
from tools.browser import chromium
from tools.lighthouse_scores import CATEGORIES, DEVICES, Rating
from tools.page_walk import MOST_KB, Seen, walk

NAMED = {
    "home": "book/index",
    "chapter": "book/rabbitmq/work-queue",
    "review": "book/questions/review",
    "explorer": "book/interview/what-backpressure-is",
}
"""Rated by Lighthouse: one page of each kind."""
VIEWS = ("light", "phone")
LEAST_SCORE = 95
TRIES = 3
"""Other work on the machine only lowers a rating, so the best of these counts; the first that reaches the limit is enough."""
AXE = CHECKOUT / "tests" / "browser" / "book" / "axe"


def measure(say: Callable[[str], None]) -> Table:
    """Sizes as gzip sends them. MQ_BUILT_BOOK names a folder of HTML to measure instead of a new build."""
    with tempfile.TemporaryDirectory() as state:
        known = os.environ.get("MQ_BUILT_BOOK")
        folder = Path(known) if known else Path(state, "book", "html")
        built = "Build times: not measured, because MQ_BUILT_BOOK names a built book"
        if not known:
            say("building the book")
            built = f"Build: {built_in_s(state):.0f} s for the whole book, "
            built += f"{built_in_s(state):.0f} s when nothing changed."
        with serving(server(folder, 0)) as host:
            url = f"{host}/"
            with chromium() as browser:
                axe = (node_modules(AXE) / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
                seen: dict[str, list[Seen]] = {}
                for view in VIEWS:
                    say(f"every page, {view}")
                    seen[view] = walk(view, folder, url, names(), browser, axe)
                version = browser.version
            ratings, missing = rated(url, say)
        return table(seen, page_links.broken(folder), ratings, [built, *missing], version)


def built_in_s(state: str) -> float:
    """Build the book below that folder of state; the seconds it took."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "mqcourse", "book", "build"],
        cwd=CHECKOUT,
        env=environment_of(Kind.PYTHON, MQ_HOME=state),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CourseError(
            f"the book is not built: {(done.stderr.strip().splitlines() or ['no reason given'])[0]}",
            do="Run `mq book build`",
        )
    return time.monotonic() - began


def names() -> list[str]:
    """The pages of the table of contents, the first page first."""
    toc = yaml.safe_load((CHECKOUT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])]


def rated(url: str, say: Callable[[str], None]) -> tuple[dict[tuple[str, str], Rating], list[str]]:
    """Lighthouse's ratings by page and device, and a line on why there are none."""
    try:
        lighthouse_scores.installed()
    except CourseError as error:
        return {}, [f"Lighthouse: not measured, because {error}"]
    best: dict[tuple[str, str], Rating] = {}
    for page in NAMED.values():
        for device in DEVICES:
            say(f"Lighthouse, {page}, {device}")
            for _ in range(TRIES):
                now = lighthouse_scores.rating(f"{url}{page}.html", device)
                before = best.get((page, device))
                best[page, device] = now if before is None or now.lowest > before.lowest else before
                if now.lowest >= LEAST_SCORE:
                    break
    return best, []


def table(
    seen: dict[str, list[Seen]],
    broken: Sequence[str],
    ratings: dict[tuple[str, str], Rating],
    notes: Sequence[str],
    chromium_version: str,
) -> Table:
    """One row for each page that Lighthouse rates, and one for all pages: the most of each, and the sum of what is wrong."""
    rows = [
        row(f"{kind}: {page}", at(seen, [page]), scores_of(ratings, page)) for kind, page in NAMED.items()
    ]
    all_pages = [page.name for page in seen[VIEWS[0]]]
    every = at(seen, all_pages)
    rows.append(row(f"all {len(all_pages)} pages, most", every, [None] * len(DEVICES)))
    heaviest = max(every, key=lambda page: page.weight_kb)
    shift = max(page.shift for page in every)
    wrong = {
        "console messages and failed requests": sum(
            len(page.wrong) - len(page.third_parties) for page in every
        ),
        "requests to other hosts": sum(len(page.third_parties) for page in every),
        "barriers that axe finds": sum(len(page.barriers) for page in every),
        "links inside the book that lead nowhere": len(broken),
    }
    targets: list[tuple[str, float, str, bool]] = [
        (
            f"heaviest page, kB ({heaviest.name})",
            heaviest.weight_kb,
            f"at most {MOST_KB}",
            heaviest.weight_kb <= MOST_KB,
        ),
        ("largest layout shift", shift, f"at most {layout_shift.MOST}", shift <= layout_shift.MOST),
        *((what, count, "0", count == 0) for what, count in wrong.items()),
    ]
    details = [f"Lighthouse: {', '.join(CATEGORIES)}, in this order; the best of at most {TRIES} runs."]
    versions = {"Chromium": chromium_version}
    if ratings:
        lowest = min(one.lowest for one in ratings.values())
        targets.append(
            ("lowest score of Lighthouse", lowest, f"at least {LEAST_SCORE}", lowest >= LEAST_SCORE)
        )
        one = next(iter(ratings.values()))
        versions["Lighthouse"] = one.lighthouse
        speeds = [each.speed_of_machine for each in ratings.values()]
        details.append(
            f"Lighthouse's benchmark index of the machine: {min(speeds):,} to {max(speeds):,}, by its load meanwhile."
        )
        details += [
            f"{page}, {device}: {', '.join(rating.found)}"
            for (page, device), rating in ratings.items()
            if rating.lowest < LEAST_SCORE
        ]
    return Table(
        title="The site",
        columns=[
            "page",
            "kB",
            "files",
            "layout shift",
            "console",
            "other hosts",
            "axe",
            *(f"Lighthouse, {one}" for one in DEVICES),
        ],
        rows=rows,
        versions=versions,
        targets=targets,
        notes=[
            "Each page in a desktop's and a phone's window, with nothing kept from another page; weight, files and shift are "
            "the most of both. Weight: what is loaded before its reader acts, packed by gzip -6 as the course's server and static "
            "hosts send it, without headers.",
            *details,
            *notes,
        ],
    )


def at(seen: dict[str, list[Seen]], pages: Sequence[str]) -> list[Seen]:
    """What every view showed of these pages."""
    return [page for view in seen.values() for page in view if page.name in pages]


def scores_of(ratings: dict[tuple[str, str], Rating], page: str) -> list[Cell]:
    """One cell for each device."""
    found = [ratings.get((page, device)) for device in DEVICES]
    return ["not measured" if one is None else " ".join(map(str, one.scores.values())) for one in found]


def row(what: str, views: Sequence[Seen], scores: Sequence[Cell]) -> list[Cell]:
    """A row of the table about the views of one page, or of many."""
    return [
        what,
        max(page.weight_kb for page in views),
        max(page.files for page in views),
        round(max(page.shift for page in views), 4),
        sum(len(page.wrong) - len(page.third_parties) for page in views),
        sum(len(page.third_parties) for page in views),
        sum(len(page.barriers) for page in views),
        *scores,
    ]
