"""What a page plays of a recording: told by the story of its broker."""

from mqcourse.replay.kafka_story import KafkaStory
from mqcourse.replay.rabbitmq_story import RabbitMQStory
from mqcourse.replay.recording import Recording
from mqcourse.replay.scene import Scene, Story
from mqcourse.replay.servicebus_story import ServiceBusStory

Teller = RabbitMQStory | KafkaStory | ServiceBusStory
TELLERS: dict[str, type[Teller]] = {
    "rabbitmq": RabbitMQStory,
    "kafka": KafkaStory,
    "servicebus": ServiceBusStory,
}


def story(recording: Recording) -> Story:
    teller = TELLERS[recording.broker](recording)
    steps = tuple(teller.steps())
    scene: Scene = teller.scene
    return Story(
        tuple(scene.places.values()), tuple(scene.messages), steps, (*recording.missing, *scene.missing)
    )
