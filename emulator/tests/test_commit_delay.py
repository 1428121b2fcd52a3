"""When a commit waits for others, and when it does not."""

from servicebus_emulator.net.commit_delay import REST_COMMITS, VAIN_LIMIT, WAIT_S, CommitDelay


def test_a_client_alone_never_waits():
    commit_delay = CommitDelay()
    for step in range(20):
        assert not commit_delay.worth_waiting({"a"}, step / 1000)
        commit_delay.committed({"a"}, step / 1000)


def test_a_commit_waits_for_those_who_came_a_moment_ago_until_they_are_there():
    commit_delay = CommitDelay()
    commit_delay.committed({"a", "b", "c"}, 1.0)
    assert commit_delay.worth_waiting({"a"}, 1.001)
    assert commit_delay.waiting
    assert commit_delay.worth_waiting({"a", "b"}, 1.0015)
    assert not commit_delay.worth_waiting({"a", "b", "c"}, 1.0016)
    commit_delay.committed({"a", "b", "c"}, 1.0016)
    assert not commit_delay.waiting


def test_a_commit_waits_no_longer_than_it_may():
    commit_delay = CommitDelay()
    commit_delay.committed({"a", "b"}, 1.0)
    assert commit_delay.worth_waiting({"a"}, 1.002)
    assert not commit_delay.worth_waiting({"a"}, 1.002 + 2 * WAIT_S)


def test_those_who_came_long_ago_are_not_waited_for():
    commit_delay = CommitDelay()
    commit_delay.committed({"a", "b"}, 1.0)
    assert not commit_delay.worth_waiting({"a"}, 2.0)


def test_after_waiting_in_vain_some_commits_do_not_wait_at_all():
    commit_delay, now_s = CommitDelay(), 1.0
    for _ in range(VAIN_LIMIT):
        commit_delay.committed({"a", "b"}, now_s)
        assert commit_delay.worth_waiting({"a"}, now_s + 0.001)
        assert not commit_delay.worth_waiting({"a"}, now_s + 0.001 + 2 * WAIT_S)
        now_s += 0.003
    for _ in range(REST_COMMITS):
        commit_delay.committed({"a", "b"}, now_s)
        assert not commit_delay.worth_waiting({"a"}, now_s)
    commit_delay.committed({"a", "b"}, now_s)
    assert commit_delay.worth_waiting({"a"}, now_s)


def test_a_clock_that_goes_back_ends_the_wait():
    commit_delay = CommitDelay()
    commit_delay.committed({"a", "b"}, 1.0)
    assert commit_delay.worth_waiting({"a"}, 1.001)
    assert not commit_delay.worth_waiting({"a"}, 0.5)
