"""The skeleton of a lab: one exercise that works, for one broker, with marks where its author has to write."""

from dataclasses import dataclass
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading.manifest import FOLDER, Lab, load
from mqcourse.nearest import did_you_mean
from mqcourse.products import BROKERS
from mqcourse.skeleton import MARK, check_name, write

FORMS = Path(__file__).parent / "skeleton"
"""The files of a lab, as str.format takes them, each with .txt after its name."""
NONE = "none"
CHOICES = (*BROKERS, NONE)


@dataclass(frozen=True)
class Parts:
    """What differs from broker to broker. In each code the answer's loop is the line LOOP."""

    called: str
    """The broker in a sentence."""
    chapter: str
    setup: str
    arguments: str
    before: str
    each: str
    after: str
    imports: str
    check: str


LOOP = "for body in bodies:"
PARTS = {
    "rabbitmq": Parts(
        called="RabbitMQ",
        chapter="rabbitmq/work-queue",
        setup="import pika\n\nfrom mqcourse.grading.check import check, hint\nfrom mqcourse.stack import endpoints\n\n"
        "url = endpoints().rabbitmq_url",
        arguments="queue, bodies",
        before="connection = pika.BlockingConnection(pika.URLParameters(url))\nchannel = connection.channel()",
        each='channel.basic_publish("", queue, body)',
        after="connection.close()",
        imports="from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ\n",
        check="""\
    with CheckRabbitMQ() as broker, Trial(answer, broker.number_of) as trial:
        queue = broker.declare("publish")
        bodies = [broker.job(number) for number in sent]
        trial.result(trial.start("the publisher", "publish", queue=queue, bodies=bodies))
        broker.wait_ready(queue, len(bodies), 2 * trial.patience)
        found = [number for number, _properties in broker.take_all(queue)]
""",
    ),
    "kafka": Parts(
        called="Kafka",
        chapter="kafka/log",
        setup="from kafka import KafkaProducer\n\nfrom mqcourse.grading.check import check, hint\n"
        "from mqcourse.stack import endpoints\n\nsettings = endpoints().kafka_settings",
        arguments="topic, bodies",
        before="producer = KafkaProducer(**settings)",
        each="producer.send(topic, body)",
        after="producer.close()",
        imports="from mqcourse.grading.brokers.kafka import CheckKafka\n",
        check="""\
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("publish", 1)
        bodies = [broker.body(number) for number in sent]
        trial.result(trial.start("the publisher", "publish", topic=topic, bodies=bodies))
        found = [number for number, _partition, _key in broker.read_all(topic, 1)]
""",
    ),
    "servicebus": Parts(
        called="Azure Service Bus",
        chapter="servicebus/peek-lock",
        setup="from azure.servicebus import ServiceBusClient, ServiceBusMessage\n\n"
        "from mqcourse.grading.check import check, hint\nfrom mqcourse.stack import endpoints\n\n"
        "connection_string = endpoints().servicebus_connection_string",
        arguments="queue, bodies",
        before="client = ServiceBusClient.from_connection_string(connection_string)\n"
        "sender = client.get_queue_sender(queue)",
        each="sender.send_messages(ServiceBusMessage(body))",
        after="sender.close()\nclient.close()",
        imports="from mqcourse.grading.brokers.servicebus import CheckServiceBus\n",
        check="""\
    with CheckServiceBus() as broker, Trial(answer, broker.number_of) as trial:
        queue = broker.queue("publish")
        bodies = [broker.body(number) for number in sent]
        trial.result(trial.start("the publisher", "publish", queue=queue, bodies=bodies))
        found = broker.peek(queue)
""",
    ),
    NONE: Parts(
        called="a list",
        chapter="foundations/decoupling",
        setup="from mqcourse.grading.check import check, hint",
        arguments="bodies",
        before="published = []",
        each="published.append(body)",
        after="return published",
        imports="",
        check="""\
    with Trial(answer) as trial:
        bodies = [f"{number} {draw.random()}" for number in sent]
        returned = trial.result(trial.start("the publisher", "publish", bodies=bodies))
        found = [bodies.index(body) + 1 if body in bodies else -1 for body in returned or ()]
""",
    ),
}
"""By the stack's name of the broker."""


def texts(name: str, broker: str, place: int) -> dict[str, str]:
    """The files of a new lab, by name."""
    parts = PARTS[broker]
    code = "\n".join([*parts.before.splitlines(), LOOP, f"    {parts.each}", *parts.after.splitlines()])
    values = {
        **vars(parts),
        "name": name,
        "mark": MARK,
        "place": place,
        "loop": LOOP,
        "brokers": "[]" if broker == NONE else f'["{broker}"]',
        "solution": "\n".join(f"    {line}" for line in code.splitlines()),
    }
    return {
        form.stem: form.read_text(encoding="utf-8").format(**values) for form in sorted(FORMS.glob("*.txt"))
    }


def new(name: str, broker: str, folder: Path = FOLDER) -> list[Path]:
    """Write the skeleton of a lab, in its place after all others; gives the paths.

    CourseError for a name that is none, a broker that the course has not, or a lab that exists.
    """
    check_name(name, "lab", "_")
    if broker not in CHOICES:
        raise CourseError(
            f"there is no broker {broker!r}",
            do=did_you_mean(broker, CHOICES, f"Choose one of: {', '.join(CHOICES)}"),
            code=Exit.USAGE,
        )
    labs: tuple[Lab, ...] = load(folder)
    place = max((lab.place for lab in labs), default=0) + 1
    return write({folder / name / file: text for file, text in texts(name, broker, place).items()})
