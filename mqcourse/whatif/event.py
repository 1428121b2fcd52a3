"""The events that a reader can cause, the same for the three brokers, and how a link holds a list of them."""

EVENTS = ("publish", "receive", "settle", "return", "kill", "wait", "rewind", "expire")
"""settle: acknowledge, commit or complete. return: negative acknowledgement or abandon. wait: a minute. expire: retention."""
LETTERS = ("p", "r", "s", "b", "k", "w", "z", "x")
"""The letter of each event in a link, in the same order."""
LABELS = (
    "Publish",
    "Receive",
    "Settle",
    "Give back",
    "Kill the consumer",
    "Wait a minute",
    "Rewind",
    "Retention deletes one",
)
"""What the page calls each event, in the same order."""
MOST = 60
"""Events in a list; a link with more is cut here."""
SURPRISE = 14
"""Events that a seed draws."""
CHANCES = (
    "publish",
    "publish",
    "receive",
    "receive",
    "receive",
    "settle",
    "settle",
    "return",
    "kill",
    "wait",
    "rewind",
)
"""What a seed draws from, each entry as likely as the others: an event that is listed twice is drawn twice as often."""
MASK = 0xFFFFFFFF


def encoded(events: list[str]) -> str:
    """A list of events as letters."""
    return "".join([LETTERS[EVENTS.index(one)] for one in events])


def decoded(letters: list[str]) -> list[str]:
    """The events of a link. Letters that stand for none are left out."""
    found: list[str] = []
    for letter in letters:
        if letter in LETTERS and len(found) < MOST:
            found.append(EVENTS[LETTERS.index(letter)])
    return found


def surprise(seed: int) -> list[str]:
    """A list of events that a seed (0 to 2**32 - 1) draws: it begins with two publishes.

    The generator is the linear congruential one of Numerical Recipes (Press et al., 2nd ed., 7.1), of which the upper
    bits are used.
    """
    state = seed & MASK
    events = ["publish", "publish"]
    while len(events) < SURPRISE:
        state = (state * 1664525 + 1013904223) & MASK
        share = (state >> 8) / 16777216.0
        events.append(CHANCES[int(share * len(CHANCES))])
    return events
