"""The settings of the reference that concern TLS: one row each, as in `settings.py`."""

from __future__ import annotations

from typing import Any

from smtp_nb.client import values
from smtp_nb.client.registry import Entry, register
from smtp_nb.model.enums import SSLProtocol, SSLSecurityFlag

_OWN_CHOICE = "OpenSSL's own choice is used"
_ROOTS = "OpenSSL's own store of trusted roots is used, wherever this system keeps it"

# The rows are of different types, hence Any.
_ROWS: tuple[Entry[Any], ...] = (
    Entry(
        "CACertFilePaths",
        "",
        values.line,
        "Files with further trusted roots as PEM, semicolons between; those that do not exist are"
        " passed over, but one must exist.",
        owner="SSL",
        deviation=_ROOTS,
    ),
    Entry(
        "SSLEnabledProtocols",
        SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3,
        values.flags(SSLProtocol),
        "Versions of TLS.",
        owner="SSL",
        deviation="RFC 8996: TLS 1.0 and 1.1 are not to be used, and 1.3 is",
    ),
    Entry(
        "SSLSecurityFlags",
        SSLSecurityFlag(0),
        values.flags(SSLSecurityFlag),
        "Faults of the server's certificate to overlook.",
        owner="SSL",
    ),
    Entry(
        "SSLServerCACerts",
        "",
        values.text,
        "Trusted roots as PEM, besides the system's.",
        owner="SSL",
    ),
    Entry(
        "SSLCACerts",
        "",
        values.text,
        "Certificates as PEM that are sent along with our own, up to its root.",
        owner="SSL",
    ),
    Entry(
        "SSLIncludeCertChain",
        False,
        values.boolean,
        "SSLServerAuthentication shows the whole chain, not only the server's certificate.",
        owner="SSL",
    ),
    Entry(
        "SSLServerPin",
        "",
        values.line,
        "sha256:… of the server's public key; takes it alone.",
        owner="",
    ),
)

# What OpenSSL could do and this library does not do yet, or what OpenSSL cannot do:
# (name, default, converter, meaning, reason).
_FIXED: tuple[tuple[str, Any, Any, str, str], ...] = (
    ("LogSSLPackets", False, values.boolean, "Show records in SSLStatus.", "steps are shown only"),
    (
        "ReuseSSLSession",
        False,
        values.boolean,
        "Resume the last session.",
        "each connection shakes hands anew, so that each certificate is judged",
    ),
    ("SSLCheckCRL", False, values.boolean, "Ask revocation lists.", "none are fetched here yet"),
    (
        "SSLCipherStrength",
        0,
        values.integer(),
        "Least bits of the cipher.",
        "OpenSSL's security level decides; no suite in use has fewer than 112 bits",
    ),
    ("SSLEnabledCipherSuites", "*", values.line, "Cipher suites; * is all.", _OWN_CHOICE),
    (
        "SSLEnableRenegotiation",
        True,
        values.boolean,
        "renegotiation_info in the first message.",
        "OpenSSL cannot leave it out",
    ),
    ("SSLKeyLogFile", "", values.line, "File for the keys of sessions.", "no keys are written"),
    ("TLS12SignatureAlgorithms", "", values.line, "Signatures for TLS 1.2.", _OWN_CHOICE),
    ("TLS12SupportedGroups", "", values.line, "Groups for TLS 1.2.", _OWN_CHOICE),
    ("TLS13KeyShareGroups", "", values.line, "Key shares for TLS 1.3.", _OWN_CHOICE),
    (
        "TLS13Provider",
        0,
        values.integer(0, 1),
        "Engine for TLS 1.3.",
        "the other engine is a part of Windows",
    ),
    ("TLS13SignatureAlgorithms", "", values.line, "Signatures for TLS 1.3.", _OWN_CHOICE),
    ("TLS13SupportedGroups", "", values.line, "Groups for TLS 1.3.", _OWN_CHOICE),
)

# What the handshake came to: (name, where it stands, default, meaning).
_NEGOTIATED: tuple[tuple[str, str, Any, str], ...] = (
    ("SSLNegotiatedCipher", "negotiated.cipher", "", "The cipher that protects the line."),
    ("SSLNegotiatedCipherStrength", "negotiated.bits", 0, "Bits of its key."),
    ("SSLNegotiatedCipherSuite", "negotiated.suite", "", "The cipher suite's registered name."),
    ("SSLNegotiatedKeyExchange", "negotiated.key_exchange", "", "How the keys were agreed on."),
    ("SSLNegotiatedKeyExchangeStrength", "negotiated.key_exchange_bits", 0, "Bits of that."),
    ("SSLNegotiatedProtocol", "negotiated.protocol", "", "The version of TLS."),
)

for _entry in _ROWS:
    register(_entry)
for _name, _default, _convert, _doc, _reason in _FIXED:
    _differs = _OWN_CHOICE if _name.startswith("TLS1") and _default == "" else ""
    register(
        Entry(_name, _default, _convert, _doc, owner="SSL", reason=_reason, deviation=_differs)
    )
for _name, _path, _default, _doc in _NEGOTIATED:
    register(Entry(_name, _default, values.text, _doc, owner="SSL", path=_path, is_settable=False))
