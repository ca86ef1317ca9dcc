"""What settings ask for is in our first message, and the server's choice is held to it."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from OpenSSL import SSL

from smtp_nb.errors import InputError, TLSError, Unsupported
from smtp_nb.model.enums import SSLProtocol
from smtp_nb.wire.certificates.signatures import NEW_SIGNATURES, OLD_SIGNATURES, signature_names
from smtp_nb.wire.settings import Offer
from smtp_nb.wire.tls import libssl
from smtp_nb.wire.tls.groups import GROUPS, NEW_GROUPS
from smtp_nb.wire.tls.tls import TLSLayer, TLSSettings
from wire import hello, openssl_server, pki

OLD = SSLProtocol.TLS1 | SSLProtocol.TLS1_1 | SSLProtocol.TLS1_2
BOTH, NEW = SSLProtocol.TLS1_2 | SSLProtocol.TLS1_3, SSLProtocol.TLS1_3
# RFC 8446 section 4.2.7 and RFC 7919; the hybrids are in draft-ietf-tls-ecdhe-mlkem.
NUMBERS = {
    "ecdhe_x25519": 0x1D,
    "ecdhe_x448": 0x1E,
    "ecdhe_secp256r1": 0x17,
    "ecdhe_secp384r1": 0x18,
    "ecdhe_secp521r1": 0x19,
    "ffdhe_2048": 0x100,
    "ffdhe_3072": 0x101,
    "ffdhe_4096": 0x102,
    "ffdhe_6144": 0x103,
    "ffdhe_8192": 0x104,
    "secp256r1mlkem768": 0x11EB,
    "x25519mlkem768": 0x11EC,
    "secp384r1mlkem1024": 0x11ED,
}


def layer_with(protocols=BOTH, **offer):
    settings = TLSSettings(
        ca_data=pki.root().pem, enabled_protocols=protocols, offer=Offer(**offer)
    )
    return TLSLayer(settings, pki.HOST)


def said(protocols=BOTH, **offer):
    """Our first message, and what the layer remarks."""
    layer = layer_with(protocols, **offer)
    layer.handshake()
    return hello.read(layer.outgoing()), layer.take_steps()


def numbers(*names):
    return [NUMBERS[name] for name in names]


def met(leaf, version, server_groups="", **offer):
    """A layer that has met a server, and that server."""
    context = openssl_server.context(leaf, version)
    if server_groups:
        libssl.set_groups(context, server_groups)
    layer, server = layer_with(**offer), openssl_server.serve(context)
    openssl_server.exchange(layer, server)
    return layer


# -- groups -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GROUPS)
def test_each_group_is_offered_by_its_number(name):
    first, _ = said(NEW, new_groups=(name,))
    assert first.groups == first.key_shares == numbers(name)


def test_groups_stand_in_the_order_of_the_list():
    first, _ = said(NEW, new_groups=("ffdhe_2048", "ecdhe_secp521r1", "ecdhe_x25519"))
    assert first.groups == numbers("ffdhe_2048", "ecdhe_secp521r1", "ecdhe_x25519")
    assert first.key_shares == numbers("ffdhe_2048")


def test_the_lists_of_both_versions_are_joined():
    first, _ = said(old_groups=("ecdhe_secp384r1",), new_groups=("ecdhe_x25519",))
    assert first.groups == numbers("ecdhe_x25519", "ecdhe_secp384r1")


def test_only_the_list_of_a_version_that_is_spoken_counts():
    lists = {"old_groups": ("ecdhe_secp384r1",), "new_groups": ("ecdhe_x25519",)}
    assert said(NEW, **lists)[0].groups == numbers("ecdhe_x25519")
    assert said(SSLProtocol.TLS1_2, **lists)[0].groups == numbers("ecdhe_secp384r1")


def test_a_list_that_is_not_set_is_the_references_beside_one_that_is():
    first, _ = said(old_groups=("ecdhe_secp384r1",))
    assert first.groups == numbers(*NEW_GROUPS)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_key_shares_are_made_for_the_groups_that_are_named(count):
    names = ("ecdhe_x448", "ecdhe_secp521r1", "ffdhe_2048", "ecdhe_x25519")[:count]
    first, steps = said(key_shares=names)
    assert sorted(first.key_shares) == sorted(numbers(*names))
    assert not [step for step in steps if "TLS13KeyShareGroups" in step]


def test_a_fifth_key_share_is_left_out_aloud():
    """The reference makes five by default, OpenSSL four at most."""
    names = ("ecdhe_x25519", "ecdhe_secp256r1", "ecdhe_secp384r1", "ffdhe_2048", "ffdhe_3072")
    first, steps = said(key_shares=names)
    assert sorted(first.key_shares) == sorted(numbers(*names[:4]))
    assert NUMBERS["ffdhe_3072"] in first.groups
    assert [step for step in steps if "at most four" in step and "ffdhe_3072" in step]


def test_a_key_share_for_a_group_that_is_not_offered_is_an_error():
    with pytest.raises(InputError, match="ecdhe_x448"):
        layer_with(new_groups=("ecdhe_x25519",), key_shares=("ecdhe_x448",))


def test_without_a_common_group_there_is_no_connection(leaf):
    with pytest.raises(SSL.Error):
        met(leaf, "1.3", "P-384", protocols=NEW, new_groups=("ecdhe_x25519",))


@pytest.mark.parametrize(
    ("version", "server_groups", "lists"),
    [
        ("1.2", "X25519", {"old_groups": ("ecdhe_secp384r1",), "new_groups": ("ecdhe_x25519",)}),
        ("1.3", "P-384", {"old_groups": ("ecdhe_secp384r1",), "new_groups": ("ecdhe_x25519",)}),
    ],
)
def test_a_group_of_the_other_versions_list_is_refused(version, server_groups, lists):
    leaf = pki.issue(issuer=pki.intermediate(), key=rsa.generate_private_key(65537, 2048))
    with pytest.raises(TLSError, match="omits") as caught:
        met(leaf, version, server_groups, **lists)
    assert caught.value.code == 276


def test_in_tls_1_2_the_list_must_hold_the_curve_of_an_ecdsa_certificate(leaf):
    assert leaf.key.curve.name == "secp256r1"
    old = SSLProtocol.TLS1_2
    with pytest.raises(SSL.Error):
        met(leaf, "1.2", protocols=old, old_groups=("ecdhe_secp384r1",))
    assert met(leaf, "1.2", protocols=old, old_groups=("ecdhe_secp384r1", "ecdhe_secp256r1"))


# -- signatures ---------------------------------------------------------------------------------

SIGNATURE_NUMBERS = {
    "rsa_pkcs1_sha256": {0x0401},
    "rsa_pss_sha512": {0x0806, 0x080B},
    "ecdsa_secp384r1_sha384": {0x0503},
    "ed25519": {0x0807},
    "ed448": {0x0808},
}


@pytest.mark.parametrize("name", SIGNATURE_NUMBERS)
def test_each_signature_is_offered_by_its_number(name):
    first, _ = said(NEW, new_signatures=(name,))
    assert set(first.signatures) == SIGNATURE_NUMBERS[name]


@pytest.mark.parametrize("name", NEW_SIGNATURES)
def test_openssl_takes_every_signature_for_tls_1_3(name):
    assert said(NEW, new_signatures=(name,))[0].signatures


@pytest.mark.parametrize("name", OLD_SIGNATURES)
def test_openssl_takes_every_signature_for_tls_1_2(name):
    beside = () if name == "sha256-rsa" else ("sha256-rsa",)  # DSA alone fits no suite
    first, _ = said(OLD, old_signatures=(*beside, name))
    assert len(first.signatures) == 1 + len(beside)


def test_sha_1_is_left_out_aloud_unless_old_versions_are_enabled():
    names = ("sha256-rsa", "sha1-rsa")
    first, steps = said(SSLProtocol.TLS1_2, old_signatures=names)
    assert first.signatures == [0x0401]
    assert [step for step in steps if "sha1-rsa" in step]
    assert set(said(OLD, old_signatures=names)[0].signatures) == {0x0401, 0x0201}


def test_nothing_but_sha_1_is_an_error():
    with pytest.raises(Unsupported, match="sha1-rsa") as caught:
        layer_with(SSLProtocol.TLS1_2, old_signatures=("sha1-rsa",))
    assert caught.value.code == 270


def test_a_server_whose_key_cannot_sign_so_is_refused(leaf):
    with pytest.raises(SSL.Error):
        met(leaf, "1.3", protocols=NEW, new_signatures=("rsa_pss_sha256",))


@pytest.mark.parametrize(
    ("lists", "fine_in"),
    [
        ({"old_signatures": ("sha256-ecdsa",)}, {"1.2", "1.3"}),
        ({"new_signatures": ("ecdsa_secp256r1_sha256",)}, {"1.2", "1.3"}),
        ({"old_signatures": ("sha384-ecdsa",)}, {"1.3"}),
        ({"new_signatures": ("ecdsa_secp384r1_sha384",)}, {"1.2"}),
    ],
)
def test_the_certificates_own_signature_must_be_in_the_list_of_its_version(
    make, version, lists, fine_in
):
    layer, server = make(offer=Offer(**lists))
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert layer.is_acceptable is (version in fine_in)
    assert ("not enabled" in layer.verdict.status) is (version not in fine_in)


def test_a_certificate_is_known_by_what_signed_it():
    key = rsa.generate_private_key(65537, 2048)
    signed = {
        "sha256-ecdsa": pki.issue(),
        "sha384-ecdsa": pki.issue(digest=hashes.SHA384()),
        "sha512-rsa": pki.issue(key=key, digest=hashes.SHA512()),
        "sha1-rsa": pki.sha1_signed(),
        "ed25519": pki.issue(key=ed25519.Ed25519PrivateKey.generate(), digest=pki.NONE),
    }
    for name, issued in signed.items():
        assert name in signature_names(issued.certificate)
    assert "rsa_pkcs1_sha512" in signature_names(signed["sha512-rsa"].certificate)
    assert "ecdsa_secp384r1_sha384" in signature_names(signed["sha384-ecdsa"].certificate)
    assert signature_names(pki.pss_signed().certificate) == {"rsa_pss_sha256", "sha256-rsa"}


# -- suites -------------------------------------------------------------------------------------


def negotiated_suite(leaf, version, **offer):
    return met(leaf, version, **offer).info.suite


@pytest.mark.parametrize(
    ("version", "suite"),
    [
        ("1.3", "TLS_CHACHA20_POLY1305_SHA256"),
        ("1.3", "TLS_AES_128_GCM_SHA256"),
        ("1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        ("1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ],
)
def test_the_suite_that_is_named_is_the_one_that_is_used(leaf, version, suite):
    assert negotiated_suite(leaf, version, suites=(suite,)) == suite


def test_versions_without_a_suite_are_left_out_aloud():
    first, steps = said(suites=("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",))
    assert (first.versions, first.suites[0]) == ([], 0xC030)
    assert [step for step in steps if "TLS1_3 is left out" in step]
    first, steps = said(suites=("TLS_AES_128_GCM_SHA256",))
    assert first.versions == [0x0304]
    assert [step for step in steps if "TLS1_2 is left out" in step]


def test_a_suite_that_openssl_lacks_is_left_out_aloud_beside_others():
    first, steps = said(suites=("TLS_RSA_WITH_RC4_128_MD5", "TLS_AES_128_GCM_SHA256"))
    assert 0x0004 not in first.suites
    assert [step for step in steps if "TLS_RSA_WITH_RC4_128_MD5" in step]


@pytest.mark.parametrize("name", ["TLS_RSA_WITH_RC4_128_MD5", "CALG_3DES", "CALG_DH_SF"])
def test_nothing_but_suites_that_openssl_lacks_is_an_error(name):
    with pytest.raises(Unsupported, match=name) as caught:
        layer_with(suites=(name,))
    assert caught.value.code == 270


def test_suites_for_versions_that_are_off_are_an_error():
    with pytest.raises(InputError, match="no enabled version"):
        layer_with(NEW, suites=("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",))


def test_the_least_strength_rules_weaker_ciphers_out():
    weaker = {0x1301, 0xC02B, 0xC02F, 0x009E, 0x002F}  # AES-128
    assert set(said()[0].suites) & weaker
    assert not set(said(least_bits=256)[0].suites) & weaker
    assert set(said(least_bits=128)[0].suites) & weaker


def test_a_strength_that_no_cipher_has_is_an_error():
    with pytest.raises(Unsupported, match="512 bits") as caught:
        layer_with(least_bits=512)
    assert caught.value.code == 270


def test_a_list_in_openssls_own_language_rules_the_older_versions():
    first, _ = said(cipher_list="ECDHE-RSA-AES128-GCM-SHA256")
    assert [suite for suite in first.suites if suite >> 8 == 0xC0] == [0xC02F]
    assert 0x1302 in first.suites


@pytest.mark.parametrize("cipher_list", ["aNULL", "eNULL", "PSK", "aNULL:eNULL:@SECLEVEL=0"])
def test_no_list_brings_suites_without_certificate_or_cipher(cipher_list):
    first, _ = said(cipher_list=f"{cipher_list}:ECDHE-RSA-AES128-GCM-SHA256")
    assert {suite for suite in first.suites if suite >> 8 != 0x13} == {0xC02F}


def test_a_cipher_list_that_means_nothing_is_an_error():
    with pytest.raises(InputError, match="cipher list"):
        layer_with(SSLProtocol.TLS1_2, cipher_list="ZEBRA")


# -- renegotiation_info -------------------------------------------------------------------------


def offers_renegotiation_info(first):
    return (
        hello.RENEGOTIATION_INFO in first.extensions
        or hello.EMPTY_RENEGOTIATION_INFO_SCSV in first.suites
    )


def test_renegotiation_info_can_be_left_out_with_tls_1_3_alone():
    assert offers_renegotiation_info(said()[0])
    assert not offers_renegotiation_info(said(NEW, renegotiation_info=False)[0])


@pytest.mark.parametrize("protocols", [BOTH, SSLProtocol.TLS1_2, OLD])
def test_with_older_versions_leaving_it_out_is_an_error(protocols):
    with pytest.raises(Unsupported, match="renegotiation_info") as caught:
        layer_with(protocols, renegotiation_info=False)
    assert caught.value.code == 270


# -- what the installed OpenSSL lacks -----------------------------------------------------------


class Poor:
    """Bindings that were built without some functions."""

    def __init__(self, *lacking):
        self._lacking = lacking

    def __getattr__(self, name):
        if name in self._lacking:
            raise AttributeError(name)
        return getattr(SSL._lib, name)


@pytest.mark.parametrize(
    ("lacking", "offer"),
    [
        ("SSL_CTX_set1_curves_list", {"old_groups": ("ecdhe_secp256r1",)}),
        ("SSL_CTX_set1_sigalgs_list", {"new_signatures": ("ed25519",)}),
    ],
)
def test_a_function_that_was_not_bound_is_a_clear_error(monkeypatch, lacking, offer):
    monkeypatch.setattr(libssl, "_lib", Poor(lacking))
    with pytest.raises(Unsupported, match=lacking) as caught:
        layer_with(least_bits=1, **offer)  # a context that was not made before
    assert caught.value.code == 270
    assert "Update cryptography" in str(caught.value)


@pytest.mark.parametrize(
    ("lacking", "ask"),
    [
        ("SSL_get_extms_support", libssl.has_extended_master_secret),
        ("SSL_session_reused", libssl.is_resumed),
    ],
)
def test_what_a_connection_cannot_be_asked_is_a_clear_error_too(leaf, monkeypatch, lacking, ask):
    layer = met(leaf, "1.2")
    monkeypatch.setattr(libssl, "_lib", Poor(lacking))
    with pytest.raises(Unsupported, match=lacking):
        ask(layer._connection)


def test_a_list_that_an_older_openssl_does_not_take_is_a_clear_error():
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    with pytest.raises(Unsupported, match="does not accept"):
        libssl.set_groups(context, "a-group-of-tomorrow")
    # The reason must not wait in OpenSSL's queue for the next, innocent call.
    context.set_cipher_list(b"DEFAULT")
