"""Emptying a running RabbitMQ through its HTTP API: a second instead of the five that a restart may take.

Deleting a virtual host closes its connections and deletes its queues, streams, exchanges, bindings, policies and
permissions, so deleting all of them, making the default one again and dropping users and global parameters that
are not the node's own leaves what a fresh node has.
"""

import base64
import http.client
import json
import time
from typing import Any
from urllib.parse import quote

DEFAULT_VHOST = "/"
OWN_PARAMETERS = frozenset({"cluster_name", "internal_cluster_id", "cluster_tags"})
"""Global parameters that a fresh node has."""
LIMIT_S = 3.0
"""After this long a restart is the surer way."""


class ResetImpossible(Exception):
    """The API did not do what it was asked: the node must be started afresh."""


def empty(port: int, user: str, password: str, *, memory_limit_bytes: int, disk_limit_bytes: int) -> None:
    """Empty the node whose management API listens on 127.0.0.1:port.

    Raises ResetImpossible when that cannot be done for sure: the user was changed, the node's limits are not those of its
    configuration any more, an answer fails or takes too long.
    """
    api = _Api(port, user, password)
    configured = {"mem_limit": memory_limit_bytes, "disk_free_limit": disk_limit_bytes}
    # in its first seconds a node tells no figures yet: it has just read its configuration
    node = api.get("/api/nodes?columns=mem_limit,disk_free_limit")[0] or configured
    if node != configured:
        raise ResetImpossible("its alarm limits were changed while it ran")
    for vhost in api.get("/api/vhosts?columns=name"):
        api.call("DELETE", f"/api/vhosts/{_quoted(vhost['name'])}")
    api.call("PUT", f"/api/vhosts/{_quoted(DEFAULT_VHOST)}", {"description": "Default virtual host"})
    for other in api.get("/api/users?columns=name"):
        if other["name"] != user:
            api.call("DELETE", f"/api/users/{_quoted(other['name'])}")
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    api.call("PUT", f"/api/permissions/{_quoted(DEFAULT_VHOST)}/{_quoted(user)}", everything)
    for parameter in api.get("/api/global-parameters"):
        if parameter["name"] not in OWN_PARAMETERS:
            api.call("DELETE", f"/api/global-parameters/{_quoted(parameter['name'])}")
    for limit in api.get("/api/user-limits"):
        for name in limit["value"]:
            api.call("DELETE", f"/api/user-limits/{_quoted(limit['user'])}/{_quoted(name)}")
    if api.get("/api/queues?columns=name"):
        raise ResetImpossible("queues are left")


class _Api:
    """The HTTP API, one connection a call, all within LIMIT_S."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.port = port
        self.headers = {
            "Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode(),
            "Content-Type": "application/json",
        }
        self.deadline = time.monotonic() + LIMIT_S

    def get(self, path: str) -> Any:
        return json.loads(self.call("GET", path))

    def call(self, method: str, path: str, body: object = None) -> bytes:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise ResetImpossible(f"it takes longer than {LIMIT_S:.0f} s")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=left_s)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self.headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ResetImpossible(f"{method} {path}: {error}") from error
        finally:
            connection.close()
        if answer.status >= 300:
            raise ResetImpossible(f"{method} {path}: {answer.status} {answer.reason}")
        return text


def _quoted(name: str) -> str:
    return quote(name, safe="")
