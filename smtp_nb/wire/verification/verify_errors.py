"""Certificate faults: OpenSSL's numbers, plain words, and the flags that overlook them."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from smtp_nb.model.enums import SSLSecurityFlag
from smtp_nb.wire.certificates.x509_text import (
    UNREADABLE,
    common_names,
    distinguished_name,
    shown,
    subject_alternative_names,
)

HOST_MISMATCH, IP_MISMATCH = 62, 64
LEAF_KEY_TOO_SMALL, CA_KEY_TOO_SMALL, DIGEST_TOO_WEAK = 66, 67, 68
# What OpenSSL does not check has no OpenSSL number.
PIN_MISMATCH, SIGNATURE_NOT_LISTED = -1, -2
LEAF_REVOCATION_UNKNOWN, CA_REVOCATION_UNKNOWN, ROOT_REVOCATION_UNKNOWN = -3, -4, -5
COMMON_NAME_ONLY = -6
REVOKED = 23


@dataclass(frozen=True, slots=True)
class CertificateFault:
    """One fault of a certificate.

    Attributes:
        errno: OpenSSL's number (X509_V_ERR_…), or one of ours, which are negative.
        depth: 0 is the server's own certificate, 1 its issuer's, and so on.
        text: in plain words.
    """

    errno: int
    depth: int
    text: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A row of the table of faults.

    Attributes:
        words: with {subject}, {issuer}, {since}, {until}, {names}, {host}, {detail} where they
            help.
        flag: the flag that overlooks it; None: nothing does.
        remedy: what to do about it, with {pin} where it helps.
    """

    words: str
    flag: SSLSecurityFlag | None = None
    remedy: str = ""


_TIME = SSLSecurityFlag.IGNORE_NOT_TIME_VALID
_CA = SSLSecurityFlag.ALLOW_UNKNOWN_CA
_USAGE = SSLSecurityFlag.IGNORE_WRONG_USAGE
_NAME = SSLSecurityFlag.IGNORE_CN_MISMATCH
_RENEW = "Ask the server's operator to renew it, and check your own clock"
_TRUST = (
    "Name its authority's certificate with config('CACertFilePaths=…'), or, if its administrator"
    " confirms that this is its key, config('SSLServerPin={pin}')"
)
_HOST = "Connect by one of the names in the certificate"
_REVOCATION = "Try again later; SSLCheckCRL=False turns revocation lists off"
_WEAK = "Ask the server's operator for a stronger one"

# Numbers and names: OpenSSL's include/openssl/x509_vfy.h.
FAULTS: dict[int, FaultKind] = {
    2: FaultKind("the certificate of its issuer {issuer} is missing", _CA, _TRUST),
    7: FaultKind("its signature is wrong", None, "Do not continue: it was modified"),
    9: FaultKind("it is not valid before {since}", _TIME, _RENEW),
    10: FaultKind("it expired on {until}", _TIME, _RENEW),
    13: FaultKind("the start of its validity is unreadable", _TIME, _RENEW),
    14: FaultKind("the end of its validity is unreadable", _TIME, _RENEW),
    18: FaultKind("it is self-signed: no authority vouches for it", _CA, _TRUST),
    19: FaultKind(
        "the authority at the end of its chain, {subject}, is not trusted here", _CA, _TRUST
    ),
    20: FaultKind("it was issued by {issuer}, which is not known here", _CA, _TRUST),
    21: FaultKind("the server sent no certificate of its issuer", _CA, _TRUST),
    22: FaultKind("its chain is too long"),
    REVOKED: FaultKind("it was revoked {detail}", None, "Do not continue"),
    24: FaultKind("the key of its issuer is missing"),
    25: FaultKind("its authority may not issue certificates for authorities"),
    26: FaultKind(
        "it is not a server certificate", _USAGE, "Ask the server's operator for another one"
    ),
    27: FaultKind("it is not trusted for this use", _CA, _TRUST),
    28: FaultKind("it is rejected for this use", _USAGE),
    32: FaultKind("{subject} may not sign certificates", _USAGE),
    34: FaultKind("it has an unknown critical extension"),
    39: FaultKind("its key may not be used for signing", _USAGE),
    47: FaultKind("its authority may not issue certificates for this name"),
    48: FaultKind("its authority is barred from issuing certificates for this name"),
    HOST_MISMATCH: FaultKind("it is for {names}, not for {host}", _NAME, _HOST),
    IP_MISMATCH: FaultKind("it is for {names}, not for the address {host}", _NAME, _HOST),
    COMMON_NAME_ONLY: FaultKind(
        "it names {host} only as its common name, which does not count (RFC 9525): it has no"
        " subjectAltName",
        _NAME,
        "Ask the server's operator for one with a subjectAltName; or, if its administrator confirms"
        " that this is its key, pin={pin}",
    ),
    LEAF_KEY_TOO_SMALL: FaultKind("its key is too weak", None, _WEAK),
    CA_KEY_TOO_SMALL: FaultKind("the key of the authority {subject} is too weak", None, _WEAK),
    DIGEST_TOO_WEAK: FaultKind("it is signed with a broken hash", None, _WEAK),
    79: FaultKind("{subject} is not an authority, yet it signed"),
    PIN_MISMATCH: FaultKind("its key is not the pinned one", None, "Do not continue"),
    SIGNATURE_NOT_LISTED: FaultKind(
        "it is signed by an algorithm that is not enabled",
        None,
        "See TLS12SignatureAlgorithms and TLS13SignatureAlgorithms",
    ),
    LEAF_REVOCATION_UNKNOWN: FaultKind(
        "its revocation status is unknown: {detail}",
        SSLSecurityFlag.IGNORE_END_REV_UNKNOWN,
        _REVOCATION,
    ),
    CA_REVOCATION_UNKNOWN: FaultKind(
        "the revocation status of {subject} is unknown: {detail}",
        SSLSecurityFlag.IGNORE_CA_REV_UNKNOWN,
        _REVOCATION,
    ),
    ROOT_REVOCATION_UNKNOWN: FaultKind(
        "the revocation status of the root {subject} is unknown: {detail}",
        SSLSecurityFlag.IGNORE_ROOT_REV_UNKNOWN,
        _REVOCATION,
    ),
}


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    """A fault as reported by OpenSSL's callback, or found here.

    Attributes:
        detail: what the words of its kind leave open.
    """

    errno: int
    depth: int
    certificate: x509.Certificate
    detail: str = ""


def describe(finding: CertificateFinding, host: str) -> CertificateFault:
    """Put a finding into words."""
    kind = FAULTS.get(finding.errno, FaultKind(f"OpenSSL reports error {finding.errno} for it"))
    certificate = finding.certificate
    text = kind.words.format(
        subject=distinguished_name(certificate.subject),
        issuer=distinguished_name(certificate.issuer),
        since=f"{certificate.not_valid_before_utc:%Y-%m-%d}",
        until=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        names=_names(certificate),
        host=shown(host),
        detail=shown(finding.detail),
    )
    if finding.depth and "{subject}" not in kind.words:
        text += f" (about {distinguished_name(certificate.subject)}, above it in the chain)"
    return CertificateFault(finding.errno, finding.depth, text)


def _names(certificate: x509.Certificate) -> str:
    try:
        names = subject_alternative_names(certificate) or common_names(certificate)
    except UNREADABLE:
        return "names that cannot be read"
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return shown(", ".join(names[:5])) + more if names else "nobody"
