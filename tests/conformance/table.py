"""The table of servicebus_emulator/docs/conformance.md: which clients were run, over what, and with which result.

Its rows are kept in results.json beside this file; a run replaces the rows of the clients that it ran, and a client
whose toolchain is missing keeps its last ones. The page is made from the rows and from excluded.toml.

python tests/conformance/table.py    makes the page again
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cases
from clients import CLIENTS, Client

HERE = Path(__file__).parent
ROWS = HERE / "results.json"
PAGE = HERE.parents[1] / "servicebus_emulator" / "docs" / "conformance.md"
TRANSPORTS = ("plain", "plain, WebSocket", "TLS", "TLS, WebSocket", "WebSocket", "WebSocket, TLS")


@dataclass(frozen=True)
class Row:
    """One client over one transport: how many cases passed, which did not, how many the client's own suite skipped."""

    client: str
    version: str
    transport: str
    passed: int
    failed: tuple[str, ...]
    skipped: int
    date: str


def row(client: Client, transport: str, outcomes: Sequence[cases.Outcome], today: datetime.date) -> Row:
    """The row of what was just run."""
    kinds = [one.outcome for one in outcomes]
    return Row(
        client.name,
        client.version,
        transport,
        kinds.count("passed"),
        tuple(sorted(cases.failures(outcomes))),
        kinds.count("skipped"),
        today.isoformat(),
    )


def kept(path: Path = ROWS) -> list[Row]:
    """The rows of earlier runs."""
    if not path.exists():
        return []
    return [Row(**{**one, "failed": tuple(one["failed"])}) for one in json.loads(path.read_text("utf-8"))]


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """`new` in place of the same client's rows in `old`, in the order of CLIENTS."""
    ran = {one.client for one in new}
    order = list(CLIENTS)
    rows = [one for one in old if one.client not in ran and one.client in CLIENTS] + list(new)
    return sorted(rows, key=lambda one: (order.index(one.client), TRANSPORTS.index(one.transport)))


def save(rows: Sequence[Row]) -> None:
    """Keep rows and make the page from them."""
    text = json.dumps([asdict(one) for one in rows], indent=1, ensure_ascii=False)
    ROWS.write_text(f"{text}\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")


def page(rows: Sequence[Row]) -> str:
    """The page, as Markdown."""
    parts = [
        "# What the clients say",
        "",
        "`make conformance` runs these clients, unchanged, against the emulator and writes this page.",
        "A client whose toolchain is not installed keeps the row of the last run that had it; "
        "the run says in a line what it left out and how to get it.",
        "How to connect each of them is in [your-client.md](your-client.md).",
        "",
    ]
    if rows:
        parts += [
            "| Client | Version | Over | Cases | Passed | Failed | Left out | Run on |",
            "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
        ]
    else:
        parts.append("No run is kept yet.")
    for one in rows:
        client = CLIENTS[one.client]
        ran = one.passed + len(one.failed)
        out = len(cases.exclusions(one.client).excluded)
        parts.append(
            f"| {client.title} | {one.version} | {one.transport} | {ran} | {one.passed} | {len(one.failed)} "
            f"| {out + one.skipped} | {one.date} |"
        )
    parts += ["", "## What each client runs", ""]
    parts += [
        f"- **{client.title}** ({client.language}): {client.what} Needs {client.needs}."
        for client in CLIENTS.values()
    ]
    parts += ["", "## Cases left out, and why", ""]
    for name, client in CLIENTS.items():
        listed = cases.exclusions(name)
        skipped = max((one.skipped for one in rows if one.client == name), default=0)
        if not (listed.excluded or skipped):
            continue
        parts += [f"### {client.title}", ""]
        parts += _by_reason(listed.excluded)
        if skipped:
            parts.append(f"- {client.skips} ({skipped} cases)")
        parts.append("")
    parts += ["## Where the emulator is known to differ", ""]
    differing = [
        (client, case, reason)
        for name, client in CLIENTS.items()
        for case, reason in cases.exclusions(name).differing.items()
    ]
    parts += [f"- {client.title}, `{case}`: {reason}" for client, case, reason in differing] or [
        "No case of any client."
    ]
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
        f"{CLIENTS[one.client].title:<34} {one.version:<10} {one.transport:<22} "
        f"{one.passed:>4} of {one.passed + len(one.failed):>4} passed"
        for one in rows
    ]


if __name__ == "__main__":
    save(merged(kept(), []))
