"""The table of emulator/docs/conformance.md: which clients were run, over what, and with which result.

Its rows are kept in results.json beside this file. A run replaces the rows that it ran, each a client over a transport
and, where its cases come in parts, one of these; all others keep what their last run found. So the table can be made
in several runs, and a client whose toolchain is missing keeps its rows. The page is made from the rows and from
excluded.toml.

python tests/conformance/table.py    makes the page again
"""

from __future__ import annotations

import datetime
import fcntl
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cases
from clients import ADMINISTRATION, CLIENTS, Client

HERE = Path(__file__).parent
ROWS = HERE / "results.json"
PAGE = HERE.parents[1] / "emulator" / "docs" / "conformance.md"
HTTPS = "HTTPS"
TRANSPORTS = ("plain", "TLS", "TLS, WebSocket", "WebSocket", "WebSocket, TLS", HTTPS)


@dataclass(frozen=True)
class Row:
    """One client over one transport: how many cases passed, which did not, how many the client's own suite skipped.

    `part` is empty where a client's cases are not divided (see clients.py).
    """

    client: str
    part: str
    version: str
    transport: str
    passed: int
    failed: tuple[str, ...]
    skipped: int
    date: str


def rows_of(
    client: Client, transport: str, outcomes: Sequence[cases.Outcome], today: datetime.date
) -> list[Row]:
    """What was just run, one row for each part of the client's cases that is in it.

    Administration has cases of its own where it is a part, and these speak HTTPS, whatever messages go over.
    """
    found: dict[str, list[cases.Outcome]] = {}
    for one in outcomes:
        found.setdefault(client.part(one.case), []).append(one)
    return [
        Row(
            client.name,
            part,
            client.version,
            HTTPS if part == ADMINISTRATION else transport,
            [one.outcome for one in some].count("passed"),
            tuple(sorted(cases.failures(some))),
            [one.outcome for one in some].count("skipped"),
            today.isoformat(),
        )
        for part, some in found.items()
    ]


def kept(path: Path = ROWS) -> list[Row]:
    """The rows of earlier runs."""
    return [Row(**{**one, "failed": tuple(one["failed"])}) for one in json.loads(path.read_text("utf-8"))]


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """`old` with `new` in place of what was run again, in the order of the clients; without what is run no more."""
    order = list(CLIENTS)

    def place(one: Row) -> tuple[int, int, int]:
        parts = [title for title, _ in CLIENTS[one.client].parts] or [""]
        return order.index(one.client), TRANSPORTS.index(one.transport), parts.index(one.part)

    def still_run(one: Row) -> bool:
        client = CLIENTS.get(one.client)
        titles = [title for title, _ in client.parts] if client else []
        return client is not None and one.part in (titles or [""]) and one.transport in TRANSPORTS

    def counted(one: Row) -> Row:
        """Without the failures that have been left out since."""
        out = cases.exclusions(one.client, one.transport).excluded
        return replace(one, failed=tuple(case for case in one.failed if case not in out))

    rows = {(one.client, one.transport, one.part): counted(one) for one in (*old, *new) if still_run(one)}
    return sorted(rows.values(), key=place)


def update(new: Sequence[Row]) -> None:
    """Keep new rows beside the others and make the page from all; two runs that end together wait for each other."""
    with ROWS.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        rows = merged(kept(), new)
        text = json.dumps([asdict(one) for one in rows], indent=1, ensure_ascii=False)
        file.truncate()
        file.write(f"{text}\n")
        file.flush()
        PAGE.write_text(page(rows), encoding="utf-8")


def page(rows: Sequence[Row]) -> str:
    """The page, as Markdown."""
    parts = [
        "# Which clients were run against the emulator, and with what result",
        "",
        "`make conformance` runs these clients, unchanged, against the emulator and writes this page.",
        "A row whose toolchain was missing is kept from the last run that had it. "
        "The run prints a line with what it left out and how to get it.",
        "How to connect each of them is in [your-client.md](your-client.md).",
        "",
    ]
    if rows:
        parts += [
            "| Client | Cases of | Version | Over | Cases | Passed | Failed | Left out | Run on |",
            "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
        ]
    else:
        parts.append("No run is kept yet.")
    for one in rows:
        client = CLIENTS[one.client]
        ran = one.passed + len(one.failed)
        out = sum(
            client.part(case) == one.part for case in cases.exclusions(one.client, one.transport).excluded
        )
        parts.append(
            f"| {client.title} | {one.part or 'all'} | {one.version} | {one.transport} | {ran} | {one.passed} "
            f"| {len(one.failed)} | {out + one.skipped} | {one.date} |"
        )
    kept_of = {(one.client, one.part) for one in rows}
    missing = [
        f"{client.title} ({part})" if part else client.title
        for name, client in CLIENTS.items()
        for part in [title for title, _ in client.parts] or [""]
        if (name, part) not in kept_of
    ]
    if rows and missing:
        parts += ["", f"No run is kept yet of: {', '.join(missing)}."]
    parts += ["", "## What each client runs", ""]
    parts += [
        f"- **{client.title}** ({client.language}): {client.what} Needs {client.needs}."
        for client in CLIENTS.values()
    ]
    parts += ["", "## Cases left out, and why", ""]
    for name, client in CLIENTS.items():
        listed = cases.exclusions(name)
        own = [one for one in rows if one.client == name]
        skipped = sum(
            max(one.skipped for one in own if one.part == part) for part in {one.part for one in own}
        )
        if not (listed.excluded or skipped):
            continue
        parts += [f"### {client.title}", ""]
        parts += _by_reason(listed.excluded)
        if skipped:
            parts.append(f"- {client.skips} ({skipped} cases)")
        parts.append("")
    parts += ["## Where the emulator is known to differ", ""]
    differing = {
        (name, case): reason for name in CLIENTS for case, reason in cases.exclusions(name).differing.items()
    }
    parts += [
        f"- {CLIENTS[name].title}, `{case}`: {reason}" for (name, case), reason in differing.items()
    ] or ["No case of any client."]
    unexplained = [
        f"- {CLIENTS[one.client].title} over {one.transport}, `{case}`"
        for one in rows
        for case in one.failed
        if (one.client, case) not in differing
    ]
    if unexplained:
        parts += ["", "## Cases that failed, and nobody has said why yet", "", *unexplained]
    return "\n".join(parts) + "\n"


def _by_reason(listed: object) -> list[str]:
    assert isinstance(listed, dict)
    reasons: dict[str, list[str]] = {}
    for case, reason in listed.items():
        reasons.setdefault(reason, []).append(case)
    return [f"- {', '.join(f'`{one}`' for one in some)}: {reason}" for reason, some in reasons.items()]


def terminal(rows: Sequence[Row]) -> list[str]:
    """The rows of a run, one line each, for a terminal."""
    return [
        f"{CLIENTS[one.client].title:<28} {one.part:<16} {one.version:<10} {one.transport:<17} "
        f"{one.passed:>4} of {one.passed + len(one.failed):>4} passed"
        for one in rows
    ]


if __name__ == "__main__":
    update([])
