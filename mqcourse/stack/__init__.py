"""The local broker stack: real RabbitMQ, Kafka and Service Bus, started, watched and ended."""

from mqcourse.stack.endpoints import Endpoints, endpoints

__all__ = ["Endpoints", "endpoints"]
