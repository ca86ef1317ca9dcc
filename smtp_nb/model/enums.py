"""Enumerations of IPWorks SMTP, with its numbers.

A property of such a type accepts the member, its number, or its name in any case.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class AuthMechanism(IntEnum):
    """How to log in. Numbers above 99 go beyond IPWorks."""

    USER_PASSWORD = 0
    """PLAIN if the server offers it, else LOGIN."""
    CRAM_MD5 = 1
    """HMAC-MD5 over a challenge (RFC 2195)."""
    NTLM = 2
    """Windows' own mechanism; version 1 unless UseNTLMv2 is True."""
    APOP = 3
    """A command of POP3: setting it here is an error."""
    SASL_PLAIN = 4
    """User and password in one line (RFC 4616)."""
    SASL_DIGEST_MD5 = 5
    """A digest over two challenges (RFC 2831)."""
    KERBEROS = 6
    """A ticket of a Kerberos realm, through GSSAPI (RFC 4752)."""
    XOAUTH2 = 7
    """An OAuth token of Google or Microsoft, in AuthorizationIdentity."""
    LOGIN = 100
    """User and password, one after the other."""
    SCRAM_SHA_1 = 101
    """Both sides prove that they know the password (RFC 5802)."""
    SCRAM_SHA_256 = 102
    """The same with SHA-256 (RFC 7677)."""
    SCRAM_SHA_1_PLUS = 103
    """SCRAM_SHA_1, bound to the TLS session."""
    SCRAM_SHA_256_PLUS = 104
    """SCRAM_SHA_256, bound to the TLS session."""
    OAUTHBEARER = 105
    """An OAuth token (RFC 7628), in AuthorizationIdentity."""
    EXTERNAL = 106
    """The client certificate is the login (RFC 4422)."""
    AUTO = 107
    """The strongest that both sides support."""


class Importance(IntEnum):
    """The header Importance; UNSPECIFIED leaves it out."""

    UNSPECIFIED = 0
    """No header."""
    HIGH = 1
    """`Importance: high`."""
    NORMAL = 2
    """`Importance: normal`."""
    LOW = 3
    """`Importance: low`."""


class Priority(IntEnum):
    """The header Priority; UNSPECIFIED leaves it out."""

    UNSPECIFIED = 0
    """No header."""
    NORMAL = 1
    """`Priority: normal`."""
    URGENT = 2
    """`Priority: urgent`."""
    NON_URGENT = 3
    """`Priority: non-urgent`."""


class Sensitivity(IntEnum):
    """The header Sensitivity; UNSPECIFIED leaves it out."""

    UNSPECIFIED = 0
    """No header."""
    PERSONAL = 1
    """`Sensitivity: Personal`."""
    PRIVATE = 2
    """`Sensitivity: Private`."""
    COMPANY_CONFIDENTIAL = 3
    """`Sensitivity: Company-Confidential`."""


class SSLProvider(IntEnum):
    """The TLS engine. There is only one here, OpenSSL, whatever is set."""

    AUTOMATIC = 0
    """OpenSSL."""
    PLATFORM = 1
    """OpenSSL too."""
    INTERNAL = 2
    """OpenSSL too."""


class SSLStartMode(IntEnum):
    """When TLS begins."""

    AUTOMATIC = 0
    """STARTTLS on 25, 587 and 2525, else from the first byte."""
    IMPLICIT = 1
    """From the first byte (RFC 8314)."""
    EXPLICIT = 2
    """After STARTTLS (RFC 3207), which must be offered."""
    NONE = 3
    """Never: the connection stays in clear."""


class SSLProtocol(IntFlag):
    """TLS versions, for SSLEnabledProtocols."""

    SSL2 = 12
    """SSL 2.0 (RFC 6176 forbids it)."""
    SSL3 = 48
    """SSL 3.0 (RFC 7568 forbids it)."""
    TLS1 = 192
    """TLS 1.0."""
    TLS1_1 = 768
    """TLS 1.1."""
    TLS1_2 = 3072
    """TLS 1.2."""
    TLS1_3 = 12288
    """TLS 1.3."""


class SSLSecurityFlag(IntFlag):
    """Faults of a certificate to overlook, for SSLSecurityFlags."""

    IGNORE_NOT_TIME_VALID = 0x00000001
    """It is expired, or not yet valid."""
    IGNORE_CTL_NOT_TIME_VALID = 0x00000002
    """The same for a certificate trust list."""
    IGNORE_NOT_TIME_NESTED = 0x00000004
    """Its validity is not within that of its issuer."""
    ALLOW_UNKNOWN_CA = 0x00000010
    """It is not issued by a trusted authority, or is self-signed."""
    IGNORE_WRONG_USAGE = 0x00000020
    """It is not a server certificate."""
    IGNORE_END_REV_UNKNOWN = 0x00000100
    """Its revocation status is unknown."""
    IGNORE_CTL_SIGNER_REV_UNKNOWN = 0x00000200
    """The same for the signer of a trust list."""
    IGNORE_CA_REV_UNKNOWN = 0x00000400
    """The same for an authority between it and the root."""
    IGNORE_ROOT_REV_UNKNOWN = 0x00000800
    """The same for the root."""
    TRUST_TEST_ROOT = 0x00004000
    """Microsoft's test root is trusted."""
    ALLOW_TEST_ROOT = 0x00008000
    """Microsoft's test root passes."""
    IGNORE_CN_MISMATCH = 0x80000000
    """It is for another host name."""


class CertStoreType(IntEnum):
    """The location and format of a certificate store."""

    USER = 0
    """The Windows store of the user."""
    MACHINE = 1
    """The Windows store of the machine."""
    PFX_FILE = 2
    """PKCS #12 in a file."""
    PFX_BLOB = 3
    """PKCS #12, binary or base64."""
    JKS_FILE = 4
    """A Java key store in a file."""
    JKS_BLOB = 5
    """A Java key store, binary or base64."""
    PEM_KEY_FILE = 6
    """A key as PEM in a file, with or without its certificate."""
    PEM_KEY_BLOB = 7
    """A key as PEM, with or without its certificate."""
    PUBLIC_KEY_FILE = 8
    """A certificate in a file, PEM or DER."""
    PUBLIC_KEY_BLOB = 9
    """A certificate, PEM or DER."""
    SSH_PUBLIC_KEY_BLOB = 10
    """An SSH public key."""
    P7B_FILE = 11
    """PKCS #7 in a file."""
    P7B_BLOB = 12
    """PKCS #7."""
    SSH_PUBLIC_KEY_FILE = 13
    """An SSH public key in a file."""
    PPK_FILE = 14
    """A PuTTY key in a file."""
    PPK_BLOB = 15
    """A PuTTY key."""
    XML_FILE = 16
    """A key as XML in a file."""
    XML_BLOB = 17
    """A key as XML."""
    JWK_FILE = 18
    """A JSON Web Key in a file (RFC 7517)."""
    JWK_BLOB = 19
    """A JSON Web Key (RFC 7517)."""
    SECURITY_KEY = 20
    """A key in a device (PKCS #11)."""
    BCFKS_FILE = 21
    """A Bouncy Castle key store in a file."""
    BCFKS_BLOB = 22
    """A Bouncy Castle key store, binary or base64."""
    AUTO = 99
    """Detected from the data."""


class FirewallType(IntEnum):
    """The kind of proxy."""

    NONE = 0
    """No proxy."""
    TUNNEL = 1
    """HTTP CONNECT."""
    SOCKS4 = 2
    """SOCKS 4; names are looked up here."""
    SOCKS5 = 3
    """SOCKS 5 (RFC 1928)."""
    SOCKS4A = 10
    """SOCKS 4a; the proxy looks names up."""


class RecipientType(IntEnum):
    """The header that names a recipient; BCC is named in none."""

    TO = 0
    """Header To."""
    CC = 1
    """Header Cc."""
    BCC = 2
    """No header."""


class TrailDirection(IntEnum):
    """The speaker of a line of the trail."""

    CLIENT = 0
    """We do."""
    SERVER = 1
    """The server."""
    INFO = 2
    """A remark of ours."""


class KeyUsage(IntFlag):
    """Allowed uses of a certificate's key (RFC 5280 section 4.2.1.3)."""

    DIGITAL_SIGNATURES = 0x80
    """digitalSignature."""
    KEY_AUTHENTICATION = 0x40
    """nonRepudiation, or contentCommitment."""
    KEY_ENCRYPTION = 0x20
    """keyEncipherment."""
    DATA_ENCRYPTION = 0x10
    """dataEncipherment."""
    KEY_AGREEMENT = 0x08
    """keyAgreement."""
    CERTIFICATE_SIGNING = 0x04
    """keyCertSign."""
    KEY_SIGNING = 0x02
    """cRLSign."""
