"""A module of the course as the translator takes it, and a page's one script."""

from pathlib import Path

from mqcourse.home import CHECKOUT
from tools.bundle import bundle
from tools.to_javascript import Module


def course_module(name: str, javascript: str, by_hand: frozenset[str] = frozenset()) -> Module:
    """The module of that dotted name. `javascript` is where its names are imported from, `by_hand` what is not translated."""
    path = Path(*name.split(".")).with_suffix(".py")
    text = (CHECKOUT / path).read_text(encoding="utf-8")
    return Module(name, path.as_posix(), text, javascript, by_hand)


def page_script(web: Path, entry: str, generated: dict[Path, str]) -> str:
    """The one script that a page loads, with no name outside it. Raises CourseError as `bundle` does."""
    return f"(() => {{\n{bundle(web, entry, generated)}}})();\n"
