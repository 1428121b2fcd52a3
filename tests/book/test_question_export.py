"""The bank for other programs: every card is in every file, once, whole, and known by an id that stays."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest, ImportCsvRequest
from markdown_it import MarkdownIt
from pypdf import PdfReader

from mqcourse.book.card_markdown import back, front
from mqcourse.book.question import KINDS, Question
from mqcourse.book.question_deck import as_apkg
from mqcourse.book.question_export import COLUMNS, as_anki, as_csv, as_markdown
from mqcourse.book.question_pdf import as_pdf
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.cli import main
from mqcourse.exits import Exit

pytestmark = pytest.mark.lengthy

BANK = load_bank()
CARDS = all_questions(BANK)


def of_kind(kind: str) -> Question:
    return next(card for card in CARDS if card.kind == kind)


def test_the_table_has_a_line_for_each_card_and_a_spreadsheet_reads_it_back() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(CARDS, BANK), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [row["id"] for row in rows] == [card.id for card in CARDS]
    for row, card in zip(rows, CARDS, strict=True):
        assert row["question"] == front(card)
        assert row["answer"] == back(card)
        assert all(url in row["sources"] for _, url in card.sources)


def test_anki_gets_a_note_for_each_card_with_an_id_that_stays() -> None:
    text = as_anki(CARDS, BANK)
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert head == [
        "#separator:tab",
        "#html:true",
        "#notetype:Basic",
        "#guid column:1",
        "#deck column:2",
        "#tags column:5",
    ]
    body = text[len("\n".join(head)) + 1 :]
    notes = list(csv.reader(io.StringIO(body, newline=""), delimiter="\t"))
    assert [note[0] for note in notes] == [f"mastering-message-queues-{card.id}" for card in CARDS]
    assert {len(note) for note in notes} == {5}
    for note, card in zip(notes, CARDS, strict=True):
        assert note[1] == f"Mastering message queues::{BANK[card.topic].title}"
        assert f"kind::{card.kind}" in note[4].split()
        assert not re.search(r"\*\*|```", re.sub(r"<code.*?</code>", "", note[2] + note[3], flags=re.DOTALL))


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Any]:
    """An empty collection of Anki's own library, and what imports a text as the program does."""
    collection = Collection(str(tmp_path / "collection.anki2"))

    def imported(text: str) -> Any:
        file = tmp_path / "cards.txt"
        file.write_text(text, encoding="utf-8")
        metadata = collection.get_csv_metadata(path=str(file), delimiter=None)
        return collection.import_csv(ImportCsvRequest(path=str(file), metadata=metadata)).log

    yield collection, imported
    collection.close()


def test_anki_itself_imports_the_deck_and_a_second_time_without_a_duplicate(anki: Any) -> None:
    collection, imported = anki
    first = imported(as_anki(CARDS, BANK))
    assert (len(first.new), collection.note_count(), collection.card_count()) == (len(CARDS),) * 3
    decks = {deck.name for deck in collection.decks.all_names_and_ids()}
    assert {f"Mastering message queues::{topic.title}" for topic in BANK.values()} <= decks
    again = imported(as_anki(CARDS, BANK))
    assert (len(again.new), len(again.updated), len(again.duplicate)) == (0, 0, len(CARDS))
    assert collection.note_count() == len(CARDS)


def test_a_card_that_was_corrected_is_renewed_in_anki_and_keeps_its_schedule(anki: Any) -> None:
    collection, imported = anki
    imported(as_anki(CARDS, BANK))
    (note,) = collection.find_notes(f'"front:*{CARDS[0].prompt[:40]}*"')
    (number,) = collection.card_ids_of_note(note)
    collection.sched.set_due_date([number], "30")
    due = collection.get_card(number).due
    corrected = replace(CARDS[0], strong=("Something else.", *CARDS[0].strong[1:]))
    log = imported(as_anki([corrected, *CARDS[1:]], BANK))
    assert (len(log.new), len(log.updated)) == (0, 1)
    assert "Something else." in collection.get_note(note).fields[1]
    assert collection.get_card(number).due == due


MADE_S = 1_790_000_000.0


def import_deck(collection: Any, file: Path, when_s: float, cards: list[Question]) -> Any:
    """What Anki's own library logs of the import."""
    file.write_bytes(as_apkg(cards, BANK, when_s))
    options = ImportAnkiPackageOptions(merge_notetypes=True)
    return collection.import_anki_package(
        ImportAnkiPackageRequest(package_path=str(file), options=options)
    ).log


def test_the_deck_is_imported_by_anki_twice_without_a_duplicate(anki: Any, tmp_path: Path) -> None:
    collection, _ = anki
    file = tmp_path / "cards.apkg"
    first = import_deck(collection, file, MADE_S, CARDS)
    assert (len(first.new), collection.note_count(), collection.card_count()) == (len(CARDS),) * 3
    decks = {deck.name for deck in collection.decks.all_names_and_ids()}
    assert {f"Mastering message queues::{topic.title}" for topic in BANK.values()} <= decks
    again = import_deck(collection, file, MADE_S, CARDS)
    assert (len(again.new), len(again.updated), len(again.duplicate)) == (0, 0, len(CARDS))
    assert collection.note_count() == len(CARDS)


def test_a_younger_deck_renews_a_corrected_card_and_keeps_its_schedule(anki: Any, tmp_path: Path) -> None:
    collection, _ = anki
    file = tmp_path / "cards.apkg"
    import_deck(collection, file, MADE_S, CARDS[:20])
    (note,) = collection.find_notes(f'"front:*{CARDS[0].prompt[:40]}*"')
    (number,) = collection.card_ids_of_note(note)
    collection.sched.set_due_date([number], "30")
    due = collection.get_card(number).due
    corrected = replace(CARDS[0], strong=("Something else.", *CARDS[0].strong[1:]))
    log = import_deck(collection, file, MADE_S + 60, [corrected, *CARDS[1:20]])
    assert len(log.new) == 0
    assert "Something else." in collection.get_note(note).fields[1]
    assert collection.get_card(number).due == due
    assert collection.note_count() == 20


@pytest.fixture(scope="module")
def printed() -> PdfReader:
    """The whole bank, so that a card that cannot be set is found here."""
    return PdfReader(io.BytesIO(as_pdf(CARDS, BANK)))


def words(text: str) -> str:
    """The text without what the setting of lines adds or takes."""
    return re.sub(r"[\s•]+", "", text)


def plain(markdown: str) -> str:
    """The text of inline Markdown."""
    (block,) = [token for token in MarkdownIt("commonmark").parse(markdown) if token.type == "inline"]
    return "".join(token.content for token in block.children or [])


def test_the_outline_of_the_pdf_leads_to_each_topic_and_each_question(printed: PdfReader) -> None:
    topics = [entry for entry in printed.outline if not isinstance(entry, list)]
    cards = [entry for entry in printed.outline if isinstance(entry, list)]
    assert [entry.title for entry in topics] == [topic.title for topic in BANK.values()]
    assert [[entry.title for entry in each] for each in cards] == [
        [plain(card.prompt) for card in topic.questions] for topic in BANK.values()
    ]
    places = [printed.get_destination_page_number(entry) for each in cards for entry in each]
    assert places == sorted(places)
    assert places[-1] < len(printed.pages)
    contents = printed.pages[0].extract_text()
    for entry in topics:
        assert str(entry.title) in contents
        assert f". {printed.get_destination_page_number(entry) + 1}\n" in f"{contents}\n"
    assert printed.metadata is not None
    assert printed.metadata.title == "Mastering message queues: interview questions"


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_is_printed_whole_with_the_addresses_of_its_sources(printed: PdfReader, kind: str) -> None:
    each = [entry for entries in printed.outline if isinstance(entries, list) for entry in entries]
    pages = [printed.get_destination_page_number(entry) for entry in each]
    ends = [*(after for _, after in pairwise(pages)), len(printed.pages) - 1]
    card = of_kind(kind)
    place = CARDS.index(card)
    first_line = re.compile(r"^\d+\n")  # the page's number
    texts = [printed.pages[page].extract_text() for page in range(pages[place], ends[place] + 1)]
    assert all(first_line.match(text) for text in texts)
    read = words("".join(first_line.sub("", text) for text in texts))
    for text in (*card.strong, *(one.ask for one in card.follow_ups), *(one.why for one in card.wrong)):
        assert words(plain(text)) in read
    assert all(words(url) in read for _, url in card.sources)
    assert card.id in read


def test_the_same_bank_is_printed_to_the_same_bytes() -> None:
    some = [card for card in CARDS if card.topic == "why"]
    assert as_pdf(some, BANK) == as_pdf(some, BANK)


def test_the_page_has_each_card_below_its_topic() -> None:
    page = as_markdown(CARDS, BANK)
    titles = [topic.title for topic in BANK.values()]
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == titles
    assert re.findall(r"^### (.*)$", page, re.MULTILINE) == [card.prompt for card in CARDS]


def test_of_a_topic_only_its_cards_are_written() -> None:
    chosen = [card for card in CARDS if card.topic == "delivery"]
    page = as_markdown(chosen, BANK)
    assert page.count("\n## ") == 1
    assert page.startswith(f"# Mastering message queues: {len(chosen)} interview questions\n")


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_asks_is_on_the_front_and_what_answers_it_on_the_back(kind: str) -> None:
    card = of_kind(kind)
    asked, answered = front(card), back(card)
    assert card.prompt in asked
    assert all(point in answered and point not in asked for point in card.strong)
    assert all(each.ask in answered and each.answer in answered for each in card.follow_ups)
    given, solved = {
        "choice": ("A. ", "**Right: "),
        "choices": ("A. ", "**Right: "),
        "order": ("A. ", "**Right: "),
        "numeric": ("Give a number in ", "Within "),
        "estimate": ("Give a number in ", "Within "),
        "spot": ("```text\n", "**The mistake:**"),
        "claim": ("> ", "**Verdict: "),
        "incident": ("```text\n", "**Three decisions**"),
        "design": ("", "**Three options, each with its price**"),
        "recall": ("", "**A strong answer**"),
    }[kind]
    assert given in asked
    assert solved in answered
    assert solved not in asked


def test_the_command_writes_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cards.txt"
    assert main(["questions", "export", "anki", "--level", "staff", str(file)]) == Exit.DONE
    staff = [card for card in CARDS if card.level == "St"]
    assert file.read_text(encoding="utf-8") == as_anki(staff, BANK)
    assert f"{len(staff)} questions are in {file}" in capsys.readouterr().out
    assert main(["questions", "export", "pdf", "--topic", "delivery", str(file)]) == Exit.DONE
    delivery = BANK["delivery"].questions
    assert f"{len(delivery)} questions are in {file}" in capsys.readouterr().out
    assert sum(len(entry) for entry in PdfReader(file).outline if isinstance(entry, list)) == len(delivery)
    assert main(["questions", "export", "apkg", "--topic", "delivery", str(file)]) == Exit.DONE
    assert f"{len(delivery)} questions are in {file}" in capsys.readouterr().out
    assert {"collection.anki2", "media"} <= {*ZipFile(file).namelist()}
    assert main(["questions", "export", "csv", "--topic", "delivry", str(file)]) == Exit.USAGE
    assert "delivery" in capsys.readouterr().err
