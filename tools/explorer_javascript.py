"""The explorer's JavaScript that is made: the model, the scenario's fields, the presets, the styles, and the bundle.

All of it is in mqcourse/backpressure/explorer/web/generated. A page and a notebook's widget load one file of it,
explorer.js, which holds all other modules: a widget is one file, and a page loads one file fastest.
"""

import json
from pathlib import Path

from mqcourse.backpressure.explorer.bundle import BUNDLE, GENERATED, WEB
from mqcourse.backpressure.model.presets import PRESETS, Preset
from mqcourse.backpressure.model.scenario import FIELDS
from tools.bundle import bundle, module
from tools.course_module import course_module
from tools.to_javascript import Module, translate

FIELDS_JS = GENERATED / "fields.js"
PRESETS_JS = GENERATED / "presets.js"
STYLE_JS = GENERATED / "style.js"
ENTRY = "element.js"

MODEL = "mqcourse.backpressure.model"
TRANSLATED = (
    "numerics",
    "draws",
    "message",
    "meter",
    "consumer",
    "broker",
    "consumers",
    "producer",
    "simulation",
)
"""The model's modules that the page's engine is made from."""
BY_HAND = {f"{MODEL}.simulation": frozenset({"environment"})}
"""Functions of theirs that engine/runtime.js has instead."""
SCENARIO_JS = "../engine/scenario.js"
KNOWN = {
    f"{MODEL}.scenario": SCENARIO_JS,
    "mqcourse.errors": SCENARIO_JS,
    f"{MODEL}.kernel": "../engine/kernel.js",
}
"""Modules that the model uses and that are written by hand in both languages."""


def model_js() -> dict[Path, str]:
    """The model's modules. Raises CannotTranslate, with file and line, for Python that the translator does not know."""
    modules = [_module(f"{MODEL}.{name}", f"./{name}.js") for name in TRANSLATED]
    known = [_module(name, javascript) for name, javascript in KNOWN.items()]
    texts = translate(modules, known)
    return {GENERATED / f"{name}.js": texts[f"{MODEL}.{name}"] for name in TRANSLATED}


def _module(name: str, javascript: str) -> Module:
    return course_module(name, javascript, BY_HAND.get(name, frozenset()))


def fields_js() -> str:
    """The module that gives the page the fields with their units, ranges, choices and defaults."""
    plain = [
        {name: list(value) if isinstance(value, tuple) else value for name, value in spec.items()}
        for spec in FIELDS
    ]
    return (
        "// Generated from scenario.py by `make derived`; change it there.\n\n"
        f"export const FIELDS = {json.dumps(plain, indent=2)};\n"
    )


def sliders(preset: Preset) -> list[str]:
    """The fields that a preset is about: those it changes, and the load and the consumers always."""
    changed = preset.scenario.as_dict(changed_only=True)
    always = ["rate_per_s", "service_mean_s", "consumers"]
    return always + [name for name in changed if name not in (*always, "duration_s", "warm_up_s", "seed")]


def presets_js() -> str:
    """The module with the presets: what they change, and the question that comes before the run."""
    plain = [
        {
            "name": one.name,
            "title": one.title,
            "look_at": one.look_at,
            "question": one.question,
            "choices": list(one.choices),
            "answer": one.answer,
            "values": one.scenario.as_dict(changed_only=True),
            "sliders": sliders(one),
        }
        for one in PRESETS
    ]
    return (
        "// Generated from presets.py by `make derived`; change it there.\n\n"
        f"export const PRESETS = {json.dumps(plain, indent=2, ensure_ascii=False)};\n"
    )


def style_js() -> str:
    css = (WEB / "explorer.css").read_text(encoding="utf-8")
    return (
        "// Generated from explorer.css by `make derived`; change it there.\n\n"
        f"export const CSS = {json.dumps(css)};\n"
    )


def bundled(generated: dict[Path, str]) -> str:
    """The one file of the explorer, a module."""
    entry = module(ENTRY)
    return (
        "// Generated from the modules of mqcourse/backpressure/explorer/web by `make derived`; change it there.\n\n"
        + bundle(WEB, ENTRY, generated)
        + f"\nexport const {{ simulate, scenario }} = {entry};\nexport default {entry}.widget;\n"
    )


def derived() -> dict[Path, str]:
    """Every derived file and what it has to hold."""
    made = {**model_js(), FIELDS_JS: fields_js(), PRESETS_JS: presets_js(), STYLE_JS: style_js()}
    return {**made, BUNDLE: bundled(made)}
