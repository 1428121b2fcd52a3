"""The index and the ranking, with a few passages whose order is plain."""

from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.search import index_file
from mqcourse.search.excerpt import LONGEST_SIGNS, excerpt
from mqcourse.search.index import Index, build
from mqcourse.search.passage import Passage
from mqcourse.search.query import rank, read


def some(*texts: str) -> list[Passage]:
    return [Passage("section", f"{number}.html", "", text=text) for number, text in enumerate(texts)]


def found(index: Index, text: str) -> list[str]:
    return [index.passages[number].page for number in rank(index, read(index, text), 10)]


def test_endings_and_small_words_do_not_matter() -> None:
    index = build(some("The consumers are crashing.", "A broker."))
    assert found(index, "what happens when a consumer has crashed?") == ["0.html"]
    assert found(index, "what is the") == []


def test_a_title_counts_more_than_a_text_and_a_text_more_than_code() -> None:
    index = build(
        [
            Passage("section", "code.html", "", code="prefetch"),
            Passage("section", "text.html", "", text="prefetch"),
            Passage("section", "title.html", "", title="Prefetch"),
        ]
    )
    assert found(index, "prefetch") == ["title.html", "text.html", "code.html"]


def test_a_passage_with_all_words_comes_before_one_that_has_one_of_them_often() -> None:
    index = build(some("lock lock lock lock", "The lock was lost.", "Other words", "and more"))
    assert found(index, "lock lost")[0] == "1.html"


def test_words_side_by_side_count_more_than_far_apart() -> None:
    apart = "dead tree and letter"
    index = build(some(apart, "a dead letter", *["dead letter box"] * 4, *["another"] * 9))
    assert found(index, "dead letter").index("1.html") < found(index, "dead letter").index("0.html")


def test_another_word_for_the_same_is_found_and_an_alias_is_read_as_its_words() -> None:
    index = build(
        some("Rewind the group.", "A dead-letter queue.", "Else."),
        groups=[["replay", "rewind", "read again"]],
        aliases={"DLQ": "dead letter queue"},
    )
    assert found(index, "replay") == ["0.html"]
    assert found(index, "how do I read it again") == ["0.html"]
    assert found(index, "dlq") == ["1.html"]


def test_a_word_that_the_book_does_not_have_is_tried_without_its_last_letters_and_named() -> None:
    index = build(some("A partition.", "Else."))
    assert found(index, "partitioners") == ["0.html"]
    assert read(index, "xyzzy partition").unknown == ["xyzzy"]
    assert read(index, "PARTITION xyz").unknown == ["xyz"]


def test_equal_passages_are_in_the_order_of_the_book() -> None:
    index = build(some("same words", "same words", "other"))
    assert found(index, "same words") == ["0.html", "1.html"]


def test_an_excerpt_is_the_sentence_with_most_of_the_words_and_what_follows() -> None:
    index = build(some("First of all. The lock was lost then. It came back. " + "Long " * 80 + "end."))
    query = read(index, "lock lost")
    assert excerpt(index, query, index.passages[0]) == "The lock was lost then. It came back."


def test_an_excerpt_is_cut_between_words_and_comes_from_code_where_only_code_fits() -> None:
    text = "word " * 200
    index = build(
        [Passage("section", "p.html", "", "Title", text=text, code="x = 1\n" * 30 + "basic_qos(7)")]
    )
    assert (
        excerpt(index, read(index, "word"), index.passages[0])
        == f"{('word ' * (LONGEST_SIGNS // 5)).strip()} …"
    )
    assert excerpt(index, read(index, "basic qos"), index.passages[0]).endswith("basic_qos(7)")


def test_a_fact_is_quoted_without_the_sentence_that_is_its_heading() -> None:
    index = build([Passage("fact", "p.html", "fact-f", text="A lock expires. Then it returns.")])
    assert excerpt(index, read(index, "lock"), index.passages[0]) == "Then it returns."


def test_the_file_of_an_index_gives_the_index_again(tmp_path: Path) -> None:
    index = build(some("one word", "another “word”", "else"), [["one", "first"]], {"W": "word"})
    path = tmp_path / "index.js"
    path.write_text(index_file.script(index), encoding="utf-8")
    assert index_file.read(path) == index


@pytest.mark.parametrize(
    ("text", "says"), [(None, "not built"), ("globalThis", "cannot be read"), ("", "cannot be read")]
)
def test_an_index_that_is_missing_or_damaged_is_one_line(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "index.js"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=says):
        index_file.read(path)
