"""The index of a book's passages: made in Python, read in Python and in the page.

All that needs floating point or a stemmer happens here, so that looking up and ranking are sums of whole numbers.
BM25F: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from mqcourse.search.passage import Passage
from mqcourse.search.words import stem, telling

WEIGHTS = {"title": 5.0, "above": 1.5, "text": 1.0, "note": 0.5, "code": 0.3, "unquoted": 0.5}
"""What a word in each field counts."""
LENGTH_SHARE = {"title": 0.3, "above": 0.3, "text": 0.6, "note": 0.0, "code": 0.7, "unquoted": 0.7}
"""b of BM25F: how far a long field lowers what a word in it counts."""
SATURATION = 2.0
"""k1 of BM25F."""
UNITS = 100
"""An impact of 1 as a whole number."""
PAIR_SHARE = 0.5
"""What two words side by side count, beside what each of them counts."""
GROUP_SHARE = 0.9
"""What a synonym counts, beside what the reader's own word counts."""
FEWEST_OF_A_PAIR = 5
"""Passages that a pair of words must be in to be kept: a rarer one adds little to its words, and there are many."""
LONGEST_PHRASE = 4
"""Words of a synonym."""
PRIOR = {"section": 1.0, "card": 0.8, "fact": 0.8, "term": 0.9}
"""What a passage counts by its kind: a section explains, a card or fact states."""
REVISION = ("check-yourself", "from-symptom-to-fix")
REVISION_PRIOR = 0.6
"""A section that only repeats what the page explains."""


@dataclass(frozen=True)
class Index:
    """What a search needs. The postings of a term are passage, impact, passage, impact, …"""

    words: dict[str, list[int]]
    """Each form of a word, with the number of its term; an alias, with those of the words that it is read as."""
    phrases: dict[str, list[int]]
    """Numbers of words side by side, as in "12 7", with the terms that they are: a pair, a group of synonyms."""
    postings: list[list[int]]
    passages: list[Passage]


def build(
    passages: Sequence[Passage],
    groups: Sequence[Sequence[str]] = (),
    aliases: Mapping[str, str] | None = None,
) -> Index:
    """The index of these passages. `groups` are phrases for the same thing; an alias is a word that is read as others."""
    fields = {name: [telling(getattr(one, name)) for one in passages] for name in WEIGHTS}
    others = [*(phrase for members in groups for phrase in members), *(aliases or {}).values()]
    words = _numbers([*(one for each in fields.values() for one in each), *map(telling, others)])
    for alias, meant in (aliases or {}).items():
        words[alias.lower()] = [number for word in telling(meant) for number in words[word]]
    grouped: dict[str, int] = {}
    for group, members in enumerate(groups):
        for phrase in members:
            grouped[_key(_ids(telling(phrase), words))] = group
    frequencies = _frequencies(fields, words, grouped)
    postings: list[list[int]] = [[] for _ in range(max(map(max, words.values()), default=-1) + 1)]
    phrases: dict[str, list[int]] = {}
    for term, found in sorted(frequencies.items()):
        if " " in term and len(found) < FEWEST_OF_A_PAIR:
            continue
        share = PAIR_SHARE if " " in term else GROUP_SHARE if term[0] == "=" else 1.0
        impacts = list(_impacts(found, share, passages))
        if term.isdigit():
            postings[int(term)] = impacts
            continue
        for phrase in (
            [term] if term[0] != "=" else [key for key, group in grouped.items() if group == int(term[1:])]
        ):
            phrases.setdefault(phrase, []).append(len(postings))
        postings.append(impacts)
    return Index(words, phrases, postings, list(passages))


def _numbers(texts: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """Each form of a word with the number of its stem; each stem too, which a reader's other form begins with."""
    stems: dict[str, int] = {}
    forms = sorted({word for text in texts for word in text})
    numbers = {word: [stems.setdefault(stem(word), len(stems))] for word in forms}
    return {stem: [number] for stem, number in stems.items()} | numbers


def _ids(text: Iterable[str], words: Mapping[str, list[int]]) -> list[int]:
    return [number for word in text for number in words[word]]


def _frequencies(
    fields: Mapping[str, Sequence[Sequence[str]]], words: Mapping[str, list[int]], grouped: dict[str, int]
) -> dict[str, dict[int, float]]:
    """For each term its weighted frequency in each passage that has it. `fields` has the words of each passage."""
    found: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for name, weight in WEIGHTS.items():
        numbered = [_ids(text, words) for text in fields[name]]
        average = max(1.0, sum(map(len, numbered)) / max(1, len(numbered)))
        share = LENGTH_SHARE[name]
        for number, ids in enumerate(numbered):
            each = weight / (1.0 - share + share * len(ids) / average)
            for term, count in _terms(ids, grouped).items():
                found[term][number] += each * count
    return found


def _terms(ids: Sequence[int], grouped: dict[str, int]) -> Counter[str]:
    """The terms of a field: its words, pairs of them, and the groups of synonyms that it holds."""
    found: Counter[str] = Counter()
    for at, one in enumerate(ids):
        found[str(one)] += 1
        if at + 1 < len(ids):
            found[_key(ids[at : at + 2])] += 1
        for length in range(1, min(LONGEST_PHRASE, len(ids) - at) + 1):
            group = grouped.get(_key(ids[at : at + length]))
            if group is not None:
                found[f"={group}"] += 1
    return found


def _impacts(found: dict[int, float], share: float, passages: Sequence[Passage]) -> Iterator[int]:
    rarity = log(1.0 + (len(passages) - len(found) + 0.5) / (len(found) + 0.5))
    for number, weight in sorted(found.items()):
        one = passages[number]
        prior = REVISION_PRIOR if one.anchor in REVISION else PRIOR[one.kind]
        yield number
        yield max(1, round(UNITS * share * prior * rarity * weight / (SATURATION + weight)))


def _key(ids: Iterable[int]) -> str:
    return " ".join(map(str, ids))
