"""The generated certificate: real clients of TLS accept it by name, and it is renewed in time."""

import datetime
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from servicebus_emulator import certificate

NOW = datetime.datetime.now(datetime.UTC)


def _handshake(paths: certificate.CertificatePaths, name: str, trust: Path | None) -> None:
    """A handshake over a pair of sockets; raises what the client raises."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(paths.certificate, paths.key)
    client = ssl.create_default_context(cafile=str(trust) if trust else None)
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    theirs.settimeout(10)

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=name).close()
    finally:
        ours.close()
        thread.join()
        theirs.close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "orders.localhost"])
def test_a_client_that_trusts_the_file_connects_by_every_name(tmp_path: Path, name: str) -> None:
    paths = certificate.ensure(tmp_path, NOW, names=["Orders.localhost"])
    _handshake(paths, name, paths.certificate)


def test_another_name_or_no_trust_is_refused(tmp_path: Path) -> None:
    paths = certificate.ensure(tmp_path, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _handshake(paths, "example.org", paths.certificate)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed|unable to get"):
        _handshake(paths, "localhost", None)


def test_it_is_made_once_and_again_only_when_needed(tmp_path: Path) -> None:
    paths = certificate.ensure(tmp_path, NOW)
    first = paths.certificate.read_bytes()
    certificate.ensure(tmp_path, NOW)
    assert paths.certificate.read_bytes() == first
    certificate.ensure(tmp_path, NOW + datetime.timedelta(days=certificate.VALID_DAYS - 10))
    second = paths.certificate.read_bytes()
    assert second != first
    certificate.ensure(tmp_path, NOW, names=["new.localhost"])
    third = paths.certificate.read_bytes()
    assert third != second
    paths.key.write_bytes(b"broken")
    certificate.ensure(tmp_path, NOW, names=["new.localhost"])
    assert paths.certificate.read_bytes() != third


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    paths = certificate.ensure(tmp_path / "new", NOW)
    assert stat.S_IMODE(paths.key.stat().st_mode) == 0o600


def test_an_older_package_is_named_and_the_projects_own_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    import cryptography

    assert certificate.older_than_tested() == ""
    monkeypatch.setattr(cryptography, "__version__", "38.0.4")
    assert "38.0.4" in certificate.older_than_tested()
