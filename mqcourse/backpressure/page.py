"""What the page takes from Python, and the one file it becomes.

web/model/fields.js and presets.js are written from scenario.py and presets.py; web/explorer.js is all modules of
web/model and web/page in one ES module, because a notebook's widget is one file and a page loads one file fastest.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from mqcourse.backpressure.presets import PRESETS, Preset
from mqcourse.backpressure.scenario import FIELDS
from mqcourse.errors import CourseError

WEB = Path(__file__).parent / "web"
FIELDS_JS = WEB / "model" / "fields.js"
PRESETS_JS = WEB / "model" / "presets.js"
STYLE_JS = WEB / "page" / "style.js"
BUNDLE = WEB / "explorer.js"
ENTRY = "page/element.js"

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
EXPORTED = re.compile(r"^export (?:const|class|function\*?) (\w+)", re.MULTILINE)
LISTED = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)


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
    """The styles as a module."""
    css = (WEB / "page" / "explorer.css").read_text(encoding="utf-8")
    return (
        "// Generated from explorer.css by `make derived`; change it there.\n\n"
        f"export const CSS = {json.dumps(css)};\n"
    )


def bundle(generated: dict[Path, str]) -> str:
    """All modules as one: each a function of its own that returns what it exports, in the order of their imports.

    Raises CourseError for an import or export in a form that this does not read.
    """
    order: list[str] = []
    parts: dict[str, str] = {}

    def take(name: str) -> None:
        if name in parts:
            return
        path = WEB / name
        text = generated.get(path) or path.read_text(encoding="utf-8")
        parts[name] = ""  # a circle of imports would come back here and find it

        def imported(found: re.Match[str]) -> str:
            other = ((path.parent / found[2]).resolve().relative_to(WEB.resolve())).as_posix()
            take(other)
            return f"const {{{found[1].replace(' as ', ': ')}}} = {module(other)};\n"

        names = EXPORTED.findall(text) + [
            one.strip() for listed in LISTED.findall(text) for one in listed.split(",")
        ]
        text = LISTED.sub("", IMPORT.sub(imported, text))
        text = EXPORTED.sub(lambda found: found[0].removeprefix("export "), text)
        if left := re.search(r"^(?:import|export) .*", text, re.MULTILINE):
            raise CourseError(f"{name}: the bundle cannot read {left[0]!r}", do="Write it as the others do")
        parts[name] = (
            f"// ---- {name}\nconst {module(name)} = (() => {{\n{text}\nreturn {{ {', '.join(names)} }};\n}})();\n"
        )
        order.append(name)

    take(ENTRY)
    entry = module(ENTRY)
    return (
        "// Generated from web/model and web/page by `make derived`; change it there.\n\n"
        + "\n".join(parts[name] for name in order)
        + f"\nexport const {{ simulate, scenario }} = {entry};\nexport default {entry}.widget;\n"
    )


def classic(text: str) -> str:
    """The bundle as a script that is no module: a browser loads no module for a page that was opened from a folder."""
    body = text[: text.index("\nexport ")].replace("import.meta.url", "ADDRESS")
    return f"(() => {{\nconst ADDRESS = document.currentScript.src;\n{body}}})();\n"


def module(name: str) -> str:
    """The variable of a module in the bundle."""
    return re.sub(r"\W", "_", name.removesuffix(".js"))


def derived() -> dict[Path, str]:
    """Every derived file and what it has to hold."""
    made = {FIELDS_JS: fields_js(), PRESETS_JS: presets_js(), STYLE_JS: style_js()}
    return {**made, BUNDLE: bundle(made)}


def problems() -> Iterator[str]:
    """One line for each derived file that is not what its masters give."""
    for path, text in derived().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path.name} is not what its masters give: run `make derived`"


def renew() -> None:
    """Write the derived files."""
    for path, text in derived().items():
        path.write_text(text, encoding="utf-8")
