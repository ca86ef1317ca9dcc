"""Revocation: what an authority's revocation list says of a certificate (RFC 5280 section 6.3).

The list comes over HTTP from anywhere, so everything about it is checked: who issued and signed it,
for which certificates, until when. Whatever is not exactly right is no answer, and no answer does
not mean 'not revoked'. Indirect and delta lists, and lists for some reasons only, count as no
answer.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID

from smtp_nb.model.enums import SSLSecurityFlag
from smtp_nb.wire.certificates.x509_text import UNREADABLE
from smtp_nb.wire.verification.verify_errors import (
    CA_REVOCATION_UNKNOWN,
    FAULTS,
    LEAF_REVOCATION_UNKNOWN,
    ROOT_REVOCATION_UNKNOWN,
    CertificateFault,
)

MOST_OCTETS = 10 * 1024 * 1024
MOST_KEPT = 4 * MOST_OCTETS


class NoAnswer(Exception):
    """It is unknown whether a certificate was revoked; the text says why."""


class Revoked(Exception):
    """A certificate was revoked; the text says when and why."""


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain.

    Attributes:
        depth: 0 is the server's own.
        unknown: the number of the fault if there is no answer.
        issuer: None if it is not in the chain.
        is_anchor: it is trusted by the user or the system.
    """

    depth: int
    unknown: int
    certificate: x509.Certificate
    issuer: x509.Certificate | None
    is_anchor: bool


def links(chain: Sequence[x509.Certificate]) -> Iterator[Link]:
    """Return the certificates of a chain that OpenSSL built, the server's own first."""
    for depth, certificate in enumerate(chain):
        above = chain[depth + 1] if depth + 1 < len(chain) else None
        if above is None and certificate.issuer == certificate.subject:
            above = certificate
        is_anchor = depth > 0 and depth + 1 == len(chain)
        unknown = ROOT_REVOCATION_UNKNOWN if is_anchor else CA_REVOCATION_UNKNOWN
        yield Link(
            depth, unknown if depth else LEAF_REVOCATION_UNKNOWN, certificate, above, is_anchor
        )


def is_vouched_for(faults: Iterable[CertificateFault]) -> bool:
    """True if a trusted authority issued the chain, so that its URLs may be requested.

    Otherwise any server could make us request any URL.
    """
    kinds = [FAULTS.get(fault.errno) for fault in faults]
    return all(kind and kind.flag not in (None, SSLSecurityFlag.ALLOW_UNKNOWN_CA) for kind in kinds)


def distribution_points(link: Link) -> list[tuple[str, ...]]:
    """Return the URLs of the lists that cover a certificate: each inner one suffices.

    Raises:
        NoAnswer: it names none that can be fetched.
    """
    try:
        extension = link.certificate.extensions.get_extension_for_oid(
            ExtensionOID.CRL_DISTRIBUTION_POINTS
        )
    except x509.ExtensionNotFound:
        if link.is_anchor:
            return []  # roots hardly ever name a list: there is no one above to sign it
        raise NoAnswer("it names no revocation list") from None
    except UNREADABLE as error:
        raise NoAnswer("the address of its revocation list cannot be read") from error
    points = extension.value
    if not isinstance(points, x509.CRLDistributionPoints) or not len(points):
        raise NoAnswer("it names no revocation list")
    return [_addresses(point) for point in points]


def _addresses(point: x509.DistributionPoint) -> tuple[str, ...]:
    if point.crl_issuer or point.reasons:
        raise NoAnswer("its revocation list is indirect, or covers only some reasons")
    names = [name.value for name in point.full_name or () if _is_address(name)]
    found = tuple(name for name in names if name.lower().startswith("http:"))
    if not found:
        raise NoAnswer("its revocation list cannot be fetched by HTTP")
    return found


def _is_address(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.UniformResourceIdentifier)


def read_list(octets: bytes) -> x509.CertificateRevocationList:
    """Return a revocation list from DER or PEM.

    Raises:
        NoAnswer: it is not one.
    """
    try:
        if octets.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_crl(octets)
        return x509.load_der_x509_crl(octets)
    except UNREADABLE as error:
        raise NoAnswer("the address of its revocation list holds something else") from error


def look_up(
    link: Link,
    revocations: x509.CertificateRevocationList,
    addresses: Sequence[str],
    now: datetime.datetime,
) -> None:
    """Look up a certificate in a list; returns if it was not revoked.

    Args:
        addresses: the URLs of the list according to the certificate.

    Raises:
        Revoked: it was.
        NoAnswer: this list does not say.
    """
    try:
        _require_authentic(link, revocations)
        _require_current(revocations, now)
        _require_in_scope(link, revocations, addresses)
        entry = revocations.get_revoked_certificate_by_serial_number(link.certificate.serial_number)
    except UNREADABLE as error:
        raise NoAnswer("its revocation list cannot be read") from error
    if entry is not None:
        raise Revoked(f"on {entry.revocation_date_utc:%Y-%m-%d}{_reason(entry)}")


def _require_authentic(link: Link, revocations: x509.CertificateRevocationList) -> None:
    issuer = link.issuer
    if issuer is None:
        raise NoAnswer("the certificate of its issuer is missing")
    if revocations.issuer != link.certificate.issuer:
        raise NoAnswer("its revocation list was issued by another authority")
    if not _may_sign_lists(issuer):
        raise NoAnswer("its issuer may not sign revocation lists")
    if isinstance(revocations.signature_hash_algorithm, hashes.MD5 | hashes.SHA1):
        raise NoAnswer("its revocation list is signed with a broken hash")
    key = issuer.public_key()
    if not revocations.is_signature_valid(key):  # type: ignore[arg-type]  # or a TypeError
        raise NoAnswer("the signature of its revocation list is wrong")


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.crl_sign


def _require_current(revocations: x509.CertificateRevocationList, now: datetime.datetime) -> None:
    if revocations.last_update_utc > now:
        raise NoAnswer("its revocation list is dated in the future")
    ends = revocations.next_update_utc
    if ends is None or ends <= now:
        raise NoAnswer("its revocation list has expired")


def _require_in_scope(
    link: Link, revocations: x509.CertificateRevocationList, addresses: Sequence[str]
) -> None:
    """An authority may split its list; a different part would not name our certificate."""
    for extension in revocations.extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            _require_our_part(link, extension.value, addresses)
        elif extension.critical:
            raise NoAnswer("its revocation list is of an unknown kind")


def _require_our_part(
    link: Link, part: x509.IssuingDistributionPoint, addresses: Sequence[str]
) -> None:
    is_authority = _is_authority(link.certificate)
    names = {name.value for name in part.full_name or ()}
    is_other = (
        part.indirect_crl
        or part.only_contains_attribute_certs
        or part.only_some_reasons
        or part.relative_name
        or (part.only_contains_user_certs and is_authority)
        or (part.only_contains_ca_certs and not is_authority)
        or (names and names.isdisjoint(addresses))
    )
    if is_other:
        raise NoAnswer("its revocation list is a part that does not cover it")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ""
    return f" ({reason.value})"


class RevocationLists:
    """Lists that gave an answer, kept until they expire; a full cache drops the oldest."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, x509.CertificateRevocationList]] = {}

    def get(self, address: str) -> x509.CertificateRevocationList | None:
        """Return the list from that URL, if it is kept."""
        found = self._kept.get(address)
        return found[1] if found else None

    def keep(self, address: str, size: int, revocations: x509.CertificateRevocationList) -> None:
        """Keep a list of this size in bytes."""
        self._kept.pop(address, None)
        while self._kept and size + sum(kept for kept, _ in self._kept.values()) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[address] = (size, revocations)
