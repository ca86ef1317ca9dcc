"""Registered names of cipher suites and OpenSSL's: each side's names in the other's words."""

from pathlib import Path

import pytest
from OpenSSL import SSL

from smtp_nb.errors import SettingError
from smtp_nb.wire.tls.suites import BY_OPENSSL, SUITES, parse_suites, suite_name, wanted

# The reference's own list.
THEIRS = (Path(__file__).parents[1] / "suites.txt").read_text().split()


def ours(pattern):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_cipher_list(pattern)
    return SSL.Connection(context, None)


def test_every_suite_of_the_reference_is_in_the_table():
    assert len(set(THEIRS)) == len(THEIRS) == 61
    assert set(THEIRS) <= set(SUITES)


def test_every_suite_that_is_offered_by_default_has_its_registered_name():
    names = ours(b"DEFAULT:!aNULL:!eNULL:!PSK:!SRP").get_cipher_list()
    assert [
        name for name in names if suite_name(name) == name and not name.startswith("TLS_")
    ] == []


def test_openssl_takes_every_name_that_it_has():
    """A name that it does not know is passed over, so each one is asked for alone."""
    usable = ours(b"ALL:COMPLEMENTOFALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0").get_cipher_list()
    known = [name for name in usable if name in BY_OPENSSL and not name.startswith("TLS_")]
    assert len(known) > 50
    for name in known:
        listed = ours(f"{name}:@SECLEVEL=0".encode()).get_cipher_list()
        assert [one for one in listed if not one.startswith("TLS_")] == [name]


@pytest.mark.parametrize(
    ("registered", "openssl", "bits", "exchange"),
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", 128, ""),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", 128, "ECDHE"),
        ("TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256", 256, "RSA"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA", 112, "RSA"),
        ("TLS_DHE_DSS_WITH_AES_256_GCM_SHA384", "DHE-DSS-AES256-GCM-SHA384", 256, "DHE"),
        (
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "ECDHE-ECDSA-CHACHA20-POLY1305",
            256,
            "ECDHE",
        ),
        ("TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384", "ECDHE-ARIA256-GCM-SHA384", 256, "ECDHE"),
    ],
)
def test_a_name_says_what_the_suite_is_made_of(registered, openssl, bits, exchange):
    suite = SUITES[registered]
    assert (suite.openssl, suite.bits, suite.exchange) == (openssl, bits, exchange)
    assert suite_name(openssl) == registered


def test_names_are_read_in_any_case_and_order():
    assert parse_suites(" tls_aes_128_gcm_sha256 ;CALG_AES_256;") == (
        "TLS_AES_128_GCM_SHA256",
        "CALG_AES_256",
    )


@pytest.mark.parametrize(
    "text", ["", ";", "TLS_DH_ANON_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_NULL_SHA", "AES256-SHA"]
)
def test_suites_without_certificate_or_cipher_and_unknown_ones_are_refused(text):
    with pytest.raises(SettingError):
        parse_suites(text)


def chosen(*names):
    return [suite.name for suite in wanted(names)]


def test_parts_of_one_kind_add_up_and_of_different_kinds_restrict_each_other():
    both = chosen("CALG_AES_128", "CALG_AES_256")
    assert set(both) == set(chosen("CALG_AES_128")) | set(chosen("CALG_AES_256"))
    assert set(both) == set(chosen("CALG_AES"))
    narrow = chosen("CALG_AES_256", "CALG_SHA_384", "CALG_ECDH_EPHEM", "CALG_RSA_SIGN")
    assert narrow == [
        "TLS_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    ]


def test_static_rsa_is_not_in_tls_1_3():
    assert not any(SUITES[name].is_new for name in chosen("CALG_RSA_KEYX"))
