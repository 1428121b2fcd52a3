"""Progress through a list of equal tasks."""

from mqcourse.pace import Pace


def test_it_says_what_is_done_and_what_is_left_now_and_then() -> None:
    said: list[str] = []
    now_s = [0.0]
    pace = Pace(10, "answers", said.append, lambda: now_s[0])
    for _ in range(10):
        now_s[0] += 3.0
        pace.done()
    assert said == [
        "2 of 10 answers, about 24 s left",
        "4 of 10 answers, about 18 s left",
        "6 of 10 answers, about 12 s left",
        "8 of 10 answers, about 6 s left",
    ]
