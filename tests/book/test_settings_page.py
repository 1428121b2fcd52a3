"""The page of settings names what the brokers are really started with, and the defaults of the release that runs."""

import re

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from mqcourse.home import CHECKOUT
from mqcourse.stack import endpoints
from mqcourse.stack.services import kafka_cluster, kafka_node, rabbitmq, rabbitmq_cluster

PAGE = (CHECKOUT / "book" / "foundations" / "settings.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| `(?P<name>[\w.]+)` \| (?P<here>[^|]+) \| (?P<default>[^|]+) \| [^|]+ \|$", re.MULTILINE
)
OF_A_PLACE = re.compile(r"[/{]|127\.0\.0\.1")
PROVED_BY_NAME = {"process.roles", "listener.security.protocol.map"}
"""Values that the page says in words."""


def table(title: str) -> dict[str, tuple[str, str]]:
    """Here and default by setting, of the section with that title."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return {row["name"]: (row["here"].strip(), row["default"].strip()) for row in ROW.finditer(section)}


def configured(text: str) -> dict[str, str]:
    """Value by setting of a file of `name = value` lines."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


@pytest.mark.parametrize(
    ("title", "text"), [("RabbitMQ", rabbitmq.CONFIGURATION), ("Kafka", kafka_node.CONFIGURATION)]
)
def test_every_setting_is_on_the_page_with_its_value(title: str, text: str) -> None:
    shown, real = table(title), configured(text)
    assert set(shown) == set(real)
    for name, value in real.items():
        if not OF_A_PLACE.search(value) and name not in PROVED_BY_NAME:
            assert shown[name][0] == value, name


def test_a_cluster_differs_as_the_page_says() -> None:
    shown = {name: here for name, (here, _) in table("The clusters of three nodes").items()}
    kafka = configured(kafka_node.OF_A_CLUSTER.replace("{replicas}", "3").replace("{least_in_sync}", "2"))
    single = configured(kafka_node.CONFIGURATION)
    for name in ("controller.socket.timeout.ms", "default.replication.factor", "min.insync.replicas"):
        assert name not in single
        assert shown.pop(name) == kafka[name], name
    assert shown.pop("net_ticktime") == str(rabbitmq_cluster.TICK_S)
    rabbit = configured(rabbitmq_cluster.CONFIGURATION)
    assert shown == {name: rabbit[name] for name in ("cluster_partition_handling",)}
    assert f"RabbitMQ {rabbitmq_cluster.MEMORY_LIMIT_BYTES // 1_000_000} MB" in PAGE
    assert f"heap {kafka_cluster.HEAP.removeprefix('-Xmx').removesuffix('m')} MB" in PAGE


def test_the_table_of_what_one_sees_repeats_the_others() -> None:
    first, kafka_rows, rabbitmq_rows = map(
        table, ("Four settings change what an experiment shows", "Kafka", "RabbitMQ")
    )
    assert len(first) == 4
    assert first.pop("vm_memory_high_watermark")[0] == rabbitmq_rows["vm_memory_high_watermark.absolute"][0]
    assert first == {name: kafka_rows[name] for name in first}


def test_sizes_plugins_and_java_are_as_the_page_says() -> None:
    shown = table("RabbitMQ")
    assert shown["vm_memory_high_watermark.absolute"][0] == f"{rabbitmq.MEMORY_LIMIT_BYTES >> 30} GiB"
    assert shown["disk_free_limit.absolute"][0] == f"{rabbitmq.DISK_LIMIT_BYTES // 1_000_000} MB"
    assert set(re.findall(r"`(rabbitmq_\w+)`", PAGE)) == set(rabbitmq.PLUGINS)
    assert f"`{kafka_node.HEAP}`" in PAGE


def test_chapters_in_which_it_matters_lead_to_the_page() -> None:
    for name in (
        "kafka/log",
        "kafka/consumer-groups",
        "kafka/what-goes-wrong",
        "rabbitmq/confirms",
        "servicebus/peek-lock",
    ):
        assert "](../foundations/settings.md" in (CHECKOUT / "book" / f"{name}.md").read_text(
            encoding="utf-8"
        ), name


@pytest.mark.stack
@pytest.mark.usefixtures("stack")
def test_the_running_broker_has_the_values_of_the_page() -> None:
    admin = KafkaAdminClient(**endpoints().kafka_settings)
    try:
        broker = str(admin.describe_cluster()["brokers"][0]["broker_id"])
        asked = [ConfigResource(ConfigResourceType.BROKER, broker)]
        settings = admin.describe_configs(asked, config_filter="all")["broker"][broker]
    finally:
        admin.close()
    numbers = {name: here for name, (here, _) in table("Kafka").items() if here.isdigit()}
    assert len(numbers) > 10
    assert {name: settings[name]["value"] for name in numbers} == numbers
