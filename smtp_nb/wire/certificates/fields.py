"""Certificate fields, with the names of IPWorks."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import SignatureAlgorithmOID

from smtp_nb.model.enums import KeyUsage
from smtp_nb.model.secret import Secret
from smtp_nb.wire.certificates.identity import Identity, PublicKey
from smtp_nb.wire.certificates.x509_text import (
    alternative_names,
    distinguished_name,
    reference_date,
    shown,
)

# (name, bits where the key itself has no size)
_KEY_KINDS: tuple[tuple[type, str, int], ...] = (
    (rsa.RSAPublicKey, "RSA", 0),
    (ec.EllipticCurvePublicKey, "ECDSA", 0),
    (dsa.DSAPublicKey, "DSA", 0),
    (ed25519.Ed25519PublicKey, "Ed25519", 256),
    (ed448.Ed448PublicKey, "Ed448", 456),
)
_SIGNATURES = {
    oid: name for name, oid in vars(SignatureAlgorithmOID).items() if not name.startswith("_")
}
# The extension's attribute -> the IPWorks bit and its word for it.
_USAGES: tuple[tuple[str, KeyUsage, str], ...] = (
    ("digital_signature", KeyUsage.DIGITAL_SIGNATURES, "Digital Signatures"),
    ("content_commitment", KeyUsage.KEY_AUTHENTICATION, "Key Authentication"),
    ("key_encipherment", KeyUsage.KEY_ENCRYPTION, "Key Encryption"),
    ("data_encipherment", KeyUsage.DATA_ENCRYPTION, "Data Encryption"),
    ("key_agreement", KeyUsage.KEY_AGREEMENT, "Key Agreement"),
    ("key_cert_sign", KeyUsage.CERTIFICATE_SIGNING, "Certificate Signing"),
    ("crl_sign", KeyUsage.KEY_SIGNING, "Key Signing"),
)

_DIGESTS = (hashes.MD5(), hashes.SHA1(), hashes.SHA256())


class Fields:
    """The read-only fields. A text is empty if the certificate does not have it."""

    _identity: Identity

    @property
    def identity(self) -> Identity:
        """Certificate, key and chain as the TLS layer takes them."""
        return self._identity

    # -- the certificate ------------------------------------------------------------------------

    @property
    def _x509(self) -> x509.Certificate | None:
        return self._identity.certificate

    @property
    def issuer(self) -> str:
        """The issuer."""
        return distinguished_name(self._x509.issuer) if self._x509 else ""

    @property
    def serial_number(self) -> str:
        """The serial number in hexadecimal, two digits a byte."""
        if self._x509 is None:
            return ""
        digits = f"{self._x509.serial_number:x}"
        return digits.zfill(len(digits) + len(digits) % 2).upper()

    @property
    def effective_date(self) -> str:
        """Valid from, in UTC: `23-Jan-2000 15:00:00`."""
        return reference_date(self._x509.not_valid_before_utc) if self._x509 else ""

    @property
    def expiration_date(self) -> str:
        """Valid until, in UTC."""
        return reference_date(self._x509.not_valid_after_utc) if self._x509 else ""

    @property
    def version(self) -> str:
        """`V1` or `V3`."""
        return f"V{self._x509.version.value + 1}" if self._x509 else ""

    @property
    def der(self) -> bytes:
        """The bytes that are signed and compared."""
        return self._x509.public_bytes(Encoding.DER) if self._x509 else b""

    @property
    def signature_algorithm(self) -> str:
        """A name such as `RSA_WITH_SHA256`, else the OID."""
        if self._x509 is None:
            return ""
        oid = self._x509.signature_algorithm_oid
        return _SIGNATURES.get(oid, oid.dotted_string)

    def _digest(self, kind: hashes.HashAlgorithm) -> str:
        return self._x509.fingerprint(kind).hex(":") if self._x509 else ""

    @property
    def fingerprint(self) -> str:
        """MD5, bytes separated by colons. Good for telling certificates apart, not for trusting
        one.
        """
        return self._digest(hashes.MD5())

    @property
    def fingerprint_sha1(self) -> str:
        """SHA-1, bytes separated by colons."""
        return self._digest(hashes.SHA1())

    @property
    def fingerprint_sha256(self) -> str:
        """SHA-256, bytes separated by colons."""
        return self._digest(hashes.SHA256())

    @property
    def thumbprint_md5(self) -> str:
        """MD5 without colons."""
        return self.fingerprint.replace(":", "")

    @property
    def thumbprint_sha1(self) -> str:
        """SHA-1 without colons."""
        return self.fingerprint_sha1.replace(":", "")

    @property
    def thumbprint_sha256(self) -> str:
        """SHA-256 without colons."""
        return self.fingerprint_sha256.replace(":", "")

    # -- what it is for -------------------------------------------------------------------------

    @property
    def subject_alt_names(self) -> str:
        """Names and addresses of every textual kind, separated by commas."""
        return shown(",".join(alternative_names(self._x509))) if self._x509 else ""

    @property
    def usage_flags(self) -> KeyUsage:
        """What its key may be used for; no flag if it does not say."""
        flags = KeyUsage(0)
        try:
            extensions = self._x509.extensions if self._x509 else x509.Extensions([])
            usage = extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return flags
        for attribute, flag, _ in _USAGES:
            if getattr(usage, attribute):
                flags |= flag
        return flags

    @property
    def usage(self) -> str:
        """The words for `usage_flags`, separated by commas."""
        return ",".join(word for _, flag, word in _USAGES if flag in self.usage_flags)

    @property
    def extended_key_usage(self) -> str:
        """OIDs, separated by commas."""
        try:
            extensions = self._x509.extensions if self._x509 else x509.Extensions([])
            usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            return ""
        return ",".join(oid.dotted_string for oid in usage)

    # -- keys -----------------------------------------------------------------------------------

    @property
    def public_key(self) -> str:
        """In PEM."""
        key = self._identity.public_key
        return public_pem(key) if isinstance(key, PublicKey) else ""

    @property
    def _key_kind(self) -> tuple[str, int]:
        key = self._identity.public_key
        for kind, name, bits in _KEY_KINDS:
            if isinstance(key, kind):
                return name, bits or getattr(key, "key_size", 0)
        return self._x509.public_key_algorithm_oid.dotted_string if self._x509 else "", 0

    @property
    def public_key_algorithm(self) -> str:
        """A name such as `RSA`, else the OID."""
        return self._key_kind[0]

    @property
    def public_key_length(self) -> int:
        """Size of the key in bits; 0 where that is meaningless for this kind of key."""
        return self._key_kind[1]

    @property
    def private_key_available(self) -> bool:
        """True if there is a private key, so that it can serve as a client certificate."""
        return self._identity.key is not None

    @property
    def private_key(self) -> Secret:
        """In PEM, unencrypted; empty if the store had none."""
        key = self._identity.key
        if key is None:
            return Secret("")
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Secret(pem.decode("ascii"))

    @property
    def private_key_container(self) -> str:
        """Empty: key containers exist only on Windows."""
        return ""


def public_pem(key: PublicKey) -> str:
    """A public key in PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def thumbprints(entry: Identity) -> set[str]:
    """Return every digest by which a certificate may be named, in lower case."""
    if entry.certificate is None:
        return set()
    return {entry.certificate.fingerprint(kind).hex() for kind in _DIGESTS}
