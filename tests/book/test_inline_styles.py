"""Styles of a page's body, moved to where a strict policy allows them, with the same look."""

import re

import pytest

from mqcourse.book.inline_styles import moved


def test_what_a_drawing_may_have_as_attributes_becomes_attributes() -> None:
    drawn = '<path d="M 0 0" style="fill: none; stroke: #1a73b8; stroke-dasharray: 7.4,3.2"/><use xlink:href="#a"/>'
    assert moved(drawn) == (
        '<path d="M 0 0" fill="none" stroke="#1a73b8" stroke-dasharray="7.4,3.2"/><use xlink:href="#a"/>',
        "",
    )


def test_what_it_may_not_and_what_an_attribute_says_already_becomes_a_rule() -> None:
    html, sheet = moved('<svg class="mq-figure" style="stroke-linejoin:round;max-width:691px" fill="red">')
    found = re.fullmatch(
        r'<svg class="mq-figure (mq-s-[0-9a-f]{8})" stroke-linejoin="round" fill="red">', html
    )
    assert found
    assert sheet == f".{found[1]}:not(#_) {{ max-width: 691px }}\n"
    html, sheet = moved('<rect fill="red" style="fill: blue">')
    assert 'fill="red"' in html
    assert "fill: blue" in sheet


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<col style="width: 17.0%" />', '<col class="mq-s-X" />'),
        ('<tr id="a" style="width: 17.0%" class="b">', '<tr id="a" class="b mq-s-X">'),
        ('<tr class="a b" style="width: 17.0%;">', '<tr class="a b mq-s-X">'),
    ],
)
def test_a_rule_is_named_by_its_text_and_the_element_keeps_its_classes(before: str, after: str) -> None:
    html, sheet = moved(before * 2)
    name = re.search(r"mq-s-[0-9a-f]{8}", html)
    assert name
    assert html == after.replace("mq-s-X", name[0]) * 2
    assert sheet == f".{name[0]}:not(#_) {{ width: 17.0% }}\n"


def test_a_style_element_becomes_a_part_of_the_sheet_once() -> None:
    table = "<style scoped>\n    .dataframe th { text-align: right; }\n</style><table></table>"
    assert moved(table * 2) == (
        "<table></table><table></table>",
        ".dataframe th { text-align: right; }\n",
    )


def test_an_empty_style_and_text_that_only_looks_like_one_change_nothing_else() -> None:
    text = "<p>a &lt;p style=&quot;color: red&quot;&gt; and <b title='x'>b</b></p>"
    assert moved(text) == (text, "")
    assert moved('<p style="">x</p>') == ("<p>x</p>", "")
