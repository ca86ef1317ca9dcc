"""Conformance to the reference component, IPWorks SMTP 2022 (.NET), row by row.

Properties and settings are rows of the registry; of all others the names are listed here, each
once. The name in Python follows from the reference's by one rule, `snake()`. What a row means is
said where it lives: in the registry or in a docstring. The conformance table of the documentation
is made from these rows and from the tests that name them (`@pytest.mark.covers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum

from smtp_nb.client.settings import settings  # noqa: F401  all rows of the registry are declared with it
from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY, Entry
from smtp_nb.errors import CODES, WINSOCK
from smtp_nb.model import enums
from smtp_nb.wire.certificates.stores import REASONS as UNOPENED


class Conformance(Enum):
    """What became of a row."""

    WORKS = "works"
    DEVIATES = "works with a deviation"
    MAPPED = "mapped, no natural cause"
    IMPOSSIBLE = "cannot exist in Python"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the reference.

    Attributes:
        kind: `property`, `setting`, `method`, `event`, `event field`, `type field`, `constructor`,
            `value` or `error`.
        owner: the part, event, type or enumeration to which it belongs there.
        name: its name there.
        python: its name here, under `smtp_nb`; a setting's is that of the reference.
        state: what became of it.
        why: the reason, unless it simply works.
    """

    kind: str
    owner: str
    name: str
    python: str
    state: Conformance = Conformance.WORKS
    why: str = ""

    @property
    def marker(self) -> str:
        """The name by which a test says that it covers this row."""
        return f"error.{self.name}" if self.kind == "error" else f"{self.owner}.{self.name}"


# A property and a setting of one name.
_DOUBLES = (
    ("SMTP", "MessageHeadersString"),
    ("SMTP", "OtherHeaders"),
    ("SMTP", "ReturnPath"),
    ("IPPort", "LocalHost"),
    ("SSL", "SSLProvider"),
)
_METHODS = (
    "Config Connect Disconnect DoEvents Expand Interrupt ProcessQueue Queue Reset ResetHeaders Send"
    " SendCommand SendToTerminalAndEmail SendToTerminalOnly SendToTerminalOrEmail SetMessageStream"
    " Verify"
)
_EVENTS = {
    "ConnectionStatus": "ConnectionEvent StatusCode Description",
    "EndTransfer": "Direction",
    "Error": "ErrorCode Description",
    "Expand": "Address",
    "PITrail": "Direction Message",
    "SSLServerAuthentication": "CertEncoded CertEncodedB CertSubject CertIssuer Status Accept",
    "SSLStatus": "Message",
    "StartTransfer": "Direction",
    "Transfer": "Direction BytesTransferred PercentDone Text TextB",
}
_TYPES = {
    "Certificate": "EffectiveDate Encoded EncodedB ExpirationDate ExtendedKeyUsage Fingerprint"
    " FingerprintSHA1 FingerprintSHA256 Issuer PrivateKey PrivateKeyAvailable PrivateKeyContainer"
    " PublicKey PublicKeyAlgorithm PublicKeyLength SerialNumber SignatureAlgorithm Store StoreB"
    " StorePassword StoreType Subject SubjectAltNames ThumbprintMD5 ThumbprintSHA1 ThumbprintSHA256"
    " Usage UsageFlags Version",
    "Firewall": "AutoDetect FirewallType Host Password Port User",
    "Header": "Field Value",
    "MessageRecipient": "Address Name Options RecipientType",
}
_PLACES = ("certStoreType, store, storePassword", "certStoreType, storeBlob, storePassword")
_CONSTRUCTORS = {
    "Certificate": (
        "",
        "certificateFile",
        "certificateData",
        *(
            f"{place}, {entry}"
            for place in _PLACES
            for entry in ("subject", "subject, configurationString", "encoded")
        ),
    ),
    "Firewall": ("",),
    "Header": ("", "field, value"),
    "MessageRecipient": ("", "address", "address, recipientType"),
}
# The reference's names of the values, in the order of our members; more of ours may follow.
_VALUES: dict[str, tuple[type[IntEnum], str]] = {
    "CertStoreTypes": (
        enums.CertStoreType,
        "cstUser cstMachine cstPFXFile cstPFXBlob cstJKSFile cstJKSBlob cstPEMKeyFile cstPEMKeyBlob"
        " cstPublicKeyFile cstPublicKeyBlob cstSSHPublicKeyBlob cstP7BFile cstP7BBlob"
        " cstSSHPublicKeyFile cstPPKFile cstPPKBlob cstXMLFile cstXMLBlob cstJWKFile cstJWKBlob"
        " cstSecurityKey cstBCFKSFile cstBCFKSBlob cstAuto",
    ),
    "FirewallTypes": (enums.FirewallType, "fwNone fwTunnel fwSOCKS4 fwSOCKS5 fwSOCKS4A"),
    "SmtpAuthMechanisms": (
        enums.AuthMechanism,
        "amUserPassword amCRAMMD5 amNTLM amAPOP amSASLPlain amSASLDigestMD5 amKerberos amXOAUTH2",
    ),
    "SmtpImportances": (enums.Importance, "miUnspecified miHigh miNormal miLow"),
    "SmtpPriorities": (enums.Priority, "epUnspecified epNormal epUrgent epNonUrgent"),
    "SmtpSensitivities": (
        enums.Sensitivity,
        "esUnspecified esPersonal esPrivate esCompanyConfidential",
    ),
    "SmtpSSLProviders": (enums.SSLProvider, "sslpAutomatic sslpPlatform sslpInternal"),
    "SmtpSSLStartModes": (enums.SSLStartMode, "sslAutomatic sslImplicit sslExplicit sslNone"),
    "PITrail": (enums.TrailDirection, "Client Server Info"),
    "EmailRecipientTypes": (enums.RecipientType, "To Cc BCc"),
}
_WORDS = {flag: (flag.name or "").replace("_", " ").title() for flag in enums.KeyUsage}
_ERRORS = {
    "SMTP": (118, 161, 162, 163, 164, 165, 166, 301, 302),
    "IPPort": (
        *(100, 101, 102, 104, 106, 107, 112, 116, 117, 135, 201, 211, 212, 213, 301, 303, 434),
        *(1105, 1117, 1119, 1120),
    ),
    "SSL": tuple(code for code in CODES if 270 <= code < 300),
    "TCP/IP": tuple(WINSOCK),
}
# Numbers with a class and words of their own that nothing in a client's life brings about.
_UNCAUSED = {
    117: "it belongs to a component for datagrams",
    135: "all waiting is done in one place, so no call meets a socket that would block",
    213: "it belongs to components that listen",
    283: "OpenSSL seals whatever it is given",
    10067: "Unix does not count processes this way",
    **dict.fromkeys((10091, 10092, 10093), "Winsock alone has it"),
}
_CAUSED = {
    *(10013, 10022, 10024, 10047, 10048, 10049, 10051, 10054, 10060, 10061, 10065),
    *(11001, 11002, 11003, 11004),
}
_NEVER_SEEN = "it is reported if the system raises it; nothing that a client does causes it"
_UNCAUSED |= dict.fromkeys(set(WINSOCK) - _CAUSED - set(_UNCAUSED), _NEVER_SEEN)
_TRUST_LIST = "accepted without effect: certificate trust lists exist on Windows only"
_IN_CLEAR = "outside TLS it requires AllowClearTextAuth, unless the server is this machine"
_TEST_ROOT = "accepted without effect: Microsoft's test root exists on Windows only"
_CONNECTS = "every method opens the connection that it needs"
_CHAIN = "reported by 280, with the fault of the chain"
_SECRET = "it is a Secret that shows nothing; reveal() returns the string"
# What does not simply work, apart from the rows of the registry, which say it themselves.
_EXCEPTIONS: dict[str, tuple[Conformance, str]] = {
    "SMTP.Command": (
        Conformance.DEVIATES,
        "one line that no method covers; an error on the asyncio front",
    ),
    "SMTP.SendCommand": (
        Conformance.DEVIATES,
        "commands that need a method, such as DATA or AUTH, are refused, and the error names"
        " the method",
    ),
    "SMTP.Send": (
        Conformance.DEVIATES,
        "when it fails, it closes a connection that it opened itself",
    ),
    "SmtpAuthMechanisms.amUserPassword": (Conformance.DEVIATES, _IN_CLEAR),
    "SmtpAuthMechanisms.amSASLPlain": (Conformance.DEVIATES, _IN_CLEAR),
    "SmtpAuthMechanisms.amXOAUTH2": (Conformance.DEVIATES, _IN_CLEAR),
    "SMTP.SSLServerAuthentication": (
        Conformance.DEVIATES,
        "certificates are verified even without a handler; a handler may overrule the result",
    ),
    "Firewall.AutoDetect": (Conformance.DEVIATES, "a host that is set takes precedence"),
    "Firewall.Host": (Conformance.DEVIATES, "it keeps the name"),
    "Firewall.Password": (Conformance.DEVIATES, _SECRET),
    "Certificate.StorePassword": (Conformance.DEVIATES, _SECRET),
    "Certificate.PrivateKey": (Conformance.DEVIATES, _SECRET),
    "Certificate.PrivateKeyContainer": (Conformance.IMPOSSIBLE, "it belongs to Windows' CryptoAPI"),
    **dict.fromkeys(
        ("CertStoreTypes.cstJKSFile", "CertStoreTypes.cstJKSBlob"),
        (Conformance.DEVIATES, "those that are a PFX, as Java writes them since version 9"),
    ),
    **dict.fromkeys(
        (f"Certificate.Certificate({place}, subject, configurationString)" for place in _PLACES),
        (
            Conformance.DEVIATES,
            "PersistPFXKey has no effect: keys are never stored",
        ),
    ),
    "SmtpAuthMechanisms.amAPOP": (
        Conformance.IMPOSSIBLE,
        "a POP3 command that SMTP does not have",
    ),
    "SmtpAuthMechanisms.amNTLM": (
        Conformance.DEVIATES,
        "outside TLS its version 1 requires AllowClearTextAuth, as a password in clear does",
    ),
    "SSLSecurityFlags.0x00000002": (Conformance.DEVIATES, _TRUST_LIST),
    "SSLSecurityFlags.0x00000200": (Conformance.DEVIATES, _TRUST_LIST),
    "SSLSecurityFlags.0x00000004": (
        Conformance.DEVIATES,
        "OpenSSL does not check for this fault, so there is nothing to ignore",
    ),
    "SSLSecurityFlags.0x00004000": (Conformance.DEVIATES, _TEST_ROOT),
    "SSLSecurityFlags.0x00008000": (Conformance.DEVIATES, _TEST_ROOT),
    "SSLEnabledProtocols.SSL2": (Conformance.IMPOSSIBLE, "no OpenSSL in use speaks SSL 2.0"),
    "SSLEnabledProtocols.SSL3": (Conformance.IMPOSSIBLE, "no OpenSSL in use speaks SSL 3.0"),
    "IPPort.212": (Conformance.DEVIATES, _CONNECTS),
    "IPPort.1119": (
        Conformance.DEVIATES,
        "reported by 107: IPWorks has two numbers for one cause",
    ),
    "IPPort.1120": (Conformance.DEVIATES, "also reported for a 421 that ends the session"),
    "SSL.274": (Conformance.DEVIATES, _CHAIN),
    "SSL.275": (Conformance.DEVIATES, _CHAIN),
    "IPPort.301": (
        Conformance.DEVIATES,
        "a timeout is always 201; 301 means that a call was stopped",
    ),
    "SMTP.302": (Conformance.DEVIATES, "it concerns attachments, which this component supports"),
}


def snake(name: str) -> str:
    """A name of the reference as Python writes it: `SSLStartMode` is `ssl_start_mode`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def rows() -> Iterator[Row]:
    """All rows, as they stand in the reference's own order of parts."""
    for row in (*_properties(), *_settings(), *_members(), *_values(), *_flags(), *_errors()):
        state, why = _EXCEPTIONS.get(f"{row.owner}.{row.name}", (row.state, row.why))
        yield Row(row.kind, row.owner, row.name, row.python, state, why)


def _of(entry: Entry[object], kind: str, owner: str, python: str) -> Row:
    if entry.reason:
        return Row(kind, owner, entry.reference, python, Conformance.IMPOSSIBLE, entry.reason)
    why = entry.deviation or (_SECRET if entry.is_secret else "")
    state = Conformance.DEVIATES if why else Conformance.WORKS
    return Row(kind, owner, entry.reference, python, state, why)


def _properties() -> Iterator[Row]:
    for name, reference in sorted(PROPERTIES.items(), key=lambda item: item[1].lower()):
        if REGISTRY[reference].owner:
            yield _of(REGISTRY[reference], "property", "SMTP", f"SMTP.{name}")
    yield Row("property", "SMTP", "Command", "SMTP.command")


def _settings() -> Iterator[Row]:
    for entry in REGISTRY.values():
        if entry.owner and entry.reference not in PROPERTIES.values():
            yield _of(entry, "setting", entry.owner, entry.reference)
    for owner, reference in _DOUBLES:
        yield _of(REGISTRY[reference], "setting", owner, reference)


def _members() -> Iterator[Row]:
    for name in _METHODS.split():
        yield Row("method", "SMTP", name, f"SMTP.{snake(name)}")
    for event, fields in _EVENTS.items():
        yield Row("event", "SMTP", event, f"SMTP.on_{snake(event)}")
        for name in fields.split():
            yield Row("event field", event, name, f"{event}Event.{snake(name)}")
    for kind, fields in _TYPES.items():
        for name in fields.split():
            yield Row("type field", kind, name, f"{kind}.{snake(name)}")
    for kind, forms in _CONSTRUCTORS.items():
        for form in forms:
            yield Row("constructor", kind, f"{kind}({form})", f"{kind}({snake(form)})")


def _values() -> Iterator[Row]:
    for owner, (kind, names) in _VALUES.items():
        for name, member in zip(names.split(), kind, strict=False):
            why = UNOPENED.get(member, "") if isinstance(member, enums.CertStoreType) else ""
            state = Conformance.IMPOSSIBLE if why else Conformance.WORKS
            yield Row("value", owner, name, f"{kind.__name__}.{member.name}", state, why)


def _flags() -> Iterator[Row]:
    for flag in enums.SSLSecurityFlag:
        yield Row("value", "SSLSecurityFlags", f"0x{flag:08X}", f"SSLSecurityFlag.{flag.name}")
    for version in enums.SSLProtocol.__members__:
        name = version.replace("_", ".")
        yield Row("value", "SSLEnabledProtocols", name, f"SSLProtocol.{version}")
    for usage, words in _WORDS.items():
        yield Row("value", "UsageFlags", words, f"KeyUsage.{usage.name}")


def _errors() -> Iterator[Row]:
    for owner, codes in _ERRORS.items():
        for code in codes:
            why = _UNCAUSED.get(code, "")
            state = Conformance.MAPPED if why else Conformance.WORKS
            yield Row("error", owner, str(code), f"error_class({code})", state, why)
