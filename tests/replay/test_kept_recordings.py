"""Every replay of the book has a kept recording that can be shown complete."""

from mqcourse.book.chapter import pages
from mqcourse.book.directives.replay import recordings
from mqcourse.book.record import kept_path, read
from mqcourse.replay.recording import read as read_recording
from mqcourse.replay.story import story
from tests.browser.book.test_replays import REPLAY


def test_every_replay_is_complete() -> None:
    found = {}
    for page in pages():
        names = REPLAY.findall(page.text)
        record = read(kept_path(page)) if names else None
        for name in names:
            assert record is not None, f"{page.name} has replays and no kept run"
            found[page.name, name] = story(read_recording(recordings(record)[name])).missing
    assert len(found) > 10
    assert {where: missing for where, missing in found.items() if missing} == {}
