"""kombu's transport over TLS, over AMQP or WebSocket: the client needs the emulator's port and certificate."""

# snippet: secure
import os
from functools import cached_property

from azure.servicebus import ServiceBusClient, TransportType
from emulator_transport import Channel
from kombu.transport import azureservicebus


class SecureChannel(Channel):
    transport_type = TransportType.Amqp

    @cached_property
    def queue_service(self):
        return ServiceBusClient.from_connection_string(
            self._connection_string,
            custom_endpoint_address=os.environ["SERVICEBUS_ENDPOINT"],
            connection_verify=os.environ["REQUESTS_CA_BUNDLE"],
            transport_type=self.transport_type,
        )


class WebSocketChannel(SecureChannel):
    transport_type = TransportType.AmqpOverWebsocket


class SecureTransport(azureservicebus.Transport):
    Channel = SecureChannel


class WebSocketTransport(azureservicebus.Transport):
    Channel = WebSocketChannel


# end of snippet
