"""Channel bindings are equal on both ends of a connection, and missing where not safe."""

import hashlib
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from components import require
from smtp_nb.errors import StateError
from smtp_nb.wire.tls.tls import HandshakeStep, TLSLayer, TLSSettings
from wire import openssl_server, pki

KINDS = ("tls-unique", "tls-exporter", "tls-server-end-point")


def met(leaf, version, options=0):
    """A layer and a server of pyOpenSSL's with the handshake behind them."""
    server = openssl_server.serve(openssl_server.context(leaf, version, options=options))
    layer = TLSLayer(TLSSettings(), pki.HOST)
    openssl_server.exchange(layer, server)
    return layer, server


def test_tls_unique_is_the_servers_too(make, version):
    layer, server = make()
    assert pki.shake(layer, server) is HandshakeStep.DONE
    theirs = server.tls.get_channel_binding("tls-unique")
    assert layer.channel_binding("tls-unique") == (theirs if version == "1.2" else None)


def test_tls_exporter_is_the_servers_too(leaf, version):
    layer, server = met(leaf, version)
    theirs = server.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    assert layer.channel_binding("tls-exporter") == theirs


def test_each_connection_has_its_own(leaf, version):
    first, second = met(leaf, version)[0], met(leaf, version)[0]
    assert first.channel_binding("tls-exporter") != second.channel_binding("tls-exporter")
    if version == "1.2":
        assert first.channel_binding("tls-unique") != second.channel_binding("tls-unique")


@pytest.mark.parametrize("digest", ["SHA256", "SHA384", "SHA512"])
def test_the_end_point_is_hashed_as_it_was_signed(tmp_path, digest):
    """RFC 5929 section 4.1, by the openssl command."""
    leaf = pki.issue(digest=getattr(hashes, digest)())
    path = tmp_path / "leaf.pem"
    path.write_bytes(leaf.pem)
    program = require("openssl")["openssl"]
    command = [program, "x509", "-in", str(path), "-noout", "-fingerprint", f"-{digest.lower()}"]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    wanted = bytes.fromhex(told.strip().partition("=")[2].replace(":", ""))
    assert met(leaf, "1.3")[0].channel_binding("tls-server-end-point") == wanted


def test_the_end_point_of_a_certificate_signed_with_sha_1_is_hashed_with_sha_256():
    from smtp_nb.wire.tls.bindings import channel_binding

    leaf = pki.sha1_signed()
    binding = channel_binding("tls-server-end-point", None, leaf.certificate, is_resumed=False)
    assert binding == hashlib.sha256(leaf.der).digest()


def test_a_signature_without_a_hash_has_no_end_point():
    root = pki.issue("Ed root", ca=True, key=ed25519.Ed25519PrivateKey.generate(), digest=pki.NONE)
    leaf = pki.issue(issuer=root, digest=pki.NONE)
    layer, _ = met(leaf, "1.3")
    assert layer.channel_binding("tls-server-end-point") is None
    assert layer.channel_binding("tls-exporter")


def test_without_the_extended_master_secret_nothing_binds(leaf):
    """RFC 7627: two connections to different servers could else share these values."""
    layer, _ = met(leaf, "1.2", openssl_server.NO_EXTENDED_MASTER_SECRET)
    assert [layer.channel_binding(kind) is None for kind in KINDS] == [True, True, False]


def test_an_unknown_kind_has_no_value(leaf):
    assert met(leaf, "1.3")[0].channel_binding("tls-other") is None


def test_before_the_handshake_is_over_there_is_no_binding(make):
    layer, _ = make()
    with pytest.raises(StateError):
        layer.channel_binding("tls-exporter")


def test_rsa_keys_bind_as_well(version):
    key = rsa.generate_private_key(65537, 2048)
    layer, _ = met(pki.issue(key=key), version)
    assert len(layer.channel_binding("tls-exporter")) == 32
    assert len(layer.channel_binding("tls-server-end-point")) == 32
