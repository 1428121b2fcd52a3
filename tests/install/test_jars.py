"""Kafka's jars: the lock, and downloads that are verified, resumed and never half there."""

import contextlib
import hashlib
import http.server
import threading
from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.install import jars
from mqcourse.install.download import Wanted, fetch, fetch_all, missing
from mqcourse.progress import Progress

BODY = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Repository(http.server.BaseHTTPRequestHandler):
    """Serves BODY; breaks off once where asked to; knows ranges."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        if "absent" in self.path:
            self.send_error(404)
            return
        body = b"not the jar" if "wrong" in self.path else BODY
        if "endless" in self.path:
            body *= 40
        start = 0
        if (wanted := self.headers.get("Range")) and "norange" not in self.path:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        part = body[start:]
        if "broken" in self.path and not start:
            part = part[: len(part) // 2]
            self.close_connection = True
        with contextlib.suppress(ConnectionError):  # a download that is refused half-way hangs up
            self.wfile.write(part)

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def repository():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repository) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def wanted(server, folder: Path, name: str, sha256: str = SHA256) -> Wanted:
    return Wanted(f"http://127.0.0.1:{server.server_port}/{name}", sha256, folder / name, len(BODY))


@pytest.mark.wire
def test_a_file_comes_whole_and_right_into_a_path_with_a_space(repository, tmp_path):
    file = wanted(repository, tmp_path / "my jars", "good.jar")
    seen = []
    fetch(file, seen.append)
    assert file.path.read_bytes() == BODY
    assert sum(seen) == len(BODY)
    assert missing([file]) == []


@pytest.mark.wire
def test_a_download_that_broke_off_goes_on_where_it_stopped(repository, tmp_path):
    file = wanted(repository, tmp_path, "broken.jar")
    with pytest.raises(CourseError, match="what was fetched is kept"):
        fetch(file)
    assert not file.path.exists()
    came = (tmp_path / "broken.jar.part").stat().st_size
    assert 0 < came < len(BODY)
    fetch(file)
    assert file.path.read_bytes() == BODY
    assert repository.asked[-1] == ("/broken.jar", f"bytes={came}-")


@pytest.mark.wire
def test_a_server_without_ranges_sends_it_all_again(repository, tmp_path):
    file = wanted(repository, tmp_path, "norange.jar")
    (tmp_path / "norange.jar.part").write_bytes(BODY[:1000])
    fetch(file)
    assert file.path.read_bytes() == BODY


@pytest.mark.wire
def test_a_part_of_another_version_is_thrown_away(repository, tmp_path):
    file = wanted(repository, tmp_path, "good.jar")
    (tmp_path / "good.jar.part").write_bytes(b"x" * 1000)
    fetch(file)
    assert file.path.read_bytes() == BODY


@pytest.mark.wire
def test_a_part_that_is_whole_already_needs_no_more(repository, tmp_path):
    file = wanted(repository, tmp_path, "good.jar")
    (tmp_path / "good.jar.part").write_bytes(BODY)
    fetch(file)
    assert file.path.read_bytes() == BODY


@pytest.mark.wire
def test_a_file_that_is_not_the_locked_one_is_refused_by_name_and_not_installed(repository, tmp_path):
    file = wanted(repository, tmp_path, "wrong.jar")
    with pytest.raises(CourseError, match=r"wrong\.jar.*is not the locked file") as caught:
        fetch(file)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.wire
@pytest.mark.parametrize("there", [0, 600_000])
def test_no_more_is_taken_than_the_lock_says(repository, tmp_path, there):
    """However much a mirror sends, or an earlier run has left."""
    file = wanted(repository, tmp_path, "endless.jar")
    if there:
        (tmp_path / "endless.jar.part").write_bytes(b"x" * there)
    got = []
    with pytest.raises(CourseError, match="is not the locked file"):
        fetch(file, got.append)
    assert sum(got) < len(BODY) + 100_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.wire
def test_one_bad_file_does_not_undo_the_good_ones(repository, tmp_path):
    good, bad = wanted(repository, tmp_path, "good.jar"), wanted(repository, tmp_path, "absent.jar")
    with pytest.raises(CourseError, match="404"):
        fetch_all([good, bad])
    assert missing([good, bad]) == [bad]


def test_no_network_says_so_on_one_line(tmp_path):
    with pytest.raises(CourseError, match="Check the network") as caught:
        fetch(Wanted("http://127.0.0.1:9/x.jar", SHA256, tmp_path / "x.jar", len(BODY)))
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CourseError, match="cannot write"):
        fetch(Wanted("http://127.0.0.1:9/x.jar", SHA256, tmp_path / "file" / "x.jar", len(BODY)))


def test_a_full_disk_says_so(repository, tmp_path):
    """/dev/full refuses every byte with ENOSPC."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "good.jar.part").symlink_to("/dev/full")
    with pytest.raises(CourseError, match="is full"):
        fetch(wanted(repository, tmp_path, "good.jar"))


@pytest.mark.wire
def test_install_fetches_what_is_missing_and_notices_what_was_changed(repository, tmp_path, monkeypatch):
    lock = [jars.Jar(f"org/{name}.jar", len(BODY), SHA256) for name in ("one", "two")]
    monkeypatch.setattr(jars, "locked", lambda: lock)
    monkeypatch.setenv("MQ_MAVEN_URL", f"http://127.0.0.1:{repository.server_port}/mirror/")
    quiet = Progress(quiet=True)
    jars.install(tmp_path, quiet)
    assert sorted(path for path, _ in repository.asked) == ["/mirror/org/one.jar", "/mirror/org/two.jar"]
    jars.install(tmp_path, quiet)
    assert len(repository.asked) == 2
    (tmp_path / "two.jar").write_bytes(b"tampered")
    assert not jars.is_complete(tmp_path)
    jars.install(tmp_path, quiet)
    assert (tmp_path / "two.jar").read_bytes() == BODY
    assert len(repository.asked) == 3


def test_the_lock_pins_kafka_and_its_logging_by_sha256():
    locked = jars.locked()
    names = [jar.name for jar in locked]
    assert names[0] == f"kafka_2.13-{jars.KAFKA_VERSION}.jar"
    assert f"kafka-clients-{jars.KAFKA_VERSION}.jar" in names
    assert any(name.startswith("log4j-slf4j-impl-") for name in names)
    assert len(set(names)) == len(names) >= 40
    # one artifact, one version
    assert len({name.rpartition("-")[0] for name in names}) == len(names)


@pytest.mark.parametrize(
    "line", ["a.jar 12", "a.jar twelve " + "0" * 64, "a.jar 12 abc", "a.zip 12 " + "0" * 64]
)
def test_a_broken_lock_names_its_line(line):
    with pytest.raises(CourseError, match="line 2"):
        jars.read_lock(f"# comment\n{line}\n")


def test_the_fingerprint_follows_content_and_order():
    one, two = jars.Jar("a.jar", 1, "0" * 64), jars.Jar("b.jar", 1, "1" * 64)
    assert jars.fingerprint([one, two]) != jars.fingerprint([two, one])
    assert jars.fingerprint([one, two]) == jars.fingerprint([one, two])
