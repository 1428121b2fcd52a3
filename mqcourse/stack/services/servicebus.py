"""The course's own Azure Service Bus emulator."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from mqcourse.disk import make_folder
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import MARK
from mqcourse.stack.services import handshakes
from mqcourse.stack.services.service import Addresses, Launch, NotReady, Service
from mqcourse.variables import Kind, environment_of


class ServiceBus(Service):
    name = "servicebus"
    title = "Azure Service Bus emulator"
    ports: tuple[str, ...] = ("servicebus",)
    """One port for AMQP, HTTP and both over TLS: the emulator looks at the first bytes."""
    start_limit_s = 30.0
    stop_grace_s = 10.0

    def install(self, layout: StackLayout, progress: Progress) -> str:
        """It is installed beside the course; its own version."""
        from importlib.metadata import version

        if find_spec("servicebus_emulator.__main__") is None:
            raise CourseError(
                "the Service Bus emulator is not part of this version of the course",
                do="Set MQ_SERVICEBUS_CONNECTION_STRING to a namespace you have, or use MQ_PROVIDER=docker",
                code=Exit.ENVIRONMENT,
            )
        return version("servicebus-emulator")

    def prepare(self, layout: StackLayout) -> list[Launch]:
        """The emulator on its port, its data and its certificate in the state folder."""
        folder = make_folder(layout.folder(self.name))
        argv = (
            sys.executable,
            "-m",
            "servicebus_emulator",
            "--host",
            "127.0.0.1",
            "--port",
            str(layout.ports.of("servicebus")),
            "--data",
            str(folder / "data"),
            "--tls",
        )
        return [Launch(argv, environment_of(Kind.PYTHON, MQ_PORT_MARK=f"{MARK}{layout.ports.base}"), folder)]

    def probe(self, layout: StackLayout) -> None:
        """AMQP 1.0 answers, and /health: with ours that is good only when a message was just sent and received.

        Microsoft's emulator in Docker has a separate port for HTTP.
        """
        http = [layout.ports.of(purpose) for purpose in ("servicebus", "servicebus_admin")]
        if not self.answers(layout, 2) or not any(
            handshakes.http_status(port, "/health", 5) == 200 for port in http
        ):
            raise NotReady("the emulator does not answer yet")

    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """Its AMQP 1.0 listener answers the protocol header."""
        return handshakes.answers_amqp_1_0(layout.ports.of("servicebus"), timeout_s)

    def addresses(self, layout: StackLayout) -> Addresses:
        """The connection string in the form of Microsoft's own emulator, its page, and the certificate to trust."""
        port = layout.ports.of("servicebus")
        connection_string = (
            f"Endpoint=sb://127.0.0.1:{port};"
            "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;"
            "UseDevelopmentEmulator=true;"
        )
        known = {
            "servicebus_connection_string": connection_string,
            "servicebus_certificate": str(layout.folder(self.name) / "data" / "tls" / "certificate.pem"),
        }
        return Addresses(connection_string, f"http://127.0.0.1:{port}/", known)

    def data_dir(self, layout: StackLayout) -> Path | None:
        return layout.folder(self.name) / "data"

    def empty(self, layout: StackLayout) -> None:
        """Forget every entity and message."""
        shutil.rmtree(layout.folder(self.name) / "data", ignore_errors=True)
