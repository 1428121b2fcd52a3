"""Every replay of the book has a kept recording that can be shown complete."""

from mqcourse.book.chapter import pages
from tests.browser.book.test_replays import replays


def test_every_replay_is_complete() -> None:
    found = replays([page.name for page in pages()])
    assert len(found) > 10
    assert {(page, name): told.missing for page, name, told in found if told.missing} == {}
