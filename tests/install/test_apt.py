"""Packages without root: against the machine's own mirror, and against broken ones of our own."""

import gzip
import hashlib
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.install import apt as apt_module
from mqcourse.install import rabbitmq
from mqcourse.install.apt import Apt, Release, depends_of, fetch_of_own_suite, this_release
from mqcourse.progress import Progress

HAS_APT = shutil.which("apt-get") is not None
QUIET = Progress(quiet=True)
SHOWN = """\
Package: rabbitmq-server
Depends: adduser, erlang-base | erlang-base-hipe, erlang-crypto (>= 1:27.0), python3:any
Pre-Depends: dpkg (>= 1.15)

Package: erlang-base
Depends: libc6 (>= 2.38) [amd64]
"""


def test_depends_of_every_shown_package():
    assert depends_of(SHOWN) == [
        ["adduser"],
        ["erlang-base", "erlang-base-hipe"],
        ["erlang-crypto"],
        ["python3"],
        ["dpkg"],
        ["libc6"],
    ]


@pytest.mark.parametrize(
    ("facts", "distribution", "codename"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "bookworm"}, "debian", "bookworm"),
        (
            {"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_CODENAME": "noble", "UBUNTU_CODENAME": "noble"},
            "ubuntu",
            "noble",
        ),
        (
            {
                "ID": "linuxmint",
                "ID_LIKE": "ubuntu debian",
                "VERSION_CODENAME": "wilma",
                "UBUNTU_CODENAME": "noble",
            },
            "ubuntu",
            "noble",
        ),
    ],
)
@pytest.mark.skipif(not HAS_APT, reason="needs apt, which only Debian's family has")
def test_releases(monkeypatch, facts, distribution, codename):
    monkeypatch.setattr(apt_module.platform, "freedesktop_os_release", lambda: facts)
    found = this_release()
    assert (found.distribution, found.codename) == (distribution, codename)


def test_an_unsupported_system_names_the_docker_and_external_ways(monkeypatch):
    monkeypatch.setattr(
        apt_module.platform, "freedesktop_os_release", lambda: {"ID": "fedora", "PRETTY_NAME": "Fedora 43"}
    )
    with pytest.raises(CourseError) as caught:
        this_release()
    for word in ("Fedora 43", "MQ_PROVIDER=docker", "MQ_RABBITMQ_URL", "MQ_RABBITMQ_HOME"):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def repository(folder: Path, *, suite: str) -> Path:
    """An apt archive of one package, without a signature; the folder of a machine's /etc/apt that names it."""
    package = folder / "build"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "usr").mkdir()
    (package / "usr" / "hello").write_text("hello")
    (package / "DEBIAN" / "control").write_text(
        "Package: mq-hello\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.com>\nDescription: x\n"
    )
    pool = folder / "pool"
    pool.mkdir()
    subprocess.run(
        ["dpkg-deb", "--build", str(package), str(pool / "mq-hello.deb")], check=True, capture_output=True
    )
    data = (pool / "mq-hello.deb").read_bytes()
    text = (package / "DEBIAN" / "control").read_text() + (
        f"Filename: pool/mq-hello.deb\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n\n"
    )
    release = [
        f"Origin: Test\nSuite: {suite}\nCodename: {suite}\nArchitectures: all amd64 arm64\nComponents: main\nSHA256:"
    ]
    for arch in ("all", "amd64", "arm64"):
        listing = folder / "dists" / suite / "main" / f"binary-{arch}"
        listing.mkdir(parents=True)
        (listing / "Packages.gz").write_bytes(packed := gzip.compress(text.encode()))
        (listing / "Packages").write_text(text)
        for name, content in (("Packages.gz", packed), ("Packages", text.encode())):
            release.append(f" {hashlib.sha256(content).hexdigest()} {len(content)} main/binary-{arch}/{name}")
    (folder / "dists" / suite / "Release").write_text("\n".join(release) + "\n")
    etc = folder / "etc"
    etc.mkdir()
    return etc


@pytest.mark.wire
@pytest.mark.skipif(not HAS_APT, reason="needs apt, which only Debian's family has")
def test_an_unsigned_archive_is_refused_and_nothing_is_taken(tmp_path):
    etc = repository(tmp_path, suite="bookworm")
    (etc / "sources.list").write_text(f"deb file:{tmp_path} bookworm main\n")
    here = Apt.own(tmp_path / "work", QUIET, release=Release("debian", "bookworm", "Debian"))
    with pytest.raises(CourseError, match="nothing was taken"):
        here.update(etc)
    assert not list((tmp_path / "work" / "packages").iterdir())


@pytest.mark.wire
@pytest.mark.skipif(not HAS_APT, reason="needs apt, which only Debian's family has")
def test_packages_come_verified_and_unpacked_into_a_path_with_a_space(tmp_path):
    etc = repository(tmp_path, suite="bookworm")
    # the machine's owner may call an archive of his own trusted: that is obeyed, and lets us test without keys
    (etc / "sources.list").write_text(f"deb [trusted=yes] copy:{tmp_path} bookworm main\n")
    here = Apt.at(tmp_path / "my work", "bookworm", QUIET, release=Release("debian", "bookworm", "Debian"))
    here.update(etc)
    assert set(here.versions("mq-hello")) == {"1"}
    assert here.versions("no-such") == []
    here.fetch_exactly(["mq-hello"], tmp_path / "my prefix", "hello")
    assert (tmp_path / "my prefix" / "usr" / "hello").read_text() == "hello"


@pytest.mark.lengthy
@pytest.mark.wire
@pytest.mark.skipif(not HAS_APT, reason="needs apt, which only Debian's family has")
def test_two_installations_at_once_take_turns_and_both_succeed(tmp_path, monkeypatch):
    etc = repository(tmp_path, suite=this_release().codename)
    (etc / "sources.list").write_text(f"deb [trusted=yes] copy:{tmp_path} {this_release().codename} main\n")
    monkeypatch.setenv("MQ_SOFTWARE", str(tmp_path / "software"))
    busy, seen = [], []
    update = Apt.update

    def watched(here: Apt, etc: Path) -> None:
        busy.append(here)
        seen.append(len(busy))
        update(here, etc)
        time.sleep(0.2)  # long enough for the other one to come in, if nothing held it
        busy.remove(here)

    monkeypatch.setattr(Apt, "update", watched)
    with ThreadPoolExecutor() as pool:
        each = [
            pool.submit(fetch_of_own_suite, ["mq-hello"], tmp_path / name, name, QUIET, etc)
            for name in ("browser", "sandbox")
        ]
    for one in each:
        one.result()
    assert seen == [1, 1]
    assert {(tmp_path / name / "usr" / "hello").read_text() for name in ("browser", "sandbox")} == {"hello"}


@pytest.mark.wire
@pytest.mark.skipif(not HAS_APT, reason="needs apt, which only Debian's family has")
def test_a_package_that_is_not_the_one_of_the_list_is_refused(tmp_path):
    etc = repository(tmp_path, suite="bookworm")
    (etc / "sources.list").write_text(f"deb [trusted=yes] copy:{tmp_path} bookworm main\n")
    deb = tmp_path / "pool" / "mq-hello.deb"
    data = bytearray(deb.read_bytes())
    data[-1] ^= 1
    deb.write_bytes(bytes(data))
    here = Apt.at(tmp_path / "work", "bookworm", QUIET, release=Release("debian", "bookworm", "Debian"))
    here.update(etc)
    with pytest.raises(CourseError, match="cannot fetch the packages"):
        here.fetch_exactly(["mq-hello"], tmp_path / "prefix", "hello")
    assert not (tmp_path / "prefix").exists()


@pytest.mark.lengthy
@pytest.mark.wire
@pytest.mark.skipif(not HAS_APT, reason="needs apt, which only Debian's family has")
def test_no_network_is_a_one_line_error_that_says_so(tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "sources.list").write_text("deb http://127.0.0.1:9/debian bookworm main\n")
    here = Apt.own(tmp_path / "work", QUIET, release=Release("debian", "bookworm", "Debian"))
    with pytest.raises(CourseError, match="network") as caught:
        here.update(etc)
    assert "\n" not in str(caught.value)


def test_a_name_that_cannot_be_resolved_is_the_network_and_is_named():
    said = (
        "Ign:1 http://mirror.example/debian bookworm InRelease\n"
        "Err:1 http://mirror.example/debian bookworm InRelease\n"
        "  Temporary failure resolving 'mirror.example'\n"
        "W: Failed to fetch http://mirror.example/debian/dists/bookworm/InRelease  "
        "Temporary failure resolving 'mirror.example'\n"
    )
    for text in (said, said.replace("W:", "E:")):
        error = str(apt_module._apt_error("cannot read the package lists of bookworm", text))
        assert "Temporary failure resolving 'mirror.example'" in error
        assert error.endswith("Check the network and run it again; what was fetched is kept")


def test_a_machine_without_sources_is_told(tmp_path):
    here = Apt.own(tmp_path / "work", QUIET, release=Release("debian", "bookworm", "Debian"))
    with pytest.raises(CourseError, match="package sources"):
        here.update(tmp_path)


def fake_home(folder: Path, version: str) -> Path:
    (folder / "sbin").mkdir(parents=True)
    (folder / "sbin" / "rabbitmq-server").write_text("#!/bin/sh\n")
    (folder / "plugins" / f"rabbit-{version}").mkdir(parents=True)
    return folder


def test_an_old_rabbitmq_is_refused_when_named_and_passed_over_on_path(monkeypatch, tmp_path):
    old = fake_home(tmp_path / "old", "3.13.7")
    monkeypatch.setenv("MQ_RABBITMQ_HOME", str(old))
    with pytest.raises(CourseError, match=r"3\.13\.7.*needs 4"):
        rabbitmq.installed()
    monkeypatch.delenv("MQ_RABBITMQ_HOME")
    (old / "sbin" / "rabbitmq-server").chmod(0o755)
    monkeypatch.setenv("PATH", str(old / "sbin"))
    found = rabbitmq.installed()
    assert found is None or rabbitmq.major_of(found.version) >= 4


def test_a_named_home_that_is_none_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MQ_RABBITMQ_HOME", str(tmp_path))
    with pytest.raises(CourseError, match="holds no RabbitMQ"):
        rabbitmq.installed()


def test_an_installed_one_is_used(monkeypatch, tmp_path):
    home = fake_home(tmp_path / "4", "4.2.1")
    epmd = tmp_path / "bin" / "epmd"
    epmd.parent.mkdir()
    epmd.write_text("#!/bin/sh\n")
    epmd.chmod(0o755)
    monkeypatch.setenv("PATH", str(epmd.parent))
    monkeypatch.setenv("MQ_RABBITMQ_HOME", str(home))
    found = rabbitmq.install(tmp_path / "software", QUIET)
    assert (found.home, found.version, found.epmd) == (home, "4.2.1", epmd)
    assert not (tmp_path / "software").exists()


@pytest.mark.parametrize(
    ("version", "major"), [("4.0.5-6+deb13u2", 4), ("1:4.1.0", 4), ("3.10.8-1.1", 3), ("", 0)]
)
def test_major_of_package_versions(version, major):
    assert rabbitmq.major_of(version) == major


def test_a_mirror_without_rabbitmq_4_never_means_3(monkeypatch, tmp_path):
    monkeypatch.setattr(Apt, "update", lambda self: None)
    monkeypatch.setattr(Apt, "versions", lambda self, name: ["3.10.8-1.1"])
    with pytest.raises(CourseError, match=r"no RabbitMQ 4 or newer.*3\.10\.8"):
        rabbitmq._suite_with_rabbitmq(tmp_path, Release("debian", "bookworm", "Debian"), QUIET)


def test_the_progress_of_a_download_counts_its_own_packages_only(tmp_path: Path) -> None:
    """The folder also holds what an earlier download brought: "134 of 0 MB" helps nobody."""
    (tmp_path / "partial").mkdir()
    (tmp_path / "partial" / "bubblewrap_1_amd64.deb").write_bytes(bytes(10))
    (tmp_path / "erlang-base_1_amd64.deb").write_bytes(bytes(1000))
    assert apt_module._bytes_in(tmp_path, {"bubblewrap_1_amd64.deb"}) == 10
    assert apt_module._bytes_in(tmp_path) == 1010
