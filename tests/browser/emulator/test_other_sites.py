"""A page of another origin, in a real browser, beside an emulator: it reads nothing, changes nothing, opens nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from mqcourse.stack.services.book_server import serving

CONFIG: dict[str, Any] = {
    "UserConfig": {"Namespaces": [{"Name": "sbemulatorns", "Queues": [{"Name": "orders"}]}]}
}

ATTEMPTS = """
async (at) => {
  const tried = {};
  const note = async (name, work) => {
    try { tried[name] = await work(); } catch (error) { tried[name] = "refused: " + error.name; }
  };
  const asked = (path, options) => async () => {
    const answer = await fetch(`http://${at}${path}`, options);
    if (answer.type === "opaque") return "opaque";
    return `${answer.ok ? "read" : "refused"}: ${await answer.text()}`;
  };
  const json = { "content-type": "application/json" };
  const purge = JSON.stringify({ entity: "orders" });
  const key = "SharedAccessSignature sr=x&sig=x&se=9999999999&skn=RootManageSharedAccessKey";
  await note("read the state", asked("/api/state"));
  await note("read it blindly", asked("/api/state", { mode: "no-cors" }));
  await note("read the metrics", asked("/metrics"));
  await note("purge", asked("/api/purge", { method: "POST", headers: json, body: purge }));
  await note("purge as a form does", asked("/api/purge", { method: "POST", mode: "no-cors", body: purge }));
  await note("delete the queue", asked("/orders?api-version=2021-05", { method: "DELETE", headers: { authorization: key } }));
  await note("open a socket", () => new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${at}/$servicebus/websocket`, "amqp");
    socket.onopen = () => resolve("opened");
    socket.onerror = () => reject(new Error("not opened"));
  }));
  return tried;
}
"""
ELEMENTS = """
async (at) => {
  const tried = {};
  const note = (name, made) => new Promise((done) => {
    const end = (how) => () => { tried[name] = how; done(); };
    const element = made(end);
    if (element) {
      element.onload = end("loaded");
      element.onerror = end("refused");
      document.body.append(element);
    }
  });
  const tag = (name, values) => () => Object.assign(document.createElement(name), values);
  const api = `http://${at}/api`;
  for (const path of ["state", "stream", "metrics"]) {
    await note(`image of ${path}`, tag("img", { src: `${api}/${path}` }));
    await note(`script of ${path}`, tag("script", { src: `${api}/${path}` }));
    await note(`style of ${path}`, tag("link", { rel: "stylesheet", href: `${api}/${path}` }));
  }
  await note("module", tag("script", { type: "module", src: `http://${at}/` }));
  await note("event source", (end) => {
    const source = new EventSource(`${api}/stream`);
    source.onopen = end("loaded");
    source.onerror = () => { source.close(); end("refused")(); };
  });
  for (const protocols of [[], ["amqp"], ["AMQPWSB10"], ["AMQPWSB10", "amqp"], ["mqtt", "amqp"]]) {
    await note(`socket of ${protocols}`, (end) => {
      const socket = new WebSocket(`ws://${at}/$servicebus/websocket`, protocols);
      socket.onopen = end("loaded");
      socket.onerror = end("refused");
    });
  }
  let number = 0;
  const submitted = async (method, enctype, path, field) => {
    const frame = Object.assign(document.createElement("iframe"), { name: `frame${++number}` });
    document.body.append(frame);
    const form = Object.assign(document.createElement("form"), { method, enctype, target: frame.name });
    form.action = `http://${at}${path}`;
    form.append(Object.assign(document.createElement("input"), { name: field, value: "" }));
    document.body.append(form);
    const came = new Promise((done) => { frame.onload = done; });
    form.submit();
    await came;
    let seen = "refused";
    try { seen = frame.contentDocument ? "loaded" : "refused"; } catch { /* another origin's */ }
    tried[`form ${number}`] = seen;
  };
  const kinds = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
  for (const path of ["/api/purge", "/api/send", "/api/reset", "/orders/messages"]) {
    for (const kind of kinds) {
      await submitted("post", kind, path, '{"entity": "orders", "body": "forged", "x": "');
    }
    await submitted("get", kinds[0], path, "entity");
  }
  return tried;
}
"""
REBOUND = "rebound.test"
"""A name that the browser resolves to this machine, as an attacker's name server would."""


class Page(BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>another site</title>")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """The address of another web site."""
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Page)) as address:
        yield address


def emulator(
    folder: Path, *arguments: str, configured: dict[str, Any] = CONFIG
) -> tuple[subprocess.Popen[str], str, str]:
    """One, its address, and how to connect to it."""
    config = folder / "config.json"
    config.write_text(json.dumps(configured))
    process = subprocess.Popen(
        [sys.executable, "-m", "servicebus_emulator", "--config", str(config), "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    at = line.partition(" ready on ")[2].partition(" ")[0]
    return process, at, f"Endpoint={line.partition('Endpoint=')[2].strip()}"


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.browser
@pytest.mark.parametrize("arguments", [(), ("--no-auth",)])
def test_another_site_can_do_nothing(
    browser: Any, site: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    process, at, connection = emulator(tmp_path, *arguments)
    try:
        with (
            ServiceBusClient.from_connection_string(connection) as client,
            client.get_queue_sender("orders") as sender,
        ):
            sender.send_messages(ServiceBusMessage("secret"))
        page = browser.new_page()
        page.goto(site)
        tried = page.evaluate(ATTEMPTS, at)
        elements = page.evaluate(ELEMENTS, at)
        port = at.rpartition(":")[2]
        answered = page.goto(f"http://{REBOUND}:{port}/")
        assert answered.status == 403
        rebound = page.evaluate(ATTEMPTS, f"{REBOUND}:{port}")  # now of the page's own origin
        page.close()
        assert len(elements) == 32
        assert set(elements.values()) == {"refused"}, elements
        assert len(rebound) == 7
        assert [got for got in rebound.values() if not got.startswith("refused: ")] == []
        assert len(tried) == 7
        blind = {name: got for name, got in tried.items() if not got.startswith("refused: ")}
        assert blind.keys() <= {"read it blindly", "purge as a form does"}
        assert set(blind.values()) <= {"opaque"}
        with (
            ServiceBusClient.from_connection_string(connection) as client,
            client.get_queue_receiver("orders") as receiver,
        ):
            assert [str(message) for message in receiver.peek_messages(10)] == ["secret"]
    finally:
        end(process)


@pytest.mark.browser
def test_a_site_that_was_allowed_opens_a_socket(browser: Any, site: str, tmp_path: Path) -> None:
    process, at, _ = emulator(tmp_path, "--allow-origin", site)
    try:
        page = browser.new_page()
        page.goto(site)
        assert page.evaluate(ATTEMPTS, at)["open a socket"] == "opened"
        page.close()
    finally:
        end(process)


@pytest.mark.browser
def test_the_page_takes_its_token_from_the_printed_address_and_hides_it(browser: Any, tmp_path: Path) -> None:
    rules = [{"Name": "root", "Rights": ["Manage", "Send", "Listen"], "PrimaryKey": "key"}]
    guarded = {
        "UserConfig": {
            "Namespaces": [{"Name": "n", "Queues": [{"Name": "orders"}], "AuthorizationRules": rules}]
        }
    }
    process, _, _ = emulator(tmp_path, configured=guarded)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip().removeprefix("Its page: ")
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("button", name="orders").wait_for()
        assert "token" not in page.evaluate("location.href")
        page.reload()
        page.get_by_role("button", name="orders").wait_for()
        page.close()
        stranger = browser.new_page()
        stranger.goto(address.partition("#")[0])
        stranger.get_by_text("by the address with a token").wait_for()
        stranger.close()
    finally:
        end(process)
