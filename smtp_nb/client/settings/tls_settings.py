"""The IPWorks settings for TLS: one row each, as in `settings.py`."""

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
            raise converters.unreadable(name, part, f"{', '.join(known)}, separated by commas")
    return ",".join(dict.fromkeys(filter(None, parts)))


# The rows are of different types, hence Any.
_ROWS: tuple[Entry[Any], ...] = (
    Entry(
        "CACertFilePaths",
        "",
        converters.line,
        "Files with further trusted roots as PEM, separated by semicolons; missing ones are"
        " skipped, but one must exist.",
        owner="SSL",
        deviation=_ROOTS,
    ),
    Entry(
        "SSLEnabledProtocols",
        SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3,
        converters.flags(SSLProtocol),
        "The TLS versions to offer.",
        owner="SSL",
        deviation="RFC 8996: TLS 1.0 and 1.1 must not be used, and 1.3 is offered",
    ),
    Entry(
        "SSLSecurityFlags",
        SSLSecurityFlag(0),
        converters.flags(SSLSecurityFlag),
        "Faults of the server's certificate to ignore.",
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
        "Certificates as PEM that are sent along with the client's own, up to its root.",
        owner="SSL",
    ),
    Entry(
        "SSLIncludeCertChain",
        False,
        converters.boolean,
        "SSLServerAuthentication fires for the whole chain, not only for the server's certificate.",
        owner="SSL",
    ),
    Entry(
        "SSLCheckCRL",
        False,
        converters.boolean,
        "Fetch the revocation lists named by the server's certificate and those above it. A"
        " missing answer is a fault, which SSLSecurityFlags 0x100, 0x400 and 0x800 ignore.",
        owner="SSL",
        deviation="all certificates up to the root are checked, not the server's alone",
    ),
    Entry(
        "SSLEnabledCipherSuites",
        "*",
        _suites,
        "Registered names of cipher suites, or the system's names of their parts"
        " (CALG_AES_256), separated by semicolons; * is OpenSSL's choice.",
        owner="SSL",
        deviation="suites without a certificate are never offered; a part that no TLS suite"
        " uses, such as CALG_SEAL, is an error",
    ),
    Entry(
        "SSLCipherStrength",
        0,
        converters.integer(0, 1024),
        "The minimum key length of the cipher, in bits.",
        owner="SSL",
    ),
    Entry(
        "TLS12SupportedGroups",
        "",
        _old_groups,
        "Key exchange groups in TLS 1.2, separated by commas, best first.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "TLS13SupportedGroups",
        "",
        _groups,
        "Key exchange groups in TLS 1.3, separated by commas, best first.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "TLS13KeyShareGroups",
        "",
        _groups,
        "Groups with a key share in the first message, which saves a round trip; OpenSSL makes"
        " four.",
        owner="SSL",
        deviation=f"{_OWN_CHOICE}, and it makes four at most",
    ),
    Entry(
        "TLS12SignatureAlgorithms",
        "",
        _old_signatures,
        "Signature algorithms in TLS 1.2, also for the server's certificate, separated by commas.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "TLS13SignatureAlgorithms",
        "",
        _new_signatures,
        "Signature algorithms in TLS 1.3, also for the server's certificate, separated by commas.",
        owner="SSL",
        deviation=_OWN_CHOICE,
    ),
    Entry(
        "SSLEnableRenegotiation",
        True,
        converters.boolean,
        "Send renegotiation_info in the first message; OpenSSL can omit it only with TLS 1.3"
        " alone.",
        owner="SSL",
        deviation="False is error 270 with TLS 1.2 and older, where OpenSSL always sends it",
    ),
    Entry(
        "ReuseSSLSession",
        False,
        converters.boolean,
        "Resume the last session with the same server under the same settings. The result of"
        " its certificate check is kept with it, and judged again each time.",
        owner="SSL",
        deviation="changed settings end the session too, and no certificate is trusted unchecked",
    ),
    Entry(
        "SSLKeyLogFile",
        "",
        converters.line,
        "Append the keys of connections to this file, for tools that decrypt recordings. Its"
        " readers can decrypt everything that was sent, passwords included.",
        owner="SSL",
    ),
    Entry(
        "LogSSLPackets",
        False,
        converters.boolean,
        "SSLStatus reports each TLS record: its sender, kind and length.",
        owner="SSL",
    ),
    Entry(
        "OpenSSLCipherList",
        "",
        converters.line,
        "Cipher suites up to TLS 1.2 in OpenSSL's own syntax; suites without a certificate or a"
        " cipher are excluded.",
        owner="",
    ),
    Entry(
        "SSLServerPin",
        "",
        converters.line,
        "sha256:… of the server's public key; accepts no other.",
        owner="",
    ),
)

# What there is one of: (name, default, converter, meaning, reason).
_FIXED: tuple[tuple[str, Any, Any, str, str], ...] = (
    (
        "TLS13Provider",
        0,
        converters.integer(0, 1),
        "The TLS 1.3 engine.",
        "the other engine is a part of Windows",
    ),
)

# What the handshake came to: (name, where it stands, default, meaning).
_NEGOTIATED: tuple[tuple[str, str, Any, str], ...] = (
    ("SSLNegotiatedCipher", "negotiated.cipher", "", "The cipher that protects the connection."),
    (
        "SSLNegotiatedCipherStrength",
        "negotiated.bits",
        0,
        "The length of the cipher's key, in bits.",
    ),
    ("SSLNegotiatedCipherSuite", "negotiated.suite", "", "The cipher suite's registered name."),
    ("SSLNegotiatedKeyExchange", "negotiated.key_exchange", "", "The key exchange algorithm."),
    (
        "SSLNegotiatedKeyExchangeStrength",
        "negotiated.key_exchange_bits",
        0,
        "The strength of the key exchange, in bits.",
    ),
    ("SSLNegotiatedProtocol", "negotiated.protocol", "", "The TLS version in use."),
)

for _entry in _ROWS:
    register(_entry)
for _name, _default, _convert, _doc, _reason in _FIXED:
    register(Entry(_name, _default, _convert, _doc, owner="SSL", reason=_reason))
for _name, _path, _default, _doc in _NEGOTIATED:
    register(
        Entry(_name, _default, converters.text, _doc, owner="SSL", path=_path, is_settable=False)
    )
