"""JSON with comments: what Microsoft's sample config.json needs, and honest errors for the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicebus_emulator.config import jsonc

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_comments_and_trailing_commas_are_read() -> None:
    text = '\ufeff{ // a\n "url": "http://x/*no*/", /* b\n */ "list": [1, 2, // c\n ], }'
    assert jsonc.loads(text) == {"url": "http://x/*no*/", "list": [1, 2]}


@pytest.mark.lengthy
@given(_JSON)
def test_plain_json_means_the_same(value: object) -> None:
    assert jsonc.loads(json.dumps(value, indent=1)) == value


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{\n // a comment\n "a": 1\n "b": 2}', "line 4 column 2"),
        ('{"a": 1, "a": 2}', "'a' appears twice"),
        ("[" * 100_000, "nested too deep"),
        ("", "line 1 column 1"),
        ("[1,,2]", "line 1 column 4"),
        ('{"a": ["\\ud83d"]}', "ud83d is half a character"),
    ],
)
def test_broken_text_is_refused_with_its_place(text: str, word: str) -> None:
    with pytest.raises(jsonc.JsonError, match=word):
        jsonc.loads(text)
