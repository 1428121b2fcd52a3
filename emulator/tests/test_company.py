"""When a commit waits for others, and when it does not."""

from servicebus_emulator.company import REST_COMMITS, VAIN_LIMIT, WAIT_S, Company


def test_a_client_alone_never_waits():
    company = Company()
    for step in range(20):
        assert not company.worth_waiting({"a"}, step / 1000)
        company.committed({"a"}, step / 1000)


def test_a_commit_waits_for_those_who_came_a_moment_ago_until_they_are_there():
    company = Company()
    company.committed({"a", "b", "c"}, 1.0)
    assert company.worth_waiting({"a"}, 1.001)
    assert company.waiting
    assert company.worth_waiting({"a", "b"}, 1.0015)
    assert not company.worth_waiting({"a", "b", "c"}, 1.0016)
    company.committed({"a", "b", "c"}, 1.0016)
    assert not company.waiting


def test_a_commit_waits_no_longer_than_it_may():
    company = Company()
    company.committed({"a", "b"}, 1.0)
    assert company.worth_waiting({"a"}, 1.002)
    assert not company.worth_waiting({"a"}, 1.002 + 2 * WAIT_S)


def test_those_who_came_long_ago_are_not_waited_for():
    company = Company()
    company.committed({"a", "b"}, 1.0)
    assert not company.worth_waiting({"a"}, 2.0)


def test_after_waiting_in_vain_some_commits_do_not_wait_at_all():
    company, now_s = Company(), 1.0
    for _ in range(VAIN_LIMIT):
        company.committed({"a", "b"}, now_s)
        assert company.worth_waiting({"a"}, now_s + 0.001)
        assert not company.worth_waiting({"a"}, now_s + 0.001 + 2 * WAIT_S)
        now_s += 0.003
    for _ in range(REST_COMMITS):
        company.committed({"a", "b"}, now_s)
        assert not company.worth_waiting({"a"}, now_s)
    company.committed({"a", "b"}, now_s)
    assert company.worth_waiting({"a"}, now_s)


def test_a_clock_that_goes_back_ends_the_wait():
    company = Company()
    company.committed({"a", "b"}, 1.0)
    assert company.worth_waiting({"a"}, 1.001)
    assert not company.worth_waiting({"a"}, 0.5)
