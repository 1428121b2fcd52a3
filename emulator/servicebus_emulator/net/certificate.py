"""A certificate for this machine's loopback names, generated once, so that HTTPS-only clients connect.

The Python and JavaScript administration clients insist on HTTPS. They accept this certificate when they
are told to trust the file: ``REQUESTS_CA_BUNDLE`` and ``SSL_CERT_FILE`` for Python,
``NODE_EXTRA_CA_CERTS`` for Node. The certificate may sign no other one, so whoever trusts it trusts no server but this
one, and its key stays beside it, readable by its owner alone.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VALID_DAYS = 397
"""Some clients refuse certificates that live longer than 398 days."""
RENEW_BEFORE_DAYS = 30
TESTED_SINCE = 46
"""Oldest major version of ``cryptography`` that the project requires (pyproject.toml)."""
NAMES = ("localhost", "servicebus", "host.docker.internal")
ADDRESSES = ("127.0.0.1", "::1")


class CertificateError(Exception):
    """No certificate could be made. One line: what happened and what to do."""


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """Where the certificate (PEM, safe to share) and its private key (PEM) are."""

    certificate: Path
    key: Path


def ensure(
    directory: Path, now: datetime.datetime, names: Iterable[str] = (), addresses: Iterable[str] = ()
) -> CertificatePaths:
    """The certificate kept in ``directory``; made, or made again when it soon expires or lacks a name.

    ``names`` and ``addresses`` are added to those of loopback, for an emulator that is reached by another
    name. Raises CertificateError when the ``cryptography`` package is not installed.
    """
    paths = CertificatePaths(directory / "certificate.pem", directory / "key.pem")
    all_names = tuple(dict.fromkeys((*NAMES, *(name.lower() for name in names))))
    all_addresses = tuple(dict.fromkeys((*ADDRESSES, *addresses)))
    if _serves(paths, now, all_names, all_addresses):
        paths.key.chmod(0o600)  # of a copy, or of a folder that somebody has opened to all
        return paths
    certificate, key = generate(now, all_names, all_addresses)
    directory.mkdir(parents=True, exist_ok=True)
    _write_private(paths.key, key)
    _replace(paths.certificate, certificate)
    return paths


def generate(
    now: datetime.datetime, names: Iterable[str] = NAMES, addresses: Iterable[str] = ADDRESSES
) -> tuple[bytes, bytes]:
    """A new self-signed certificate and its key, both PEM. Raises CertificateError without ``cryptography``."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    except ImportError:
        raise CertificateError(
            "no certificate can be made without the 'cryptography' package: install it, "
            "or give your own with --tls-cert and --tls-key"
        ) from None
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Service Bus emulator on this machine")])
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    key_identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        # no authority: a stolen key could otherwise sign for any host whose clients trust this file (RFC 5280, 4.2.1.9)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(key_identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_identifier), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _serves(
    paths: CertificatePaths, now: datetime.datetime, names: tuple[str, ...], addresses: tuple[str, ...]
) -> bool:
    """Whether the files exist, belong together, live long enough, carry every name and sign nothing else."""
    if not (paths.certificate.exists() and paths.key.exists()):
        return False
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
    except ImportError:
        return True  # cannot look inside; the TLS library will say if they do not fit
    try:
        certificate = x509.load_pem_x509_certificate(paths.certificate.read_bytes())
        key = serialization.load_pem_private_key(paths.key.read_bytes(), None)
        kept = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, OSError, x509.ExtensionNotFound):
        return False
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    begins, ends = _validity(certificate)
    return (
        # bytes and not key objects, which older versions of the package compare by identity
        certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)
        and not authority  # as those of older emulators were
        and begins <= now
        and ends - now > datetime.timedelta(days=RENEW_BEFORE_DAYS)
        and set(names) <= set(kept.get_values_for_type(x509.DNSName))
        and set(addresses) <= {str(address) for address in kept.get_values_for_type(x509.IPAddress)}
    )


def _validity(certificate: Any) -> tuple[datetime.datetime, datetime.datetime]:
    """From when until when; versions before 42 of the package have these times without a zone only."""
    try:
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except AttributeError:
        utc = datetime.UTC
        return certificate.not_valid_before.replace(tzinfo=utc), certificate.not_valid_after.replace(
            tzinfo=utc
        )


def older_than_tested() -> str:
    """What to tell a person whose ``cryptography`` is older than the oldest tried version; empty when it is not."""
    try:
        from cryptography import __version__ as version
    except ImportError:
        return ""
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) >= TESTED_SINCE:
        return ""
    return (
        f"the package 'cryptography' is version {version}, older than {TESTED_SINCE}, with which --tls is tested: "
        f"pip install 'cryptography>={TESTED_SINCE}'"
    )


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all: a client may be reading the file."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)
