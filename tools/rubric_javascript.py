"""The mock interview's JavaScript that is made: plan, ticks, level and report, and the page's one file.

All of it is in mqcourse/rubric/web/generated.
"""

import json
from pathlib import Path

from mqcourse.report_page import frame
from mqcourse.rubric.page import BUNDLE, GENERATED, WEB
from tools.course_module import course_module, page_script
from tools.to_javascript import translate

PACKAGE = "mqcourse.rubric"
TRANSLATED = ("card", "cases", "code", "level", "levels", "report", "ticks")
"""The modules that the page's engine is made from."""
ENTRY = "mock_interview.js"
TITLE, BODY = "\0title", "\0body"
"""What is in no report."""


def count_js() -> dict[Path, str]:
    """The modules. Raises CannotTranslate, with file and line, for Python that the translator does not know."""
    texts = translate([course_module(f"{PACKAGE}.{name}", f"./{name}.js") for name in TRANSLATED], [])
    return {GENERATED / f"{name}.js": texts[f"{PACKAGE}.{name}"] for name in TRANSLATED}


def page_js() -> str:
    """The module with the page around a report: what is before its title, between title and body, and behind both."""
    before, _, rest = frame(TITLE, BODY).partition(TITLE)
    between, _, behind = rest.partition(BODY)
    return (
        "// Generated from mqcourse/report_page.py by `make derived`; change it there.\n\n"
        f"export const PAGE = {json.dumps([before, between, behind], indent=2, ensure_ascii=False)};\n"
    )


def derived() -> dict[Path, str]:
    """Every derived file and what it has to hold."""
    made = {**count_js(), GENERATED / "report_page.js": page_js()}
    return {**made, BUNDLE: page_script(WEB, ENTRY, made)}
