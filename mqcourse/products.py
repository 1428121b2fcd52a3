"""The three products of the course: the short name that commands and files use, and the vendor's name."""

TITLES = {"rabbitmq": "RabbitMQ", "kafka": "Kafka", "servicebus": "Azure Service Bus"}
BROKERS = tuple(TITLES)
"""The short names, in the order in which the course lists them."""
SERVICES = (*BROKERS, "postgres", "rabbitmq-testing")
"""What a chapter can run with: the brokers, and beside them the database and a newer RabbitMQ."""
