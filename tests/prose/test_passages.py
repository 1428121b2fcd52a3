"""What counts as prose in a file: everything a reader reads as sentences, and nothing else."""

from mqcourse.prose.passages import of_file, sentences

CHAPTER = """---
kernelspec:
  name: python3
---

# A title

```{chapter-head}
minutes: 5
questions:
  - What is asked?
```

A paragraph of two lines
with `some_code()` and [a link](other.md) {fact}`of a fact <some-fact>` {fact}`bare-fact`.

```{code-cell} ipython3
:tags: [hide-input]
# a comment is no prose: it says nothing
```

:::{list-table}
:header-rows: 1

* - Left
  - right
:::

| a | b |

:::{dropdown} May I ask?
**Yes.** You may.
:::

```{key-points}
- A point.
```
"""


def test_code_markup_and_front_matter_are_no_prose() -> None:
    found = [(passage.line, passage.kind, passage.text.strip()) for passage in of_file("a.md", CHAPTER)]
    assert found == [
        (6, "heading", "A title"),
        (11, "head", "What is asked?"),
        (14, "paragraph", "A paragraph of two lines\nwith Code and a link of a fact ."),
        (25, "cell", "Left"),
        (26, "cell", "right"),
        (29, "cell", "a   b"),
        (31, "item", "May I ask?"),
        (32, "paragraph", "Yes. You may."),
        (36, "item", "A point."),
    ]


def test_a_wrong_answer_on_a_card_is_a_quotation() -> None:
    card = """[[question]]
prompt = "What is it?"
strong = ["This."]
rubric.mid = ["Names it."]
follow_ups = [{ ask = "And then?", answer = "Then that." }]
wrong = [{ said = "It knows it.", why = "No." }]
claim = "It knows it."
signals = ["it knows it"]
"""
    assert [passage.text for passage in of_file("a.toml", card)] == [
        "What is it?",
        "This.",
        "Names it.",
        "And then?",
        "Then that.",
        "No.",
    ]


def test_docstrings_and_messages_of_a_module_are_prose() -> None:
    module = 'def run(name):\n    """Do the thing that is asked."""\n    raise Error(f"the queue {name} is missing here", "x")\n'
    found = [(passage.kind, passage.text) for passage in of_file("a.py", module)]
    assert sorted(found) == [
        ("docstring", "Do the thing that is asked."),
        ("message", "the queue X is missing here"),
    ]


def test_a_number_or_an_abbreviation_ends_no_sentence() -> None:
    text = "It takes 0.6 s, e.g. 600 ms. Then it ends! “Is it so?” It is."
    assert [one for _, one in sentences(text)] == [
        "It takes 0.6 s, e.g. 600 ms.",
        "Then it ends!",
        "“Is it so?",
        "It is.",
    ]
