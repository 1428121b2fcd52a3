"""Links of a built book that lead nowhere are found, and no others."""

from pathlib import Path

from tools.page_links import broken


def test_a_link_to_no_file_or_to_no_element_is_named_with_its_page(tmp_path: Path) -> None:
    right = (
        '<a href="#here">a</a><a class="x" href="../search.html?q=a#b">b</a><a href="https://host/x">c</a>'
        '<a href="../">d</a><h2 id="here">e</h2><link rel="icon" href="../_static/a%20b.svg">'
    )
    wrong = '<a href="#there">f</a><a href="gone.html">g</a><img src="../_static/gone.svg"><a href="b.html#no">h</a>'
    for name, text in {
        "book/a.html": right + wrong + wrong,
        "book/b.html": '<p id="yes"></p>',
        "index.html": '<a href="book/a.html#here">i</a>',
        "search.html": '<p id="b"></p>',
        "_static/a b.svg": "",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert broken(tmp_path) == [
        f"book/a.html: {link}" for link in ("#there", "gone.html", "../_static/gone.svg", "b.html#no")
    ]
