"""What proves a card, and what to read, as lines that can be typed or opened."""

from functools import cache

from mqcourse.book.chapter import Chapter
from mqcourse.book.question import NOT_RUN, Number, Question


@cache
def page(name: str) -> str:
    """A page of the book by its title, with the file to open: "The log (book/kafka/log.md)"."""
    chapter = Chapter(name)
    return f"{chapter.title} (`{chapter.file}`)"


def proof_line(question: Question) -> str:
    """Where the card's answer is run: chapter, lab, test, fact or sum. A card that was only read names its first source.

    It is Markdown, with an address in angle brackets.
    """
    proof = question.proof
    match proof.kind:
        case "chapter":
            return f"run the cells of {page(proof.what)}"
        case "lab":
            lab, _, exercise = proof.what.partition("/")
            return f"lab `labs/{lab}.ipynb`, exercise `{exercise}`"
        case "test":
            return f"the test `{proof.what}`"
        case "fact":
            return f"the fact `{proof.what}` in `book/facts.toml`, with its source"
        case "calculation" if isinstance(question.details, Number):
            return f"the sum `{question.details.formula}`"
        case "calculation":
            return "the sum in the card's answer"
    title, url = question.sources[0]
    return f"the answer was {NOT_RUN}; its source is {title}, <{url}>"
