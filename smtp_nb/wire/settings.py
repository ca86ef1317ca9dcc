"""TLS settings, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field

from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.enums import SSLProtocol, SSLSecurityFlag
from smtp_nb.wire.certificates.identity import Identity
from smtp_nb.wire.certificates.pins import parse_pin

SPOKEN = (SSLProtocol.TLS1, SSLProtocol.TLS1_1, SSLProtocol.TLS1_2, SSLProtocol.TLS1_3)
OVERLOOK_NOTHING = SSLSecurityFlag(0)


@dataclass(frozen=True, slots=True)
class Offer:
    """What to offer the server. Empty and 0 leave it to OpenSSL.

    Attributes:
        suites: as `suites.parse_suites` returns them (SSLEnabledCipherSuites).
        cipher_list: in OpenSSL's own language, for versions up to TLS 1.2 (OpenSSLCipherList).
        least_bits: of the cipher's key (SSLCipherStrength).
        old_groups, new_groups: by the names of `groups` (TLS12SupportedGroups, and of TLS 1.3).
        key_shares: groups with a key in the first message (TLS13KeyShareGroups).
        old_signatures, new_signatures: by the names of `signatures` (TLS12SignatureAlgorithms, …).
        renegotiation_info: the extension of RFC 5746 (SSLEnableRenegotiation).
    """

    suites: tuple[str, ...] = ()
    cipher_list: str = ""
    least_bits: int = 0
    old_groups: tuple[str, ...] = ()
    new_groups: tuple[str, ...] = ()
    key_shares: tuple[str, ...] = ()
    old_signatures: tuple[str, ...] = ()
    new_signatures: tuple[str, ...] = ()
    renegotiation_info: bool = True


@dataclass(frozen=True, slots=True)
class TLSSettings:
    """All that a handshake needs to know, fixed before it begins.

    Attributes:
        ca_file, ca_data: authorities to trust besides the system's, PEM or DER.
        pins: `sha256:` and the digest of the server's public key in hex or base64. If there are
            any, the server must have one of these keys, and nothing else matters.
        accepted_der: a certificate that passes whatever is wrong with it (SSLAcceptServerCert).
        security_flags: faults to overlook (SSLSecurityFlags).
        enabled_protocols: without gaps (SSLEnabledProtocols).
        identity: our own certificate and its key (SSLCert).
        offer: what to offer the server.
        checks_revocation: check revocation lists (SSLCheckCRL).
        key_log_file: where the keys of connections are written (SSLKeyLogFile).
        logs_records: report each record (LogSSLPackets).

    Raises:
        InputError: an invalid pin, or versions with a gap.
        Unsupported: only versions that OpenSSL no longer supports.
    """

    ca_file: str = ""
    ca_data: bytes = field(default=b"", repr=False)
    pins: tuple[str, ...] = ()
    accepted_der: bytes = field(default=b"", repr=False)
    security_flags: SSLSecurityFlag = OVERLOOK_NOTHING
    enabled_protocols: SSLProtocol = SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3
    identity: Identity | None = None
    offer: Offer = Offer()
    checks_revocation: bool = False
    key_log_file: str = ""
    logs_records: bool = False

    def __post_init__(self) -> None:
        for pin in self.pins:
            parse_pin(pin)
        versions(self.enabled_protocols)


def versions(enabled: SSLProtocol) -> list[SSLProtocol]:
    """The versions to offer, oldest first.

    Raises:
        InputError: there is a gap. OpenSSL would silently leave out the versions above it.
        Unsupported: none of them is supported here.
    """
    places = [place for place, version in enumerate(SPOKEN) if version & enabled]
    if not places:
        raise Unsupported(
            f"OpenSSL supports none of the versions in {enabled!r}",
            remedy="Use TLS1_2 and TLS1_3",
        )
    if places[-1] - places[0] >= len(places):
        raise InputError(
            "the enabled versions of TLS have a gap", remedy="Enable those between too"
        )
    return list(SPOKEN[places[0] : places[-1] + 1])
