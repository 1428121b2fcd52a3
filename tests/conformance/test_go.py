"""The Go SDK's own tests of azservicebus, its package admin and its AMQP layer, and gocloud.dev's driver tests.

The SDK's live tests sign in with an identity of the cloud; three places of their helpers take the connection string
instead. Over plain AMQP, connection strings with signatures keep the word for the emulator; over TLS and WebSocket
all clients get the option of it that a user would set (go/transport.go). Its administration client insists on HTTPS,
and trusts what SSL_CERT_FILE names.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import go_module
import pytest
from clients import CLIENTS
from conftest import Table
from own_emulator import CONFIG, KEY, POLICY, Emulator, emulator

SDK = "github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
SHIMS = (
    go_module.Shim(
        "internal/test/test_helpers.go",
        "	if options.UseConnectionString {",
        "	if options.UseConnectionString = true; options.UseConnectionString {",
    ),
    go_module.Shim(
        "internal/test/test_helpers.go",
        '	iv := GetIdentityVars(t)\n\n	em, err := atom.NewEntityManager(iv.Endpoint, iv.Cred, "", nil)',
        '	em, err := atom.NewEntityManagerWithConnectionString(MustGetEnvVar(t, EnvKeyConnectionString), "", nil)',
    ),
    go_module.Shim(
        "internal/amqpLinks_test.go",
        "	iv := test.GetIdentityVars(t)\n"
        "	ns, err := NewNamespace(NamespaceWithTokenCredential(iv.Endpoint, iv.Cred))",
        "	ns, err := NewNamespace("
        "NamespaceWithConnectionString(test.MustGetEnvVar(t, test.EnvKeyConnectionString)))",
    ),
)
SHIMS_OF_SIGNATURES = (
    go_module.Shim(
        "internal/sas/sas.go",
        'return fmt.Sprintf("Endpoint=sb://%s;SharedAccessSignature=%s", props.FullyQualifiedNamespace, sig), nil',
        'return fmt.Sprintf("Endpoint=sb://%s;SharedAccessSignature=%s;UseDevelopmentEmulator=true", '
        "props.FullyQualifiedNamespace, sig), nil",
    ),
)
"""The tests make their connection strings with signatures by this function."""
SHIMS_OF_TRANSPORT = (
    go_module.Shim(
        "internal/namespace.go",
        "	ns := &Namespace{}\n",
        "	ns := &Namespace{tlsConfig: usualTLS(), newWebSocketConn: usualWebSocket()}\n",
    ),
)
"""A client gets its transport where its options would be put in."""
NAMESPACE = {
    "Name": "sbemulatorns",
    "AuthorizationRules": [
        {"Name": POLICY, "Rights": ["Listen", "Send", "Manage"], "PrimaryKey": KEY},
        {"Name": "NoManage", "Rights": ["Listen", "Send"], "PrimaryKey": KEY},
        {"Name": "SendOnly", "Rights": ["Send"], "PrimaryKey": KEY},
        {"Name": "ListenOnly", "Rights": ["Listen"], "PrimaryKey": KEY},
    ],
    "Queues": [
        {"Name": "testQueue", "Properties": {"LockDuration": "PT5M"}},
        {"Name": "testQueueWithSessions", "Properties": {"LockDuration": "PT5M", "RequiresSession": True}},
    ],
}
"""What the template beside the SDK's tests makes in the cloud."""
SETTINGS = {"UserConfig": {"Namespaces": [NAMESPACE]}}

PANICS = "TestClientUsingCustomEndpoint"
"""Left out (see excluded.toml), and not run at all: without the error that it wants it ends the whole program."""
PROGRAM = Path(__file__).with_name("go")
NAMED = {"plain": "plain", "tls": "TLS", "websocket-tls": "WebSocket, TLS"}
EMULATOR_WORD = ";UseDevelopmentEmulator=true"

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(go_module.RUN_LIMIT_S + 600)]


@pytest.fixture(autouse=True)
def toolchain() -> None:
    """Go itself, or a line that says what is left out."""
    if go_module.go() is None:
        pytest.skip("left out: Go. Install Go 1.25 or newer so that `go` is on PATH, then run it again")


def _environment(transport: str, standard: Emulator, premium: Emulator, certificates: Path) -> dict[str, str]:
    word = EMULATOR_WORD if transport == "plain" else ""
    secure = standard.connection_string.replace(EMULATOR_WORD, "")
    plain = secure + word
    return {
        "AZURE_RECORD_MODE": "live",
        "TRANSPORT": transport,
        "SERVICEBUS_ENDPOINT": f"localhost:{standard.port}",
        "SERVICEBUS_ENDPOINT_PREMIUM": f"localhost:{premium.port}",
        "SERVICEBUS_CONNECTION_STRING": plain,
        "SERVICEBUS_CONNECTION_STRING_PREMIUM": premium.connection_string.replace(EMULATOR_WORD, word),
        "SERVICEBUS_CONNECTION_STRING_NO_MANAGE": plain.replace(POLICY, "NoManage"),
        "SERVICEBUS_CONNECTION_STRING_SEND_ONLY": plain.replace(POLICY, "SendOnly"),
        "SERVICEBUS_CONNECTION_STRING_LISTEN_ONLY": plain.replace(POLICY, "ListenOnly"),
        "SSL_CERT_FILE": str(certificates),
        "PLAIN_CONNECTION_STRING": standard.connection_string,
        "TLS_CONNECTION_STRING": secure,
    }


def _copied(transport: str, work: Path) -> Path:
    """The module with what a transport needs."""
    shims = SHIMS + (SHIMS_OF_SIGNATURES if transport == "plain" else SHIMS_OF_TRANSPORT)
    folder = go_module.copied(SDK, f"v{CLIENTS['go'].version}", shims, work)
    shutil.copy(PROGRAM / "first_steps_test.go", folder)
    if transport != "plain":
        shutil.copy(PROGRAM / "transport.go", folder / "internal")
    return folder


# administration speaks HTTPS, whatever messages go over
@pytest.mark.parametrize(
    ("transport", "packages"),
    [
        ("plain", (".", "./internal")),
        ("plain", ("./admin",)),
        ("tls", (".", "./internal")),
        ("websocket-tls", (".", "./internal")),
    ],
)
def test_the_sdks_own_tests(transport: str, packages: tuple[str, ...], tmp_path: Path, table: Table) -> None:
    folder = _copied(transport, tmp_path)
    with (
        emulator(tmp_path / "standard", "--tier", "standard", config=SETTINGS) as standard,
        emulator(tmp_path / "premium", "--tier", "premium", config=SETTINGS) as premium,
    ):
        both = tmp_path / "both.pem"
        both.write_text(standard.certificate.read_text() + premium.certificate.read_text())
        environment = _environment(transport, standard, premium, both)
        found = go_module.run(folder, [*packages, "-p=1", f"-skip=^{PANICS}$"], environment)
    table.hold("go", NAMED[transport], found)


def test_gocloud_dev(tmp_path: Path, table: Table) -> None:
    folder = go_module.copied("gocloud.dev", f"v{CLIENTS['gocloud'].version}", (), tmp_path)
    with emulator(tmp_path / "emulator", config=CONFIG) as running:
        environment = {
            "SERVICEBUS_CONNECTION_STRING": running.connection_string,
            "SSL_CERT_FILE": str(running.certificate),
        }
        found = go_module.run(
            folder, ["./pubsub/azuresb"], environment, "-run=TestConformance", "-args", "-record"
        )
    table.hold("gocloud", "plain", found)
