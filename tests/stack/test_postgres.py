"""PostgreSQL beside the brokers: only when it is named, kept over a kill, gone after a stop."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from mqcourse.exits import Exit
from mqcourse.stack.services.shared_memory import remove_segment
from tests.run_stack import RunStack, free_base

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(sys.platform != "linux", reason="counts segments of shared memory by /proc"),
]

SEGMENTS = Path("/proc/sysvipc/shm")
TABLE = "CREATE TABLE outbox (id bigserial PRIMARY KEY, body jsonb NOT NULL)"
INSERT = "INSERT INTO outbox (body) VALUES ('{\"order\": 1}')"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStack]:
    """A stack of this file's own, in which only PostgreSQL is ever started."""
    run = RunStack(tmp_path_factory.mktemp("mq home"), free_base())
    try:
        yield run
    finally:
        run.end()


def connect(stack: RunStack) -> "psycopg.Connection":
    return psycopg.connect(stack.endpoints.postgres_url, autocommit=True)


def segments() -> set[str]:
    """The System V shared memory segments that exist, by identifier."""
    return {line.split()[1] for line in SEGMENTS.read_text(encoding="ascii").splitlines()[1:]}


def test_it_is_stopped_and_unseen_until_it_is_named(database):
    assert "postgres" not in database.status()
    with pytest.raises(Exception, match="mq start postgres"):
        _ = database.endpoints.postgres_url
    said = database.mq("status", "postgres", "--check", check=False)
    assert said.returncode == Exit.UNREACHABLE
    assert "stopped" in said.stdout


def test_its_log_of_changes_can_be_read_and_its_data_survives_a_kill_and_not_a_reset(database):
    before = segments()
    database.mq("start", "postgres")
    with connect(database) as connection:
        connection.execute(TABLE)
        connection.execute("CREATE PUBLICATION changes FOR TABLE outbox")
        connection.execute("SELECT pg_create_logical_replication_slot('relay', 'pgoutput')")
        connection.execute(INSERT)
        changes = connection.execute(
            "SELECT data FROM pg_logical_slot_peek_binary_changes("
            "'relay', NULL, NULL, 'proto_version', '1', 'publication_names', 'changes')"
        ).fetchall()
        assert any(row[0][:1] == b"I" and b'{"order": 1}' in row[0] for row in changes), changes

        psutil.Process(database.status()["postgres"]["pid"]).kill()
    assert database.status()["postgres"]["state"] == "killed"
    database.mq("start", "postgres")
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
        assert connection.execute("SELECT slot_name FROM pg_replication_slots").fetchone() == ("relay",)

        # a client that stays does not hold up the end: the server's fast shutdown
        database.mq("stop", "postgres")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert segments() <= before
    assert "postgres" not in database.status()

    database.mq("start", "postgres")
    database.mq("reset", "postgres", "--yes")
    with connect(database) as connection:
        connection.execute(TABLE)  # it is not there any more
    psutil.Process(database.status()["postgres"]["pid"]).kill()
    database.mq("stop")
    assert segments() <= before, "a killed server's segment is left"


FOR_CHAPTERS = """\
import sys
from pathlib import Path
from mqcourse.book.chapter import Chapter
from mqcourse.book.command import start_on_request
start_on_request([Chapter(name, Path(sys.argv[1])) for name in sys.argv[2:]], quiet=True)
"""


def test_a_chapter_that_names_it_starts_it_and_one_that_does_not_starts_nothing(database, tmp_path):
    def start_for(*chapters: str) -> None:
        command = [sys.executable, "-c", FOR_CHAPTERS, str(tmp_path), *chapters]
        subprocess.run(command, env=database.env, check=True, timeout=300)

    database.mq("stop")
    (tmp_path / "book").mkdir()
    for name in ("rabbitmq", "postgres"):
        head = f"```{{chapter-head}}\nruns_with: [{name}, psycopg]\n```\n"
        (tmp_path / "book" / f"{name}.md").write_text(head, encoding="utf-8")

    start_for("rabbitmq")
    assert {row["state"] for row in database.status().values()} == {"stopped"}

    start_for("rabbitmq", "postgres")
    rows = database.status()
    assert [name for name, row in rows.items() if row["state"] == "running"] == ["postgres"]
    start_for("postgres")  # it runs already
    assert database.status()["postgres"]["pid"] == rows["postgres"]["pid"]


def test_its_password_is_shown_to_nobody(database):
    database.mq("start", "postgres")
    password = (database.home / "postgres" / "password").read_text(encoding="ascii")
    shown = database.mq("status").stdout + database.mq("status", "--json").stdout
    shown += (database.home / "logs" / "postgres.log").read_text(encoding="utf-8")
    for process in psutil.process_iter(["cmdline"]):
        shown += " ".join(process.info["cmdline"] or [])
    assert password not in shown
    assert password in database.endpoints.postgres_url
    for path in (database.home / "postgres").rglob("*"):
        assert not stat.S_IMODE(path.lstat().st_mode) & 0o077 or path.is_symlink(), path
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(database.endpoints.postgres_url.replace(password, "guess"))


def test_one_of_elsewhere_is_looked_at_and_never_touched(database, tmp_path):
    database.mq("start", "postgres")
    elsewhere = RunStack(tmp_path / "other", database.base)
    url = database.endpoints.postgres_url
    row = elsewhere.mq("start", "postgres", "--json", MQ_POSTGRES_URL=url).stdout
    assert '"external"' in row
    assert '"18.' in row
    refused = elsewhere.mq("reset", "postgres", "--yes", check=False, MQ_POSTGRES_URL=url)
    assert refused.returncode == Exit.USAGE
    assert "not ours" in refused.stderr
    elsewhere.mq("stop", MQ_POSTGRES_URL=url)
    with connect(database) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("text", ["", "one\ntwo\n", "1\n2\n3\n4\n5\n6\nkey identifier\n7\n"])
def test_a_damaged_record_of_a_segment_removes_none(text, tmp_path):
    file = tmp_path / "postmaster.pid"
    file.write_text(text, encoding="utf-8")
    before = segments()
    remove_segment(file)
    assert not file.exists()
    assert before <= segments()
