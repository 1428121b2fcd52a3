"""The machine's own package sources: read from sources.list and *.sources, pointed at another suite, written again."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ARCHIVE_COMPONENT = "main"
"""The component by which Debian's and Ubuntu's own archives are told from third parties' repositories."""
ALIASES = frozenset({"stable", "oldstable", "testing", "unstable", "sid", "devel"})
PARTS = ("", "-updates", "-security")
"""What follows a suite's name in an archive that serves it; backports and proposed packages are left out."""


@dataclass(frozen=True)
class Source:
    """One entry of binary packages: addresses, suites, components and how its signature is checked.

    `signed_by` is the entry's own: a keyring's path, an embedded key, or "" for apt's trusted keys.
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def as_deb822(self) -> str:
        """The entry in deb822 form."""
        lines = [
            "Types: deb",
            f"URIs: {' '.join(self.uris)}",
            f"Suites: {' '.join(self.suites)}",
            f"Components: {' '.join(self.components)}",
        ]
        if self.signed_by:
            # an embedded key stands on lines of its own below the field's name
            gap = "" if self.signed_by.startswith("\n") else " "
            lines.append(f"Signed-By:{gap}{self.signed_by}")
        lines += [f"{name}: {value}" for name, value in self.options]
        return "\n".join(lines) + "\n"


def parse_deb822(text: str) -> list[Source]:
    """The enabled `deb` entries of a *.sources file (sources.list(5), deb822-style)."""
    sources = []
    for stanza in _stanzas(text):
        if stanza.get("enabled", "yes").strip().lower() in ("no", "false", "0"):
            continue
        if "deb" not in stanza.get("types", "").split():
            continue
        kept = tuple((name, stanza[key]) for key, name in _KEPT.items() if key in stanza)
        sources.append(
            Source(
                uris=tuple(stanza.get("uris", "").split()),
                suites=tuple(stanza.get("suites", "").split()),
                components=tuple(stanza.get("components", "").split()),
                signed_by=stanza.get("signed-by", ""),
                options=kept,
            )
        )
    return [source for source in sources if source.uris and source.suites]


_KEPT = {"trusted": "Trusted", "check-valid-until": "Check-Valid-Until"}


def _stanzas(text: str) -> Iterable[Mapping[str, str]]:
    stanza: dict[str, str] = {}
    key = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if stanza:
                yield stanza
            stanza, key = {}, ""
        elif line[0] in " \t":
            if key:
                # a continued field, such as an embedded key, keeps its lines
                stanza[key] += "\n" + line
        else:
            key, _, value = line.partition(":")
            key = key.strip().lower()
            stanza[key] = value.strip()


def parse_one_line(text: str) -> list[Source]:
    """The `deb` lines of a *.list file: deb [options] URI suite component…"""
    sources = []
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if not line.startswith("deb ") and not line.startswith("deb\t"):
            continue
        rest = line[3:].strip()
        options: dict[str, str] = {}
        if rest.startswith("["):
            inside, _, rest = rest[1:].partition("]")
            options = dict(word.partition("=")[::2] for word in shlex.split(inside))
        words = rest.split()
        if len(words) < 2:
            continue
        kept = tuple((name, options[key]) for key, name in _KEPT.items() if key in options)
        sources.append(Source((words[0],), (words[1],), tuple(words[2:]), options.get("signed-by", ""), kept))
    return sources


def read(etc: Path = Path("/etc/apt")) -> list[Source]:
    """Every enabled binary source of the machine, in apt's own order of files."""
    sources: list[Source] = []
    main = etc / "sources.list"
    if main.is_file():
        sources += parse_one_line(main.read_text(encoding="utf-8", errors="replace"))
    parts = etc / "sources.list.d"
    for file in sorted(parts.iterdir()) if parts.is_dir() else []:
        if file.suffix == ".list":
            sources += parse_one_line(file.read_text(encoding="utf-8", errors="replace"))
        elif file.suffix == ".sources":
            sources += parse_deb822(file.read_text(encoding="utf-8", errors="replace"))
    return sources


def archive(sources: Iterable[Source], codename: str) -> list[Source]:
    """Those of the distribution's own archive: component main and a suite of this release (or an alias of it)."""
    roots = {codename, *ALIASES}
    ours = []
    for source in sources:
        suites = tuple(suite for suite in source.suites if _split(suite, roots) is not None)
        if suites and ARCHIVE_COMPONENT in source.components:
            ours.append(replace(source, suites=suites))
    return ours


def at_suite(sources: Iterable[Source], codename: str, suite: str) -> list[Source]:
    """The same archive at another suite: bookworm-security becomes trixie-security at the same address."""
    roots = {codename, *ALIASES}
    moved = []
    for source in sources:
        suites = []
        for old in source.suites:
            part = _split(old, roots)
            if part is not None and f"{suite}{part}" not in suites:
                suites.append(f"{suite}{part}")
        # whoever trusts one release without its signature has not said so of another one
        options = tuple(each for each in source.options if each[0] != "Trusted" or suite == codename)
        moved.append(replace(source, suites=tuple(suites), options=options))
    return moved


def _split(suite: str, roots: Iterable[str]) -> str | None:
    """What follows the release's name in a suite's name, or None when it is not one of ours."""
    for root in roots:
        # Debian before 11 wrote the security suite as name/updates
        for part in (*PARTS, "/updates"):
            if suite.rstrip("/") == f"{root}{part}":
                return "-security" if part == "/updates" else part
    return None
