"""The style attributes and elements of a page's body, moved to where a strict Content-Security-Policy allows them.

matplotlib styles each part of a drawing in an attribute, docutils the columns of a table, pandas a table in an element.
"""

import re
from hashlib import sha256
from html import escape, unescape

TAG = re.compile(r'<(?P<name>[a-zA-Z][\w-]*)(?P<before>[^<>]*?)\sstyle="(?P<style>[^"]*)"(?P<after>[^<>]*)>')
ELEMENT = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
CLASS = re.compile(r'(\sclass=")([^"]*)(")')
DRAWN = frozenset(
    ["svg", "g", "path", "use", "rect", "line", "circle", "ellipse", "polyline", "polygon", "text", "tspan"]
)
"""Elements of a drawing."""
PRESENTATION = frozenset(
    [
        "fill",
        "fill-opacity",
        "fill-rule",
        "opacity",
        "stroke",
        "stroke-dasharray",
        "stroke-dashoffset",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
    ]
)
"""Properties that an element of a drawing may have as attributes (SVG 2, section 6.6)."""


def moved(html: str) -> tuple[str, str]:
    """The HTML without inline styles, and the style sheet that gives it the same look; "" when it needs none.

    What a drawing may have as attributes becomes attributes, and the rest a rule of the style sheet. Rules have an id's
    weight, so that they win against the theme's, as inline styles do.
    """
    sheet: dict[str, str] = {}

    def in_place(found: re.Match[str]) -> str:
        before, after = found["before"], found["after"]
        attributes, rest = [], []
        for declaration in filter(None, map(str.strip, unescape(found["style"]).split(";"))):
            name, _, value = (part.strip() for part in declaration.partition(":"))
            there = f" {name}=" in f"{before}{after}"
            if found["name"] in DRAWN and name in PRESENTATION and not there:
                attributes.append(f' {name}="{escape(value)}"')
            else:
                rest.append(f"{name}: {value}")
        if rest:
            rule = "; ".join(rest)
            name = f"mq-s-{sha256(rule.encode()).hexdigest()[:8]}"
            sheet[f".{name}:not(#_) {{ {rule} }}"] = ""
            if CLASS.search(before):
                before = CLASS.sub(rf"\g<1>\g<2> {name}\g<3>", before, count=1)
            elif CLASS.search(after):
                after = CLASS.sub(rf"\g<1>\g<2> {name}\g<3>", after, count=1)
            else:
                before = f'{before} class="{name}"'
        return f"<{found['name']}{before}{''.join(attributes)}{after}>"

    def taken(found: re.Match[str]) -> str:
        sheet[found[1].strip()] = ""
        return ""

    html = TAG.sub(in_place, ELEMENT.sub(taken, html))
    return html, "".join(f"{rule}\n" for rule in sheet)
