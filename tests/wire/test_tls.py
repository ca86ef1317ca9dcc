"""The TLS layer against Python's own ssl, which runs on another OpenSSL."""

import contextlib
import re
import socket
import ssl
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from wire import pki

from smtp_nb.errors import (
    AddressError,
    ConnectionClosed,
    InputError,
    StateError,
    TLSError,
    Unsupported,
)
from smtp_nb.model.enums import SSLProtocol
from smtp_nb.wire import contexts
from smtp_nb.wire.contexts import context_for
from smtp_nb.wire.stores import Identity
from smtp_nb.wire.tls import Step, TLSLayer, TLSSettings


@pytest.fixture(scope="module")
def leaf():
    return pki.issue(issuer=pki.intermediate())


@pytest.fixture(scope="module")
def folder(tmp_path_factory, leaf):
    folder = tmp_path_factory.mktemp("tls")
    leaf.write(folder)
    return folder


@pytest.fixture(params=["1.2", "1.3"])
def version(request):
    return request.param


@pytest.fixture
def make(folder, version):
    """Makes a layer and a server that have not met."""

    def make(host=pki.HOST, context=None, **settings):
        context = context or pki.server_context(folder / "server.pem", version)
        settings = {"ca_data": pki.root().pem} | settings
        return TLSLayer(TLSSettings(**settings), host), pki.MemoryServer(context)

    return make


@pytest.fixture
def pair(make):
    """A layer and a server with the handshake behind them."""
    layer, server = make()
    assert pki.shake(layer, server) is Step.DONE
    layer.receive(server.take())
    return layer, server


# -- handshake ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_octets_may_come_in_any_pieces(make, size):
    layer, server = make()
    assert pki.shake(layer, server, size=size) is Step.DONE
    got = b"".join(layer.receive(bytes([octet])) for octet in server.say(b"220 hello\r\n"))
    assert got == b"220 hello\r\n"


def test_what_rides_with_the_end_of_the_handshake_is_kept(make):
    layer, server = make()
    steps = []
    while (step := layer.handshake()) is not Step.DONE:
        steps.append(step)
        if step is Step.DECIDE:
            layer.accept()
            continue
        answer = server.feed(layer.outgoing())
        layer.receive(answer + server.say(b"220 hi\r\n") if server.is_shaken else answer)
    server.feed(layer.outgoing())
    early = layer.receive(b"")
    if Step.READ in steps[steps.index(Step.DECIDE) :]:  # TLS 1.2: the server speaks last
        assert early == b"220 hi\r\n"
    assert steps.count(Step.DECIDE) == 1


def test_the_decision_is_asked_for_until_it_is_made(make):
    layer, server = make()
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert [layer.handshake() for _ in range(3)] == [Step.DECIDE] * 3
    assert layer.outgoing() == b""
    with pytest.raises(StateError):
        layer.send(b"MAIL")
    layer.accept()
    with pytest.raises(StateError):
        layer.accept()


def test_before_the_certificate_there_is_no_verdict(make):
    layer, _ = make()
    layer.handshake()
    with pytest.raises(StateError):
        _ = layer.verdict
    assert layer.receive(b"") == b""
    assert layer.close() == b""


def test_the_server_learns_the_name_that_is_wanted(folder, version):
    names = []
    context = pki.server_context(folder / "server.pem", version)
    context.sni_callback = lambda tls, name, context: names.append(name)
    for host in ("mail.test", "mail.test.", "müller.test", "127.0.0.1", "[::1]"):
        pki.shake(TLSLayer(TLSSettings(), host), pki.MemoryServer(context))
    assert names == ["mail.test", "mail.test", "xn--mller-kva.test", None, None]


@pytest.mark.parametrize("host", ["", "a" * 64 + ".test", "b\ufffdd.test", "x" * 300])
def test_a_host_that_is_no_name_is_refused_or_matches_nothing(make, host):
    try:
        layer, server = make(host)
    except AddressError:
        return
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert not layer.is_acceptable


def test_what_was_agreed_on(pair, version):
    layer, server = pair
    assert layer.info.protocol == f"TLSv{version}" == server.tls.version()
    assert layer.info.cipher == server.tls.cipher()[0]
    assert layer.info.bits == server.tls.cipher()[2]


def test_the_steps_of_the_handshake_are_told(pair):
    steps = pair[0].steps
    assert any("server hello" in step for step in steps)
    assert any("certificate" in step for step in steps)
    assert all(a != b for a, b in pairwise(steps))


def test_steps_are_bounded_however_many_tickets_come(make):
    layer, server = make()
    layer._witness.steps.extend(f"step {n}" for n in range(contexts.MAX_STEPS))
    pki.shake(layer, server)
    assert len(layer.steps) == contexts.MAX_STEPS


# -- failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [b"220 mail.test ESMTP\r\n", b"HTTP/1.1 400 Bad\r\n", b"\0" * 99])
def test_a_server_without_tls_is_an_error_that_says_so(make, words):
    layer, _ = make()
    layer.handshake()
    layer.receive(words)
    with pytest.raises(TLSError) as caught:
        layer.handshake()
    assert caught.value.code == 276
    if words[:1] != b"\0":
        assert "STARTTLS" in str(caught.value)


@given(noise=st.binary(min_size=5, max_size=400))
def test_noise_is_a_tls_error_or_waits_for_more(noise):
    layer = TLSLayer(TLSSettings(), pki.HOST)
    layer.handshake()
    layer.receive(noise)
    with contextlib.suppress(TLSError):
        assert layer.handshake() is Step.READ


def test_a_line_that_ends_in_the_handshake_is_lost(make):
    layer, server = make()
    layer.handshake()
    with pytest.raises(ConnectionClosed, match="handshake") as caught:
        layer.eof()
    assert caught.value.code == 1120
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    with pytest.raises(ConnectionClosed):
        layer.eof()


def test_no_common_version_says_where_to_look(folder):
    context = pki.server_context(folder / "server.pem", "1.2")
    layer = TLSLayer(TLSSettings(enabled_protocols=SSLProtocol.TLS1_3), pki.HOST)
    server = pki.MemoryServer(context)
    with pytest.raises(ssl.SSLError):
        server.feed(hello(layer))
    layer.receive(server.take())
    with pytest.raises(TLSError, match="SSLEnabledProtocols") as caught:
        layer.handshake()
    assert caught.value.code == 276


def hello(layer):
    layer.handshake()
    return layer.outgoing()


def test_a_server_that_wants_our_certificate_is_error_281(folder):
    # In TLS 1.3 it can say so only after our side of the handshake is over.
    context = pki.server_context(folder / "server.pem", "1.3", pki.root())
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem), pki.HOST)
    server = pki.MemoryServer(context)
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN"):
        pki.shake(layer, server)
    with pytest.raises(TLSError, match="ssl_cert") as caught:
        layer.receive(server.take())
    assert caught.value.code == 281


def test_our_certificate_is_shown_to_who_asks(folder, version):
    issued = pki.issue("pupil", pki.intermediate(), usage=None)
    context = pki.server_context(folder / "server.pem", version, pki.root())
    identity = Identity(issued.certificate, issued.key, issued.chain)
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem, identity=identity), pki.HOST)
    server = pki.MemoryServer(context)
    assert pki.shake(layer, server) is Step.DONE
    assert server.tls.getpeercert()["subject"][-1] == (("commonName", "pupil"),)


def test_suites_without_a_certificate_are_not_offered():
    # RFC 4346 and 5246: ADH and AECDH, the suites 0x0018 to 0x001B, 0x006C, 0xC015 and so on.
    anonymous = SSL.Context(SSL.TLS_CLIENT_METHOD)
    anonymous.set_cipher_list(b"aNULL:eNULL:PSK:SRP:@SECLEVEL=0")
    theirs = set(SSL.Connection(anonymous, None).get_cipher_list())
    for enabled in (SSLProtocol.TLS1_2, SSLProtocol.TLS1 | SSLProtocol.TLS1_1 | SSLProtocol.TLS1_2):
        settings = TLSSettings(enabled_protocols=enabled)
        ours = set(SSL.Connection(context_for(settings), None).get_cipher_list())
        assert ours
        assert {name for name in ours & theirs if not name.startswith("TLS_")} == set()


def test_a_server_without_certificate_is_error_282(monkeypatch):
    monkeypatch.setattr(contexts, "CIPHERS", "aNULL:@SECLEVEL=0")
    settings = TLSSettings(enabled_protocols=SSLProtocol.TLS1_2, ca_data=pki.root().pem + b"\n")
    layer = TLSLayer(settings, pki.HOST)
    server = anonymous_server()
    with pytest.raises(TLSError) as caught:
        exchange(layer, server)
    assert caught.value.code == 282


def anonymous_server():
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(b"AECDH:@SECLEVEL=0")
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    server = SSL.Connection(context, None)
    server.set_accept_state()
    return server


def exchange(layer, server):
    """A handshake with a server of pyOpenSSL's."""
    while (step := layer.handshake()) is not Step.DONE:
        if step is Step.DECIDE:
            layer.accept()
            continue
        server.bio_write(layer.outgoing())
        with contextlib.suppress(SSL.WantReadError):
            server.do_handshake()
        layer.receive(server.bio_read(65536))


def test_a_certificate_that_cannot_be_parsed_is_refused(make, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("bad DER")

    layer, server = make()
    monkeypatch.setattr(SSL.Connection, "get_peer_cert_chain", fail)
    with pytest.raises(TLSError, match="cannot be read") as caught:
        pki.shake(layer, server)
    assert caught.value.code == 280


# -- data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 65536, 65537, 1_000_000])
def test_data_of_any_size_pass_both_ways(pair, size):
    layer, server = pair
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    server.feed(layer.send(data))
    assert server.plaintext == data
    sealed = server.say(data) if data else b""
    assert layer.receive(sealed) == data


def test_memoryviews_and_bytearrays_are_data_too(pair):
    layer, server = pair
    for data in (bytearray(b"EHLO x\r\n"), memoryview(b"QUIT\r\n")):
        server.feed(layer.send(data))
    assert server.plaintext == b"EHLO x\r\nQUIT\r\n"


def test_a_forged_record_is_error_284(pair):
    layer, server = pair
    sealed = bytearray(server.say(b"250 OK\r\n"))
    sealed[-1] ^= 1
    with pytest.raises(TLSError) as caught:
        layer.receive(bytes(sealed))
    assert caught.value.code == 284
    assert not caught.value.connection_survives


def test_what_came_before_a_forged_record_still_counts(pair):
    # It may be the reply that decides about a message.
    layer, server = pair
    good, forged = server.say(b"250 queued\r\n"), bytearray(server.say(b"220 x\r\n"))
    forged[-1] ^= 1
    assert layer.receive(good + forged) == b"250 queued\r\n"
    for _ in range(2):
        with pytest.raises(TLSError) as caught:
            layer.receive(b"")
        assert caught.value.code == 284


def test_a_goodbye_lets_the_line_end(pair):
    layer, server = pair
    last = server.say(b"221 bye\r\n") + server.goodbye()
    assert layer.receive(last) == b"221 bye\r\n"
    assert layer.is_closed
    layer.eof()
    assert layer.receive(b"anything") == b""


def test_an_end_without_goodbye_is_a_lost_line(pair):
    layer, server = pair
    layer.receive(server.say(b"250 O")[:-3])
    with pytest.raises(ConnectionClosed, match="close_notify") as caught:
        layer.eof()
    assert caught.value.code == 1120


def test_we_say_goodbye_too(pair):
    layer, server = pair
    with contextlib.suppress(ssl.SSLZeroReturnError):
        server.feed(layer.close())
    assert server.tls.read(1) == b""
    assert layer.close() == b""


def test_renegotiation_is_refused(leaf):
    # Else a server could change its certificate after it was judged.
    server = openssl_server(leaf)
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem), pki.HOST)
    exchange(layer, server)
    assert layer.handshake() is Step.DONE
    server.renegotiate()
    with contextlib.suppress(SSL.WantReadError):
        server.do_handshake()
    assert layer.receive(server.bio_read(65536)) == b""
    answer = layer.outgoing()
    assert answer[0] == 21, "an alert, not a new hello (22)"
    assert layer.handshake() is Step.DONE


def openssl_server(leaf):
    """A server that can renegotiate, which Python's own ssl cannot."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate(leaf.certificate)
    context.use_privatekey(leaf.key)
    context.add_extra_chain_cert(leaf.chain[0])
    server = SSL.Connection(context, None)
    server.set_accept_state()
    return server


# -- settings and contexts ----------------------------------------------------------------------


def test_equal_settings_share_a_context():
    first = context_for(TLSSettings(ca_data=pki.root().pem))
    assert context_for(TLSSettings(ca_data=pki.root().pem)) is first
    assert context_for(TLSSettings()) is not first


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
    assert pki.shake(layer, pki.MemoryServer(context)) is Step.DONE
    assert layer.info.protocol == {"TLSv1": "TLSv1", "TLSv1_1": "TLSv1.1"}[old]


def test_ssl_2_and_3_beside_others_are_left_out_aloud():
    everything = SSLProtocol.SSL2 | SSLProtocol.SSL3 | SSLProtocol(4032)
    layer = TLSLayer(TLSSettings(enabled_protocols=everything), pki.HOST)
    assert "SSL 3" in layer.steps[0]


def test_secrets_are_in_no_repr(leaf):
    identity = Identity(leaf.certificate, leaf.key)
    settings = TLSSettings(identity=identity, ca_data=b"-----BEGIN x", accepted_der=leaf.der)
    layer_text = repr(settings)
    assert "BEGIN" not in layer_text
    assert "PrivateKey" not in layer_text


# -- a socket -----------------------------------------------------------------------------------


def test_it_works_on_a_real_socket(folder, version):
    context = pki.server_context(folder / "server.pem", version)
    listener = socket.create_server(("127.0.0.1", 0))
    got = []

    def serve():
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.sendall(b"220 ready\r\n")
            while piece := tls.recv(65536):
                got.append(piece)
            tls.unwrap().close()

    thread = threading.Thread(target=serve)
    thread.start()
    with listener, socket.create_connection(listener.getsockname()) as line:
        line.settimeout(20)
        layer = TLSLayer(TLSSettings(ca_data=pki.root().pem), pki.HOST)
        said = over_socket(layer, line)
        while b"\n" not in said:
            said += layer.receive(line.recv(65536))
        line.sendall(layer.send(b"x" * 300_000) + layer.close())
        while raw := line.recv(65536):
            layer.receive(raw)
        layer.eof()
        thread.join(20)
    assert said == b"220 ready\r\n"
    assert b"".join(got) == b"x" * 300_000


def over_socket(layer, line):
    """The loop of the module's docstring."""
    while (step := layer.handshake()) is not Step.DONE:
        if step is Step.DECIDE:
            assert layer.is_acceptable
            layer.accept()
            continue
        line.sendall(layer.outgoing())
        layer.receive(line.recv(65536))
    line.sendall(layer.outgoing())
    return layer.receive(b"")
