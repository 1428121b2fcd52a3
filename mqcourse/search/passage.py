"""One place of the book that a search can lead to."""

import re
from dataclasses import dataclass

SENTENCE_END = re.compile(r"(?<=[.!?]) +")
KINDS = ("section", "card", "fact", "term")


@dataclass
class Passage:
    """A section, an interview card, a fact or a term, with its address and the texts that are searched."""

    kind: str
    page: str
    """Its file below the folder of the book: "book/kafka/log.html"."""
    anchor: str
    """Its id in the page; empty for the page's first section, which is the page itself."""
    title: str = ""
    above: str = ""
    """The title of the page."""
    text: str = ""
    code: str = ""
    note: str = ""
    """Of a fact: its version and source."""
    unquoted: str = ""
    """What is searched and never quoted, such as a statement that is wrong on purpose."""

    @property
    def heading(self) -> str:
        """What is shown as its title: its first sentence where it has none, as a fact."""
        return self.title or SENTENCE_END.split(self.text, maxsplit=1)[0]

    @property
    def address(self) -> str:
        """As a link from the folder of the book."""
        return f"{self.page}#{self.anchor}" if self.anchor else self.page
