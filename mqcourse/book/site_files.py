"""What a site has beside its pages: a site map, a list for language models, and the file of crawlers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

from mqcourse.book.site_address import SiteAddress

DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)">')
TITLE = re.compile(r'<meta property="og:title" content="([^"]*)">')
SITE = re.compile(r'<meta property="og:site_name" content="([^"]*)">')


@dataclass(frozen=True)
class SitePage:
    """A page of the book, as other programs show it."""

    file: str
    """From the site's folder, such as `book/kafka/log.html`."""
    title: str
    description: str


def page_of(file: str, html: str) -> SitePage:
    """A built page by the tags of its head (mqcourse.book.directives.page_tags)."""
    return SitePage(file, tag(TITLE, html), tag(DESCRIPTION, html))


def tag(known: re.Pattern[str], html: str) -> str:
    """The content of a tag; empty where the page does not have it."""
    found = known.search(html)
    return unescape(found[1]) if found else ""


def sitemap(address: SiteAddress, files: Sequence[str]) -> str:
    """sitemap.xml, in the form of sitemaps.org. No dates: a build does not know when a page's text changed."""
    rows = "".join(f"<url><loc>{escape(address.of(file))}</loc></url>\n" for file in files)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )


def robots(address: SiteAddress) -> str:
    """robots.txt: everything may be read, and where the site map is. It counts at the top of a host only."""
    return f"User-agent: *\nAllow: /\nSitemap: {address.of('sitemap.xml')}\n"


def llms(
    title: str,
    description: str,
    parts: Sequence[tuple[str, Sequence[SitePage]]],
    address: SiteAddress | None,
) -> str:
    """llms.txt, in the form of llmstxt.org: the pages of each part, each with its description."""
    sections = []
    for caption, pages in parts:
        rows = [
            f"- [{page.title}]({address.of(page.file) if address else page.file}): {page.description}"
            for page in pages
        ]
        sections.append("\n".join([f"## {caption}", "", *rows]))
    return "\n\n".join([f"# {title}", f"> {description}", *sections]) + "\n"
