"""The TLS layer against Python's own ssl, which runs on another OpenSSL."""

import contextlib
import gc
import socket
import ssl
import threading
import weakref
from itertools import pairwise

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from smtp_nb.errors import (
    AddressError,
    ConnectionClosed,
    StateError,
    TLSError,
)
from smtp_nb.model.enums import SSLProtocol
from smtp_nb.wire.certificates.identity import Identity
from smtp_nb.wire.settings import Offer
from smtp_nb.wire.tls import contexts, offered_algorithms
from smtp_nb.wire.tls.tls import HandshakeStep, TLSLayer, TLSSettings
from wire import openssl_server, pki


@pytest.fixture
def pair(make):
    """A layer and a server with the handshake behind them."""
    layer, server = make()
    assert pki.shake(layer, server) is HandshakeStep.DONE
    layer.receive(server.take())
    return layer, server


# -- handshake ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_octets_may_come_in_any_pieces(make, size):
    layer, server = make()
    assert pki.shake(layer, server, size=size) is HandshakeStep.DONE
    got = b"".join(layer.receive(bytes([octet])) for octet in server.say(b"220 hello\r\n"))
    assert got == b"220 hello\r\n"


def test_what_rides_with_the_end_of_the_handshake_is_kept(make):
    layer, server = make()
    steps = []
    while (step := layer.handshake()) is not HandshakeStep.DONE:
        steps.append(step)
        if step is HandshakeStep.DECIDE:
            layer.accept()
            continue
        answer = server.feed(layer.outgoing())
        layer.receive(answer + server.say(b"220 hi\r\n") if server.is_shaken else answer)
    server.feed(layer.outgoing())
    early = layer.receive(b"")
    if (
        HandshakeStep.READ in steps[steps.index(HandshakeStep.DECIDE) :]
    ):  # TLS 1.2: the server speaks last
        assert early == b"220 hi\r\n"
    assert steps.count(HandshakeStep.DECIDE) == 1


def test_the_decision_is_asked_for_until_it_is_made(make):
    layer, server = make()
    pki.shake(layer, server, lambda layer: pki.REFUSED)
    assert [layer.handshake() for _ in range(3)] == [HandshakeStep.DECIDE] * 3
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
    steps = pair[0].take_steps()
    assert any("server hello" in step for step in steps)
    assert any("certificate" in step for step in steps)
    assert all(a != b for a, b in pairwise(steps))
    assert pair[0].take_steps() == []


def test_steps_are_bounded_however_many_tickets_come(make):
    layer, server = make()
    layer._witness.steps.extend(f"step {n}" for n in range(contexts.MAX_STEPS))
    pki.shake(layer, server)
    assert len(layer.take_steps()) == contexts.MAX_STEPS


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
        assert layer.handshake() is HandshakeStep.READ


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
    assert pki.shake(layer, server) is HandshakeStep.DONE
    assert server.tls.getpeercert()["subject"][-1] == (("commonName", "pupil"),)


def test_a_server_without_certificate_is_error_282(monkeypatch):
    monkeypatch.setattr(offered_algorithms, "NEVER", "")
    settings = TLSSettings(
        enabled_protocols=SSLProtocol.TLS1_2, offer=Offer(cipher_list="aNULL:@SECLEVEL=0")
    )
    layer = TLSLayer(settings, pki.HOST)
    server = anonymous_server()
    with pytest.raises(TLSError) as caught:
        openssl_server.exchange(layer, server)
    assert caught.value.code == 282


def anonymous_server():
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(b"AECDH:@SECLEVEL=0")
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    return openssl_server.serve(context)


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


@pytest.mark.covers("error.284")
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
    server = openssl_server.serve(openssl_server.context(leaf, "1.2"))
    layer = TLSLayer(TLSSettings(ca_data=pki.root().pem), pki.HOST)
    openssl_server.exchange(layer, server)
    assert layer.handshake() is HandshakeStep.DONE
    server.renegotiate()
    with contextlib.suppress(SSL.WantReadError):
        server.do_handshake()
    assert layer.receive(server.bio_read(65536)) == b""
    answer = layer.outgoing()
    assert answer[0] == 21, "an alert, not a new hello (22)"
    assert layer.handshake() is HandshakeStep.DONE


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
    while (step := layer.handshake()) is not HandshakeStep.DONE:
        if step is HandshakeStep.DECIDE:
            assert layer.is_acceptable
            layer.accept()
            continue
        line.sendall(layer.outgoing())
        layer.receive(line.recv(65536))
    line.sendall(layer.outgoing())
    return layer.receive(b"")


@pytest.mark.long
def test_thousands_of_handshakes_cost_no_memory(make):
    process = psutil.Process()

    def handshakes(count):
        for _ in range(count):
            layer, server = make()
            assert pki.shake(layer, server) is HandshakeStep.DONE
        gc.collect()
        return process.memory_info().rss

    before = handshakes(200)
    assert handshakes(2000) - before < 8 << 20


def test_a_layer_that_is_dropped_is_gone(make):
    # Thousands of connections: nothing may wait for the collector of cycles.
    layer, server = make()
    pki.shake(layer, server)
    gone = weakref.ref(layer._connection)
    gc.disable()
    try:
        del layer
        assert gone() is None
    finally:
        gc.enable()
