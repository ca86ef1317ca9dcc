"""Keys and certificates in XML, and XML that attacks its reader."""

from __future__ import annotations

import pytest

from smtp_nb import Certificate
from wire import pki
from wire.certificates.makers import (
    KEYS,
    RSA,
    Kind,
    both,
    code_of,
    pem_of,
    public_pem,
    xml_certificate,
    xml_key,
)


@pytest.mark.parametrize("kind", both(Kind.XML_FILE, Kind.XML_BLOB))
def test_a_key_in_xml_is_read(kind, put) -> None:
    opened = Certificate(kind, put(kind, xml_key().encode()), "", "*")
    assert opened.private_key.reveal() == pem_of(KEYS["RSA"]).decode()
    public = Certificate(kind, put(kind, xml_key(with_private=False).encode()), "", "*")
    assert public.public_key == public_pem(KEYS["RSA"])
    assert not public.private_key_available


@pytest.mark.parametrize("kind", both(Kind.XML_FILE, Kind.XML_BLOB))
def test_the_key_info_of_a_signature_is_read(kind, put) -> None:
    links = xml_certificate(pki.intermediate().der) + xml_certificate(RSA.der)
    text = f"""<?xml version="1.0" encoding="utf-8"?>
        <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
        <KeyValue>{xml_key()}</KeyValue><X509Data>{links}</X509Data></KeyInfo>"""
    opened = Certificate(kind, put(kind, text.encode()), "", "*")
    assert opened == Certificate(RSA.der)
    assert opened.private_key_available
    assert opened.identity.chain == (pki.intermediate().certificate,)


def test_certificates_in_xml_are_picked_by_subject() -> None:
    text = f"<a>{xml_certificate(pki.root().der)}{xml_certificate(RSA.der)}</a>"
    assert Certificate(Kind.XML_BLOB, text, "", "Test root") == Certificate(pki.root().der)


BOMB = '<!DOCTYPE a [<!ENTITY b "ha">' + "".join(
    f'<!ENTITY b{n + 1} "{f"&b{n or str()};" * 10}">' for n in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB + "]><a>&b9;</a>",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        "<!DOCTYPE a><a/>",
        "<a>&b;</a>",
        "<a",
        "<a/>",
        "<RSAKeyValue><Modulus>AAAA</Modulus></RSAKeyValue>",
        "<RSAKeyValue><Modulus>AAAA</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>",
        f"<RSAKeyValue><Modulus>{'A' * 9000}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>",
        xml_key() + xml_key(),
        f"<a>{xml_key()}{xml_certificate(pki.root().der)}</a>",
        "<X509Certificate>MAA=</X509Certificate>",
        "<a>" * 100_000,
    ],
)
@pytest.mark.parametrize("kind", [Kind.XML_BLOB, Kind.AUTO])
def test_hostile_xml_is_refused(kind, text) -> None:
    assert code_of(kind, text.encode(), "", "*") == 271
