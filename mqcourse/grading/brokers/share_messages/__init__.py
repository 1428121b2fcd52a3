"""The messages of Kafka about share groups that kafka-python has no schema for (KIP-932)."""
