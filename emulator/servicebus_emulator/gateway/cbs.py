"""Claims-based security: put-token on the $cbs node (AMQP protocol guide; AMQP CBS draft 1.0)."""

from __future__ import annotations

from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.types import Int
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.gateway import node_address
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.coordinator import Coordinator
from servicebus_emulator.gateway.request_reply import Reply, Service
from servicebus_emulator.sas import SasError

SAS_TOKEN = "servicebus.windows.net:sastoken"  # noqa: S105 - a type's name
JWT = "jwt"


class ClaimsService(Service):
    """Takes tokens for one connection."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def answer(self, request: EncodedMessage, transaction_id: bytes | None) -> Reply:
        """put-token: 202 when the token is good, 401 when not, 404 when the entity is not there."""
        status, description = self._put_token(request)
        audience = str(request.application_properties().get("name", ""))
        self.client.activity.note("put-token", audience=audience, status=status, why=description)
        return Reply({"status-code": Int(status), "status-description": description}, None)

    def _put_token(self, request: EncodedMessage) -> tuple[int, str]:
        properties = request.application_properties()
        operation = properties.get("operation")
        if operation != "put-token":
            return 501, f"amqp:not-implemented: $cbs has put-token, not {operation!r}."
        audience, kind, token = properties.get("name"), properties.get("type"), request.body()
        if isinstance(token, bytes):
            token = token.decode("utf-8", "replace")
        if not isinstance(audience, str) or not isinstance(token, str):
            return (
                400,
                "put-token needs the application property 'name' (the audience) and a string body (the token).",
            )
        emulator, hosted = self.client.emulator, self.client.hosted
        if emulator.authorize:
            if kind != SAS_TOKEN and not token.lstrip().lower().startswith("sharedaccesssignature"):
                return 401, (
                    f"InvalidToken: tokens of type {kind!r} are not supported; use a shared access signature, "
                    "or start the emulator with --no-auth."
                )
            try:
                self.client.access.put_token(token, audience, emulator.machine_now_s)
            except SasError as error:
                return 401, f"{error} (audience {audience})"
            for link in list(self.client.links):
                if isinstance(link.context, Coordinator):  # it may have been waiting for the first token
                    link.context.token_put()
        where = node_address.parse(audience)
        if where is not None and where.path and not where.path.startswith("$"):
            try:
                hosted.broker.resolve(where.path)
            except BrokerError as error:
                return 404, f"The messaging entity '{audience}' could not be found: {error}"
        return 202, "Accepted"
