"""The book's web server: pages, no listing, nothing outside."""

import gzip
import http.client
import threading

import pytest

from mqcourse.content_policy import HEADER
from mqcourse.stack.services.book_server import server

pytestmark = pytest.mark.wire


@pytest.fixture
def get(tmp_path):
    root = tmp_path / "html with space"
    (root / "part").mkdir(parents=True)
    (root / "index.html").write_text("<h1>book</h1>")
    (root / "model.mjs").write_text("export {}")
    (root / "p.wasm").write_bytes(b"\0asm")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    with server(root, 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()

        def ask(path, method="GET", **headers):
            connection = http.client.HTTPConnection(*serving.server_address, timeout=120)
            connection.request(
                method, path, headers={name.replace("_", "-"): text for name, text in headers.items()}
            )
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer, body

        yield ask
        serving.shutdown()
        thread.join()


def test_pages_come_and_are_asked_for_again_each_time(get):
    answer, body = get("/")
    assert (answer.status, body) == (200, b"<h1>book</h1>")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_every_file_comes_with_the_policy_of_the_pages_but_the_page_for_a_wrong_address(get):
    assert get("/")[0].headers["Content-Security-Policy"] == HEADER
    assert get("/model.mjs")[0].headers["Content-Security-Policy"] == HEADER
    assert get("/lgo.html")[0].headers["Content-Security-Policy"] is None
    for refused in ("unsafe-inline", "unsafe-eval'", "http"):
        assert refused not in HEADER.replace("'wasm-unsafe-eval'", "")


def test_a_folder_without_a_page_is_not_listed(get):
    assert get("/part/")[0].status == 404


def test_an_address_that_is_not_there_shows_the_books_own_page(get, tmp_path):
    (tmp_path / "html with space" / "404.html").write_text("<p>100% not here</p>")
    answer, body = get("/book/kafka/lgo.html")
    assert (answer.status, body) == (404, b"<p>100% not here</p>")
    assert get("/part/")[1] == body


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/link.txt", "//etc/passwd"])
def test_nothing_outside_the_book_comes(get, path):
    answer, body = get(path)
    assert answer.status == 404
    assert b"secret" not in body.replace(b"secret.txt", b"")


@pytest.mark.parametrize(
    ("path", "kind"), [("/model.mjs", "text/javascript"), ("/p.wasm", "application/wasm")]
)
def test_modules_and_webassembly_have_the_types_browsers_insist_on(get, path, kind):
    assert get(path)[0].headers["Content-Type"] == kind


def test_a_page_is_compressed_for_a_client_that_takes_gzip(get, tmp_path):
    page = tmp_path / "html with space" / "long.html"
    text = b"<p>the same words again</p>" * 500
    page.write_bytes(text)
    answer, body = get("/long.html", Accept_Encoding="br, gzip;q=0.9")
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == text
    assert len(body) < len(text) / 10
    assert (answer.headers["Content-Length"], answer.headers["Vary"]) == (str(len(body)), "Accept-Encoding")
    head, nothing = get("/long.html", "HEAD", Accept_Encoding="gzip")
    assert (head.headers["Content-Length"], nothing) == (str(len(body)), b"")
    plain, whole = get("/long.html")
    assert (plain.headers["Content-Encoding"], whole) == (None, text)
    page.write_bytes(b"<p>built again</p>")
    assert gzip.decompress(get("/long.html", Accept_Encoding="gzip")[1]) == b"<p>built again</p>"


def test_an_unchanged_page_is_not_sent_again(get):
    changed = get("/", Accept_Encoding="gzip")[0].headers["Last-Modified"]
    answer, body = get("/", Accept_Encoding="gzip", If_Modified_Since=changed)
    assert (answer.status, body) == (304, b"")


def test_an_answer_that_is_no_page_is_not_marked_as_compressed(get, tmp_path):
    (tmp_path / "html with space" / "404.html").write_text("<p>not here</p>")
    answer, body = get("/missing.html", Accept_Encoding="gzip")
    assert (answer.status, answer.headers["Content-Encoding"], body) == (404, None, b"<p>not here</p>")


def test_only_reading_is_offered(get):
    assert get("/", "POST")[0].status == 501
