"""The book's directives, through Sphinx itself: what good ones become in the page, and what bad ones say."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mqcourse.book.directives.chapter_head import day, shown_versions
from mqcourse.book.directives.mathml import FormulaError, mathml
from mqcourse.book.facts import load_facts
from mqcourse.book.glossary import load_glossary
from mqcourse.book.questions import load_bank
from mqcourse.book.record import Record

pytestmark = pytest.mark.lengthy

MODULES = ("html_element", "mathml", "chapter_head", "key_points", "fact", "gloss", "question", "predict")
CONF = f"""
extensions = ["myst_parser", *(f"mqcourse.book.directives.{{name}}" for name in {MODULES!r})]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"
html_theme = "basic"
"""
LISTS = "questions:\n- Why?\nobjectives:\n- Say why.\n"
HEAD = "```{chapter-head}\nminutes: 5\n" + LISTS
GOOD = """# Page

```{chapter-head}
minutes: 25
runs_with: [rabbitmq, pika]
questions:
  - What does `ack` do?
objectives:
  - Say what *happens*.
```

Twenty {fact}`deliveries <rabbitmq-delivery-limit>`, then gone. {fact}`rabbitmq-ttl-head` And on.

```{fact} littles-law
```

A {gloss}`channel`, some {gloss}`*copies* <replica>`, a {gloss}`routing_key <routing-key>`.

```{glossary-products}
```

```{glossary-terms} python
```

```{predict}
How **many**?
---
Seven.

- A list.
```

$$W = L / \\lambda$$

## Cards

```{question} why-a-queue
```

```{questions}
topic: ordering
```

```{question-topics}
```

```{questions}
ids: [choice-clicks, sb-purge, estimate-drain-quiet, order-outbox, spot-requeue-loop, design-webhooks,
  incident-disk-full, incident-not-enough-replicas, claim-kafka-zookeeper]
```

```{key-points}
- One.
```
"""


def sphinx(folder: Path, pages: dict[str, str], *options: str) -> "subprocess.CompletedProcess[str]":
    source = folder / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", *options, str(source), str(folder / "out")]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("good")
    done = sphinx(folder, {"index": GOOD}, "-W")
    assert done.returncode == 0, done.stderr
    return (folder / "out" / "index.html").read_text(encoding="utf-8")


def test_the_head_says_questions_and_minutes_and_that_nothing_was_run(page: str) -> None:
    head = page[page.index('class="mq-head"') : page.index('class="mq-head-foot"') + 600]
    assert "What does <code" in head
    assert "<em>happens</em>" in head
    assert "About 25 minutes" in head
    assert "was never run" in page


def test_the_head_of_a_page_without_cells_says_so(tmp_path: Path) -> None:
    done = sphinx(tmp_path, {"index": f"# Page\n\n{HEAD}```\n"}, "-W")
    assert done.returncode == 0, done.stderr
    assert "No program runs on this page" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_a_fact_carries_version_source_and_date(page: str) -> None:
    assert re.search(
        r'deliveries <span class="mq-fact-stamp"><a [^>]*href="https://www\.rabbitmq\.com[^>]*>RabbitMQ 4\.0',
        page,
    )
    fact = load_facts()["rabbitmq-ttl-head"]
    label = f"RabbitMQ {fact.version}, source: {fact.source}, RabbitMQ {fact.version}, as of {fact.checked}"
    assert f'aria-label="{label}"' in page
    assert re.search(rf'{re.escape(fact.text)} <span class="mq-fact-stamp">.*?</span>\s*And on\.', page)
    assert "<aside" in page
    assert page.count("<math") >= 2, "the fact's formula and the page's own"


def test_a_term_is_a_link_that_carries_its_explanation(page: str) -> None:
    explained = load_glossary()["channel"].text
    link = re.search(r'<a [^>]*class="mq-term[^>]*>channel</a>', page)
    assert link
    assert f'aria-description="{explained}"' in link[0]
    assert 'href="book/glossary.html#term-channel"' in link[0]
    assert re.search(r'href="book/glossary.html#term-replica"[^>]*><em>copies</em></a>', page)
    assert re.search(
        r'#term-routing-key"[^>]*><code[^>]*><span class="pre">routing_key</span></code></a>', page
    )


def test_the_glossary_sets_three_products_side_by_side_and_lists_its_terms(page: str) -> None:
    table = page[page.index("mq-words") :]
    rows = re.findall(r"<tr>.*?</tr>", table[: table.index("</table>")], re.DOTALL)
    assert [name in rows[0] for name in ("RabbitMQ", "Kafka", "Azure Service Bus")] == [True] * 3
    assert len(rows) == 1 + sum(bool(term.words) for term in load_glossary().values())
    assert re.search(r'<dt id="term-walrus">\s*:=</dt>\s*<dd>\s*Assigns', page)


def test_a_prediction_hides_its_answer_without_any_script(page: str) -> None:
    assert re.search(
        r"<details[^>]*>\s*<summary[^>]*>\s*What happens, and why</summary>.*?Seven", page, re.DOTALL
    )
    assert "<details open" not in page


def test_a_formula_is_mathml_and_loads_nothing(page: str) -> None:
    assert "<math" in page
    assert not [
        source for source in re.findall(r'<script[^>]* src="([^"]+)"', page) if "mathjax" in source.lower()
    ]


def test_a_card_is_a_labelled_section_with_prompt_before_a_closed_answer(page: str) -> None:
    card = page[page.index('id="question-why-a-queue"') - 200 :]
    assert 'aria-labelledby="question-why-a-queue-prompt"' in card
    assert 'data-question="why-a-queue"' in card
    prompt, answer = card.index("<h3"), card.index("<details")
    assert prompt < answer < card.index("A strong answer") < card.index("Often said, and wrong")
    assert "Junior" in card[:prompt]


def test_all_cards_of_a_topic_come_in_the_banks_order(page: str) -> None:
    shown = re.findall(r'data-question="([^"]+)"', page)[:-9]
    of_the_bank = [question.id for question in load_bank()["ordering"].questions]
    assert shown == ["why-a-queue", *of_the_bank]
    assert of_the_bank[:2] == ["kafka-order", "partition-key"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("choice-clicks", ["One queue with four consumers"], ["Right: B"]),
        ("sb-purge", ["Batch delete works by enqueue time"], ["Right: A, B, D, E"]),
        ("estimate-drain-quiet", ["Give a number in minutes"], ["10 minutes", "120000 / (4 * 50) / 60"]),
        ("order-outbox", ["The broker confirms"], ["Right: "]),
        ("spot-requeue-loop", ["def on_message"], ["The mistake", "Wrong: "]),
        (
            "design-webhooks",
            [],
            ["Requirements to ask for", "The drawing", "Three options, each with its price"],
        ),
        ("incident-disk-full", ["No space left on device"], ["Three decisions", "The post-mortem"]),
        ("incident-not-enough-replicas", ["kafka-topics --describe --under-min-isr"], ["Three decisions"]),
        ("claim-kafka-zookeeper", ["Choose: True, False, False since"], ["Verdict", "False since Kafka 4.0"]),
    ],
)
def test_each_kind_shows_what_is_given_and_hides_what_is_right(
    page: str, name: str, before: list[str], after: list[str]
) -> None:
    card = page[page.index(f'id="question-{name}"') :]
    card = card[: card.index("</section>")]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card))
    given, _, hidden = text.partition("Show a strong answer")
    assert all(words in given for words in before), given
    assert all(words in hidden and words not in given for words in after), hidden
    assert "What each level adds" in hidden
    assert "Proof:" in hidden


def test_the_topics_are_a_table_with_a_link_to_each_page_and_the_number_of_cards(page: str) -> None:
    for topic in load_bank().values():
        row = re.search(
            rf'<tr>\s*<td>\s*<a [^>]*href="book/questions/{topic.name}.html".*?</tr>', page, re.DOTALL
        )
        assert row, topic.name
        assert topic.title in row[0]
        assert f"<td>{len(topic.questions)}</td>" in re.sub(r"\s+(?=<)|(?<=>)\s+", "", row[0])


BAD = {
    "no-minutes": ("```{chapter-head}\n" + LISTS + "```", "minutes is missing"),
    "minutes-text": (HEAD.replace("5", "five") + "```", "minutes must be a int"),
    "minutes-true": (HEAD.replace("5", "true") + "```", "minutes must be a int"),
    "no-text": (HEAD.replace("- Why?", "- Why: so?") + "```", "questions must be a list of texts"),
    "unknown-key": (HEAD + "colour: red\n```", "unknown key 'colour'"),
    "not-yaml": ("```{chapter-head}\nminutes: [\n```", "not YAML"),
    "a-list": ("```{chapter-head}\n- minutes\n```", "write `key: value` lines"),
    "unknown-broker": (HEAD + "runs_with: [zeromq]\n```", "'zeromq' is neither a service"),
    "no-fact": ("{fact}`there-is-none`", "there is no fact 'there-is-none'"),
    "no-fact-titled": ("{fact}`words <there-is-none>`", "there is no fact 'there-is-none'"),
    "no-fact-box": ("```{fact} there-is-none\n```", "there is no fact 'there-is-none'"),
    "no-product": ("```{facts} ZeroMQ\n```", "no fact has the product 'ZeroMQ'"),
    "no-term": ("{gloss}`there-is-none`", "the glossary has no term 'there-is-none'"),
    "no-terms": ("```{glossary-terms} none\n```", "no group 'none'"),
    "no-question": ("```{question} there-is-none\n```", "there is no question 'there-is-none'"),
    "no-topic": ("```{questions}\ntopic: none\n```", "there is no topic 'none'"),
    "no-level": ("```{questions}\nlevel: Expert\n```", "there is no level 'Expert'"),
    "no-answer": ("```{predict}\nHow many?\n```", "write the question, one line `---`, and the answer"),
    "empty-answer": ("```{predict}\nHow many?\n---\n```", "the question or the answer is empty"),
    "no-points": ("```{key-points}\n```", "Content block expected"),
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    pages = {name: f"---\norphan: true\n---\n\n# {name}\n\n{text}\n" for name, (text, _) in BAD.items()}
    done = sphinx(tmp_path_factory.mktemp("bad"), {"index": "# Index", **pages})
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_said_with_its_page_and_line(complaints: str, name: str) -> None:
    said = [line for line in complaints.splitlines() if f"/{name}.md:" in line]
    assert said, complaints
    assert any(BAD[name][1] in line and re.search(r"\.md:\d+: (ERROR|WARNING)", line) for line in said), said


def test_a_formula_that_cannot_be_shown_is_named() -> None:
    assert "<mfrac>" in mathml(r"\frac{a}{b}", display=True)
    with pytest.raises(FormulaError, match="nosuchcommand"):
        mathml(r"\nosuchcommand{a}", display=False)


def test_brokers_come_first_and_the_day_is_written_out() -> None:
    record = Record(
        datetime(2026, 3, 7, tzinfo=UTC),
        1.0,
        {"pika": "1.3", "kafka": "4.3.1", "rabbitmq": "4.0"},
        "",
        (),
        (),
    )
    assert shown_versions(record) == [("RabbitMQ", "4.0"), ("Apache Kafka", "4.3.1"), ("pika", "1.3")]
    assert day(record.ran) == "7 March 2026"
