"""The calculator's JavaScript that is made: the plan, the fields, the presets, and the one file that the page loads.

All of it is in mqcourse/capacity/web/generated.
"""

import json
from dataclasses import asdict
from pathlib import Path

from mqcourse.capacity.given import Given
from mqcourse.capacity.page import BUNDLE, GENERATED, LABELS, WEB
from mqcourse.capacity.presets import PRESETS
from mqcourse.capacity.prices import Prices
from mqcourse.capacity.rates import Rates
from mqcourse.capacity.workload import Workload
from tools.course_module import course_module, page_script
from tools.to_javascript import translate

PACKAGE = "mqcourse.capacity"
TRANSLATED = ("figure", "number_text", "plan")
"""The modules that the page's engine is made from."""
STATED = ("workload", "rates", "prices")
"""Modules whose fields the plan reads; the page has them as plain objects."""
ENTRY = "calculator.js"


def plan_js() -> dict[Path, str]:
    """The plan's modules. Raises CannotTranslate, with file and line, for Python that the translator does not know."""
    modules = [course_module(f"{PACKAGE}.{name}", f"./{name}.js") for name in TRANSLATED]
    texts = translate(modules, [course_module(f"{PACKAGE}.{name}", "") for name in STATED])
    return {GENERATED / f"{name}.js": texts[f"{PACKAGE}.{name}"] for name in TRANSLATED}


def fields_js() -> str:
    """The module with the three groups of fields, and the presets with what they change."""
    groups: list[tuple[str, type[Given]]] = [
        ("Workload", Workload),
        ("Rates: what a partition and a broker take (examples; type yours)", Rates),
        ("Prices (examples; type yours)", Prices),
    ]
    defaults = {spec["name"]: spec["default"] for spec in Workload.specs()}
    presets = {
        one.name: {
            "title": one.title,
            "values": {
                name: value for name, value in asdict(one.workload).items() if value != defaults[name]
            },
        }
        for one in PRESETS
    }
    fields = json.dumps(
        [
            [title, [{**spec, "label": LABELS[spec["name"]]} for spec in group.specs()]]
            for title, group in groups
        ],
        indent=2,
        ensure_ascii=False,
    )
    return (
        "// Generated from workload.py, rates.py, prices.py and presets.py by `make derived`; change it there.\n\n"
        f"export const GROUPS = {fields};\n\n"
        f"export const PRESETS = {json.dumps(presets, indent=2, ensure_ascii=False)};\n"
    )


def derived() -> dict[Path, str]:
    """Every derived file and what it has to hold."""
    made = {**plan_js(), GENERATED / "fields.js": fields_js()}
    return {**made, BUNDLE: page_script(WEB, ENTRY, made)}
