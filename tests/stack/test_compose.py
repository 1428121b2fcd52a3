"""compose.yaml cannot be started everywhere, so it is held to the Compose schema and to our own rules."""

import json
import re
from importlib.resources import files

import jsonschema
import pytest
import yaml

from mqcourse.home import CHECKOUT
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import DEFAULT_BASE, Ports
from mqcourse.stack.providers.docker import COMPOSE_FILE, IN_COMPOSE, environment

PUBLISHED = files("check_jsonschema.builtin_schemas.vendor")
SCHEMA = json.loads((PUBLISHED / "compose-spec.json").read_text(encoding="utf-8"))
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
EMULATOR = yaml.safe_load((CHECKOUT / "emulator" / "compose.yaml").read_text(encoding="utf-8"))
BOTH = pytest.mark.parametrize("compose", [COMPOSE, EMULATOR], ids=["course", "emulator"])


@BOTH
def test_it_is_valid_under_the_compose_schema(compose):
    jsonschema.validate(compose, SCHEMA)


def test_the_schema_refuses_what_is_no_compose_file():
    broken = json.loads(json.dumps(COMPOSE))
    broken["services"]["rabbitmq"]["portz"] = []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


@BOTH
def test_every_port_is_published_on_the_loopback_only(compose):
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_default_ports_are_those_of_the_native_brokers():
    defaults = dict(re.findall(r"\$\{MQ_PORT_([A-Z_]+):-(\d+)\}", COMPOSE_FILE.read_text(encoding="utf-8")))
    block = Ports(DEFAULT_BASE).all()
    assert defaults
    assert {name.lower(): int(port) for name, port in defaults.items()} == {
        name.lower(): block[name.lower()] for name in defaults
    }


def test_every_variable_is_one_that_we_fill_in(tmp_path):
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_FILE.read_text(encoding="utf-8"))) - {"ACCEPT_EULA"}
    filled = environment(StackLayout(tmp_path, tmp_path, Ports(DEFAULT_BASE)))
    assert used <= set(filled)


def test_it_holds_the_versions_the_course_names_and_no_password():
    images = {name: service["image"] for name, service in COMPOSE["services"].items()}
    assert images["rabbitmq"] == "rabbitmq:4-management"
    assert images["kafka"] == "apache/kafka:4.4.0"
    assert set(IN_COMPOSE) <= set(images)
    passwords = re.findall(r"PASSWORD: (.*)", COMPOSE_FILE.read_text(encoding="utf-8"))
    assert passwords
    assert all(password.strip('"') == "${MQ_SQL_PASSWORD:-}" for password in passwords)


def test_volumes_are_named_after_the_service_so_that_a_reset_finds_them():
    for name in IN_COMPOSE:
        assert name in COMPOSE["volumes"]
