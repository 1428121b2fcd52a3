"""What GitHub, GitLab and an editor read in this repository: under its published schema, and true of the Makefile."""

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mqcourse.home import CHECKOUT
from tools import coverage_by_package, release

PUBLISHED = files("check_jsonschema.builtin_schemas.vendor")
GITHUB = CHECKOUT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
SCHEMAS = {
    **dict.fromkeys(WORKFLOWS, "github-workflows"),
    **dict.fromkeys(sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")), "github-issue-forms"),
    GITHUB / "ISSUE_TEMPLATE" / "config.yml": "github-issue-config",
    GITHUB / "dependabot.yml": "dependabot",
    CHECKOUT / ".gitlab-ci.yml": "gitlab-ci",
    CHECKOUT / "CITATION.cff": "citation-file-format",
}
MADE = (
    "requirements*.txt",
    "mqcourse/install/*.txt",
    "mqcourse/install/*.lock",
    "labs/*.ipynb",
    "book/runs/*",
    "tests/golden/*",
)


def held_to(schema: str, content: Any) -> None:
    """Raises jsonschema.ValidationError when the content breaks the published schema."""
    rules = json.loads((PUBLISHED / f"{schema}.json").read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(rules)(rules).validate(content)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_a_file_for_a_host_is_valid_under_its_published_schema(path: Path) -> None:
    # PyYAML reads YAML 1.1, in which the key `on` of a workflow is a truth value
    text = re.sub(r"^on:", '"on":', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    held_to(SCHEMAS[path], yaml.safe_load(text))


@pytest.mark.parametrize("schema", sorted(set(SCHEMAS.values())))
def test_each_schema_refuses_a_file_of_another_kind(schema: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        held_to(schema, {"runs": ["make test"], "body": {}})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit_and_names_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    assert [
        one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)
    ] == []


@pytest.mark.parametrize(
    "path", [*WORKFLOWS, CHECKOUT / ".gitlab-ci.yml", CHECKOUT / ".ci" / "run"], ids=lambda path: path.name
)
def test_every_target_that_a_workflow_makes_is_in_the_makefile(path: Path) -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    made = re.findall(
        r"(?:^|: |- |; |then )make ([a-z -]+?)(?:;|$)", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {word for words in made for word in words.split()} <= targets


def test_github_and_gitlab_do_the_same_work() -> None:
    gitlab = (CHECKOUT / ".gitlab-ci.yml").read_text(encoding="utf-8")
    for name in ("check", "nightly", "weekly", "publish"):
        text = (GITHUB / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
        commands = re.findall(r"run: ((?:make|\.ci/).*)", text)
        assert commands
        assert [command for command in commands if command not in gitlab] == []


@pytest.mark.parametrize("pattern", MADE)
def test_generated_files_are_marked(pattern: str) -> None:
    paths = [str(path.relative_to(CHECKOUT)) for path in CHECKOUT.glob(pattern)]
    assert paths
    answer = subprocess.run(
        ["git", "check-attr", "linguist-generated", "--", *paths],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in answer.stdout.splitlines() if not line.endswith(": set")] == []


def test_a_moved_pin_is_listed_with_both_versions(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=tmp_path, check=True)

    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "moved").write_bytes((CHECKOUT / ".ci" / "moved").read_bytes())
    pins, jars = tmp_path / "requirements.txt", tmp_path / "jars.lock"
    pins.write_text(
        "pika==1.4.0 \\\n    --hash=sha256:00\nrich==14.0.0 ; python_version > '3' \\\n    --hash=sha256:01\n"
    )
    jars.write_text("org/x/a-1.jar 10 00\n")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "pins")
    moved = ["bash", str(tmp_path / ".ci" / "moved")]
    assert subprocess.run(moved, capture_output=True, text=True, check=True).stdout == ""
    pins.write_text(pins.read_text().replace("1.4.0", "1.5.0").replace("00", "02", 1))
    jars.write_text("org/x/a-2.jar 10 02\n")
    assert subprocess.run(moved, capture_output=True, text=True, check=True).stdout.splitlines() == [
        "- `+ org/x/a-2.jar`",
        "- `+ pika==1.5.0`",
        "- `- org/x/a-1.jar`",
        "- `- pika==1.4.0`",
    ]


def test_a_release_takes_its_version_from_one_place_and_its_notes_from_the_changelog(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(
        "# Changelog\n\n## Unreleased\n\n- new\n\n## 1.2.0, 2026-12-01\n\n- queues\n\n## 1.1.0\n\n- old\n"
    )
    assert release.notes("v1.2.0", tmp_path) == "- queues\n"
    with pytest.raises(release.ReleaseError, match=r"the tag is v1\.3\.0"):
        release.notes("v1.3.0", tmp_path)
    changelog.write_text("# Changelog\n\n## Unreleased\n\n- queues\n")
    with pytest.raises(release.ReleaseError, match="has no notes for 1\\.2\\.0"):
        release.notes("v1.2.0", tmp_path)


def test_the_version_of_the_course_is_written_once() -> None:
    assert "version" not in yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))


def test_coverage_is_summed_by_package() -> None:
    def file(lines: int, run: int, branches: int, branches_run: int) -> dict[str, Any]:
        names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
        return {"summary": dict(zip(names, (lines, run, branches, branches_run), strict=True))}

    report = {
        "files": {
            "mqcourse/cli.py": file(10, 10, 0, 0),
            "mqcourse/stack/stack.py": file(10, 5, 4, 1),
            "mqcourse/stack/services/kafka.py": file(10, 10, 4, 3),
            "emulator/servicebus_emulator/net/server.py": file(10, 0, 2, 0),
        }
    }
    lines = coverage_by_package.table(coverage_by_package.by_package(report)).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["mqcourse", "100%", "of", "10", "none"],
        ["mqcourse/stack", "75%", "of", "20", "50%", "of", "8"],
        ["servicebus_emulator/net", "0%", "of", "10", "0%", "of", "2"],
        ["all", "62%", "of", "40", "40%", "of", "10"],
    ]
