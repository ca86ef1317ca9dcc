"""What was agreed on, in the words of the registries and in bits."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from smtp_nb.errors import TLSError
from smtp_nb.model.enums import SSLProtocol
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.wire.settings import Offer
from smtp_nb.wire.tls import libssl
from smtp_nb.wire.tls.negotiated import require_offered
from smtp_nb.wire.tls.tls import TLSLayer, TLSSettings
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


AGREED = TLSInfo("TLSv1.2", "x", 128, "TLS_X", "DHE", 2048)


@pytest.mark.parametrize(
    ("info", "offer", "words"),
    [
        # None of this is offered; a server that takes it all the same must not get away with it.
        (AGREED, Offer(least_bits=256), "128 bits"),
        (replace(AGREED, key_exchange="X448"), Offer(old_groups=("ecdhe_x25519",)), "TLS12"),
        (
            replace(AGREED, protocol="TLSv1.3", key_exchange="X448"),
            Offer(new_groups=("ecdhe_x25519",)),
            "TLS13",
        ),
        (replace(AGREED, key_exchange_bits=1024), Offer(), "1024 bits"),
    ],
)
def test_what_was_not_asked_for_is_refused(info, offer, words):
    with pytest.raises(TLSError, match=words) as caught:
        require_offered(info, offer)
    assert caught.value.code == 276


@pytest.mark.parametrize(
    "offer", [Offer(), Offer(new_groups=("ecdhe_x25519",)), Offer(least_bits=128)]
)
def test_what_was_asked_for_passes(offer):
    require_offered(AGREED, offer)
    require_offered(replace(AGREED, key_exchange_bits=0), offer)  # a resumed session has none


def test_a_short_prime_at_a_lowered_level_is_refused(tmp_path):
    """OpenSSL takes it there without a word."""
    # PKCS #3: a sequence of the prime and the generator, 2.
    der = b"\x30\x81\x87\x02\x81\x81" + OAKLEY_GROUP_2.to_bytes(129) + b"\x02\x01\x02"
    text = base64.encodebytes(der).decode()
    file = tmp_path / "prime.pem"
    file.write_text(f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n")
    leaf = pki.issue(key=RSA).write(tmp_path)
    context = pki.server_context(leaf, "1.2", ciphers="DHE-RSA-AES128-SHA:@SECLEVEL=0")
    context.load_dh_params(file)
    old = SSLProtocol.TLS1_1 | SSLProtocol.TLS1_2
    layer = TLSLayer(TLSSettings(enabled_protocols=old), pki.HOST)
    with pytest.raises(TLSError, match="1024 bits"):
        pki.shake(layer, pki.MemoryServer(context))


# RFC 2409 section 6.2: 1024 bits.
OAKLEY_GROUP_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404"
    "DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406"
    "B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
