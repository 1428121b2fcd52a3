"""python-qpid-proton as a plain AMQP client: types, dead-lettering, and transactions, which the SDKs here lack.

Run by test_proton.py with the address of a queue and, for amqps, the certificate to trust; prints one line of JSON.
"""

import json
import sys
import uuid

from proton import Message, SSLDomain, symbol, timestamp, ulong
from proton.handlers import MessagingHandler, TransactionHandler
from proton.reactor import Container
from proton.utils import BlockingConnection


class Transacted(MessagingHandler, TransactionHandler):
    """Sends two messages in a transaction that is rolled back, then two in one that is committed."""

    def __init__(self, url, queue, settings):
        super().__init__(auto_accept=False)
        self.url, self.queue, self.settings, self.outcomes = url, queue, settings, []

    def on_start(self, event):
        self.container = event.container
        self.connection = event.container.connect(self.url, **self.settings)
        self.sender = event.container.create_sender(self.connection, self.queue)
        self.container.declare_transaction(self.connection, handler=self)

    def on_transaction_declared(self, event):
        first = not self.outcomes
        for number in range(2):
            event.transaction.send(self.sender, Message(body=f"{'lost' if first else 'kept'} {number}"))
        (event.transaction.abort if first else event.transaction.commit)()

    def on_transaction_aborted(self, event):
        self.outcomes.append("aborted")
        self.container.declare_transaction(self.connection, handler=self)

    def on_transaction_committed(self, event):
        self.outcomes.append("committed")
        self.connection.close()


def plain(url):
    """A connection, and the settings of a further one."""
    # snippet: proton
    # url: amqp://RootManageSharedAccessKey:SAS_KEY_VALUE@localhost:5672
    connection = BlockingConnection(url, timeout=20, allowed_mechs="PLAIN", allow_insecure_mechs=True)
    # end of snippet
    return connection, {"allowed_mechs": "PLAIN", "allow_insecure_mechs": True}


def over_tls(url, certificate):
    """The same over TLS."""
    # snippet: proton-tls
    # url: amqps://RootManageSharedAccessKey:SAS_KEY_VALUE@localhost:5672
    domain = SSLDomain(SSLDomain.MODE_CLIENT)
    domain.set_trusted_ca_db(certificate)
    domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME)
    connection = BlockingConnection(url, timeout=20, allowed_mechs="PLAIN", ssl_domain=domain)
    # end of snippet
    return connection, {"allowed_mechs": "PLAIN", "ssl_domain": domain}


def main(url, queue, certificate=None):
    told = {}
    connection, settings = over_tls(url, certificate) if certificate else plain(url)
    sender = connection.create_sender(queue)
    own = {
        "text": "snö",
        "long": 2**40,
        "ulong": ulong(2**63),
        "double": 1.5,
        "yes": True,
        "uuid": uuid.UUID(int=7),
        "when": timestamp(1_700_000_000_000),
        "symbol": symbol("s"),
        "bytes": b"\x00\xff",
    }
    body = {"list": [1, None, "x"], "map": {"deep": True}}
    sender.send(Message(body=body, properties=own, id="p1", subject="label"))
    receiver = connection.create_receiver(queue, credit=1)
    got = receiver.receive(timeout=10)
    told["types"] = got.properties == own and got.body == body and (got.id, got.subject) == ("p1", "label")
    receiver.reject()
    dead = connection.create_receiver(f"{queue}/$DeadLetterQueue", credit=1)
    told["dead"] = dead.receive(timeout=10).body == body
    dead.accept()
    receiver.close()
    handler = Transacted(url, queue, settings)
    Container(handler).run()
    told["transactions"] = handler.outcomes
    receiver = connection.create_receiver(queue, credit=10)
    told["kept"] = [receiver.receive(timeout=10).body for _ in range(2)]
    receiver.accept()
    receiver.accept()
    connection.close()
    print(json.dumps(told))


main(*sys.argv[1:])
