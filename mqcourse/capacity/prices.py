"""Prices: what a month costs. A provider's prices change and differ by region, so a reader types their own."""

from dataclasses import dataclass

from mqcourse.backpressure.model.field import number
from mqcourse.capacity.given import Given

EXAMPLE = (
    "example: list prices of AWS in us-east-1, 2025, rounded "
    "(EC2 m6i.4xlarge on demand, EBS gp3, traffic between availability zones in both directions)"
)
"""What the defaults are. They are no offer and include no discount."""


@dataclass(frozen=True)
class Prices(Given):
    """In US dollars, or in any currency if all of them are. Replace each default. Raises CapacityError."""

    broker_hour: float = number(0.8, "per hour", 0.0, 1e5, "One broker's machine (16 vCPUs), without disks.")
    disk_gb_month: float = number(0.08, "per GB and month", 0.0, 1e4, "Disk, for each GB.")
    cross_zone_gb: float = number(
        0.02, "per GB", 0.0, 1e3, "Traffic between zones, sending and receiving added."
    )
