"""The reference component's enumerations, with its numbers.

A property that takes one of them takes the member, its number, or its name in any case.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class AuthMechanism(IntEnum):
    """How to log in. Numbers above 99 go beyond the reference."""

    USER_PASSWORD = 0
    """PLAIN if the server offers it, else LOGIN."""
    CRAM_MD5 = 1
    NTLM = 2
    APOP = 3
    """A command of POP3: setting it here is an error."""
    SASL_PLAIN = 4
    SASL_DIGEST_MD5 = 5
    KERBEROS = 6
    XOAUTH2 = 7
    LOGIN = 100
    SCRAM_SHA_1 = 101
    SCRAM_SHA_256 = 102
    SCRAM_SHA_1_PLUS = 103
    SCRAM_SHA_256_PLUS = 104
    OAUTHBEARER = 105
    EXTERNAL = 106
    AUTO = 107
    """The strongest that both sides know."""


class Importance(IntEnum):
    """Header Importance; none for UNSPECIFIED."""

    UNSPECIFIED = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3


class Priority(IntEnum):
    """Header Priority; none for UNSPECIFIED."""

    UNSPECIFIED = 0
    NORMAL = 1
    URGENT = 2
    NON_URGENT = 3


class Sensitivity(IntEnum):
    """Header Sensitivity; none for UNSPECIFIED."""

    UNSPECIFIED = 0
    PERSONAL = 1
    PRIVATE = 2
    COMPANY_CONFIDENTIAL = 3


class SSLProvider(IntEnum):
    """The engine for TLS. There is one here, whatever is set."""

    AUTOMATIC = 0
    PLATFORM = 1
    INTERNAL = 2


class SSLStartMode(IntEnum):
    """When TLS begins."""

    AUTOMATIC = 0
    """STARTTLS on 25, 587 and 2525, else from the first octet."""
    IMPLICIT = 1
    """From the first octet (RFC 8314)."""
    EXPLICIT = 2
    """After STARTTLS (RFC 3207), which must be offered."""
    NONE = 3


class SSLProtocol(IntFlag):
    """Versions of TLS, for SSLEnabledProtocols."""

    SSL2 = 12
    SSL3 = 48
    TLS1 = 192
    TLS1_1 = 768
    TLS1_2 = 3072
    TLS1_3 = 12288


class SSLSecurityFlag(IntFlag):
    """Faults of a certificate to overlook, for SSLSecurityFlags."""

    IGNORE_NOT_TIME_VALID = 0x00000001
    IGNORE_CTL_NOT_TIME_VALID = 0x00000002
    IGNORE_NOT_TIME_NESTED = 0x00000004
    ALLOW_UNKNOWN_CA = 0x00000010
    IGNORE_WRONG_USAGE = 0x00000020
    IGNORE_END_REV_UNKNOWN = 0x00000100
    IGNORE_CTL_SIGNER_REV_UNKNOWN = 0x00000200
    IGNORE_CA_REV_UNKNOWN = 0x00000400
    IGNORE_ROOT_REV_UNKNOWN = 0x00000800
    TRUST_TEST_ROOT = 0x00004000
    ALLOW_TEST_ROOT = 0x00008000
    IGNORE_CN_MISMATCH = 0x80000000


class CertStoreType(IntEnum):
    """Where a certificate lives and in what form."""

    USER = 0
    MACHINE = 1
    PFX_FILE = 2
    PFX_BLOB = 3
    JKS_FILE = 4
    JKS_BLOB = 5
    PEM_KEY_FILE = 6
    PEM_KEY_BLOB = 7
    PUBLIC_KEY_FILE = 8
    PUBLIC_KEY_BLOB = 9
    SSH_PUBLIC_KEY_BLOB = 10
    P7B_FILE = 11
    P7B_BLOB = 12
    SSH_PUBLIC_KEY_FILE = 13
    PPK_FILE = 14
    PPK_BLOB = 15
    XML_FILE = 16
    XML_BLOB = 17
    JWK_FILE = 18
    JWK_BLOB = 19
    SECURITY_KEY = 20
    BCFKS_FILE = 21
    BCFKS_BLOB = 22
    AUTO = 99


class FirewallType(IntEnum):
    """The kind of proxy."""

    NONE = 0
    TUNNEL = 1
    """HTTP CONNECT."""
    SOCKS4 = 2
    SOCKS5 = 3
    SOCKS4A = 10


class RecipientType(IntEnum):
    """In which header a recipient is named; BCC in none."""

    TO = 0
    CC = 1
    BCC = 2


class TrailDirection(IntEnum):
    """Who speaks in a line of the trail."""

    CLIENT = 0
    SERVER = 1
    INFO = 2
    """A remark of ours."""


class KeyUsage(IntFlag):
    """What a certificate's key may do (RFC 5280 section 4.2.1.3)."""

    DIGITAL_SIGNATURES = 0x80
    KEY_AUTHENTICATION = 0x40
    KEY_ENCRYPTION = 0x20
    DATA_ENCRYPTION = 0x10
    KEY_AGREEMENT = 0x08
    CERTIFICATE_SIGNING = 0x04
    KEY_SIGNING = 0x02
