"""The machine's package sources in both of apt's forms, and pointed at another suite."""

from mqcourse.install.sources import Source, archive, at_suite, parse_deb822, parse_one_line, read

DEB822 = """\
# a comment
Types: deb
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security http://second.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example
Suites: bookworm
Components: main
"""
ONE_LINE = """\
deb http://mirror.example/debian bookworm main contrib # comment
#deb http://off.example bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://docker.example/linux/debian bookworm stable
deb\thttp://mirror.example/debian-security bookworm-security/updates main
"""


def test_deb822_entries():
    first, second = parse_deb822(DEB822)
    assert first.uris == ("http://mirror.example/debian",)
    assert first.suites == ("bookworm", "bookworm-updates", "bookworm-backports")
    assert first.components == ("main", "contrib")
    assert first.signed_by == "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert len(second.uris) == 2
    assert "BEGIN PGP PUBLIC KEY BLOCK" in second.signed_by


def test_an_embedded_key_survives_being_written_again():
    _, second = parse_deb822(DEB822)
    assert parse_deb822(second.as_deb822()) == [second]


def test_one_line_entries():
    first, docker, _ = parse_one_line(ONE_LINE)
    assert first == Source(("http://mirror.example/debian",), ("bookworm",), ("main", "contrib"))
    assert docker.signed_by == "/etc/apt/keyrings/docker.asc"
    assert docker.components == ("stable",)


def test_trust_in_one_release_is_not_carried_to_another():
    (source,) = parse_one_line("deb [trusted=yes check-valid-until=no] http://local.example bookworm main")
    (same,), (newer,) = (at_suite([source], "bookworm", suite) for suite in ("bookworm", "trixie"))
    assert dict(same.options) == {"Trusted": "yes", "Check-Valid-Until": "no"}
    assert dict(newer.options) == {"Check-Valid-Until": "no"}


def test_trusted_is_kept_since_the_machines_owner_said_so():
    (source,) = parse_one_line("deb [trusted=yes] http://local.example ./ main")
    assert source.options == (("Trusted", "yes"),)
    assert "Trusted: yes" in source.as_deb822()


def test_only_the_distributions_own_archive_counts():
    sources = parse_deb822(DEB822) + parse_one_line(ONE_LINE)
    kept = archive(sources, "bookworm")
    assert all("docker.example" not in uri for source in kept for uri in source.uris)
    assert kept[0].suites == ("bookworm", "bookworm-updates")  # no backports
    assert archive(sources, "noble") == []


def test_the_same_addresses_at_another_suite():
    moved = at_suite(archive(parse_deb822(DEB822), "bookworm"), "bookworm", "trixie")
    assert [source.suites for source in moved] == [("trixie", "trixie-updates"), ("trixie-security",)]
    assert moved[0].uris == ("http://mirror.example/debian",)
    assert moved[0].signed_by


def test_sources_that_follow_an_alias_move_too():
    sources = parse_one_line(
        "deb http://mirror.example/debian stable main\ndeb http://m/s stable-security main"
    )
    assert [s.suites for s in at_suite(archive(sources, "bookworm"), "bookworm", "trixie")] == [
        ("trixie",),
        ("trixie-security",),
    ]


def test_ubuntus_archive():
    sources = parse_deb822(
        "Types: deb\nURIs: http://archive.example/ubuntu/\nSuites: noble noble-updates noble-security\n"
        "Components: main restricted universe multiverse\nSigned-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n"
    )
    (moved,) = at_suite(archive(sources, "noble"), "noble", "questing")
    assert moved.suites == ("questing", "questing-updates", "questing-security")
    assert "universe" in moved.components


def test_the_folder_is_read_as_apt_reads_it(tmp_path):
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "b.sources").write_text(DEB822)
    (parts / "c.list").write_text("deb http://c.example/debian bookworm main\n")
    (parts / "d.list.disabled").write_text("deb http://d.example/debian bookworm main\n")
    uris = [uri for source in read(tmp_path) for uri in source.uris]
    assert uris[0] == "http://a.example/debian"
    assert uris[-1] == "http://c.example/debian"
    assert len(uris) == 5


def test_no_sources_at_all(tmp_path):
    assert read(tmp_path) == []
