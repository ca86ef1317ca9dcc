"""Certificates for tests, good and bad, made on the spot, and servers that show them."""

import contextlib
import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smtp_nb.wire.tls.tls import HandshakeStep

HOST = "mail.test"
NONE = object()
"""In place of a digest: the key, of Ed25519 say, signs without one."""
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key and the chain that a server would send behind it."""

    certificate: x509.Certificate
    key: object
    chain: tuple = ()

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def write(self, folder, name="server.pem"):
        """A file for `SSLContext.load_cert_chain`."""
        path = folder / name
        links = b"".join(x.public_bytes(serialization.Encoding.PEM) for x in self.chain)
        path.write_bytes(self.key_pem + self.pem + links)
        return path


def name(common_name):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "School, Inc."),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def san(*names):
    return x509.SubjectAlternativeName(
        [
            x509.IPAddress(ipaddress.ip_address(text))
            if text[0].isdigit() or ":" in text
            else x509.DNSName(text)
            for text in names
        ]
    )


def issue(
    common_name=HOST,
    issuer=None,
    *,
    names=(HOST, "localhost"),
    ca=False,
    usage=ExtendedKeyUsageOID.SERVER_AUTH,
    since=-DAY,
    until=DAY,
    key=None,
    digest=None,
    sends=None,
    permitted=None,
    extra=None,
    pss=None,
):
    """Issue a certificate; without `issuer` it signs itself. `sends` replaces the chain."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer.certificate.subject if issuer else name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + since)
        .not_valid_after(NOW + until)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if names and not ca:
        builder = builder.add_extension(san(*names), critical=False)
    if usage and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if permitted:
        constraints = x509.NameConstraints([x509.DNSName(permitted)], None)
        builder = builder.add_extension(constraints, critical=True)
    if extra:
        builder = builder.add_extension(extra, critical=False)
    digest = None if digest is NONE else digest or hashes.SHA256()
    certificate = builder.sign(signer, digest, rsa_padding=pss)
    chain = (issuer.certificate, *issuer.chain) if issuer else ()
    return Issued(certificate, key, chain if sends is None else sends)


def points(*addresses):
    """The extension that says where revocation lists lie, one point for each address."""
    return x509.CRLDistributionPoints([point(address) for address in addresses])


def point(*addresses, crl_issuer=None, reasons=None):
    names = [x509.UniformResourceIdentifier(address) for address in addresses]
    return x509.DistributionPoint(names or None, None, reasons, crl_issuer)


def revocations(issuer, *revoked, since=-DAY, until=DAY, key=None, digest=None, extensions=()):
    """A revocation list of `issuer`'s that names some certificates."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW + since)
        .next_update(NOW + until)
    )
    for issued in revoked:
        entry = x509.RevokedCertificateBuilder(issued.certificate.serial_number, NOW - DAY)
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        builder = builder.add_revoked_certificate(
            entry.add_extension(reason, critical=False).build()
        )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key or issuer.key, digest or hashes.SHA256())


def octets(revocations, encoding=serialization.Encoding.DER):
    return revocations.public_bytes(encoding)


@cache
def root():
    return issue("Test root", ca=True, until=30 * DAY)


@cache
def intermediate():
    return issue("Test intermediate", root(), ca=True, until=20 * DAY)


@cache
def weak_key():
    return rsa.generate_private_key(65537, 1024)


@cache
def rsa_root():
    return issue("RSA root", ca=True, key=rsa.generate_private_key(65537, 2048))


def sha1_signed():
    """cryptography no longer signs with SHA-1, so an honest certificate is signed again by hand."""
    honest = issue(issuer=rsa_root())
    body = honest.certificate.tbs_certificate_bytes
    new_body = body.replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    signature = rsa_root().key.sign(new_body, padding.PKCS1v15(), hashes.SHA1())
    der = honest.der.replace(body, new_body).replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    der = der.replace(honest.certificate.signature, signature)
    return Issued(x509.load_der_x509_certificate(der), honest.key, honest.chain)


@cache
def pss_signed():
    """Signed with RSA-PSS."""
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return issue(issuer=rsa_root(), pss=pss)


# 1.2.840.113549.1.1.11 and .5, as DER
SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")


VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def server_context(file, version="1.3", client_ca=None, ciphers="DEFAULT"):
    """The stdlib's server, for one version of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.set_ciphers(ciphers)
    context.load_cert_chain(file)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca.pem.decode())
    return context


class MemoryServer:
    """The other side of a handshake, in memory: Python's own ssl, on another OpenSSL."""

    def __init__(self, context):
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_side=True)
        self.is_shaken = False
        self.received = b""
        self.plaintext = b""

    def feed(self, raw):
        """Take octets from the client; returns those for it."""
        self.received += raw
        self._in.write(raw)
        try:
            if not self.is_shaken:
                self.tls.do_handshake()
                self.is_shaken = True
            while piece := self.tls.read(65536):
                self.plaintext += piece
        except ssl.SSLWantReadError:
            pass
        return self.take()

    def take(self):
        return self._out.read()

    def say(self, data):
        self.tls.write(data)
        return self.take()

    def goodbye(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self.take()


def shake(layer, server, decide=lambda layer: layer.accept(), size=1 << 20):
    """Run a handshake, `size` octets at a time; returns the last step that was reached."""
    step = layer.handshake()
    while step is HandshakeStep.READ:
        answer = server.feed(layer.outgoing())
        while answer and step is HandshakeStep.READ:
            layer.receive(answer[:size])
            answer = answer[size:]
            step = layer.handshake()
            if step is HandshakeStep.DECIDE and decide(layer) is not REFUSED:
                step = layer.handshake()
    layer.receive(server.feed(layer.outgoing()))  # TLS 1.3: session tickets
    return step


REFUSED = object()
