"""kombu's transport for Service Bus always adds .servicebus.windows.net: this one keeps the emulator's address."""

# snippet: transport
import os

from kombu.transport import azureservicebus


class Channel(azureservicebus.Channel):
    def _try_parse_connection_string(self):
        super()._try_parse_connection_string()
        self._connection_string = os.environ["SERVICEBUS_CONNECTION"]


class Transport(azureservicebus.Transport):
    Channel = Channel


# end of snippet
