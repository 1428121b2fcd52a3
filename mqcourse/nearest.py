"""The name that somebody meant who wrote another one."""

from collections.abc import Iterable

LIKENESS = 0.7
"""From here on two words are taken for the same one, mistyped: difflib's ratio."""


def nearest(word: str, names: Iterable[str], likeness: float = LIKENESS) -> str | None:
    """The most similar name, or None below the likeness."""
    import difflib  # here, since most commands never need it

    found = difflib.get_close_matches(word, list(names), n=1, cutoff=likeness)
    return found[0] if found else None


def did_you_mean(word: str, names: Iterable[str], otherwise: str = "") -> str:
    """What an error advises: the name that was meant, else `otherwise`."""
    found = nearest(word, names)
    return f"Did you mean {found}?{' ' + otherwise if otherwise else ''}" if found else otherwise
