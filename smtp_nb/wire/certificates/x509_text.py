"""Names and times of a certificate, as text that is safe to show.

All of it is untrusted: control characters are escaped, so that a name cannot forge a line of the
trail, and long texts are cut.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from smtp_nb.model.display import visible

MAX_SHOWN = 400
# The IPWorks abbreviations, where they are not those of RFC 4514.
_LETTERS = {NameOID.STATE_OR_PROVINCE_NAME: "S", NameOID.EMAIL_ADDRESS: "E"}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def shown(text: str) -> str:
    """Return `text` without control or invisible characters, cut where it gets absurd."""
    cut = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
    return visible(cut)


# What cryptography raises for malformed certificates, as found by changing bytes at random.
UNREADABLE = (
    ValueError,
    KeyError,  # before version 50, for a name whose text is of an unknown type
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def require_readable(certificate: x509.Certificate, *, wholly: bool) -> None:
    """Raise for a certificate with a malformed part; such parts are parsed on first use.

    Args:
        wholly: check key and extensions too, not only names and dates.

    Raises:
        ValueError: says what is malformed.
    """
    try:
        distinguished_name(certificate.subject)
        distinguished_name(certificate.issuer)
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if wholly:
            _ = (
                certificate.extensions,
                certificate.public_key(),
                certificate.signature_algorithm_oid,
            )
    except UNREADABLE as error:
        words = "malformed name" if isinstance(error, KeyError) else str(error)
        raise ValueError(shown(words)) from error


def distinguished_name(name: x509.Name) -> str:
    """`CN=mail.test, O="School, Inc.", C=DE`: the most specific part first, as in IPWorks."""
    return shown(", ".join(_part(attribute) for attribute in reversed(list(name))))


def _part(attribute: x509.NameAttribute[str | bytes]) -> str:
    letters = _LETTERS.get(attribute.oid, attribute.rfc4514_attribute_name)
    value = attribute.value
    text = value if isinstance(value, str) else value.hex()
    return f'{letters}="{text}"' if "," in text else f"{letters}={text}"


def subject_alternative_names(certificate: x509.Certificate) -> list[str] | None:
    """Return the DNS names and IP addresses that it is for; None if it has no such extension."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    addresses = found.get_values_for_type(x509.IPAddress)
    return [*found.get_values_for_type(x509.DNSName), *map(str, addresses)]


def alternative_names(certificate: x509.Certificate) -> list[str]:
    """Return all its textual alternative names: hosts, addresses, mailboxes and URIs."""
    names = subject_alternative_names(certificate)
    if names is None:
        return []
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    mailboxes = found.get_values_for_type(x509.RFC822Name)
    return [*names, *mailboxes, *found.get_values_for_type(x509.UniformResourceIdentifier)]


def common_names(certificate: x509.Certificate) -> list[str]:
    """The common names of its subject."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return [attribute.value for attribute in found if isinstance(attribute.value, str)]


def reference_date(moment: datetime.datetime) -> str:
    """`23-Jan-2000 15:00:00` in UTC, whatever the locale, as IPWorks writes a date."""
    return f"{moment:%d}-{_MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S}"
