"""Words as they are searched: lower case, without endings, and without the words that every text has."""

import re
from functools import cache

import snowballstemmer

WORD = re.compile(r"[a-z0-9]+")
SMALL = """a about also am an and any are as at be because been but by can could did do does during either for from get gets got had has
    have he her here him his how i if in into is it its itself just let like made make makes may me might must my no nor of on one
    or our out over own she should since so some such than that the their them then there these they this those through to too under
    until up us very was we were what when where whether which while who whom whose why will with would yes you your"""
STOP = frozenset(SMALL.split())
"""Words that a query may hold and that say nothing about its subject."""

_stemmer = snowballstemmer.stemmer("english")


def telling(text: str) -> list[str]:
    """The words of a text that say something about its subject, in its order.

    A name of several parts, such as max.poll.records, is one word for each part.
    """
    return [word for word in WORD.findall(text.lower()) if word not in STOP]


@cache
def stem(word: str) -> str:
    """A word without its ending, by Porter's second algorithm for English."""
    return str(_stemmer.stemWord(word))
