"""Keys and certificates in XML, in the elements of XML Signature (RFC 3275) and of .NET.

`RSAKeyValue` is what .NET's `ToXmlString` writes, with the private numbers beside the public ones;
`X509Certificate` may stand beside it, anywhere in the document.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from xml.etree import ElementTree

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from smtp_nb.wire.certificates.identity import MAX_NUMBER, Hidden, Identity, of_key

_KEYS = ("RSAKeyValue", "RSAKeyPair")


class _Plain(ElementTree.TreeBuilder):
    """Refuses a DTD before it is read, and with it every entity: entities are how XML bombs are
    built.
    """

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ValueError("a store in XML must not have a DOCTYPE")


def read_xml(data: Hidden, password: Hidden) -> list[Identity]:
    """Return the keys and certificates of a document.

    Raises:
        ValueError: it is not such a document.
    """
    try:
        root = ElementTree.XML(data, ElementTree.XMLParser(target=_Plain()))
    except ElementTree.ParseError as error:
        raise ValueError(f"it is not XML: {error}") from error
    certificates = [
        x509.load_der_x509_certificate(_octets(element))
        for element in root.iter()
        if _name(element) == "X509Certificate"
    ]
    keys = [_rsa(element) for element in root.iter() if _name(element) in _KEYS]
    return list(_paired(keys, certificates))


def _paired(keys: list[Identity], certificates: list[x509.Certificate]) -> Iterator[Identity]:
    """Return each key with its certificate, the rest as its chain; without keys, each
    certificate.
    """
    for bare in keys:
        own = [link for link in certificates if link.public_key() == bare.public_key]
        if certificates and not own:
            raise ValueError("no certificate belongs to the key beside it")
        chain = tuple(link for link in certificates if link not in own)
        yield Identity(own[0], bare.key, chain) if own else bare
    if not keys:
        yield from map(Identity, certificates)


def _rsa(element: ElementTree.Element) -> Identity:
    numbers = {_name(part): int.from_bytes(_octets(part, MAX_NUMBER)) for part in element}
    try:
        public = rsa.RSAPublicNumbers(numbers["Exponent"], numbers["Modulus"])
        if "D" not in numbers:
            return of_key(public.public_key())
        names = ("P", "Q", "D", "DP", "DQ", "InverseQ")
        p, q, d, dp, dq, inverse = (numbers[name] for name in names)
    except KeyError as error:
        raise ValueError(f"{error} is missing in a key") from error
    return of_key(rsa.RSAPrivateNumbers(p, q, d, dp, dq, inverse, public).private_key())


def _name(element: ElementTree.Element) -> str:
    """Without its namespace: .NET writes none, XML Signature has one."""
    return element.tag.rpartition("}")[2]


def _octets(element: ElementTree.Element, most: int | None = None) -> Hidden:
    octets = base64.b64decode(element.text or "")
    if most is not None and len(octets) > most:
        raise ValueError("a number is too long for any key")
    return Hidden(octets)
