"""What checkouts share: taken whole and right, or fetched; never a reason to fail."""

import json
from pathlib import Path

import pytest

from mqcourse.book import kept_pages
from mqcourse.home import cache_folder
from mqcourse.install import rabbitmq
from mqcourse.install.download import Wanted, keep, missing, sha256_of, take


def test_a_file_that_was_kept_is_taken_and_a_changed_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "one" / "a.jar").parent.mkdir()
    original = tmp_path / "one" / "a.jar"
    original.write_bytes(b"whole")
    kept = tmp_path / "kept"
    keep([original], kept)
    keep([original], kept)  # again: nothing of it is left behind
    assert [file.name for file in kept.iterdir()] == ["a.jar"]
    wanted = Wanted("http://127.0.0.1:9/a.jar", sha256_of(original), tmp_path / "two" / "a.jar", 5)
    take([wanted], kept)
    assert missing([wanted]) == []
    assert wanted.path.stat().st_mtime_ns == original.stat().st_mtime_ns  # Java's AOT cache looks at it
    wanted.path.unlink()
    (kept / "a.jar").unlink()
    (kept / "a.jar").write_bytes(b"other")
    take([wanted], kept)
    assert missing([wanted]) == [wanted]


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    file = tmp_path / "a.jar"
    file.write_bytes(b"whole")
    keep([file], file / "no folder")
    assert not kept_pages.take_pages(tmp_path / "nothing", tmp_path / "html")


def test_packages_are_taken_while_they_are_whole_and_new(tmp_path: Path) -> None:
    package = tmp_path / "packages" / "erlang.deb"
    package.parent.mkdir()
    package.write_bytes(b"package")
    kept = tmp_path / "kept"
    assert rabbitmq._kept_packages(kept) == ("", [])
    rabbitmq._keep_packages([package], "stable", kept)
    assert rabbitmq._kept_packages(kept) == ("stable", [kept / "erlang.deb"])
    known = json.loads((kept / "packages.json").read_text())
    (kept / "packages.json").write_text(
        json.dumps(known | {"fetched_s": known["fetched_s"] - rabbitmq.KEPT_FOR_S - 1})
    )
    assert rabbitmq._kept_packages(kept)[1] == []
    rabbitmq._keep_packages([package], "stable", kept)
    (kept / "erlang.deb").unlink()
    (kept / "erlang.deb").write_bytes(b"changed")
    assert rabbitmq._kept_packages(kept)[1] == []
    for damaged in ("", "[]", '{"sha256": 1}', "null"):
        (kept / "packages.json").write_text(damaged)
        assert rabbitmq._kept_packages(kept)[1] == []


def test_pages_are_copied_so_that_a_later_build_changes_only_its_own(tmp_path: Path) -> None:
    html = tmp_path / "one" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("first")
    kept = tmp_path / "pages" / "abc"
    kept_pages.keep_pages(html, kept)
    (html / "index.html").write_text("second")
    other = tmp_path / "two" / "html"
    other.parent.mkdir()
    assert kept_pages.take_pages(kept, other)
    assert (other / "index.html").read_text() == "first"
    (other / "index.html").write_text("third")
    assert (kept / "index.html").read_text() == "first"


def test_only_the_last_pages_are_kept(tmp_path: Path) -> None:
    html = tmp_path / "html"
    html.mkdir()
    (html / "index.html").touch()
    for number in range(kept_pages.KEPT_PAGES + 2):
        kept_pages.keep_pages(html, tmp_path / "pages" / str(number))
    assert len(list((tmp_path / "pages").iterdir())) == kept_pages.KEPT_PAGES


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"MQ_CACHE": "{}/named"}, "{}/named"),
        ({"XDG_CACHE_HOME": "{}/xdg"}, "{}/xdg/mastering-message-queues"),
        ({"HOME": "{}"}, "{}/.cache/mastering-message-queues"),
    ],
)
def test_where_the_cache_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    for name in ("MQ_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    assert cache_folder() == Path(folder.format(tmp_path))


def test_without_a_home_the_checkouts_own_folder_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MQ_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert cache_folder().name == "cache"
    assert cache_folder().parent.name == ".mq"
