"""RabbitMQ of the distribution's next release, beside the stable one: what differs in it.

Debian calls that release testing. Its RabbitMQ is months newer than the stable release's, so what changed between the two
can be seen by running one program on both.
"""

from dataclasses import replace
from pathlib import Path

from mqcourse.install import rabbitmq as software
from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.services.rabbitmq import RabbitMQ
from mqcourse.stack.services.service import Addresses


class RabbitMQTesting(RabbitMQ):
    """The service `rabbitmq-testing`."""

    name = "rabbitmq-testing"
    title = "RabbitMQ testing"
    on_request = True
    node = "mqtesting@localhost"
    ports = tuple(purpose.replace("rabbitmq", "rabbitmq_testing", 1) for purpose in RabbitMQ.ports)

    def installation(self, layout: StackLayout, progress: Progress) -> software.RabbitMQ:
        """That of the next release, fetched when there is none yet."""
        return software.next_release(layout.software, progress)

    def port(self, layout: StackLayout, purpose: str) -> int:
        """Its port for a purpose of the stable RabbitMQ."""
        return layout.ports.of(purpose.replace("rabbitmq", "rabbitmq_testing", 1))

    def tools(self, layout: StackLayout) -> Path:
        """A separate folder: those of the stable one are on the reader's PATH."""
        return layout.folder(self.name) / "bin"

    def addresses(self, layout: StackLayout) -> Addresses:
        """As those of the stable one, for clients under another name."""
        found = super().addresses(layout)
        return replace(found, known={"rabbitmq_testing_url": found.endpoint})
