"""Host name verification: whether a certificate is for a host.

Names follow RFC 9525, checked by service-identity: DNS names, a whole left-most label as wildcard,
IP addresses. The common name does not count (section 6.3); a certificate that matches only by it
gets a fault of its own, so that the error can say what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import service_identity
from cryptography import x509
from service_identity.cryptography import (
    verify_certificate_hostname,
    verify_certificate_ip_address,
)
from service_identity.hazmat import DNS_ID, DNSPattern

from smtp_nb.model.address import bare_address, is_ip_address
from smtp_nb.wire.certificates.x509_text import common_names, subject_alternative_names
from smtp_nb.wire.verification.verify_errors import COMMON_NAME_ONLY, HOST_MISMATCH, IP_MISMATCH


def host_fault(leaf: x509.Certificate, host: str) -> int | None:
    """Return the number of the fault if the certificate is not for `host`."""
    is_address = is_ip_address(host)
    mismatch = IP_MISMATCH if is_address else HOST_MISMATCH
    try:
        if subject_alternative_names(leaf) is None:
            return COMMON_NAME_ONLY if _common_name_fits(leaf, host) else mismatch
        if is_address:
            verify_certificate_ip_address(leaf, bare_address(host))
        else:
            verify_certificate_hostname(leaf, host)
    except (service_identity.VerificationError, service_identity.CertificateError, ValueError):
        # ValueError: a name that no certificate can have.
        return mismatch
    return None


def _common_name_fits(leaf: x509.Certificate, host: str) -> bool:
    if is_ip_address(host):
        return bare_address(host) in common_names(leaf)
    wanted = DNS_ID(host)
    return any(wanted.verify(pattern) for pattern in _patterns(common_names(leaf)))


def _patterns(names: Iterable[str]) -> Iterator[DNSPattern]:
    for name in names:
        try:
            yield DNSPattern.from_bytes(name.encode())
        except service_identity.CertificateError:
            continue  # 'My mail server' is a common name, but not that of a host
