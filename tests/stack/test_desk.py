"""What JupyterLab shows: the labs and where one stands in them, and nothing that they are made from."""

import http.client
import json
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from mqcourse.grading import manifest
from mqcourse.stack import desk, record
from mqcourse.stack.jupyter_extension import page_at
from mqcourse.stack.record import Record

LABS = manifest.load()


def page(**points: Mapping[str, int]) -> str:
    return desk.start_page(LABS, points)


def everything(lab: manifest.Lab) -> dict[str, int]:
    return {exercise.id: exercise.points for exercise in lab.exercises}


def test_every_lab_is_there_with_what_it_teaches_its_minutes_and_how_to_grade_it() -> None:
    text = page()
    for lab in LABS:
        assert f"## [{lab.title}](labs/{lab.name}.ipynb)" in text
        assert f"{lab.minutes} minutes" in text
        assert f"mq grade labs/{lab.name}.ipynb" in text
        for exercise in lab.exercises:
            assert exercise.title in text
    assert f"**Begin with [{LABS[0].title}]" in text
    assert f"0 of {sum(lab.points for lab in LABS)}" in text


def test_the_next_lab_is_the_first_that_lacks_points() -> None:
    first, second, *_ = LABS
    some = dict(list(everything(first).items())[:1])
    assert f"**Go on with [{first.title}]" in page(**{first.name: some})
    assert f"**Begin with [{second.title}]" in page(**{first.name: everything(first)})
    assert "You have all points" in page(**{lab.name: everything(lab) for lab in LABS})


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("interview/drop.md", "http://h:1/book/interview/drop.html"),
        ("interview/drop.html", "http://h:1/book/interview/drop.html"),
        ("", "http://h:1/"),
    ],
)
def test_a_link_to_a_chapter_is_its_page(link: str, page: str) -> None:
    assert page_at("http://h:1/", link) == page


@pytest.mark.stack
def test_jupyterlab_opens_on_the_start_page_with_the_points_of_now_and_leads_to_the_book(empty_stack) -> None:
    empty_stack.mq("up", "jupyter")
    address = urlsplit(empty_stack.status()["jupyter"]["endpoint"])
    base, token = f"http://{address.netloc}", (empty_stack.home / "jupyter" / "token").read_text()
    assert address.path == "/lab/tree/START.md"

    def contents(path: str) -> dict[str, object]:
        request = urllib.request.Request(  # noqa: S310 (our own server)
            f"{base}/api/contents/{path}", headers={"Authorization": f"token {token}"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            found: dict[str, object] = json.load(answer)
            return found

    assert {entry["name"] for entry in contents("")["content"]} == {"START.md", "labs", "chapters"}
    shown = {entry["name"] for entry in contents("labs")["content"]}
    assert shown >= {f"{lab.name}.ipynb" for lab in LABS}
    assert not shown & {"README.md"}

    lab = LABS[0]
    line = {"lab": lab.name, "exercises": everything(lab)}
    (empty_stack.home / "progress").mkdir()
    (empty_stack.home / "progress" / "labs.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    wanted = f"**{lab.points} of {lab.points} points**"
    while wanted not in str(contents("START.md")["content"]):  # the test's own time limit ends it
        pass

    connection = http.client.HTTPConnection(address.netloc, timeout=120)
    connection.request("GET", "/book/interview/drop.md", headers={"Authorization": f"token {token}"})
    answer = connection.getresponse()
    assert (answer.status, b"mq start" in answer.read()) == (503, True)
    book = Record("book", "native", "1", 1, "http://127.0.0.1:1/", None, None, None, 0.0, 0.0)
    record.write(empty_stack.home, book)
    connection.request("GET", "/book/interview/drop.md", headers={"Authorization": f"token {token}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 302
    assert answer.headers["Location"] == "http://127.0.0.1:1/book/interview/drop.html"
