"""A certificate authority for tests: one good certificate, and the faulty ones by name.

The good leaf is for `localhost` and 127.0.0.1. Each faulty one has a single fault, so that a test
can say which it was.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate with its chain and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates into a directory, each when it is first asked for.

    Attributes:
        ca_file: the root, for whoever shall trust it.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._ca = trustme.CA()
        self.ca_file = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))

    @cached_property
    def good(self) -> Leaf:
        return self._keep("good", self._ca.issue_cert(*NAMES))

    @cached_property
    def alice(self) -> Leaf:
        """A client's, in the name of alice."""
        return self._keep("alice", self._ca.issue_cert("alice@school.test", common_name="alice"))

    @cached_property
    def ca_and_crl(self) -> Path:
        """The root and a list of what it has revoked, which is nothing: some servers want both."""
        root = x509.load_pem_x509_certificate(self._ca.cert_pem.bytes())
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=root.subject,
            last_update=now - datetime.timedelta(days=1),
            next_update=now + datetime.timedelta(days=30),
        )
        key = load_pem_private_key(self._ca.private_key_pem.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        revoked = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        path = self._directory / "ca_and_crl.pem"
        path.write_bytes(self._ca.cert_pem.bytes() + revoked)
        return path

    @cached_property
    def expired(self) -> Leaf:
        after = LONG_AGO + datetime.timedelta(days=90)
        leaf = self._ca.issue_cert(*NAMES, not_before=LONG_AGO, not_after=after)
        return self._keep("expired", leaf)

    @cached_property
    def wrong_host(self) -> Leaf:
        return self._keep("wrong_host", self._ca.issue_cert("mail.elsewhere.test"))

    @cached_property
    def unknown_authority(self) -> Leaf:
        """Issued by a root that `ca_file` does not hold."""
        return self._keep("unknown_authority", trustme.CA().issue_cert(*NAMES))

    @cached_property
    def self_signed(self) -> Leaf:
        key = ec.generate_private_key(ec.SECP256R1())
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._write("self_signed", _sign_itself(key).public_bytes(Encoding.PEM), secret)

    def _keep(self, name: str, leaf: trustme.LeafCert) -> Leaf:
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return self._write(name, chain, leaf.private_key_pem.bytes())

    def _write(self, name: str, chain: bytes, key: bytes) -> Leaf:
        leaf = Leaf(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        leaf.certificate.write_bytes(chain)
        leaf.key.write_bytes(key)
        return leaf


def _sign_itself(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    hosts = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
