"""How the JavaScript looks: comments, and lines that are not too long."""

import inspect

WIDTH = 110


def block_comment(text: str | None) -> list[str]:
    """A docstring as JavaScript's tools read it."""
    if not text:
        return []
    lines = inspect.cleandoc(text).replace("*/", "* /").splitlines()
    if len(lines) == 1:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def line_comments(texts: list[str]) -> list[str]:
    return [f"// {text}" for text in texts]


def folded(line: str, again: bool = False) -> list[str]:
    """A line of code in pieces that are short enough, broken after a comma or an operator, far outside first.

    A comment at its end moves above it. Imports stay whole, since the bundle reads them by line. `again`: the line
    is what is left of one that was broken, and set in already.
    """
    if len(line) <= WIDTH or line.lstrip().startswith(("// ", "* ", "/** ", "import ")):
        return [line]
    margin = line[: len(line) - len(line.lstrip())]
    places, comment = breaks(line)
    if comment is not None:
        return [margin + line[comment:], *folded(line[:comment].rstrip())]
    later = [(depth, at) for depth, at in places if at > len(margin) + 4]
    inside = [(depth, at) for depth, at in later if at <= WIDTH] or later[:1]
    if not inside:
        return [line]
    least = min(depth for depth, _ in inside)
    at = max(at for depth, at in inside if depth == least)
    rest = margin + ("" if again else "    ") + line[at:].lstrip()
    return [line[:at].rstrip(), *folded(rest, again=True)]


def breaks(line: str) -> tuple[list[tuple[int, int]], int | None]:
    """Depth and position of every place where a line may be broken; where a comment begins at its end."""
    found: list[tuple[int, int]] = []
    depth, at, quote = 0, 0, ""
    while at < len(line):
        char = line[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'`":
            quote = char
        elif line.startswith("// ", at):
            return found, at
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif (
            char == ","
            or (char == " " and line[at + 1 :].startswith(("? ", ": ")))
            or (char == " " and line[:at].endswith((" +", " -", " *", " /", " &&", " ||", " =")))
        ):
            found.append((depth, at + 1))
        at += 1
    return found, None
