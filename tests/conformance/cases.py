"""What becomes of the cases of a client, whichever language they are written in, and which of them are left out."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXCLUDED = Path(__file__).with_name("excluded.toml")


@dataclass(frozen=True)
class Outcome:
    """What became of one case: ``passed``, ``failed`` or ``skipped``, how long it took, why it failed."""

    case: str
    outcome: str
    took_s: float
    text: str


@dataclass(frozen=True)
class Exclusions:
    """Cases that make no sense against a local emulator, and those in which it is known to differ; id -> reason."""

    excluded: Mapping[str, str]
    differing: Mapping[str, str]


def listed() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """All of excluded.toml."""
    return tomllib.loads(EXCLUDED.read_text(encoding="utf-8"))


def exclusions(client: str, transport: str = "") -> Exclusions:
    """What stands in excluded.toml for one client (its short name, as in clients.py): over one transport, or all of it.

    An entry with `over` holds for the transports that it names, others for all.
    """
    found = listed()

    def of(kind: str) -> dict[str, str]:
        return {
            one["case"]: one["reason"]
            for one in found.get(kind, [])
            if one["client"] == client and (not transport or transport in one.get("over", transport))
        }

    return Exclusions(of("excluded"), of("differing"))


def reported(lines: Iterable[str]) -> list[Outcome]:
    """The outcomes that a program of ours printed: one JSON object a line with name, error (or null), tookSeconds."""
    told = [json.loads(line) for line in lines if line.startswith('{"name":')]
    return [
        Outcome(
            one["name"],
            "failed" if one["error"] else "passed",
            float(one["tookSeconds"]),
            one["error"] or "",
        )
        for one in told
    ]


def failures(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Why each case failed that did."""
    return {one.case: one.text for one in outcomes if one.outcome == "failed"}


def tally(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each module (what stands before ``::``) and one for all: how many of those that ran passed."""
    lines = []
    modules = sorted({outcome.case.partition("::")[0] for outcome in outcomes})
    for name in (*modules, "all of them"):
        found = [
            outcome.outcome
            for outcome in outcomes
            if name == "all of them" or outcome.case.startswith(f"{name}::")
        ]
        passed, skipped = found.count("passed"), found.count("skipped")
        ran = len(found) - skipped
        share = f"{passed / ran:.1%}".replace("%", " %") if ran else "none ran"
        more = f", {skipped} skipped by the SDK itself" if skipped else ""
        lines.append(f"{name:<52} {passed:>3} of {ran:>3} passed, {share}{more}")
    return lines
