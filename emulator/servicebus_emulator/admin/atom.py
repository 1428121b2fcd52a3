"""ATOM as Service Bus speaks it: read the description in a request's entry, write entries, feeds and errors.

Element names, their order and the prefixes ``i`` and ``d2p1`` are those of the service: clients read them
literally (the JavaScript SDK looks for ``d2p1:ActiveMessageCount``).
"""

from __future__ import annotations

import datetime
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from servicebus_emulator.admin.http import Response
from servicebus_emulator.broker.ticks import TO_1970

ATOM = "http://www.w3.org/2005/Atom"
CONNECT = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
COUNTS = "http://schemas.microsoft.com/netservices/2011/06/servicebus"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://www.w3.org/2001/XMLSchema"

ENTRY_TYPE = "application/atom+xml;type=entry;charset=utf-8"
FEED_TYPE = "application/atom+xml;type=feed;charset=utf-8"


class BadRequest(Exception):
    """The request's body or query is wrong: answered 400 with this text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entity in ATOM: its address, its name and the XML of its description."""

    href: str
    title: str
    content: str
    published_s: float
    updated_s: float


class _NoDoctype(ET.TreeBuilder):
    """A document type could define entities that expand without end; no client sends one."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise BadRequest("A document type declaration is not allowed in a request body.")


def read_description(body: bytes, expected: str) -> ET.Element:
    """The description element (for example ``QueueDescription``) inside the entry of a request.

    Raises BadRequest when the body is no XML, no entry, or holds another description.
    """
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - document types are refused above
    try:
        parser.feed(body)
        root = parser.close()
    except ET.ParseError as error:
        raise BadRequest(f"The body is no well-formed XML: {error}.") from None
    if root.tag != f"{{{ATOM}}}entry":
        raise BadRequest(f"The body must be an ATOM entry, not '{local(root.tag)}'.")
    content = root.find(f"{{{ATOM}}}content")
    found = None if content is None or not len(content) else content[0]
    if found is None or found.tag != f"{{{CONNECT}}}{expected}":
        raise BadRequest(f"The entry's content must be one {expected} of namespace {CONNECT}.")
    return found


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def timestamp(seconds: float) -> str:
    """A moment in UTC with microseconds, as the service writes it."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def element(name: str, text: object) -> str:
    """``<name>text</name>``, escaped."""
    return f"<{name}>{escape(str(text))}</{name}>"


def path_quote(path: str) -> str:
    """A path for an entry's id. Slashes stay: clients cut the name out of the id."""
    return urllib.parse.quote(path, safe="/$~")


def entry_xml(entry: Entry, author: str) -> str:
    href = escape(entry.href, {'"': "&quot;"})
    return (
        f'<entry xmlns="{ATOM}"><id>{escape(entry.href)}</id>'
        f'<title type="text">{escape(entry.title)}</title>'
        f"<published>{timestamp(entry.published_s)}</published>"
        f"<updated>{timestamp(entry.updated_s)}</updated>"
        f"<author><name>{escape(author)}</name></author>"
        f'<link rel="self" href="{href}"/>'
        f'<content type="application/xml">{entry.content}</content></entry>'
    )


def feed_xml(href: str, title: str, entries: Iterable[str], now_s: float, next_href: str = "") -> str:
    """A feed of entries; without entries it is what the service answers for an entity that does not exist."""
    links = f'<link rel="self" href="{escape(href, {chr(34): "&quot;"})}"/>'
    if next_href:
        links += f'<link rel="next" href="{escape(next_href, {chr(34): "&quot;"})}"/>'
    return (
        f'<feed xmlns="{ATOM}"><title type="text">{escape(title)}</title><id>{escape(href)}</id>'
        f"<updated>{timestamp(now_s)}</updated>{links}{''.join(entries)}</feed>"
    )


def entry_response(status: int, entry: Entry, author: str) -> Response:
    return Response(status, entry_xml(entry, author).encode(), ENTRY_TYPE, (("etag", etag(entry.updated_s)),))


def feed_response(xml: str) -> Response:
    return Response(200, xml.encode(), FEED_TYPE)


def etag(updated_s: float) -> str:
    """The etag of a description: the moment of its last change in .NET ticks, as the service does it."""
    return f'"{round(updated_s * 1_000_000) * 10 + TO_1970}"'


def error_response(status: int, detail: str, sub_code: int | None = None) -> Response:
    """An error in the service's form; clients read ``SubCode`` out of the text."""
    text = f"SubCode={sub_code}. {detail}" if sub_code is not None else detail
    xml = f"<Error><Code>{status}</Code><Detail>{escape(text)}</Detail></Error>"
    headers = (("www-authenticate", "SharedAccessSignature"),) if status == 401 else ()
    return Response(status, xml.encode(), "application/xml; charset=utf-8", headers)
