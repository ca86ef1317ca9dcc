"""Verification: all faults of a server's certificate, and whether it may pass.

OpenSSL builds and checks the chain and reports every fault of every certificate, not only the first
(see `tls`). This module adds the two checks that OpenSSL leaves out or does too late: the host
name, and weak keys, which a lowered security level lets in. Then the decision:

1. A certificate equal to the accepted one (`SSLAcceptServerCert`), or a key that is pinned, passes
   whatever else is wrong with it: that exact server is meant.
2. If keys are pinned and this is a different one, it does not pass, whichever authority signed it.
3. Otherwise each fault must be overlooked by its flag of `SSLSecurityFlags`. A fault that is not in
   the table is never overlooked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from smtp_nb.errors import CertificateError
from smtp_nb.model.enums import SSLSecurityFlag
from smtp_nb.wire.certificates.pins import is_pinned, key_digest
from smtp_nb.wire.certificates.signatures import signature_names
from smtp_nb.wire.certificates.x509_text import distinguished_name
from smtp_nb.wire.settings import TLSSettings
from smtp_nb.wire.verification.hostname import host_fault
from smtp_nb.wire.verification.strength import weaknesses
from smtp_nb.wire.verification.verify_errors import (
    FAULTS,
    PIN_MISMATCH,
    SIGNATURE_NOT_LISTED,
    CertificateFault,
    CertificateFinding,
    describe,
)


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """The server's certificate and all its faults.

    Attributes:
        host: the host that was meant.
        chain: as the server sent it, its own certificate first.
        faults: of all certificates; empty if all is well.
        verified: the chain as OpenSSL built it, up to the trusted authority if it found one.
    """

    host: str
    chain: tuple[x509.Certificate, ...]
    faults: tuple[CertificateFault, ...]
    verified: tuple[x509.Certificate, ...] = ()

    @property
    def leaf_pem(self) -> str:
        """The server's own certificate."""
        return _pem(self.chain[0])

    @property
    def chain_pem(self) -> str:
        """All certificates that the server sent."""
        return "".join(map(_pem, self.chain))

    @property
    def leaf_der(self) -> bytes:
        """The server's own certificate, as bytes."""
        return self.chain[0].public_bytes(Encoding.DER)

    @property
    def subject(self) -> str:
        return distinguished_name(self.chain[0].subject)

    @property
    def issuer(self) -> str:
        return distinguished_name(self.chain[0].issuer)

    @property
    def pin(self) -> str:
        """The `pin=` that accepts this key and no other."""
        return f"sha256:{key_digest(self.chain[0]).hex()}"

    @property
    def status(self) -> str:
        """'OK', or the faults in words."""
        return "; ".join(fault.text for fault in self.faults) or "OK"

    def with_findings(self, findings: Iterable[CertificateFinding]) -> CertificateVerdict:
        """Return the same with further faults."""
        more = (describe(finding, self.host) for finding in findings)
        return replace(self, faults=(*self.faults, *more))

    def error(self) -> CertificateError:
        """Return the error to raise if it does not pass."""
        remedies = dict.fromkeys(
            kind.remedy for fault in self.faults if (kind := FAULTS.get(fault.errno))
        )
        return CertificateError(
            f"the certificate of {self.host} was not accepted: {self.status}",
            remedy=". ".join(filter(None, remedies)).format(pin=self.pin),
        )


def judge(
    host: str,
    chain: Sequence[x509.Certificate],
    verified: Sequence[x509.Certificate],
    findings: Iterable[CertificateFinding],
    pins: Iterable[str] = (),
    signatures: Collection[str] = (),
) -> CertificateVerdict:
    """Collect all faults of the server's certificate.

    All certificates must be readable (`x509_text.require_readable`), the first one wholly.

    Args:
        host: name or IP address as the user gave it.
        chain: what the server sent, its own certificate first; not empty.
        verified: the chain as OpenSSL built it, up to the trusted authority if it found one.
        findings: the faults that OpenSSL reported.
        pins: keys of which the server must have one, if any.
        signatures: algorithms allowed to sign its certificate, if any.
    """
    found = [*findings, *weaknesses(verified or chain)]
    leaf = chain[0]
    if (errno := host_fault(leaf, host)) is not None:
        found.append(CertificateFinding(errno, 0, leaf))
    if pins and not is_pinned(leaf, pins):
        found.append(CertificateFinding(PIN_MISMATCH, 0, leaf))
    if signatures and signature_names(leaf).isdisjoint(signatures):
        found.append(CertificateFinding(SIGNATURE_NOT_LISTED, 0, leaf))
    unique = {(finding.errno, finding.depth): describe(finding, host) for finding in found}
    return CertificateVerdict(host, tuple(chain), tuple(unique.values()), tuple(verified))


def acceptable(verdict: CertificateVerdict, settings: TLSSettings) -> bool:
    """Return the decision, before the user's handler decides."""
    if is_meant(verdict, settings):
        return True
    return all(_is_overlooked(fault, settings.security_flags) for fault in verdict.faults)


def is_meant(verdict: CertificateVerdict, settings: TLSSettings) -> bool:
    """True if it is exactly the server that was meant: the accepted certificate, or a pinned
    key.
    """
    if settings.accepted_der and verdict.leaf_der == settings.accepted_der:
        return True
    return is_pinned(verdict.chain[0], settings.pins)


def _is_overlooked(fault: CertificateFault, flags: SSLSecurityFlag) -> bool:
    kind = FAULTS.get(fault.errno)
    return kind is not None and kind.flag is not None and bool(kind.flag & flags)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
