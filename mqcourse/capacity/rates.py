"""Rates: what one partition and one broker take, and how much of it is used."""

from dataclasses import dataclass

from mqcourse.backpressure.model.field import number
from mqcourse.capacity.given import Given


@dataclass(frozen=True)
class Rates(Given):
    """What the machines take. Measure your own: each default is an example. Raises CapacityError.

    Sources of the defaults: partition_mb_per_s, J. Rao, How to Choose the Number of Topics/Partitions in a Kafka
    Cluster (Confluent, 2015): "10s of MB/sec on just a single partition". disk_mb_per_s, Kafka 4.3 docs, Design,
    Persistence: 600 MB/s of linear writes on six disks. replicas_per_broker, KIP-578: 4,000 per broker recommended.
    network_gbit_per_s and disk_tb are examples of a machine.
    """

    partition_mb_per_s: float = number(10.0, "MB/s", 0.001, 1e5, "What producers can write to one partition.")
    network_gbit_per_s: float = number(
        10.0, "Gbit/s", 0.001, 1e4, "Network of one broker, in each direction."
    )
    disk_mb_per_s: float = number(600.0, "MB/s", 0.001, 1e6, "What the disks of one broker can write.")
    disk_tb: float = number(10.0, "TB", 0.001, 1e5, "Size of the disks of one broker.")
    replicas_per_broker: int = number(
        4000, "replicas", 1, 1_000_000, "Replicas of partitions that one broker may hold.", whole=True
    )
    utilisation: float = number(
        0.7, "share", 0.01, 1.0, "Share of its capacity that a part uses at the peak."
    )
    free_disk: float = number(0.3, "share", 0.0, 0.95, "Share of the disks that stays free.")
    lost_brokers: int = number(
        1, "brokers", 0, 100, "Brokers that may be lost while the rest carries the peak.", whole=True
    )
