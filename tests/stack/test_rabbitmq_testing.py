"""The RabbitMQ of the distribution's next release, beside the stable one."""

from collections.abc import Iterator

import pika
import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import software_folder
from mqcourse.install.rabbitmq import next_release
from mqcourse.progress import Progress
from mqcourse.stack.endpoints import endpoints
from tests.run_stack import RunStack, free_base

NAME = "rabbitmq-testing"


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStack]:
    run = RunStack(tmp_path_factory.mktemp("mq home"), free_base())
    try:
        yield run
    finally:
        run.end()


def server_of(url: str) -> dict[str, object]:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        found: dict[str, object] = connection._impl.server_properties
        return found
    finally:
        connection.close()


@pytest.mark.stack
@pytest.mark.wire
def test_it_runs_beside_the_stable_one_newer_and_apart(own):
    try:
        newer = next_release(software_folder(), Progress(quiet=True))
    except CourseError as error:
        if error.exit_code not in (Exit.NETWORK, Exit.ENVIRONMENT):
            raise
        pytest.skip(f"this machine's mirror serves no next release: {error}")
    assert NAME not in own.status()
    own.mq("start", "rabbitmq")
    own.mq("start", "--suite", "testing", "rabbitmq")
    rows = own.status()
    assert {rows[name]["state"] for name in ("rabbitmq", NAME)} == {"running"}
    assert rows[NAME]["version"] == newer.version
    stable, testing = own.endpoints.rabbitmq_url, own.endpoints.rabbitmq_testing_url
    assert server_of(testing)["version"] == newer.version
    assert server_of(stable)["version"] == rows["rabbitmq"]["version"]
    with pika.BlockingConnection(pika.URLParameters(testing)) as connection:
        connection.channel().queue_declare("kept", durable=True)
    with pika.BlockingConnection(pika.URLParameters(stable)) as connection:
        channel = connection.channel()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="NOT_FOUND"):
            channel.queue_declare("kept", passive=True)
    own.mq("reset", "--yes", NAME)
    with pika.BlockingConnection(pika.URLParameters(testing)) as connection:
        channel = connection.channel()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="NOT_FOUND"):
            channel.queue_declare("kept", passive=True)
    own.mq("stop", NAME)
    assert NAME not in own.status()
    assert own.status()["rabbitmq"]["state"] == "running"


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("start --suite testing kafka", "there is no kafka of the suite testing"),
        ("start --suite testing --nodes 3 rabbitmq", "there is no cluster of the suite testing"),
        ("start --suite sid rabbitmq", "invalid choice: 'sid'"),
    ],
)
def test_only_one_rabbitmq_is_taken_from_it(own, words, said):
    done = own.mq(*words.split(), check=False)
    assert done.returncode == Exit.USAGE
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_its_address_is_that_of_the_environment_or_an_error_that_says_how_to_start(tmp_path):
    assert endpoints(tmp_path, {"MQ_RABBITMQ_TESTING_URL": "amqp://a"}).rabbitmq_testing_url == "amqp://a"
    with pytest.raises(CourseError, match="mq start --suite testing rabbitmq"):
        _ = endpoints(tmp_path, {}).rabbitmq_testing_url
