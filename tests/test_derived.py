"""What is derived is current, and what is stale is found."""

import subprocess
from pathlib import Path

import pytest

from tools import derived, derived_files, explorer_javascript, npm_locks, pins


# a learner's checkout has answers in labs/: tests/grading holds those notebooks to their masters, answers left out
@pytest.mark.lengthy
@pytest.mark.parametrize("part", sorted(set(derived.PARTS) - {"labs"}))
def test_what_is_derived_is_current(part: str) -> None:
    assert list(derived.PARTS[part]()) == []


def test_a_pin_that_is_missing_or_out_of_range_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in pins.FILES:
        text = (pins.CHECKOUT / name).read_text(encoding="utf-8")
        lines = iter(text.splitlines())
        kept = []
        for line in lines:
            if line.startswith("simpy=="):
                kept.append("simpy==3.0.0 \\")
            elif line.startswith(("pika==", "psutil==")):
                if line.startswith("psutil=="):
                    kept.append(line.rstrip("\\ "))
                while line.endswith("\\"):
                    line = next(lines)
            else:
                kept.append(line)
        changed = "\n".join(kept)
        (tmp_path / name).write_text(changed, encoding="utf-8")
    monkeypatch.setattr(pins, "CHECKOUT", tmp_path)
    found = "\n".join(pins.problems())
    assert "pins pika not at all" in found
    assert "pins simpy 3.0.0" in found
    assert "has no checksum for psutil" in found


@pytest.mark.lengthy
def test_a_changed_field_of_a_scenario_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "fields.js"
    stale.write_text(
        explorer_javascript.fields_js().replace("messages/s", "messages per second"), encoding="utf-8"
    )
    monkeypatch.setattr(explorer_javascript, "FIELDS_JS", stale)
    assert list(derived_files.problems(explorer_javascript.derived)) != []
    derived_files.renew(explorer_javascript.derived)
    assert list(derived_files.problems(explorer_javascript.derived)) == []


def test_every_npm_package_of_the_checkout_is_pinned_and_renewed_with_the_others() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*package.json"], cwd=pins.CHECKOUT, capture_output=True, text=True, check=True
    )
    wanting = [
        (pins.CHECKOUT / name).parent
        for name in listed.stdout.splitlines()
        if "ependencies" in (pins.CHECKOUT / name).read_text(encoding="utf-8")
    ]
    assert wanting
    assert set(wanting) <= set(npm_locks.folders())
