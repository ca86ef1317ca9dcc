"""Every setting for TLS at work: the component on both fronts, against Python's own TLS."""

from __future__ import annotations

import ssl
import warnings
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from drivers.fronts import NAMES, open_front
from flows.tls_server import Server, connected, context, good, send, steps_of
from smtp_nb import Certificate, CertStoreType
from smtp_nb.errors import CertificateError, InputError, TLSError, Unsupported
from wire import openssl_server, pki

covers = pytest.mark.covers
ROOT = pki.root().pem.decode()


@pytest.fixture(params=NAMES, scope="module")
def front(request):
    with open_front(request.param) as opened:
        yield opened


@cache
def rsa_leaf() -> pki.Issued:
    key = rsa.generate_private_key(65537, 2048)
    return pki.issue("localhost", pki.root(), names=("127.0.0.1",), key=key)


def told(front: Any, server: Server, *names: str, **changes: Any) -> Any:
    """What settings tell in the middle of a session."""
    with connected(front, server, **changes) as smtp:
        values = tuple(smtp.settings[name] for name in names)
    return values if len(names) > 1 else values[0]


# -- how TLS begins ---------------------------------------------------------------------------


@covers("SMTP.SSLStartMode", "SmtpSSLStartModes.sslImplicit", "SmtpSSLStartModes.sslExplicit")
@pytest.mark.parametrize("implicit", [False, True])
def test_tls_begins_at_once_or_after_starttls(front, implicit):
    server = Server(good, implicit)
    assert send(front, server).tls
    assert server.clear == ([] if implicit else [b"EHLO client.test", b"STARTTLS"])
    assert b"AUTH" in server.protected[1]


@covers("SmtpSSLStartModes.sslAutomatic")
def test_automatic_is_implicit_on_other_ports_than_those_that_begin_in_clear(front):
    server = Server(good, implicit=True)
    assert send(front, server, ssl_start_mode="automatic").tls
    assert server.clear == []


@covers("SmtpSSLStartModes.sslNone")
def test_without_tls_all_is_in_clear(front):
    server = Server(good)
    assert send(front, server, ssl_start_mode="none").tls is None
    assert server.protected == []
    assert b"DATA" in server.clear


@pytest.mark.parametrize("implicit", [False, True])
def test_our_certificate_is_shown_with_each_way_to_begin(front, implicit):
    issued = pki.issue("pupil", pki.intermediate(), usage=None)
    store = issued.key_pem + issued.pem
    server = Server(implicit=implicit, context=context(good, asks=True))
    changes = {
        "ssl_cert": Certificate(CertStoreType.PEM_KEY_BLOB, store),
        "SSLCACerts": pki.intermediate().pem.decode(),
    }
    assert send(front, server, **changes)
    (shown,) = server.client_certificates
    assert shown["subject"][-1] == (("commonName", "pupil"),)


@covers("SSL.SSLCACerts")
def test_without_those_above_it_our_certificate_may_not_be_understood(front):
    issued = pki.issue("pupil", pki.intermediate(), usage=None)
    server = Server(implicit=True, context=context(good, asks=True))
    own = Certificate(CertStoreType.PEM_KEY_BLOB, issued.key_pem + issued.pem)
    with pytest.raises(TLSError):
        send(front, server, ssl_cert=own)
    assert server.protected == []


@covers("error.281")
def test_a_server_that_wants_our_certificate_and_gets_none_is_error_281(front):
    server = Server(implicit=True, context=context(good, version="1.3", asks=True))
    with pytest.raises(TLSError, match="ssl_cert") as caught:
        send(front, server)
    assert caught.value.code == 281


# -- whom to trust ----------------------------------------------------------------------------


@covers("SSL.SSLServerCACerts", "error.280")
@pytest.mark.parametrize("between", ["", "\r \n", "\r\n", "words\n"])
def test_roots_as_text_are_trusted_besides_the_systems(front, between):
    other = pki.intermediate().pem.decode()
    assert send(front, Server(good), SSLServerCACerts=other + between + ROOT)
    with pytest.raises(CertificateError):
        send(front, Server(good), SSLServerCACerts="")


@covers("SSL.CACertFilePaths")
def test_roots_in_files_are_trusted_and_missing_files_passed_over(front, tmp_path):
    file = tmp_path / "roots.pem"
    file.write_text(pki.intermediate().pem.decode() + "\n# ours\n" + ROOT)
    paths = f"/nowhere/a.pem;{file}"
    assert send(front, Server(good), SSLServerCACerts="", CACertFilePaths=paths)


@covers("SSL.CACertFilePaths", "error.271")
def test_no_file_of_roots_at_all_is_an_error_before_a_byte_is_written(front):
    server = Server(good)
    with pytest.raises(InputError) as caught:
        send(front, server, CACertFilePaths="/nowhere/a.pem;/nowhere/b.pem")
    assert caught.value.code == 271
    assert server.clear == []


@covers("error.273")
def test_a_certificate_without_its_key_cannot_be_ours(front):
    with pytest.raises(InputError) as caught:
        send(front, Server(good), ssl_cert=pki.root().pem)
    assert caught.value.code == 273


# -- what is offered --------------------------------------------------------------------------


@covers(
    "SSL.SSLEnabledProtocols",
    "SSL.SSLNegotiatedProtocol",
    "SSLEnabledProtocols.TLS1.2",
    "SSLEnabledProtocols.TLS1.3",
)
@pytest.mark.parametrize(("enabled", "spoken"), [(3072, "TLSv1.2"), (12288, "TLSv1.3")])
def test_the_version_that_is_enabled_is_spoken(front, enabled, spoken):
    wanted = {"SSLEnabledProtocols": enabled}
    assert told(front, Server(good), "SSLNegotiatedProtocol", **wanted) == spoken


@covers("SSLEnabledProtocols.TLS1", "SSLEnabledProtocols.TLS1.1")
@pytest.mark.parametrize(
    ("enabled", "version"), [(192, "TLSv1"), (768, "TLSv1_1"), (4032, "TLSv1_1")]
)
def test_versions_of_the_past_are_spoken_only_if_asked_for(front, enabled, version):
    server = Server(context=old_context(version))
    spoken = version.replace("_", ".")
    wanted = {"SSLEnabledProtocols": enabled}
    assert told(front, server, "SSLNegotiatedProtocol", **wanted) == spoken
    with pytest.raises(TLSError, match="SSLEnabledProtocols"):
        send(front, Server(context=old_context(version)))


@cache
def old_context(version: str, make: Any = good) -> Any:
    made = context.__wrapped__(make, ciphers="DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion[version]
    return made


@covers("SSLEnabledProtocols.SSL2", "SSLEnabledProtocols.SSL3", "error.270")
@pytest.mark.parametrize("enabled", [12, 48, 60])
def test_ssl_2_and_3_alone_are_an_error_and_beside_others_left_out_aloud(front, enabled):
    server = Server(good)
    with pytest.raises(Unsupported) as caught:
        send(front, server, SSLEnabledProtocols=enabled)
    assert caught.value.code == 270
    assert server.clear == []
    steps = steps_of(front, Server(good), SSLEnabledProtocols=enabled | 15360)
    assert [step for step in steps if "SSL 3" in step]


@pytest.mark.parametrize("name", ["weak key", "weak authority", "SHA-1"])
def test_the_level_that_old_versions_need_lets_no_weak_certificate_in(front, name):
    from wire import faulty

    made = next(case.make for key, case in faulty.CASES.items() if key.startswith(name))
    server = Server(context=old_context("TLSv1_1", made))
    roots = ROOT + pki.rsa_root().pem.decode()
    changes = {"SSLEnabledProtocols": 4032, "SSLServerCACerts": roots}
    with pytest.raises(CertificateError, match=r"weak|broken"):
        send(front, server, mail_server="localhost", **changes)
    assert server.protected == []


@covers("SSL.SSLEnabledCipherSuites", "SSL.SSLNegotiatedCipherSuite", "SSL.SSLNegotiatedCipher")
@pytest.mark.parametrize(
    ("suites", "used", "openssl"),
    [
        (
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_CHACHA20_POLY1305_SHA256",
        ),
        (
            "TLS_DHE_DSS_WITH_AES_128_CBC_SHA;TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
            "ECDHE-ECDSA-AES256-SHA384",
        ),
        ("CALG_AES_128;CALG_SHA_256", "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
    ],
)
def test_only_the_suites_that_are_named_are_used(front, suites, used, openssl):
    names = ("SSLNegotiatedCipherSuite", "SSLNegotiatedCipher")
    found = told(front, Server(good), *names, SSLEnabledCipherSuites=suites)
    assert found == (used, openssl)


@covers("SSL.SSLEnabledCipherSuites")
def test_a_server_with_none_of_the_suites_is_refused(front):
    server = Server(context=context(good, "1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256"))
    with pytest.raises(TLSError) as caught:
        send(front, server, SSLEnabledCipherSuites="TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
    assert caught.value.code == 276
    assert server.protected == []


@covers("SSL.SSLCipherStrength", "SSL.SSLNegotiatedCipherStrength")
def test_the_strength_that_is_wanted_is_the_least(front):
    made = context(good, "1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA")
    assert told(front, Server(context=made), "SSLNegotiatedCipherStrength") == 128
    wanted = {"SSLCipherStrength": 256}
    assert told(front, Server(context=made), "SSLNegotiatedCipherStrength", **wanted) == 256
    only_weaker = context(good, "1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
    with pytest.raises(TLSError):
        send(front, Server(context=only_weaker), **wanted)
    with pytest.raises(Unsupported):
        send(front, Server(good), SSLCipherStrength=512)


@covers("SSL.SSLNegotiatedKeyExchange", "SSL.SSLNegotiatedKeyExchangeStrength")
@pytest.mark.parametrize(
    ("version", "setting", "group", "exchange", "bits"),
    [
        pytest.param(
            3072,
            "TLS12SupportedGroups",
            "ecdhe_secp384r1",
            "secp384r1",
            384,
            marks=covers("SSL.TLS12SupportedGroups"),
        ),
        pytest.param(
            12288,
            "TLS13SupportedGroups",
            "ecdhe_x448",
            "X448",
            448,
            marks=covers("SSL.TLS13SupportedGroups"),
        ),
        pytest.param(
            12288,
            "TLS13KeyShareGroups",
            "ecdhe_secp521r1",
            "secp521r1",
            521,
            marks=covers("SSL.TLS13KeyShareGroups"),
        ),
    ],
)
def test_keys_are_agreed_on_in_the_group_that_is_named(
    front, version, setting, group, exchange, bits
):
    names = ("SSLNegotiatedKeyExchange", "SSLNegotiatedKeyExchangeStrength")
    wanted = {"SSLEnabledProtocols": version, setting: group}
    found = told(front, Server(rsa_leaf), *names, **wanted)
    assert found == (exchange, bits)


@pytest.mark.parametrize(
    ("version", "setting", "fine", "wrong"),
    [
        pytest.param(
            3072,
            "TLS12SignatureAlgorithms",
            "sha256-ecdsa",
            "sha384-ecdsa,sha256-rsa",
            marks=covers("SSL.TLS12SignatureAlgorithms"),
        ),
        pytest.param(
            12288,
            "TLS13SignatureAlgorithms",
            "ecdsa_secp256r1_sha256",
            "ed25519,rsa_pss_sha256",
            marks=covers("SSL.TLS13SignatureAlgorithms"),
        ),
    ],
)
def test_only_the_signatures_that_are_named_are_taken(front, version, setting, fine, wrong):
    protocols = {"SSLEnabledProtocols": version}
    assert send(front, Server(good), **protocols, **{setting: fine})
    server = Server(good)
    with pytest.raises(TLSError):
        send(front, server, **protocols, **{setting: wrong})
    assert server.protected == []


@covers("SSL.SSLEnableRenegotiation")
def test_renegotiation_info_is_left_out_where_openssl_can(front):
    assert send(front, Server(good), SSLEnableRenegotiation=False, SSLEnabledProtocols=12288)
    server = Server(good)
    with pytest.raises(Unsupported, match=r"12288"):
        send(front, server, SSLEnableRenegotiation=False)
    assert server.clear == []


def test_a_list_in_openssls_language_rules_what_is_offered(front):
    wanted = {"OpenSSLCipherList": "ECDHE-ECDSA-AES128-SHA", "SSLEnabledProtocols": 3072}
    assert told(front, Server(good), "SSLNegotiatedCipher", **wanted) == "ECDHE-ECDSA-AES128-SHA"


@covers("SSL.TLS13Provider", "error.270")
def test_engines_that_are_not_there_are_an_error(front):
    smtp = front.make()
    for name, value in (("TLS13Provider", 1), ("SSLProvider", "Microsoft Unified Provider")):
        with pytest.raises(Unsupported) as caught:
            smtp.settings[name] = value
        assert caught.value.code == 270
    smtp.config("TLS13Provider=0")
    assert smtp.config("SSLProvider=*") == smtp.config("SSLProvider=0")
    assert smtp.config("SSLProvider=Internal") == smtp.config("SSLProvider=2")


@covers("error.282")
def test_a_server_without_a_certificate_is_refused(front, monkeypatch):
    """None of its suites is offered; should one come all the same, it is error 282."""
    from smtp_nb.wire.tls import offered_algorithms

    anonymous = AnonymousServer()
    with pytest.raises(TLSError) as caught:
        send(front, anonymous, SSLEnabledProtocols=3072)
    assert caught.value.code == 276
    monkeypatch.setattr(offered_algorithms, "NEVER", "")
    with pytest.raises(TLSError) as caught:
        send(front, anonymous, OpenSSLCipherList="aNULL:@SECLEVEL=0", SSLEnabledProtocols=3072)
    assert caught.value.code == 282
    assert anonymous.protected == []


class AnonymousServer(Server):
    """Shows no certificate, by a suite that needs none."""

    def __init__(self) -> None:
        super().__init__(implicit=True)

    def _protect(self, line: Any) -> None:
        from OpenSSL import SSL

        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_cipher_list(b"AECDH:ADH:@SECLEVEL=0")
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        server = openssl_server.serve(context)
        while raw := line.sock.recv(65536):
            try:
                line.sock.sendall(openssl_server.feed(server, raw))
            except SSL.Error:
                line.sock.sendall(server.bio_read(65536))  # the alert
        raise EOFError
