"""What the search quotes of a page: its words, and the places that have a name."""

from pathlib import Path

from mqcourse.book.directives.search_excerpts import text

PAGE = """<html><body><nav id="menu">Menu</nav><article class="bd-article">
<section id="one"><h1>One &amp; only<a class="headerlink" href="#one">#</a></h1>
<p>Words<br id="break">go on.</p>
<svg id="picture"><text>drawn</text><svg><text>in it</text></svg><text>after it</text></svg>
<script>let one = "<p>";</script><style>p { color: red }</style>
<details><summary>Ask</summary><p id="answer">Answer &lt;1&gt;</p></details>
<div hidden><p id="secret">Hidden</p><input></div><img id="last" alt="no words"/>
</section></article><footer>Foot</footer></body></html>"""


def test_words_and_named_places_of_the_article_and_nothing_drawn_hidden_or_run(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    assert " ".join(text(page).split()) == (
        '<main role="main"> <section id="one">One &amp; only Words<section id="break"></section>go on. '
        'Ask<section id="answer">Answer &lt;1&gt;</section> <section id="last"></section> </section></main>'
    )
