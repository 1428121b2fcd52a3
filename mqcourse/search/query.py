"""A query as the terms of an index, and the passages that fit it best. The page's search.js has the same rules."""

from collections.abc import Iterable
from dataclasses import dataclass

from mqcourse.search.index import LONGEST_PHRASE, Index
from mqcourse.search.words import telling

CUT = 3
"""So many letters may be taken from the end of a word that the book does not have, to find one that it has."""
SHORTEST = 4
"""Letters of what is left then."""


@dataclass(frozen=True)
class Query:
    """What of a query the index has. `words` are terms of single words, each once; `phrases` terms of several."""

    words: list[int]
    phrases: list[int]
    unknown: list[str]
    """Words that no passage has in any form."""


def read(index: Index, text: str) -> Query:
    """The terms of a query. A word that the book does not have is tried without its last letters."""
    ids: list[int] = []
    unknown: list[str] = []
    for word in telling(text):
        found = _lookup(index, word)
        ids.extend(found)
        if not found:
            unknown.append(word)
    words: list[int] = []
    phrases: list[int] = []
    for at, one in enumerate(ids):
        if one not in words:
            words.append(one)
        for length in range(1, min(LONGEST_PHRASE, len(ids) - at) + 1):
            for term in index.phrases.get(" ".join(map(str, ids[at : at + length])), []):
                if term not in phrases:
                    phrases.append(term)
    return Query(words, phrases, unknown)


def _lookup(index: Index, word: str) -> list[int]:
    """The terms of a word, or of what is left of it without its last letters; empty where there are none."""
    for cut in range(min(CUT, max(0, len(word) - SHORTEST)) + 1):
        found = index.words.get(word[: len(word) - cut])
        if found:
            return found
    return []


def terms_of(index: Index, words: Iterable[str]) -> list[int]:
    """The terms of words of a passage."""
    return [number for word in words for number in index.words.get(word, [])]


def rank(index: Index, query: Query, most: int) -> list[int]:
    """The numbers of the passages that fit best, the best first: by the sum of impacts, times how many of the words it has.

    Whole numbers alone, so that the page gives the same order; of two with the same score the earlier in the book is first.
    """
    scores = [0] * len(index.passages)
    has = [0] * len(index.passages)
    for term in [*query.words, *query.phrases]:
        posting = index.postings[term]
        for at in range(0, len(posting), 2):
            scores[posting[at]] += posting[at + 1]
    for term in query.words:
        for number in index.postings[term][::2]:
            has[number] += 1
    found = [number for number, score in enumerate(scores) if score > 0]
    found.sort(key=lambda number: (-scores[number] * (len(query.words) + has[number]), number))
    return found[:most]
