"""Brokers that someone else runs: found, looked at, never touched."""

import json

import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack import endpoints, stack, status_page
from mqcourse.stack.providers import choice
from mqcourse.stack.providers.external import VARIABLES, hosts_of, shown
from mqcourse.stack.services import registry


@pytest.mark.parametrize(
    ("address", "pairs"),
    [
        ("amqp://guest:guest@broker/%2F", [("broker", 5672)]),
        ("amqps://u:p@broker:5999/v", [("broker", 5999)]),
        ("amqps://broker", [("broker", 5671)]),
        ("one:9092,two:9093", [("one", 9092), ("two", 9093)]),
        ("lonely", [("lonely", 9092)]),
        ("[::1]:9092", [("::1", 9092)]),
        ("Endpoint=sb://ns.example/;SharedAccessKeyName=k;SharedAccessKey=a=", [("ns.example", 5671)]),
        (
            "Endpoint=sb://127.0.0.1:7000;SharedAccessKey=x;UseDevelopmentEmulator=true;",
            [("127.0.0.1", 7000)],
        ),
    ],
)
def test_hosts_of_every_kind_of_address(address, pairs):
    assert hosts_of(address) == pairs


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("rabbitmq", "not a url"),
        ("rabbitmq", "host:5672"),
        ("rabbitmq", "amqp://broker:99999/%2F"),
        ("rabbitmq", "amqp://[::1/%2F"),
        ("kafka", "broker:port"),
        ("kafka", "broker:99999"),
        ("kafka", "http://broker:9092"),
        ("servicebus", "garbage"),
        ("servicebus", "Endpoint=http://ns.example/;SharedAccessKeyName=k;SharedAccessKey=a"),
    ],
)
def test_what_is_no_address_is_told_its_form_and_breaks_no_status(monkeypatch, tmp_path, name, address):
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLES[name], address)
    with pytest.raises(CourseError, match=f"{VARIABLES[name]} is .*, which is no address of .*Write it like"):
        stack.up([registry.SERVICES[name]], Progress(quiet=True))
    (row,) = [row for row in stack.status(tmp_path) if row.name == name]
    assert (row.provider, row.state) == ("external", "unreachable")


def test_a_security_protocol_there_is_not_is_refused_and_not_taken_for_plaintext(tmp_path):
    with pytest.raises(CourseError, match=r"NONSENSE.*SASL_SSL"):
        endpoints(tmp_path, {"MQ_KAFKA_SECURITY_PROTOCOL": "NONSENSE"})


def test_the_version_of_a_long_name_leaves_every_state_whole():
    image = "mcr.microsoft.com/azure-messaging/servicebus-emulator:latest"
    text = status_page.table(
        [stack.Status("servicebus", "unresponsive", "docker", version=image, rss_mb=1.0)]
    )
    assert "unresponsive" in text
    assert max(map(len, text.splitlines())) <= status_page.TABLE_WIDTH


def test_a_password_or_key_is_never_shown():
    assert "geheim" not in shown("amqps://me:geheim@broker:5671/%2F")
    assert "geheim" not in shown("Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=geheim")


def test_a_variable_makes_a_broker_external_and_the_others_stay(monkeypatch, tmp_path):
    monkeypatch.setenv("MQ_RABBITMQ_URL", "amqp://elsewhere")
    assert choice.chosen(registry.SERVICES["rabbitmq"], tmp_path).name == "external"
    assert choice.chosen(registry.SERVICES["kafka"], tmp_path).name == "native"
    assert choice.chosen(registry.SERVICES["book"], tmp_path).name == "native"


def test_an_unknown_provider_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MQ_PROVIDER", "podman")
    with pytest.raises(CourseError, match="native, docker, external"):
        choice.chosen(registry.SERVICES["kafka"], tmp_path)


def test_one_that_does_not_answer_is_a_one_line_error_naming_the_variable(
    monkeypatch, tmp_path, refused_port
):
    monkeypatch.setenv("MQ_HOME", str(tmp_path))
    monkeypatch.setenv("MQ_RABBITMQ_URL", f"amqp://me:geheim@127.0.0.1:{refused_port}/")
    with pytest.raises(CourseError, match="MQ_RABBITMQ_URL") as caught:
        stack.up([registry.SERVICES["rabbitmq"]], Progress(quiet=True))
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)
    (row,) = [row for row in stack.status(tmp_path) if row.name == "rabbitmq"]
    assert (row.provider, row.state) == ("external", "unreachable")


@pytest.mark.stack
def test_one_that_answers_is_used_and_neither_stopped_nor_emptied(stack, monkeypatch, tmp_path):
    other = {"MQ_HOME": str(tmp_path), "MQ_PORT_BASE": "21900"}
    addresses = {
        "MQ_RABBITMQ_URL": stack.endpoints.rabbitmq_url,
        "MQ_KAFKA_BOOTSTRAP": stack.endpoints.kafka_bootstrap,
    }
    stack.mq("up", **other, **addresses)
    refused = stack.mq("reset", "--yes", "rabbitmq", check=False, **other, **addresses)
    assert refused.returncode == Exit.USAGE
    assert "not ours" in refused.stderr
    versions = {
        row["name"]: row["version"] for row in json.loads(stack.mq("status", "--json", **other).stdout)
    }
    assert versions["rabbitmq"].startswith("4.")
    assert versions["kafka"].startswith("4.")
    stack.mq("down", **other, **addresses)
    assert {row["state"] for row in stack.status().values() if row["name"] in ("rabbitmq", "kafka")} == {
        "running"
    }


@pytest.mark.stack
def test_what_mq_env_says_of_our_own_does_not_make_it_external(stack):
    text = stack.mq("env").stdout
    assert f"export MQ_KAFKA_BOOTSTRAP={stack.endpoints.kafka_bootstrap}" in text
    exported = {"MQ_KAFKA_BOOTSTRAP": stack.endpoints.kafka_bootstrap}
    stack.mq("up", "kafka", **exported)
    assert stack.status()["kafka"]["provider"] == "native"
