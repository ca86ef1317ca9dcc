"""What was agreed on, in the words of the registries and in bits."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from smtp_nb.errors import TLSError
from smtp_nb.wire import libssl, negotiated
from smtp_nb.wire.settings import Offer
from smtp_nb.wire.tls import TLSLayer, TLSSettings
from wire import openssl_server, pki

RSA = rsa.generate_private_key(65537, 3072)


def info(version, ciphers=b"DEFAULT", groups=""):
    context = openssl_server.context(pki.issue(key=RSA), version, ciphers)
    if groups:
        libssl.set_groups(context, groups)
    layer = TLSLayer(TLSSettings(), pki.HOST)
    openssl_server.exchange(layer, openssl_server.serve(context))
    return layer.info


@pytest.mark.parametrize(
    ("version", "groups", "exchange", "bits"),
    [
        ("1.3", "X25519", "X25519", 253),
        ("1.3", "P-256", "secp256r1", 256),
        ("1.3", "ffdhe2048", "ffdhe2048", 2048),
        ("1.3", "X25519MLKEM768", "X25519MLKEM768", 253),
        ("1.2", "P-384", "secp384r1", 384),
        ("1.2", "X25519", "X25519", 253),
    ],
)
def test_the_group_is_the_exchange_of_keys(version, groups, exchange, bits):
    found = info(version, groups=groups)
    assert (found.key_exchange, found.key_exchange_bits) == (exchange, bits)
    assert found.protocol == f"TLSv{version}"
    assert found.suite.startswith("TLS_")
    assert found.bits in (128, 256)


def test_static_rsa_is_as_strong_as_the_servers_key():
    found = info("1.2", b"AES256-GCM-SHA384")
    assert (found.key_exchange, found.key_exchange_bits) == ("RSA", 3072)
    assert found.suite == "TLS_RSA_WITH_AES_256_GCM_SHA384"
    assert found.cipher == "AES256-GCM-SHA384"


def test_a_prime_of_tls_1_2_is_measured():
    found = info("1.2", b"DHE-RSA-AES256-GCM-SHA384")
    assert found.key_exchange == "DHE"
    assert found.key_exchange_bits >= 2048
    assert found.suite == "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"


def test_a_weaker_cipher_than_was_asked_for_is_refused(leaf):
    """It was not offered; a server that takes it all the same must not get away with it."""
    layer = TLSLayer(TLSSettings(), pki.HOST)
    context = openssl_server.context(leaf, "1.2", b"ECDHE-ECDSA-AES128-GCM-SHA256")
    openssl_server.exchange(layer, openssl_server.serve(context))
    with pytest.raises(TLSError, match="128 bits") as caught:
        negotiated.require_offered(layer._connection, Offer(least_bits=256))
    assert caught.value.code == 276
