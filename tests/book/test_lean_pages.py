"""Built pages with one style sheet, whether they are of one build or of several."""

from pathlib import Path

import pytest

from mqcourse.book.lean_pages import in_order, make_lean, names_in
from mqcourse.book.page_head import sheets_of, with_one_sheet

PAGE = """<html><head>
<script src="../_static/first.js?v=1"></script>
<noscript><link rel="stylesheet" href="../_static/no-script.css"></noscript>
<link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />
<link rel="stylesheet" type="text/css" href="../_static/course.css?v=2" />
<link rel="stylesheet" type="text/css" href="../_static/page-styles/a.css?v=3" />
<script src="../_static/doctools.js?v=4"></script>
<script blocking="render" defer="defer" src="../_static/cards.js"></script>
<link rel="icon" href="../_static/favicon.svg"/>
</head><body class="used" id='named'><script type="application/json">{"kind": "drawn"}</script>
<script defer src="../_static/scripts/bootstrap.js"></script></body></html>
"""


def test_a_page_loads_the_one_sheet_then_its_own_and_no_script_holds_up_its_text() -> None:
    made = with_one_sheet(PAGE, "5")
    assert sheets_of(PAGE) == sheets_of(made) == ["styles/theme.css", "course.css"]
    assert made.count('rel="stylesheet"') == 3  # that of a reader without scripts, the site's, the page's
    assert made.index("_static/site.css?v=5") < made.index("page-styles/a.css")
    assert '<script src="../_static/first.js' in made
    assert '<script defer src="../_static/doctools.js' in made
    assert made.count("defer") == PAGE.count("defer") + 1
    assert with_one_sheet(made, "5") == made
    assert with_one_sheet(made, "6") == made.replace("v=5", "v=6")


def test_a_page_without_sheets_stays_as_it_is() -> None:
    page = "<html><head><script src='a.js'></script></head></html>"
    assert with_one_sheet(page, "5") == page


def test_the_order_of_the_sheets_is_that_of_every_page() -> None:
    assert in_order([["a", "c"], ["a", "b", "c"], ["d"]]) == ["a", "d", "b", "c"]


def test_names_are_of_elements_and_of_data_in_the_page() -> None:
    assert names_in(PAGE) == {"used", "named", "kind", "drawn"}


@pytest.fixture
def html(tmp_path: Path) -> Path:
    files = {
        "book/a.html": PAGE,
        "_static/basic.css": ".used { a: b } .unused { a: b }",
        "_static/styles/theme.css": '@import "../basic.css";',
        "_static/course.css": ".ours { a: b }",
        "_static/new.css": ".later { a: b }",
        "_static/doctools.js": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    make_lean(tmp_path)
    return tmp_path


def test_imports_are_followed_and_the_course_s_rules_are_all_kept(html: Path) -> None:
    sheet = (html / "_static" / "site.css").read_text(encoding="utf-8")
    assert sheet == ".used { a: b }\n.ours { a: b }\n"


def test_a_page_of_a_later_build_adds_its_sheet_and_every_page_loads_the_new_one(html: Path) -> None:
    later = PAGE.replace("course.css?v=2", "new.css?v=1")
    (html / "book" / "b.html").write_text(later, encoding="utf-8")
    before = (html / "book" / "a.html").read_text(encoding="utf-8")
    make_lean(html)
    sheet = (html / "_static" / "site.css").read_text(encoding="utf-8")
    assert sheet == ".used { a: b }\n.ours { a: b }\n.later { a: b }\n"
    after = (html / "book" / "a.html").read_text(encoding="utf-8")
    assert sheets_of(after) == sheets_of(before)
    assert after != before  # another version in its address


def test_a_sheet_that_is_gone_is_no_error(html: Path) -> None:
    (html / "_static" / "course.css").unlink()
    make_lean(html)
    assert ".ours" not in (html / "_static" / "site.css").read_text(encoding="utf-8")


def test_an_import_under_a_condition_is_refused(html: Path) -> None:
    (html / "_static" / "styles" / "theme.css").write_text('@import "../basic.css" print;', encoding="utf-8")
    with pytest.raises(ValueError, match="under a condition"):
        make_lean(html)
