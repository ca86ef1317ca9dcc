"""GSSAPI against a server that has the right key, and cheats behind it (RFC 4752 section 3.1)."""

from __future__ import annotations

import pytest
import spnego

from servers.postfix import Postfix
from servers.realm import Realm
from smtp_nb import sasl
from smtp_nb.errors import AuthenticationError
from smtp_nb.model.secret import Secret
from smtp_nb.sasl.exchange import Exchange
from smtp_nb.sasl.kerberos import gssapi

pytestmark = pytest.mark.real
ALICE = sasl.Credentials("alice", Secret(Postfix.accounts["alice"]), Secret("bob"))
LINE = sasl.ConnectionFacts("localhost")


@pytest.fixture
def server(kerberos: Realm, monkeypatch: pytest.MonkeyPatch) -> spnego.ContextProxy:
    """The server's side of the ticket."""
    monkeypatch.setenv("KRB5_KTNAME", str(kerberos.keytab))
    return spnego.server(hostname="localhost", service="smtp", protocol="kerberos")


def proven(server: spnego.ContextProxy) -> Exchange:
    """An exchange in which both sides have proved themselves."""
    exchange = gssapi(ALICE, LINE)
    answer = exchange.send(server.step(next(exchange)))
    assert answer == b""
    assert server.complete
    return exchange


@pytest.mark.parametrize("layers", [1, 3, 7])
def test_no_layer_is_taken_and_the_identity_goes_along(
    server: spnego.ContextProxy, layers: int
) -> None:
    exchange = proven(server)
    offer = server.wrap(bytes([layers, 0, 16, 0]), encrypt=False).data
    answer = exchange.send(offer)
    assert answer is not None
    assert server.unwrap(answer).data == b"\1\0\0\0bob"
    sasl.finish(exchange)


@pytest.mark.parametrize("offer", [b"\6\0\x10\0", b"\0\0\0\0", b"", b"\1", b"\1\0\0", b"\1" * 5])
def test_a_layer_that_is_forced_on_us_is_refused(server: spnego.ContextProxy, offer: bytes) -> None:
    exchange = proven(server)
    with pytest.raises(AuthenticationError, match="layer"):
        exchange.send(server.wrap(offer, encrypt=False).data)


@pytest.mark.parametrize("offer", [b"", b"\1\0\0\0", b"\x60\x06garbage"])
def test_an_offer_that_is_not_signed_is_refused(server: spnego.ContextProxy, offer: bytes) -> None:
    exchange = proven(server)
    with pytest.raises(AuthenticationError, match="Kerberos"):
        exchange.send(offer)


def test_an_offer_that_was_changed_on_the_way_is_refused(server: spnego.ContextProxy) -> None:
    exchange = proven(server)
    sealed = bytearray(server.wrap(b"\7\0\x10\0", encrypt=False).data)
    sealed[-1] ^= 1
    with pytest.raises(AuthenticationError, match="Kerberos"):
        exchange.send(bytes(sealed))


@pytest.mark.parametrize("proof", [b"", b"x", b"\x60\x06garbage"])
def test_a_server_without_the_key_is_refused(server: spnego.ContextProxy, proof: bytes) -> None:
    exchange = gssapi(ALICE, LINE)
    next(exchange)
    with pytest.raises(AuthenticationError, match="Kerberos"):
        exchange.send(proof)


def test_a_yes_before_the_servers_proof_is_not_believed(server: spnego.ContextProxy) -> None:
    exchange = gssapi(ALICE, LINE)
    next(exchange)
    with pytest.raises(AuthenticationError):
        sasl.finish(exchange)
    exchange = proven(server)
    with pytest.raises(AuthenticationError):
        sasl.finish(exchange)
