"""The public `Certificate`: what one says, and the key that goes with it."""

from __future__ import annotations

import html
from functools import cached_property

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

from smtp_nb.errors import InputError
from smtp_nb.model.enums import CertStoreType, KeyUsage
from smtp_nb.model.secret import Secret
from smtp_nb.wire.names import distinguished_name, reference_date, shown, subject_alternative_names
from smtp_nb.wire.stores import Hidden, Identity, open_store

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
# The extension's attribute -> the reference's bit and its word for it.
_USAGES: tuple[tuple[str, KeyUsage, str], ...] = (
    ("digital_signature", KeyUsage.DIGITAL_SIGNATURES, "Digital Signatures"),
    ("content_commitment", KeyUsage.KEY_AUTHENTICATION, "Key Authentication"),
    ("key_encipherment", KeyUsage.KEY_ENCRYPTION, "Key Encryption"),
    ("data_encipherment", KeyUsage.DATA_ENCRYPTION, "Data Encryption"),
    ("key_agreement", KeyUsage.KEY_AGREEMENT, "Key Agreement"),
    ("key_cert_sign", KeyUsage.CERTIFICATE_SIGNING, "Certificate Signing"),
    ("crl_sign", KeyUsage.KEY_SIGNING, "Key Signing"),
)


class Certificate:
    """A certificate, with its private key if the store had one. It does not change.

    `Certificate()` is empty, `Certificate("file.pem")` and `Certificate(octets)` read a public
    certificate, and the long form looks into a store:
    `Certificate(CertStoreType.PFX_FILE, "me.pfx", "password", "CN=me")`.

    Text fields are those of the reference: empty if the certificate does not say, and in an empty
    one. Neither `store_password` nor `private_key` shows in a repr.

    Args:
        source: a file name, octets in PEM or DER, or the type of the store.
        store: for the long form: a file name, or octets, binary or base64.
        store_password: what opens the store.
        subject: the whole subject, or a part of it; `*` takes any. Octets are a certificate whose
            key is looked for in the store.

    Raises:
        InputError: 271 unreadable, 272 no such certificate in the store, 273 key or password wrong.
        Unsupported: a store that Python cannot open.
    """

    def __init__(
        self,
        source: str | bytes | CertStoreType = b"",
        store: str | bytes = b"",
        store_password: str | Secret = "",
        subject: str | bytes = "*",
    ) -> None:
        self.store_password = _secret(store_password)
        # From here on no variable holds it: a verbose traceback shows those.
        store_password = HIDDEN_PASSWORD
        self.store_type, self._store = _place(source, store)
        source = store = b""
        self.identity = Identity()
        """Certificate, key and chain as the TLS layer takes them."""
        self.identity = self._open(subject)

    def _open(self, subject: str | bytes) -> Identity:
        if not self._store:
            return Identity()
        password = Hidden(self.store_password.reveal().encode("utf-8", "surrogatepass"))
        found = open_store(self.store_type, self._store, password)
        if isinstance(subject, bytes):
            return _with_key_for(Certificate(subject), found)
        return _by_subject(subject, found)

    # -- the certificate ------------------------------------------------------------------------

    @property
    def _x509(self) -> x509.Certificate | None:
        return self.identity.certificate

    @property
    def subject(self) -> str:
        """Whose it is: `CN=mail.test, O=School, C=DE`."""
        return distinguished_name(self._x509.subject) if self._x509 else ""

    @property
    def issuer(self) -> str:
        """Who vouches for it."""
        return distinguished_name(self._x509.issuer) if self._x509 else ""

    @property
    def serial_number(self) -> str:
        """In hexadecimal, two digits an octet."""
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
    def encoded(self) -> str:
        """In PEM."""
        return self._x509.public_bytes(Encoding.PEM).decode("ascii") if self._x509 else ""

    @property
    def encoded_b(self) -> bytes:
        """In PEM, as octets."""
        return self.encoded.encode("ascii")

    @property
    def der(self) -> bytes:
        """The octets that are signed and compared."""
        return self._x509.public_bytes(Encoding.DER) if self._x509 else b""

    @cached_property
    def signature_algorithm(self) -> str:
        """A name such as `RSA_WITH_SHA256`, else the OID."""
        if self._x509 is None:
            return ""
        oid = self._x509.signature_algorithm_oid
        return _SIGNATURES.get(oid, oid.dotted_string)

    def _digest(self, kind: hashes.HashAlgorithm) -> str:
        return self._x509.fingerprint(kind).hex(":").upper() if self._x509 else ""

    @property
    def fingerprint(self) -> str:
        """MD5, octets parted by colons. Fit to tell certificates apart, not to trust one."""
        return self._digest(hashes.MD5())

    @property
    def fingerprint_sha1(self) -> str:
        """SHA-1, octets parted by colons."""
        return self._digest(hashes.SHA1())

    @property
    def fingerprint_sha256(self) -> str:
        """SHA-256, octets parted by colons."""
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
        """DNS names and IP addresses, by commas."""
        names = subject_alternative_names(self._x509) if self._x509 else None
        return shown(",".join(names or []))

    @cached_property
    def usage_flags(self) -> KeyUsage:
        """What its key may do; no flag if it does not say."""
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
        """The words for `usage_flags`, by commas."""
        return ",".join(word for _, flag, word in _USAGES if flag in self.usage_flags)

    @property
    def extended_key_usage(self) -> str:
        """OIDs, by commas."""
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
        if self._x509 is None:
            return ""
        key = self._x509.public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")

    @cached_property
    def _key_kind(self) -> tuple[str, int]:
        if self._x509 is None:
            return "", 0
        key = self._x509.public_key()
        for kind, name, bits in _KEY_KINDS:
            if isinstance(key, kind):
                return name, bits or getattr(key, "key_size", 0)
        return self._x509.public_key_algorithm_oid.dotted_string, 0

    @property
    def public_key_algorithm(self) -> str:
        """A name such as `RSA`, else the OID."""
        return self._key_kind[0]

    @property
    def public_key_length(self) -> int:
        """Bits; 0 if that says nothing for this kind of key."""
        return self._key_kind[1]

    @property
    def private_key_available(self) -> bool:
        """True: fit to show who we are."""
        return self.identity.key is not None

    @property
    def private_key(self) -> Secret:
        """In PEM, unencrypted; empty if the store had none."""
        key = self.identity.key
        if key is None:
            return Secret("")
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Secret(pem.decode("ascii"))

    # -- the store ------------------------------------------------------------------------------

    @property
    def store(self) -> str:
        """The name of the file; empty if the octets were given."""
        return self._store if isinstance(self._store, str) else ""

    @property
    def store_b(self) -> bytes:
        """The octets that were given; empty if it was a file."""
        return self._store if isinstance(self._store, bytes) else b""

    # -- repr -----------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        """True if there is a certificate in it."""
        return self._x509 is not None

    def __eq__(self, other: object) -> bool:
        """Equal if the octets of the certificates are; keys do not matter."""
        return self.der == other.der if isinstance(other, Certificate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.der)

    def _rows(self) -> list[tuple[str, str]]:
        rows = [
            ("subject", self.subject),
            ("issuer", self.issuer),
            ("valid", f"{self.effective_date} to {self.expiration_date} UTC"),
            ("names", self.subject_alt_names),
            ("key", f"{self.public_key_algorithm} {self.public_key_length or ''}".strip()),
            ("private key", "yes" if self.private_key_available else "no"),
            ("SHA-256", self.fingerprint_sha256),
        ]
        return [row for row in rows if row[1]]

    def __repr__(self) -> str:
        if not self:
            return "Certificate()"
        rows = "\n".join(f"  {label:12} {value}" for label, value in self._rows())
        return f"Certificate\n{rows}"

    def _repr_html_(self) -> str:
        if not self:
            return "<code>Certificate()</code>"
        rows = "".join(
            f"<tr><th>{html.escape(label)}</th><td>{html.escape(value)}</td></tr>"
            for label, value in self._rows()
        )
        return f"<table>{rows}</table>"


HIDDEN_PASSWORD = Secret("")


def _secret(password: str | Secret) -> Secret:
    return password if isinstance(password, Secret) else Secret(password)


_BLOBS = frozenset(kind for kind in CertStoreType if kind.name.endswith("_BLOB"))


def _place(
    source: str | bytes | CertStoreType, store: str | bytes
) -> tuple[CertStoreType, str | Hidden]:
    """The type of the store, and its file or its octets."""
    if isinstance(source, CertStoreType):
        if isinstance(store, str) and source not in _BLOBS and "-----BEGIN" not in store:
            return source, store
        return source, _octets(store)
    if isinstance(source, str):
        return CertStoreType.PUBLIC_KEY_FILE, source
    return CertStoreType.PUBLIC_KEY_BLOB, Hidden(source)


def _octets(store: str | bytes) -> Hidden:
    # The reference takes octets as a string too, a character an octet.
    return Hidden(store.encode("latin-1", "replace") if isinstance(store, str) else store)


def _by_subject(wanted: str, found: list[Identity]) -> Identity:
    """The entry whose subject is `wanted`, else one whose subject holds it."""
    named = [
        (distinguished_name(entry.certificate.subject) if entry.certificate else "", entry)
        for entry in found
    ]
    matches = [entry for name, entry in named if name == wanted or wanted == "*"]
    matches += [entry for name, entry in named if wanted in name]
    if not matches:
        raise InputError(
            f"The store has no certificate for {shown(wanted)!r}",
            code=272,
            remedy=f"It has {'; '.join(name for name, _ in named)}",
        )
    return matches[0]


def _with_key_for(public: Certificate, found: list[Identity]) -> Identity:
    """`public` with its private key, which the store must have."""
    certificate = public.identity.certificate
    for entry in found:
        if certificate and entry.key and entry.key.public_key() == certificate.public_key():
            return Identity(certificate, entry.key, entry.chain)
    raise InputError("The store has no private key for this certificate", code=272)
