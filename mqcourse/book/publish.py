"""`mq book publish`: the built book as the folder of a web site, for any static host and any path on it."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path

import yaml

from mqcourse.book import feed, site_files
from mqcourse.book.chapter import pages
from mqcourse.book.entry_pages import not_found, redirect
from mqcourse.book.site_address import SiteAddress
from mqcourse.book.site_files import SITE, SitePage, page_of, tag
from mqcourse.disk import unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.small_file import object_of
from mqcourse.source_digest import digest_of

STAMP = "site.json"
"""Which build a site is, and that its folder was made here and may be replaced."""
MADE_BY = "mq book publish"
LEFT_OUT = (
    "**/*.map",
    ".buildinfo*",
    "searchindex.js",
    "_static/*webpack-macros.html",
    "_static/scripts/fontawesome.js*",
    "_static/vendor/fontawesome",
)
"""Parts of the theme that no page of the book loads: 6 of 31 MB."""
OFFLINE = Path(__file__).parent / "offline"
"""The script of each page and the worker that keep the site for reading without a network."""
WORKER = "offline-worker.js"
DIGITS = 16
"""Of a digest."""
WHEN_USED = ("_static/backpressure/pyodide/", "_static/backpressure/python.json")
"""Kept when a reader asks for it: 12 MB of Python."""
NOT_KEPT = (
    *("404.html", "feed.xml", "llms.txt", "sitemap.xml", "robots.txt", "objects.inv", ".nojekyll", STAMP),
    *("_static/social.png", "_static/backpressure/explorer-file.js"),
)
"""What no page loads."""
PICTURE = re.compile(r'(<meta property="og:image" content=")[^"]*?(_static/[^"]+">)')


@dataclass(frozen=True)
class Published:
    """A site that was written."""

    folder: Path
    url: str | None
    pages: int
    files: int
    size_bytes: int
    digest: str
    """Of all its other files, as hexadecimal digits."""


def publish(
    html: Path, folder: Path, address: SiteAddress | None = None, *, source: Path = CHECKOUT
) -> Published:
    """Write the site of the built book in `html` into `folder`, whole or not at all.

    `source` is the checkout, with the table of contents and the list of changes. Without an address the site has no
    site map and no canonical links, and its feed and llms.txt name pages from the site's folder.
    Raises CourseError for a folder that has other files, or cannot be written.
    """
    folder = folder.resolve()
    refuse_other_files(folder, html.resolve())
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
            made = Path(beside, "made")
            shutil.copytree(html, made, ignore=left_out(html))
            done = finish(made, address, source)
            before = Path(beside, "before")
            if folder.exists():
                folder.rename(before)
            try:
                made.rename(folder)
            except OSError:
                if before.exists():
                    before.rename(folder)
                raise
    except OSError as error:
        raise unwritable(folder, error) from error
    return Published(folder, address.url if address else None, *done)


def refuse_other_files(folder: Path, html: Path) -> None:
    """CourseError unless the folder is new, empty, or a site that was made here."""
    if folder.is_relative_to(html) or html.is_relative_to(folder):
        raise CourseError(
            f"{folder} and the folder of the built book, {html}, overlap",
            do="Name a folder elsewhere",
            code=Exit.USAGE,
        )
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file", do="Name a folder", code=Exit.USAGE)
    if folder.is_dir() and any(folder.iterdir()) and object_of(folder / STAMP).get("made_by") != MADE_BY:
        raise CourseError(
            f"{folder} has files that are not of a published site",
            do="Name a new or an empty folder; these files were left as they are",
            code=Exit.USAGE,
        )


def left_out(html: Path) -> Callable[[str, list[str]], list[str]]:
    """For shutil.copytree: which names of a folder are not copied."""
    unneeded = {file for pattern in LEFT_OUT for file in html.glob(pattern)}
    return lambda folder, names: [name for name in names if Path(folder, name) in unneeded]


def finish(site: Path, address: SiteAddress | None, source: Path) -> tuple[int, int, int, str]:
    """Write what a copy of the built book lacks as a site; its pages, files, bytes and digest."""
    parts = in_parts(site, source)
    first = parts[0][1][0]
    title = tag(SITE, (site / first.file).read_text(encoding="utf-8")) or first.title
    named = [page for _, found in parts for page in found]
    for file in [page.file for page in named] + ["search.html"]:
        if (site / file).is_file():
            html = (site / file).read_text(encoding="utf-8")
            (site / file).write_text(in_the_site(html, file, address), encoding="utf-8")
    changelog = source / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8") if changelog.is_file() else ""
    found = feed.changes(text, feed.line_times(changelog)) if text else []
    texts = {
        "index.html": redirect(title, first.file, address.of(first.file) if address else ""),
        "404.html": not_found(title, first.file, address.path if address else None),
        "feed.xml": feed.atom(title, first.file, found, address),
        "llms.txt": site_files.llms(title, first.description, parts, address),
        ".nojekyll": "",  # GitHub's own generator leaves out folders that begin with _
    }
    if address:
        texts["sitemap.xml"] = site_files.sitemap(address, [page.file for page in named])
        if address.path == "/":
            texts["robots.txt"] = site_files.robots(address)
    for name, content in texts.items():
        (site / name).write_text(content, encoding="utf-8")
    shutil.copyfile(OFFLINE / "offline.js", site / "_static" / "offline.js")
    (site / WORKER).write_text(worker(site), encoding="utf-8")
    files = [file for file in site.rglob("*") if file.is_file()]
    digest = digest_of(files, site)[:DIGITS]
    stamp = {"made_by": MADE_BY, "digest": digest, "url": address.url if address else None}
    (site / STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")
    files.append(site / STAMP)
    return len(named), len(files), sum(file.stat().st_size for file in files), digest


def in_parts(site: Path, source: Path) -> list[tuple[str, list[SitePage]]]:
    """The built pages in the parts and the order of the table of contents, the front page first."""
    toc = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8"))
    caption_of = {
        str(entry["file"]): str(part["caption"])
        for part in toc.get("parts", ())
        for entry in part.get("chapters", ())
    }
    parts: dict[str, list[SitePage]] = {}
    for page in pages(source):
        file = site / "book" / f"{page.name}.html"
        if file.is_file():
            caption = caption_of.get(f"book/{page.name}", "The book")
            name = file.relative_to(site).as_posix()
            parts.setdefault(caption, []).append(page_of(name, file.read_text(encoding="utf-8")))
    return list(parts.items())


def in_the_site(html: str, file: str, address: SiteAddress | None) -> str:
    """A page with the links and addresses that only a site has."""
    top = "../" * file.count("/")
    tags = [
        f'<link rel="alternate" type="application/atom+xml" title="Changes" href="{top}feed.xml">',
        f'<script defer src="{top}_static/offline.js"></script>',
    ]
    if address:
        url = escape(address.of(file))
        tags += [f'<link rel="canonical" href="{url}">', f'<meta property="og:url" content="{url}">']
        html = PICTURE.sub(rf"\g<1>{escape(address.url)}\g<2>", html)
    return html.replace("</head>", "".join(f"{one}\n" for one in tags) + "</head>", 1)


def worker(site: Path) -> str:
    """The service worker of a site: which files it keeps, each with its digest, then what it does."""
    kept: dict[str, dict[str, str]] = {"files": {}, "whenUsed": {}}
    for file in sorted(site.rglob("*")):
        name = file.relative_to(site).as_posix()
        if file.is_file() and name not in NOT_KEPT:
            digest = sha256(file.read_bytes()).hexdigest()[:DIGITS]
            kept["whenUsed" if name.startswith(WHEN_USED) else "files"][name] = digest
    site_json = json.dumps({"digits": DIGITS, **kept}, separators=(",", ":"))
    return f"const SITE = {site_json};\n{(OFFLINE / 'worker.js').read_text(encoding='utf-8')}"
