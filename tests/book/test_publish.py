"""The site's folder: what is written, under which addresses, and which folders are never overwritten."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mqcourse.book import feed
from mqcourse.book.publish import publish
from mqcourse.book.site_address import read_address
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
CHANGELOG = """# Changelog

## Unreleased

- **A new thing.** It does `x` & more.

## 0.2.0, 2026-11-24

- The first [thing](x.md): done.
"""
TOC = """
format: jb-book
root: book/index
parts:
  - caption: Kafka
    chapters:
      - file: book/kafka/log
      - file: book/kafka/missing
"""


def page(title: str, picture: str) -> str:
    return (
        '<html><head><meta name="description" content="About &quot;it&quot;.">'
        f'<meta property="og:site_name" content="The book"><meta property="og:title" content="{title}">'
        f'<meta property="og:image" content="{picture}"></head><body>{title}</body></html>'
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A checkout of which only what a site is made of is there."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    (folder / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return folder


@pytest.fixture
def html(tmp_path: Path) -> Path:
    """A built book of two pages."""
    files = {
        "index.html": "old",
        "search.html": "<html><head></head></html>",
        "searchindex.js": "unneeded",
        "_static/course.css": "p {}",
        "_static/scripts/theme.js.map": "unneeded",
        "book/index.html": page("Front", "../_static/social.png"),
        "book/kafka/log.html": page("A &amp; log", "../../_static/social.png"),
    }
    for name, text in files.items():
        file = tmp_path / "html" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "html"


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 (made here)


def written(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


BESIDE = {"index.html", "404.html", "feed.xml", "llms.txt", ".nojekyll", "site.json"}
BESIDE |= {"offline-worker.js", "_static/offline.js"}
COPIED = {"search.html", "_static/course.css", "book/index.html", "book/kafka/log.html"}


def test_a_site_under_a_path_names_its_pages_by_their_whole_addresses(
    tmp_path: Path, html: Path, source: Path
) -> None:
    done = publish(html, tmp_path / "site", read_address("https://Host.example/some/course"), source=source)
    url = "https://host.example/some/course/"
    site = done.folder
    assert written(site) == BESIDE | COPIED | {"sitemap.xml"}
    assert (done.pages, done.files, done.url) == (2, len(written(site)), url)
    assert done.size_bytes == sum((site / name).stat().st_size for name in written(site))
    log = (site / "book/kafka/log.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{url}book/kafka/log.html">' in log
    assert f'<meta property="og:url" content="{url}book/kafka/log.html">' in log
    assert f'<meta property="og:image" content="{url}_static/social.png">' in log
    assert 'href="../../feed.xml"' in log
    rows = parsed((site / "sitemap.xml").read_text(encoding="utf-8"))
    assert [row.findtext(f"{SITEMAP}loc") for row in rows] == [
        f"{url}book/index.html",
        f"{url}book/kafka/log.html",
    ]
    missing = (site / "404.html").read_text(encoding="utf-8")
    assert 'href="/some/course/book/index.html"' in missing
    assert "<script>" not in missing
    assert (site / "llms.txt").read_text(encoding="utf-8") == (
        '# The book\n\n> About "it".\n\n'
        f'## The book\n\n- [Front]({url}book/index.html): About "it".\n\n'
        f'## Kafka\n\n- [A & log]({url}book/kafka/log.html): About "it".\n'
    )


def test_without_an_address_a_site_has_what_can_be_right_without_one(
    tmp_path: Path, html: Path, source: Path
) -> None:
    site = publish(html, tmp_path / "site", source=source).folder
    assert written(site) == BESIDE | COPIED
    log = (site / "book/kafka/log.html").read_text(encoding="utf-8")
    assert "canonical" not in log
    assert 'content="../../_static/social.png"' in log
    assert "(book/kafka/log.html)" in (site / "llms.txt").read_text(encoding="utf-8")
    links = parsed((site / "feed.xml").read_text(encoding="utf-8")).iter(f"{ATOM}link")
    assert {link.get("href") for link in links} == {"book/index.html"}


def test_only_the_top_of_a_host_has_a_robots_file(tmp_path: Path, html: Path, source: Path) -> None:
    site = publish(html, tmp_path / "site", read_address("https://host:8443"), source=source).folder
    assert "Sitemap: https://host:8443/sitemap.xml" in (site / "robots.txt").read_text(encoding="utf-8")


def test_a_site_is_replaced_whole_and_the_same_book_gives_the_same_site(
    tmp_path: Path, html: Path, source: Path
) -> None:
    folder = tmp_path / "new" / "site"
    first = publish(html, folder, source=source)
    (folder / "book" / "gone.html").write_text("of an older build", encoding="utf-8")
    assert publish(html, folder, source=source) == first
    assert written(folder) == BESIDE | COPIED
    assert [path.name for path in folder.parent.iterdir()] == ["site"]
    (html / "_static" / "course.css").write_text("p { color: red }", encoding="utf-8")
    assert publish(html, folder, source=source).digest != first.digest


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("checkout", "has files that are not of a published site"),
        ("checkout/_toc.yml", "is a file"),
        ("html", "overlap"),
        ("html/site", "overlap"),
        (".", "overlap"),
    ],
)
def test_a_folder_with_other_files_is_left_as_it_is(
    tmp_path: Path, html: Path, source: Path, at: str, said: str
) -> None:
    before = written(tmp_path)
    with pytest.raises(CourseError, match=said) as refused:
        publish(html, tmp_path / at, source=source)
    assert refused.value.exit_code == Exit.USAGE
    assert written(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, html: Path, source: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(CourseError, match=r"cannot write .*file/site"):
        publish(html, tmp_path / "file" / "site", source=source)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://host", "https://host/"),
        ("http://127.0.0.1:8000//a//b", "http://127.0.0.1:8000/a/b/"),
        ("https://[::1]:1/", "https://[::1]:1/"),
        ('https://host/über/"x"', "https://host/%C3%BCber/%22x%22/"),
    ],
)
def test_an_address_ends_with_a_slash_and_is_as_browsers_send_it(typed: str, url: str) -> None:
    assert read_address(typed).url == url


@pytest.mark.parametrize(
    "typed",
    [
        *("", "host/path", "//host/", "ftp://host/", "https://", "https:///x", "https://me:word@host/"),
        *("https://host:99999/", "https://host:x/", "https://[::1/", "https://ho st/", "https://h/a b/"),
        *("https://host/\nx", "https://-/", "https://host/?", "https://host/?q=1", "https://host/#top"),
        *("https://host/a/../b", "https://host/./"),
    ],
)
def test_what_is_no_address_of_a_folder_is_refused(typed: str) -> None:
    with pytest.raises(CourseError, match="is not the address of") as refused:
        read_address(typed)
    assert refused.value.exit_code == Exit.USAGE


def test_the_feed_has_each_change_with_its_day_and_an_id_that_stays() -> None:
    at = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    found = feed.changes(CHANGELOG, [at] * len(CHANGELOG.splitlines()))
    assert [(change.version, change.at.isoformat(), change.title) for change in found] == [
        ("Unreleased", "2026-11-27T09:30:00+00:00", "A new thing"),
        ("0.2.0", "2026-11-24T00:00:00+00:00", "The first thing: done"),
    ]
    released = CHANGELOG.replace("## Unreleased", "## 1.0.0, 2026-12-01")
    later = feed.changes(released, [at] * len(released.splitlines()))
    assert later[0].urn == found[0].urn
    root = parsed(feed.atom("The book", "a.html", found, read_address("https://host/x/")))
    assert root.findtext(f"{ATOM}updated") == "2026-11-27T09:30:00+00:00"
    entries = root.findall(f"{ATOM}entry")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 2
    shown = entries[0].findtext(f"{ATOM}content")
    assert shown == "<p><strong>A new thing.</strong> It does <code>x</code> &amp; more.</p>\n"


def test_an_unreleased_change_has_the_time_of_its_line(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert set(feed.line_times(source / "CHANGELOG.md")) == {datetime(1970, 1, 2, tzinfo=UTC)}
    for number, line in enumerate(["- old\n", "- old\n- new\n"], start=1):
        (source / "CHANGELOG.md").write_text(line, encoding="utf-8")
        who = ["-c", "user.name=x", "-c", "user.email=x@x"]
        for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "x"]):
            monkeypatch.setenv("GIT_COMMITTER_DATE", f"{number}000000000 +0000")
            subprocess.run(["git", *words], cwd=source, check=True)
    assert [at.timestamp() for at in feed.line_times(source / "CHANGELOG.md")] == [1e9, 2e9]


def test_a_site_says_which_build_it_is(tmp_path: Path, html: Path, source: Path) -> None:
    done = publish(html, tmp_path / "site", source=source)
    stamp = json.loads((done.folder / "site.json").read_text(encoding="utf-8"))
    assert stamp == {"made_by": "mq book publish", "digest": done.digest, "url": None}
