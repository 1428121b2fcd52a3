"""Several JavaScript modules as one file: a page loads one file fastest, and a widget is one file."""

import re
from pathlib import Path

from mqcourse.errors import CourseError

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
EXPORTED = re.compile(r"^export (?:const|class|function\*?) (\w+)", re.MULTILINE)
LISTED = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)


def bundle(web: Path, entry: str, generated: dict[Path, str]) -> str:
    """The modules of a folder as one, beginning with `entry`: each a separate function that returns what it exports.

    They are in the order of their imports. `generated`: texts of files that may not be written yet. Raises CourseError for an import or export in a form that this does not read.
    """
    order: list[str] = []
    parts: dict[str, str] = {}

    def take(name: str) -> None:
        if name in parts:
            return
        path = web / name
        text = generated.get(path) or path.read_text(encoding="utf-8")
        parts[name] = ""  # a circle of imports would come back here and find it

        def imported(found: re.Match[str]) -> str:
            other = ((path.parent / found[2]).resolve().relative_to(web.resolve())).as_posix()
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

    take(entry)
    return "\n".join(parts[name] for name in order)


def module(name: str) -> str:
    """The variable of a module in the bundle."""
    return re.sub(r"\W", "_", name.removesuffix(".js"))
