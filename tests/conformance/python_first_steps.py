"""The snippets of emulator/docs/your-client.md for Python; run by test_python_first_steps.py.

Arguments: the port of an emulator with TLS and its certificate.
"""

import sys

from azure.servicebus import ServiceBusClient, ServiceBusMessage, TransportType
from azure.servicebus.management import ServiceBusAdministrationClient

port, certificate = sys.argv[1:]


def there_and_back(client):
    with client.get_queue_sender("orders") as sender, client.get_queue_receiver("orders") as receiver:
        sender.send_messages(ServiceBusMessage("hello"))
        (message,) = receiver.receive_messages(max_message_count=1, max_wait_time=30)
        receiver.complete_message(message)
        assert str(message) == "hello"


# snippet: plain
connection = (
    f"Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;"
    "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true"
)
# administration insists on HTTPS: start the emulator with --tls
with ServiceBusAdministrationClient.from_connection_string(
    connection, connection_verify=certificate
) as administration:
    administration.create_queue("orders")
with ServiceBusClient.from_connection_string(connection) as client:
    with client.get_queue_sender("orders") as sender:
        sender.send_messages(ServiceBusMessage("hello"))
    with client.get_queue_receiver("orders") as receiver:
        for message in receiver.receive_messages(max_wait_time=30):
            receiver.complete_message(message)
# end of snippet
assert str(message) == "hello"

# snippet: tls
client = ServiceBusClient.from_connection_string(
    connection.replace("UseDevelopmentEmulator=true", ""),
    custom_endpoint_address=f"sb://localhost:{port}",  # without it this client dials 5671
    connection_verify=certificate,
)
# end of snippet
with client:
    there_and_back(client)

# snippet: websocket
client = ServiceBusClient.from_connection_string(
    connection.replace("UseDevelopmentEmulator=true", ""),
    custom_endpoint_address=f"sb://localhost:{port}",
    connection_verify=certificate,
    transport_type=TransportType.AmqpOverWebsocket,
)
# end of snippet
with client:
    there_and_back(client)
print("all three")
