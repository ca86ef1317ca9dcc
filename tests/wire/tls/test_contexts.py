"""What the settings ask for is what OpenSSL does, or an error says why not."""

import re
import ssl

import pytest
from OpenSSL import SSL

from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.enums import SSLProtocol, SSLSecurityFlag
from smtp_nb.wire.certificates.identity import Identity
from smtp_nb.wire.tls import contexts, tls
from smtp_nb.wire.tls.contexts import context_for
from smtp_nb.wire.tls.tls import HandshakeStep, TLSLayer, TLSSettings
from wire import pki


def test_suites_without_a_certificate_are_not_offered():
    # RFC 4346 and 5246: ADH and AECDH, the suites 0x0018 to 0x001B, 0x006C, 0xC015 and so on.
    anonymous = SSL.Context(SSL.TLS_CLIENT_METHOD)
    anonymous.set_cipher_list(b"aNULL:eNULL:PSK:SRP:@SECLEVEL=0")
    theirs = set(SSL.Connection(anonymous, None).get_cipher_list())
    for enabled in (SSLProtocol.TLS1_2, SSLProtocol.TLS1 | SSLProtocol.TLS1_1 | SSLProtocol.TLS1_2):
        settings = TLSSettings(enabled_protocols=enabled)
        ours = set(SSL.Connection(context_for(settings).context, None).get_cipher_list())
        assert ours
        assert {name for name in ours & theirs if not name.startswith("TLS_")} == set()


def test_equal_settings_share_a_context():
    first = context_for(TLSSettings(ca_data=pki.root().pem))
    assert context_for(TLSSettings(ca_data=pki.root().pem)) is first
    assert context_for(TLSSettings()) is not first
    judging = TLSSettings(
        ca_data=pki.root().pem,
        security_flags=SSLSecurityFlag.ALLOW_UNKNOWN_CA,
        accepted_der=b"x",
        pins=("sha256:" + "0" * 64,),
        checks_revocation=True,
    )
    assert context_for(judging) is first


@pytest.mark.filterwarnings("error")
def test_a_context_never_changes_so_other_settings_have_another_one():
    # pyOpenSSL refuses to change one from which a connection was made; older versions warn.
    first = context_for(TLSSettings()).context
    SSL.Connection(first, None)
    with pytest.raises((ValueError, Warning), match=r"[Cc]ontext"):
        first.set_cipher_list(b"DEFAULT")
    other = TLSSettings(enabled_protocols=SSLProtocol.TLS1_3)
    assert context_for(other).context is not first


def test_a_callback_that_raises_ends_the_handshake(folder, monkeypatch):
    """On the context it propagates; on a connection it would become 'certificate verify failed'."""

    class Blind(contexts.Witness):
        def __getattribute__(self, wanted):
            if wanted == "findings":
                raise ZeroDivisionError
            return super().__getattribute__(wanted)

    monkeypatch.setattr(tls, "Witness", Blind)
    layer = TLSLayer(TLSSettings(), pki.HOST)
    server = pki.MemoryServer(pki.server_context(folder / "server.pem"))
    with pytest.raises(ZeroDivisionError):
        pki.shake(layer, server)
    assert not server.is_shaken


def test_a_file_of_authorities_that_changed_is_read_again(tmp_path, leaf, folder):
    file = tmp_path / "ca.pem"
    file.write_bytes(pki.issue("Stranger", ca=True).pem)
    settings = TLSSettings(ca_file=str(file))

    def status():
        server = pki.MemoryServer(pki.server_context(folder / "server.pem"))
        layer = TLSLayer(settings, pki.HOST)
        pki.shake(layer, server, lambda layer: pki.REFUSED)
        return layer.verdict.status

    assert status() != "OK"
    file.write_bytes(pki.root().pem + b"# renewed\n")
    assert status() == "OK"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"ca_file": "/nowhere/ca.pem"}, 271),
        ({"ca_data": b"no certificate"}, 271),
        ({"ca_data": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, 271),
        ({"identity": Identity(pki.root().certificate)}, 273),
        ({"identity": Identity(pki.root().certificate, pki.intermediate().key)}, 273),
    ],
)
def test_what_cannot_be_read_is_named_before_a_byte_is_written(settings, code):
    with pytest.raises(InputError) as caught:
        TLSLayer(TLSSettings(**settings), pki.HOST)
    assert caught.value.code == code


@pytest.mark.parametrize("form", ["pem", "der"])
@pytest.mark.parametrize("place", ["file", "data"])
def test_authorities_come_as_pem_or_der_in_a_file_or_octets(folder, tmp_path, form, place):
    octets = getattr(pki.root(), form)
    file = tmp_path / "root"
    file.write_bytes(octets)
    settings = TLSSettings(ca_file=str(file)) if place == "file" else TLSSettings(ca_data=octets)
    server = pki.MemoryServer(pki.server_context(folder / "server.pem"))
    layer = TLSLayer(settings, pki.HOST)
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert layer.verdict.status == "OK"


def test_a_file_that_holds_no_certificate_is_named(tmp_path):
    for octets in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n"):
        file = tmp_path / "root"
        file.write_bytes(octets)
        with pytest.raises(InputError, match=re.escape(str(file))) as caught:
            TLSLayer(TLSSettings(ca_file=str(file)), pki.HOST)
        assert caught.value.code == 271


@pytest.mark.parametrize(
    ("enabled", "error"),
    [
        (SSLProtocol.TLS1 | SSLProtocol.TLS1_3, InputError),
        (SSLProtocol.TLS1_1 | SSLProtocol.TLS1_3, InputError),
        (SSLProtocol.SSL2 | SSLProtocol.SSL3, Unsupported),
        (SSLProtocol(0), Unsupported),
    ],
)
def test_versions_that_openssl_would_drop_in_silence_are_refused(enabled, error):
    with pytest.raises(error):
        TLSSettings(enabled_protocols=enabled)


@pytest.mark.parametrize("newest", ["1.2", "1.3"])
def test_the_newest_common_version_is_taken(folder, newest):
    enabled = {"1.2": SSLProtocol(4032), "1.3": SSLProtocol(4032) | SSLProtocol.TLS1_3}[newest]
    context = pki.server_context(folder / "server.pem", newest)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem, enabled_protocols=enabled), pki.HOST)
    pki.shake(layer, pki.MemoryServer(context))
    assert layer.info.protocol == f"TLSv{newest}"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("old", ["TLSv1", "TLSv1_1"])
def test_old_versions_work_for_who_asks_for_them(folder, old):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(folder / "server.pem")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[old]
    layer = TLSLayer(
        TLSSettings(ca_data=pki.root().pem, enabled_protocols=SSLProtocol(4032)), pki.HOST
    )
    assert pki.shake(layer, pki.MemoryServer(context)) is HandshakeStep.DONE
    assert layer.info.protocol == {"TLSv1": "TLSv1", "TLSv1_1": "TLSv1.1"}[old]


def test_ssl_2_and_3_beside_others_are_left_out_aloud():
    everything = SSLProtocol.SSL2 | SSLProtocol.SSL3 | SSLProtocol(4032)
    layer = TLSLayer(TLSSettings(enabled_protocols=everything), pki.HOST)
    assert "SSL 3" in layer.take_steps()[0]


def test_secrets_are_in_no_repr(leaf):
    identity = Identity(leaf.certificate, leaf.key)
    settings = TLSSettings(identity=identity, ca_data=b"-----BEGIN x", accepted_der=leaf.der)
    layer_text = repr(settings)
    assert "BEGIN" not in layer_text
    assert "PrivateKey" not in layer_text
