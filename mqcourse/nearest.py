"""The name that somebody meant who wrote another one."""

from collections.abc import Iterable

LIKENESS = 0.7
"""From here on two words are taken for the same one, mistyped: difflib's ratio."""


def nearest(word: str, names: Iterable[str], likeness: float = LIKENESS) -> str | None:
    """The one name that begins with the word, else the most similar; None below the likeness."""
    names = list(names)
    if len(word) > 2 and len(begun := [name for name in names if name.startswith(word)]) == 1:
        return begun[0]
    import difflib  # here, since most commands never need it

    found = difflib.get_close_matches(word, names, n=1, cutoff=likeness)
    return found[0] if found else None


def did_you_mean(word: str, names: Iterable[str], otherwise: str = "") -> str:
    """What an error advises: the name that was meant, else `otherwise`."""
    found = nearest(word, names)
    return f"Did you mean {found}?{' ' + otherwise if otherwise else ''}" if found else otherwise
