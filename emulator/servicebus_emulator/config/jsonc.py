"""JSON with ``//`` and ``/* */`` comments and trailing commas, as Microsoft's sample config.json has them."""

from __future__ import annotations

import json
import re

_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.DOTALL)


class JsonError(ValueError):
    """The text is not JSON. The message names line and column."""


def loads(text: str) -> object:
    """The value of the text. Raises JsonError for broken text and for a name given twice in one object."""
    try:
        value: object = json.loads(_TOKEN.sub(_blank, text.removeprefix("\ufeff")), object_pairs_hook=_once)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise JsonError(f"line {error.lineno} column {error.colno}: {error.msg}") from None
    except JsonError:
        raise
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise JsonError(
            f"\\u{ord(half):04x} is half a character: a pair of surrogates belongs together"
        ) from None
    except RecursionError:
        raise JsonError("nested too deep") from None
    except ValueError:  # Python's own limit of 4,300 digits
        raise JsonError("a number has too many digits") from None
    return value


def _blank(token: re.Match[str]) -> str:
    """Strings stay; comments and trailing commas become blanks so that line and column stay right."""
    found = token.group()
    return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for name, value in pairs:
        if name in seen:
            raise JsonError(f"the name '{name}' appears twice in one object")
        seen[name] = value
    return seen
