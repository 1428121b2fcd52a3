"""Which line of the cell an answer of RabbitMQ belongs to."""

from pika.spec import Basic, Queue

from mqcourse.replay.rabbitmq import Channel
from mqcourse.replay.tape import BROKER


def test_an_answer_belongs_to_the_oldest_question_of_its_name() -> None:
    first, declared, second = Basic.Get("a"), Queue.Declare(queue="b"), Basic.Get("c")
    channel = Channel(asked=[(first, "cell:1"), (declared, "cell:2"), (second, "cell:3")])
    assert channel.answers("Basic.Get") == (first, "cell:1")
    assert channel.answers("Basic.Get") == (second, "cell:3")
    assert channel.answers("Basic.Get") == (None, BROKER)
    assert channel.asked == [(declared, "cell:2")]
