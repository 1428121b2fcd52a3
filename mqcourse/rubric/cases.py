"""The cases of an interview in their order, drawn from the cards at and around a level."""

from mqcourse.rubric.card import Entry
from mqcourse.rubric.levels import LEVELS

DESIGN_MINUTES = 25
"""A design has 45 minutes on its card. In an interview it has these, so that other cases fit beside it."""
LARGEST_SHARE = 0.6
"""A case takes at most this share of the minutes, because one case alone is too little to count. A named topic is free of
it: some topics have long cases only."""
GROUPS = {
    "recall": ("recall", "choice", "choices", "order", "spot"),
    "claim": ("claim",),
    "estimate": ("estimate", "numeric"),
    "incident": ("incident",),
    "design": ("design",),
}
"""The kinds of cards that each place of a cycle draws from."""
CYCLES = {
    "J": ("recall", "claim", "recall", "estimate", "recall"),
    "M": ("recall", "incident", "claim", "estimate", "recall"),
    "S": ("recall", "design", "claim", "estimate", "incident", "recall"),
    "St": ("recall", "design", "incident", "claim", "estimate", "recall"),
}
"""The order of an interview at each level, repeated while minutes are left. It begins with a short question."""
AT = 1
BELOW = 3
ABOVE = 6
"""Powers of a draw between 0 and 1: a card of the level below has a third of the weight of one at the level, a card of
the level above a sixth."""


def minutes_for(kind: str, minutes: int) -> int:
    """The minutes planned for a card whose own are `minutes`."""
    return DESIGN_MINUTES if kind == "design" else minutes


def fitting(bank: list[Entry], level: str, topic: str) -> list[Entry]:
    """The cards at the level and beside it, in the order of the bank; of one topic unless it is empty."""
    found: list[Entry] = []
    for entry in bank:
        if power(entry.level, level) > 0 and topic in ("", entry.topic):
            found.append(entry)
    return found


def power(of_card: str, level: str) -> int:
    """The power for a card of a level; 0 where that level is not asked."""
    levels = list(LEVELS)
    higher = levels.index(of_card) - levels.index(level)
    if higher == 0:
        return AT
    if higher == -1:
        return BELOW
    return ABOVE if higher == 1 else 0


def planned(cards: list[Entry], level: str, minutes: int, topic: str, draws: list[float]) -> list[Entry]:
    """The cases in order; together they take no more than the minutes.

    `cards` are those of `fitting`, in the order of their ids, each with a draw from 0 to 1. A card's draw to its power is
    the key of a weighted draw without replacement (Efraimidis and Spirakis, 2006), the largest first; products alone, so
    that every machine gives the same bits. Fewer minutes than the shortest case leave it empty; it may end before the
    minutes do when a topic has no more cards.
    """
    keys: list[float] = []
    for entry, draw in zip(cards, draws, strict=True):
        key = 1.0
        for _ in range(power(entry.level, level)):
            key = key * draw
        keys.append(key)
    cycle = list(CYCLES[level])
    longest = max(LARGEST_SHARE * minutes, _shortest(cards))
    if topic != "":
        longest = minutes * 1.0
        for group in GROUPS:
            if group not in cycle:
                cycle.append(group)
    used = [False] * len(cards)
    cases: list[Entry] = []
    left = minutes
    before = -1
    while len(cases) > before:
        before = len(cases)
        for group in cycle:
            place = _first(cards, keys, used, list(GROUPS[group]), left, longest)
            if place >= 0:
                used[place] = True
                cases.append(cards[place])
                left = left - cards[place].minutes
    return cases


def _shortest(cards: list[Entry]) -> int:
    """The minutes of the shortest card; it is asked however few minutes there are."""
    shortest = 1000
    for entry in cards:
        shortest = min(shortest, entry.minutes)
    return shortest


def _first(
    cards: list[Entry], keys: list[float], used: list[bool], kinds: list[str], left: int, longest: float
) -> int:
    """The place of the card with the largest key that is of these kinds and fits; -1 for none."""
    found = -1
    for at, entry in enumerate(cards):
        fits = entry.minutes <= min(left, longest)
        if not used[at] and entry.kind in kinds and fits and (found < 0 or keys[at] > keys[found]):
            found = at
    return found
