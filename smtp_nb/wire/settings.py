"""What TLS shall do, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field

from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.enums import SSLProtocol, SSLSecurityFlag
from smtp_nb.wire.identity import Identity
from smtp_nb.wire.pins import parse_pin

SPOKEN = (SSLProtocol.TLS1, SSLProtocol.TLS1_1, SSLProtocol.TLS1_2, SSLProtocol.TLS1_3)
OVERLOOK_NOTHING = SSLSecurityFlag(0)


@dataclass(frozen=True, slots=True)
class TLSSettings:
    """All that a handshake needs to know; fixed before it begins.

    Attributes:
        ca_file, ca_data: authorities to trust besides the system's, PEM or DER.
        pins: `sha256:` and the digest of the server's public key in hex or base64. If there are
            any, the server must have one of these keys, and then nothing else matters.
        accepted_der: a certificate that passes whatever is wrong with it (SSLAcceptServerCert).
        security_flags: faults to overlook (SSLSecurityFlags).
        enabled_protocols: without gaps (SSLEnabledProtocols).
        identity: our own certificate and its key (SSLCert).

    Raises:
        InputError: a pin that is none, or versions with a gap.
        Unsupported: only versions that OpenSSL no longer speaks.
    """

    ca_file: str = ""
    ca_data: bytes = field(default=b"", repr=False)
    pins: tuple[str, ...] = ()
    accepted_der: bytes = field(default=b"", repr=False)
    security_flags: SSLSecurityFlag = OVERLOOK_NOTHING
    enabled_protocols: SSLProtocol = SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3
    identity: Identity | None = None

    def __post_init__(self) -> None:
        for pin in self.pins:
            parse_pin(pin)
        versions(self.enabled_protocols)


def versions(enabled: SSLProtocol) -> list[SSLProtocol]:
    """The versions to offer, oldest first.

    Raises:
        InputError: there is a gap. OpenSSL would silently leave out what lies above it.
        Unsupported: none of them is spoken here.
    """
    places = [place for place, version in enumerate(SPOKEN) if version & enabled]
    if not places:
        raise Unsupported(
            f"OpenSSL speaks none of the versions in {enabled!r}",
            remedy="Take TLS1_2 and TLS1_3",
        )
    if places[-1] - places[0] >= len(places):
        raise InputError("The enabled versions of TLS have a gap", remedy="Name those between too")
    return list(SPOKEN[places[0] : places[-1] + 1])


def remarks(settings: TLSSettings) -> list[str]:
    """What was asked for and is left out."""
    if settings.enabled_protocols & (SSLProtocol.SSL2 | SSLProtocol.SSL3):
        return ["SSL 2 and SSL 3 are left out: OpenSSL no longer speaks them"]
    return []
