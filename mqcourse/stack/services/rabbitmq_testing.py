"""RabbitMQ of the distribution's next release, beside the stable one: what differs in it.

Debian calls that release testing. Its RabbitMQ is months newer than the stable release's, so what changed between the two
can be seen by running one program on both.
"""

from pathlib import Path

from mqcourse.install import rabbitmq as software
from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.services.rabbitmq import (
    CONFIGURATION,
    DISK_LIMIT_BYTES,
    MEMORY_LIMIT_BYTES,
    USER,
    RabbitMQ,
)
from mqcourse.stack.services.service import Addresses

PURPOSES = ("rabbitmq", "rabbitmq_management", "rabbitmq_stream", "rabbitmq_prometheus")
"""What both listen for, by the names of the single node's ports."""


class RabbitMQTesting(RabbitMQ):
    """The service `rabbitmq-testing`."""

    name = "rabbitmq-testing"
    title = "RabbitMQ testing"
    on_request = True
    node = "mqtesting@localhost"
    ports = tuple(
        purpose.replace("rabbitmq", "rabbitmq_testing", 1)
        for purpose in (*PURPOSES, "rabbitmq_dist", "rabbitmq_epmd")
    )

    def installation(self, layout: StackLayout, progress: Progress) -> software.RabbitMQ:
        """That of the next release, fetched when there is none yet."""
        return software.next_release(layout.software, progress)

    def port(self, layout: StackLayout, purpose: str) -> int:
        """Its port for a purpose of the stable RabbitMQ."""
        return layout.ports.of(purpose.replace("rabbitmq", "rabbitmq_testing", 1))

    def tools(self, layout: StackLayout) -> Path:
        """A separate folder: those of the stable one are on the reader's PATH."""
        return layout.folder(self.name) / "bin"

    def configuration(self, layout: StackLayout) -> str:
        """The text of rabbitmq.conf."""
        return CONFIGURATION.format(
            **{purpose: self.port(layout, purpose) for purpose in PURPOSES},
            memory_limit_bytes=MEMORY_LIMIT_BYTES,
            disk_limit_bytes=DISK_LIMIT_BYTES,
        )

    def addresses(self, layout: StackLayout) -> Addresses:
        """As those of the stable one, for clients under another name."""
        login = f"{USER}:{USER}@127.0.0.1"
        url = f"amqp://{login}:{self.port(layout, 'rabbitmq')}/%2F"
        management = f"http://127.0.0.1:{self.port(layout, 'rabbitmq_management')}/"
        streams = f"rabbitmq-stream://{login}:{self.port(layout, 'rabbitmq_stream')}/%2F"
        return Addresses(url, management, {"rabbitmq_testing_url": url}, streams)
