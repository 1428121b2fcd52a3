"""The three products of the course: the short name that commands and files use, and the vendor's name."""

TITLES = {"rabbitmq": "RabbitMQ", "kafka": "Kafka", "servicebus": "Azure Service Bus"}
BROKERS = tuple(TITLES)
"""The short names, in the order in which the course lists them."""
OF_LABS = {
    **TITLES,
    "rabbitmq-cluster": "RabbitMQ on three nodes",
    "kafka-cluster": "Kafka on three brokers",
}
"""What a lab can need, with its title. A node of a cluster is killed by the checks, so it is no single broker."""
SERVICES = (*BROKERS, "postgres", "rabbitmq-testing")
"""What a chapter can run with: the brokers, and beside them the database and a newer RabbitMQ."""


def start_command(need: str) -> str:
    """The line that starts what a lab needs: `mq start --nodes 3 kafka` for kafka-cluster."""
    broker = need.removesuffix("-cluster")
    return f"mq start {broker}" if broker == need else f"mq start --nodes 3 {broker}"
