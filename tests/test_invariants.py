"""The rules of the house that no type checker knows (ARCHITECTURE.md, section Invariants)."""

import ast
import re
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
PACKAGES = ("mqcourse", "emulator/servicebus_emulator")


def modules(folder: str) -> list[Path]:
    return sorted((CHECKOUT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that the file imports, anywhere in it, as dotted names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module or ''}.{alias.name}".strip(".") for alias in node.names} | {
                node.module or ""
            }
    return names


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True)
    return [
        CHECKOUT / name
        for name in listing.stdout.decode().split("\0")
        if name and (CHECKOUT / name).is_file()
    ]


def test_the_model_has_no_clock_no_widget_no_global_randomness() -> None:
    """Every module of it but the command, the sweep, the page and the measurements: a new one is held to this, too."""
    package = CHECKOUT / "mqcourse" / "backpressure"
    shells = {package / name for name in ("command.py", "sweep.py", "explorer", "measure")}
    unwanted = {
        "time",
        "datetime",
        "random",
        "secrets",
        "ipywidgets",
        "anywidget",
        "numpy",
        "socket",
        "threading",
    }
    offenders = {
        path.name: found
        for path in package.rglob("*.py")
        if not shells & {path, *path.parents} and (found := roots(path) & unwanted)
    }
    assert offenders == {}


def test_content_folders_hold_no_code_of_their_own() -> None:
    found = {path for folder in ("book", "labs", "solutions") for path in (CHECKOUT / folder).rglob("*.py")}
    assert found - set((CHECKOUT / "solutions").glob("*/checks.py")) == set()


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [path for package in PACKAGES for path in modules(package) if path.stem in drawers] == []


LONG = {"emulator/servicebus_emulator/broker/queue.py"}
"""One class, which is not cut in two to please a count."""


def test_no_module_grows_beyond_what_one_reads_in_one_go() -> None:
    long = {
        str(path.relative_to(CHECKOUT)): lines
        for package in PACKAGES
        for path in modules(package)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert long.keys() == LONG


def test_nothing_listens_beyond_loopback() -> None:
    pattern = re.compile(r"0\.0\.0\.0|\[::\]:")
    offenders = [
        f"{path.relative_to(CHECKOUT)}:{number}"
        for package in PACKAGES
        for path in modules(package)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert offenders == []


def test_no_file_names_a_package_registry_or_a_home_folder() -> None:
    hosts = re.compile(
        rb"(files\.pythonhosted\.org|pypi\.org/simple|registry\.npmjs\.org|repo1?\.maven|deb\.debian\.org|security\.debian\.org|archive\.ubuntu\.com)"
    )
    homes = re.compile(rb"(/home/[a-z]+/|/root/|/Users/[a-z]+/)")
    offenders = [
        str(path.relative_to(CHECKOUT))
        for path in tracked()
        if path != Path(__file__) and (hosts.search(content := path.read_bytes()) or homes.search(content))
    ]
    assert offenders == []


def test_every_mq_subcommand_has_help_and_a_function_to_run() -> None:
    from mqcourse.cli import parser

    top = parser()
    choices = next(action.choices for action in top._actions if action.dest == "command")
    assert choices is not None
    for name, subparser in dict(choices).items():
        nested = [action for action in subparser._actions if isinstance(action.choices, dict)]
        assert nested or subparser.get_default("run"), f"mq {name} has nothing to run"
