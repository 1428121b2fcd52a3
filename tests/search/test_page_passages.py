"""What a search finds and quotes of a page."""

from mqcourse.search.page_passages import passages
from mqcourse.search.passage import Passage

PAGE = """<html><body><nav id="menu">Menu</nav><article class="bd-article">
<section id="one"><h1>One &amp; only<a class="headerlink" href="#one">#</a></h1>
<p>Words<br id="break">go on.</p>
<svg id="picture"><text>drawn</text><svg><text>in it</text></svg><text>after it</text></svg>
<script>let one = "<p>";</script><style>p { color: red }</style>
<section id="two"><h2>Two</h2><div class="cell"><pre>code()</pre><div class="cell_output"><pre>printed</pre></div></div>
<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>
<div class="mq-predict"><p>Not so</p></div>
<section class="mq-card" data-question="q" id="question-q"><p class="mq-card-tags">Junior</p><h3>Why?</h3>
<details><summary>Show a strong answer</summary>
<div class="mq-card-part mq-card-strong"><p class="mq-card-part-title">A strong answer</p><ul><li>Because.</li></ul></div>
<div class="mq-card-part mq-card-wrong"><p>It never fails.</p></div></details></section>
<p>After the card.</p></section>
<div id="fact-f"><p>A fact. And more.</p><p class="mq-fact-foot">Kafka 4.3.1 · <a href="x">docs</a></p></div>
<dl><dt id="term-t">term</dt><dd><p>What it is.</p></dd><dt id="term-u">other</dt><dd>Else.</dd></dl>
<p>Last.</p><div hidden><p>Hidden</p><input></div><img id="last" alt="no words"/>
</section></article><footer>Foot</footer></body></html>"""


def test_sections_cards_facts_and_terms_with_what_is_quoted_and_what_is_only_searched() -> None:
    page = "book/x.html"
    assert passages(page, PAGE) == [
        Passage("section", page, "", "One & only", "One & only", text="Words go on. Last."),
        Passage(
            "section",
            page,
            "two",
            "Two",
            "One & only",
            "a · b. c · d. After the card.",
            "code()",
            unquoted="printed Not so",
        ),
        Passage("card", page, "question-q", "Why?", "One & only", "Because.", unquoted="It never fails."),
        Passage("fact", page, "fact-f", "", "One & only", "A fact. And more.", note="Kafka 4.3.1 · docs"),
        Passage("term", page, "term-t", "term", "One & only", "What it is."),
        Passage("term", page, "term-u", "other", "One & only", "Else."),
    ]


def test_a_passage_without_a_title_is_called_by_its_first_sentence() -> None:
    assert Passage("fact", "p.html", "f", text="A fact. And more.").heading == "A fact."


def test_a_page_without_a_main_part_has_none() -> None:
    assert passages("genindex.html", "<html><body>Nothing</body></html>") == []
