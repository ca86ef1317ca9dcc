"""A session is resumed only with a server that was accepted, and the decision is made again."""

import datetime

import pytest
from OpenSSL import SSL

from smtp_nb.errors import TLSError
from smtp_nb.model.enums import SSLSecurityFlag
from smtp_nb.wire.tls import sessions, tls
from smtp_nb.wire.tls.sessions import TLSSessionCache
from smtp_nb.wire.tls.tls import HandshakeStep, TLSLayer, TLSSettings
from wire import openssl_server, pki


class Visits:
    """Handshakes with one server, whose sessions are kept."""

    def __init__(self, leaf, version):
        self.context = pki_context(leaf, version)
        self.cache = TLSSessionCache()
        self.settings = TLSSettings(ca_data=pki.root().pem)

    def begin(self, host=pki.HOST, port=25, **settings):
        """A layer, and the server that it will talk to."""
        wanted = TLSSettings(**{"ca_data": pki.root().pem} | settings)
        layer = TLSLayer(wanted, host, self.cache.session_slot(host, port, wanted))
        return layer, openssl_server.serve(self.context)

    def visit(self, ends_well=True, **settings):
        """A whole connection: handshake, accepted whatever comes, a banner, and the goodbye."""
        layer, server = self.begin(**settings)
        openssl_server.exchange(layer, server)
        server.send(b"220 hi\r\n")
        assert layer.receive(server.bio_read(65536)) == b"220 hi\r\n"
        if ends_well:
            layer.close()
        return layer

    def first_step(self, **settings):
        """A layer at the point where the decision is due."""
        layer, server = self.begin(**settings)
        while layer.handshake() is HandshakeStep.READ:
            layer.receive(openssl_server.feed(server, layer.outgoing()))
        return layer


def pki_context(leaf, version):
    context = openssl_server.context(leaf, version)
    context.set_session_id(b"tests")
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    return context


@pytest.fixture
def visits(leaf, version):
    return Visits(leaf, version)


def test_the_second_handshake_goes_on_from_the_first(visits):
    first, second, third = visits.visit(), visits.visit(), visits.visit()
    assert [layer.is_resumed for layer in (first, second, third)] == [False, True, True]
    assert second.info.protocol == first.info.protocol
    assert second.verdict.leaf_pem == first.verdict.leaf_pem
    assert second.verdict.verified == first.verdict.verified != ()


def test_without_a_shelf_nothing_is_resumed(visits):
    visits.visit()
    layer = TLSLayer(visits.settings, pki.HOST)
    openssl_server.exchange(layer, openssl_server.serve(visits.context))
    assert not layer.is_resumed


def test_a_resumed_session_still_asks_for_a_decision_before_it_answers(visits):
    visits.visit()
    layer = visits.first_step()
    assert layer.is_resumed
    assert layer.handshake() is HandshakeStep.DECIDE
    assert layer.outgoing() == b""
    assert layer.is_acceptable


def test_a_server_that_was_accepted_against_advice_is_not_acceptable_when_resumed(version):
    # OpenSSL itself finds no fault with it then.
    visits = Visits(pki.issue(), version)
    assert not visits.visit().is_acceptable
    layer = visits.first_step()
    assert layer.is_resumed
    assert "self-signed" in layer.verdict.status
    assert not layer.is_acceptable


def test_a_server_that_was_not_accepted_leaves_no_session(visits):
    layer = visits.first_step()
    assert layer.handshake() is HandshakeStep.DECIDE
    del layer
    assert not visits.visit().is_resumed


@pytest.mark.parametrize(
    "change",
    [
        {"host": "localhost"},
        {"port": 587},
        {"security_flags": SSLSecurityFlag.ALLOW_UNKNOWN_CA},
        {"pins": ("sha256:" + "0" * 64,)},
        {"ca_data": pki.root().pem + b"\n"},
        {"accepted_der": b"x"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_server_or_other_settings_begin_anew(visits, change):
    visits.visit()
    assert not visits.visit(**change).is_resumed
    assert visits.visit().is_resumed


def test_a_connection_that_broke_leaves_no_session(visits):
    visits.visit(ends_well=False)
    assert not visits.visit().is_resumed


def test_a_session_serves_once(visits):
    visits.visit()
    layer, _ = visits.begin()
    assert layer._kept
    layer, _ = visits.begin()
    assert layer._kept is None


def test_a_file_of_authorities_that_changed_ends_its_sessions(visits, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(pki.root().pem)
    visits.visit(ca_file=str(file), ca_data=b"")
    file.write_bytes(pki.root().pem + b"# other\n")
    assert not visits.visit(ca_file=str(file), ca_data=b"").is_resumed


def test_a_session_is_forgotten_after_ten_hours(visits, monkeypatch):
    visits.visit()
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=10, minutes=1)
    monkeypatch.setattr(sessions, "_now", lambda: later)
    assert not visits.visit().is_resumed


def test_a_session_is_forgotten_when_its_certificate_ends(version):
    visits = Visits(pki.issue(until=datetime.timedelta(minutes=5)), version)
    visits.visit()
    ((kept),) = visits.cache._kept.values()
    assert kept.until - datetime.datetime.now(datetime.UTC) < datetime.timedelta(minutes=6)


def test_sessions_do_not_pile_up(visits):
    for port in range(sessions.MOST + 3):
        visits.visit(port=port)
    assert len(visits.cache._kept) == sessions.MOST


def test_a_server_that_shows_no_certificate_is_refused_though_a_session_was_offered(
    visits, monkeypatch
):
    """As an anonymous suite would look: the handshake is over, and the callback was not called."""
    visits.visit()
    monkeypatch.setattr(tls, "is_resumed", lambda connection: False)
    with pytest.raises(TLSError) as caught:
        visits.first_step()
    assert caught.value.code == 282


def test_a_resumed_session_binds_a_login_to_this_connection(visits, version):
    visits.visit()
    layer, server = visits.begin()
    openssl_server.exchange(layer, server)
    assert layer.is_resumed
    theirs = server.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    assert layer.channel_binding("tls-exporter") == theirs
    # RFC 5929 section 3: the first Finished, which is the server's here.
    assert layer.channel_binding("tls-unique") == (
        server.get_finished() if version == "1.2" else None
    )
