"""The book's web server: pages, no listing, nothing outside."""

import http.client
import threading

import pytest

from mqcourse.stack.bookserver import server

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

        def ask(path, method="GET"):
            connection = http.client.HTTPConnection(*serving.server_address, timeout=120)
            connection.request(method, path)
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


def test_only_reading_is_offered(get):
    assert get("/", "POST")[0].status == 501
