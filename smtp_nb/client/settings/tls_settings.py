"""The settings of the reference that concern TLS: one row each, as in `settings.py`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from smtp_nb.client.settings import converters
from smtp_nb.client.settings.registry import Entry, register
from smtp_nb.model.enums import SSLProtocol, SSLSecurityFlag

_OWN_CHOICE = "OpenSSL's own choice is used"
_ROOTS = "OpenSSL's own store of trusted roots is used, wherever this system keeps it"


def _suites(name: str, value: Any) -> str:
    """`*`, or names of cipher suites with semicolons between."""
    from smtp_nb.wire.tls.suites import parse_suites

    line = converters.line(name, value).strip()
    return line if line == "*" else ";".join(parse_suites(line))


def _groups(name: str, value: Any) -> str:
    """Names of groups with commas between."""
    from smtp_nb.wire.tls.groups import GROUPS

    return _listed(name, value, GROUPS)


def _old_groups(name: str, value: Any) -> str:
    """As `_groups`; those that are joined with ML-KEM are for TLS 1.3 alone."""
    from smtp_nb.wire.tls.groups import GROUPS

    return _listed(name, value, [group for group in GROUPS if "mlkem" not in group])


def _old_signatures(name: str, value: Any) -> str:
    """Names of signatures in TLS 1.2, such as sha256-rsa, with commas between."""
    from smtp_nb.wire.certificates.signatures import OLD_SIGNATURES

    return _listed(name, value, OLD_SIGNATURES)


def _new_signatures(name: str, value: Any) -> str:
    """Names of signatures in TLS 1.3, such as rsa_pss_sha256, with commas between."""
    from smtp_nb.wire.certificates.signatures import NEW_SIGNATURES

    return _listed(name, value, NEW_SIGNATURES)


def _listed(name: str, value: Any, known: Collection[str]) -> str:
    parts = [part.strip().lower() for part in converters.line(name, value).split(",")]
    for part in filter(None, parts):
        if part not in known:
            raise converters.unreadable(name, part, f"{', '.join(known)}, with commas between")
    return ",".join(dict.fromkeys(filter(None, parts)))


# The rows are of different types, hence Any.
_ROWS: tuple[Entry[Any], ...] = (
    Entry(
        "CACertFilePaths",
        "",
        converters.line,
        "Files with further trusted roots as PEM, semicolons between; those that do not exist are"
        " passed over, but one must exist.",
        owner="SSL",
        deviation=_ROOTS,
    ),
    Entry(
        "SSLEnabledProtocols",
        SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3,
        converters.flags(SSLProtocol),
        "The versions of TLS that are offered.",
        owner="SSL",
        deviation="RFC 8996: TLS 1.0 and 1.1 are not to be used, and 1.3 is",
    ),
    Entry(
        "SSLSecurityFlags",
        SSLSecurityFlag(0),
        converters.flags(SSLSecurityFlag),
        "Faults of the server's certificate to overlook.",
        owner="SSL",
    ),
    Entry(
        "SSLServerCACerts",
        "",
        converters.text,
        "Trusted roots as PEM, besides the system's.",
        owner="SSL",
    ),
    Entry(
        "SSLCACerts",
        "",
        converters.text,
        "Certificates as PEM that are sent along with our own, up to its root.",
        owner="SSL",
    ),
    Entry(
        "SSLIncludeCertChain",
        False,
        converters.boolean,
        "SSLServerAuthentication shows the whole chain, not only the server's certificate.",
        owner="SSL",
    ),
    Entry(
        "SSLCheckCRL",
        False,
        converters.boolean,
        "Fetch the revocation lists that the server's certificate and those above it name. No"
        " answer is a fault, which SSLSecurityFlags 0x100, 0x400 and 0x800 overlook.",
        owner="SSL",
        deviation="all certificates up to the root are asked about, not the server's alone",
    ),
    Entry(
        "SSLEnabledCipherSuites",
        "*",
        _suites,
        "Registered names of cipher suites, or the system's names of their parts (CALG_AES_256),"
        " semicolons between; * is OpenSSL's choice.",
        owner="SSL",
        deviation="suites without a certificate are never offered; a part of which no suite of TLS"
        " is made, such as CALG_SEAL, is an error",
    ),
    Entry(
        "SSLCipherStrength",
        0,
        converters.integer(0, 1024),
        "The least bits of the cipher.",
        owner="SSL",
    ),
    Entry(
        "TLS12SupportedGroups",
        "",
        _old_groups,
        "Groups for the exchange of keys in TLS 1.2, commas between, best first.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "TLS13SupportedGroups",
        "",
        _groups,
        "Groups for the exchange of keys in TLS 1.3, commas between, best first.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "TLS13KeyShareGroups",
        "",
        _groups,
        "Groups with a key in our first message, which saves a round trip; OpenSSL makes four.",
        owner="SSL",
        deviation=f"{_OWN_CHOICE}, and it makes four at most",
    ),
    Entry(
        "TLS12SignatureAlgorithms",
        "",
        _old_signatures,
        "What may sign in TLS 1.2, the server's certificate included, commas between.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "TLS13SignatureAlgorithms",
        "",
        _new_signatures,
        "What may sign in TLS 1.3, the server's certificate included, commas between.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "SSLEnableRenegotiation",
        True,
        converters.boolean,
        "renegotiation_info in our first message; OpenSSL can leave it out with TLS 1.3 alone.",
        owner="SSL",
        deviation="False is error 270 with TLS 1.2 and older, where OpenSSL always sends it",
    ),
    Entry(
        "ReuseSSLSession",
        False,
        converters.boolean,
        "Resume the last session with the same server under the same settings. The verdict on its"
        " certificate is kept with it, and decided on again each time.",
        owner="SSL",
        deviation="settings that changed end the session too, and nobody is trusted unasked",
    ),
    Entry(
        "SSLKeyLogFile",
        "",
        converters.line,
        "Append the keys of connections to this file, for tools that decrypt recordings. Whoever"
        " reads it can read everything that was sent, passwords included.",
        owner="SSL",
    ),
    Entry(
        "LogSSLPackets",
        False,
        converters.boolean,
        "SSLStatus tells of each TLS record: who sent it, its kind and its length.",
        owner="SSL",
    ),
    Entry(
        "OpenSSLCipherList",
        "",
        converters.line,
        "Cipher suites up to TLS 1.2 in OpenSSL's own language; suites without a certificate or a"
        " cipher stay out.",
        owner="",
    ),
    Entry(
        "SSLServerPin",
        "",
        converters.line,
        "sha256:… of the server's public key; takes it alone.",
        owner="",
    ),
)

# What there is one of: (name, default, converter, meaning, reason).
_FIXED: tuple[tuple[str, Any, Any, str, str], ...] = (
    (
        "TLS13Provider",
        0,
        converters.integer(0, 1),
        "The engine for TLS 1.3.",
        "the other engine is a part of Windows",
    ),
)

# What the handshake came to: (name, where it stands, default, meaning).
_NEGOTIATED: tuple[tuple[str, str, Any, str], ...] = (
    ("SSLNegotiatedCipher", "negotiated.cipher", "", "The cipher that protects the connection."),
    ("SSLNegotiatedCipherStrength", "negotiated.bits", 0, "The bits of the cipher's key."),
    ("SSLNegotiatedCipherSuite", "negotiated.suite", "", "The cipher suite's registered name."),
    ("SSLNegotiatedKeyExchange", "negotiated.key_exchange", "", "How the keys were agreed on."),
    (
        "SSLNegotiatedKeyExchangeStrength",
        "negotiated.key_exchange_bits",
        0,
        "The bits of the exchange of keys.",
    ),
    ("SSLNegotiatedProtocol", "negotiated.protocol", "", "The version of TLS that is in use."),
)

for _entry in _ROWS:
    register(_entry)
for _name, _default, _convert, _doc, _reason in _FIXED:
    register(Entry(_name, _default, _convert, _doc, owner="SSL", reason=_reason))
for _name, _path, _default, _doc in _NEGOTIATED:
    register(
        Entry(_name, _default, converters.text, _doc, owner="SSL", path=_path, is_settable=False)
    )
