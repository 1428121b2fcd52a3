"""The generated certificate: real clients of TLS accept it by name, and it is renewed in time."""

import datetime
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from servicebus_emulator.net import certificate

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


@pytest.mark.lengthy
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


def test_its_key_can_sign_for_nobody_else(tmp_path: Path) -> None:
    """A server whose certificate was signed with our key is refused by a client that trusts our file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    ours = certificate.ensure(tmp_path / "ours", NOW)
    issuer = x509.load_pem_x509_certificate(ours.certificate.read_bytes())
    signer = serialization.load_pem_private_key(ours.key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=1))
        .not_valid_after(NOW + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=True)
        .sign(signer, hashes.SHA256())
    )
    other = certificate.CertificatePaths(tmp_path / "forged.pem", tmp_path / "forged-key.pem")
    other.certificate.write_bytes(
        forged.public_bytes(serialization.Encoding.PEM) + ours.certificate.read_bytes()
    )
    other.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(other, "bank.example", ours.certificate)


def test_one_of_an_older_emulator_that_could_sign_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography import x509

    def authority(ca: bool, path_length: int | None) -> x509.BasicConstraints:
        return constraints(ca=True, path_length=0)

    constraints = x509.BasicConstraints
    with monkeypatch.context() as patch:
        patch.setattr(x509, "BasicConstraints", authority)
        old, key = certificate.generate(NOW)
    (tmp_path / "certificate.pem").write_bytes(old)
    (tmp_path / "key.pem").write_bytes(key)
    assert certificate.ensure(tmp_path, NOW).certificate.read_bytes() != old


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
