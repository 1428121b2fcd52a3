"""What is quoted of a passage below its title. The page's search.js has the same rules."""

from mqcourse.search.index import Index
from mqcourse.search.passage import SENTENCE_END, Passage
from mqcourse.search.query import Query, terms_of
from mqcourse.search.words import WORD, telling

LONGEST_SIGNS = 260
"""Of an excerpt."""
CODE_SIGNS = 60
"""Of code before the first word that was found in it."""


def excerpt(index: Index, query: Query, passage: Passage) -> str:
    """The sentence with the most of the query's words, and those after it as far as there is space.

    Of two with the same number the first. Where only code has one of the words, code from a little before it on. A
    sentence that is shown as the heading is not repeated.
    """
    wanted = {*query.words}
    sentences = SENTENCE_END.split(passage.text)[0 if passage.title else 1 :] or [""]
    best, most = 0, 0
    for number, sentence in enumerate(sentences):
        found = len(wanted.intersection(terms_of(index, telling(sentence))))
        if found > most:
            best, most = number, found
    if not most and passage.code:
        at = _first(index, wanted, passage.code)
        if at >= 0:
            return _cut(passage.code[max(0, at - CODE_SIGNS) :])
    text = sentences[best]
    for sentence in sentences[best + 1 :]:
        if len(text) + 1 + len(sentence) > LONGEST_SIGNS:
            break
        text = f"{text} {sentence}"
    return _cut(text)


def _first(index: Index, wanted: set[int], code: str) -> int:
    for found in WORD.finditer(code.lower()):
        if wanted.intersection(index.words.get(found[0], [])):
            return found.start()
    return -1


def _cut(text: str) -> str:
    if len(text) <= LONGEST_SIGNS:
        return text
    end = text.rfind(" ", 0, LONGEST_SIGNS)
    return f"{text[: end if end > 0 else LONGEST_SIGNS]} …"
