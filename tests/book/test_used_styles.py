"""A site's one style sheet: what is left out of it could match nothing, and everything else stays as it was."""

import pytest

from mqcourse.book.used_styles import Sheet, lean, moved

WORDS = {"used", "main"}


def kept(css: str, *, path: str = "a.css", whole: bool = False, texts: tuple[str, ...] = ()) -> str:
    return lean([Sheet(path, css, whole)], WORDS, texts).strip()


@pytest.mark.parametrize(
    "css",
    [
        ".used{a:b}",
        "#main .used:hover{a:b}",
        "p{a:b}",
        "[class*=unused]{a:b}",
        ".used:not(.unused){a:b}",
        ":is(.unused,.used){a:b}",
        ":where(p .used){a:b}",
        "@media print{.used{a:b}}",
        "@font-face{font-family:x}",
        'a[href=".unused"]{a:b}',
        ".used{&.unused{a:b}}",
    ],
)
def test_a_rule_that_can_match_stays(css: str) -> None:
    assert kept(css) == css


@pytest.mark.parametrize(
    "css",
    [
        ".unused{a:b}",
        "#unused .used{a:b}",
        ".used .unused::before{a:b}",
        ":is(.unused,#unused) p{a:b}",
        "@media print{.unused{a:b}}",
        "@media print{@supports (a:b){.unused{a:b}}}",
    ],
)
def test_a_rule_that_needs_a_name_that_is_nowhere_goes(css: str) -> None:
    assert kept(css) == ""
    assert kept(css, whole=True) == css


def test_of_a_list_only_the_selectors_that_can_match_stay() -> None:
    assert kept(".used, .unused p , main {a:b}") == ".used,main{a:b}"


def test_a_list_that_some_browsers_drop_stays_whole() -> None:
    assert kept(".used::-moz-range-thumb,.unused{a:b}") == ".used::-moz-range-thumb,.unused{a:b}"


def test_an_order_of_sheets_and_rules_is_kept() -> None:
    sheets = [Sheet("a.css", "p{a:1}.unused{a:2}p{a:3}"), Sheet("b.css", "p{a:4}")]
    assert lean(sheets, WORDS).split() == ["p{a:1}", "p{a:3}", "p{a:4}"]


def test_a_property_that_nothing_reads_goes_and_so_does_what_only_it_read() -> None:
    css = ":root{--a:1;--b:var(--c);--c:2;color:red}p{margin:var( --a )}"
    assert kept(css) == ":root{--a:1;color:red;}\np{margin:var( --a )}"


def test_a_property_that_a_script_reads_stays() -> None:
    css = ":root{--a:1}"
    assert kept(css, texts=('style.getPropertyValue("--a")',)) == css


def test_an_animation_that_no_rule_names_goes() -> None:
    css = "@keyframes turn{to{a:b}}@keyframes fade{to{a:b}}p{animation:fade 1s}"
    assert kept(css) == "@keyframes fade{to{a:b}}\np{animation:fade 1s}"


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("../fonts/a.woff2", "fonts/a.woff2"),
        ("b.svg", "styles/b.svg"),
        ("data:image/svg+xml,<svg>", "data:image/svg+xml,<svg>"),
        ("/c.svg", "/c.svg"),
        ("#d", "#d"),
    ],
)
def test_an_address_leads_where_it_led(address: str, there: str) -> None:
    assert moved(address, "styles") == there


def test_addresses_in_every_form_are_moved() -> None:
    css = 'p{a:url(x.svg);b:url("x.svg")}@font-face{src:url(../y.woff2)format("woff2")}'
    assert kept(css, path="styles/a.css") == (
        'p{a:url("styles/x.svg");b:url("styles/x.svg")}\n@font-face{src:url("y.woff2")format("woff2")}'
    )
