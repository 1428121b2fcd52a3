"""The feed of changes: the entries of CHANGELOG.md as Atom (RFC 4287)."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from html import escape
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from markdown_it import MarkdownIt

from mqcourse.book.site_address import SiteAddress
from mqcourse.variables import Kind, environment_of

SECTION = re.compile(r"## (?P<name>[^,\n]+)(?:, (?P<day>\d{4}-\d{2}-\d{2}))?\s*")
SENTENCE = re.compile(r".+?[.!?](?=\s|$)")
MARKUP = re.compile(r"\*\*|`|\[([^\]]*)\]\([^)]*\)")
MOST = 40
"""The newest entries, which are what a feed is read for."""
COMMITTED = re.compile(r"^committer-time (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """One entry of the list of changes."""

    version: str
    at: datetime
    text: str
    """Markdown."""

    @property
    def title(self) -> str:
        """Its first sentence, without markup."""
        plain = MARKUP.sub(lambda found: found[1] or "", self.text)
        found = SENTENCE.match(plain)
        return (found[0] if found else plain).rstrip(".:")

    @property
    def urn(self) -> str:
        """The same for the same text, wherever the site is published and whichever version it is released in."""
        return uuid5(NAMESPACE_URL, f"mastering-message-queues/{self.text}").urn


def changes(changelog: str, line_times: Sequence[datetime]) -> list[Change]:
    """The entries, the newest first. An entry of a released version has its day, another the time of its line."""
    version, day = "", None
    found = []
    for line, at in zip(changelog.splitlines(), line_times, strict=True):
        if heading := SECTION.fullmatch(line):
            version = heading["name"]
            day = date.fromisoformat(heading["day"]) if heading["day"] else None
        elif line.startswith("- ") and version:
            when = datetime.combine(day, time(), UTC) if day else at
            found.append(Change(version, when, line.removeprefix("- ").strip()))
    return sorted(found, key=lambda change: change.at, reverse=True)


def line_times(file: Path) -> list[datetime]:
    """When each line was committed, by `git blame`; without git, for all lines the time of the file.

    In a clone of the newest commit alone, the lines have the time of that commit.
    """
    count = len(file.read_text(encoding="utf-8").splitlines())
    try:
        answer = subprocess.run(
            ["git", "blame", "--line-porcelain", "--", file.name],
            cwd=file.parent,
            env=environment_of(Kind.SYSTEM),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        ).stdout
    except FileNotFoundError:
        answer = ""
    # a line of the file begins with a tab here, so it is not taken for a time
    times = [datetime.fromtimestamp(int(seconds), UTC) for seconds in COMMITTED.findall(answer)]
    if len(times) == count:
        return times
    seconds = float(os.environ.get("SOURCE_DATE_EPOCH") or int(file.stat().st_mtime))
    return [datetime.fromtimestamp(seconds, UTC)] * count


def atom(title: str, home: str, found: Sequence[Change], address: SiteAddress | None) -> str:
    """feed.xml. `home` is the file that an entry leads to; without an address it is named from the feed's folder."""
    to = escape(address.of(home) if address else home)
    own = f'<link rel="self" href="{escape(address.of("feed.xml"))}"/>\n' if address else ""
    newest = max((change.at for change in found), default=datetime(1970, 1, 1, tzinfo=UTC))
    entries = "".join(
        f"<entry>\n<title>{escape(change.title)}</title>\n<id>{change.urn}</id>\n"
        f'<updated>{change.at.isoformat()}</updated>\n<link href="{to}"/>\n'
        f'<category term="{escape(change.version)}"/>\n'
        f'<content type="html">{escape(MarkdownIt("commonmark").render(change.text))}</content>\n</entry>\n'
        for change in found[:MOST]
    )
    of = uuid5(NAMESPACE_URL, address.url if address else "mastering-message-queues").urn
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<title>{escape(title)}: changes</title>\n<id>{of}</id>\n<updated>{newest.isoformat()}</updated>\n"
        f'<author><name>the authors of the course</name></author>\n<link href="{to}"/>\n{own}{entries}</feed>\n'
    )
