"""STARTTLS: nothing said in clear counts afterwards, and nobody unproven hears a credential."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drivers.fronts import NAMES, open_front
from drivers.peers import Line
from flows.tls_server import LOGIN, Server, good, send
from play.stage import ScriptedStage
from smtp_nb.errors import (
    AuthenticationError,
    CertificateError,
    DeferredError,
    ExtensionError,
    LinkError,
    PlaintextInjected,
    SMTPError,
    TLSError,
)
from wire import pki

IN_CLEAR = (b"STARTTLS", b"AUTH PLAIN", b"PIPELINING", b"CHUNKING", b"SIZE 1")
INJECTED = {
    "a reply": b"250 ok\r\n",
    "an EHLO reply": b"250-mx.test\r\n250 AUTH PLAIN\r\n",
    "two replies": b"250 ok\r\n235 welcome\r\n",
    "a fragment": b"250 evil",
    "one octet": b"2",
    "a line end": b"\r\n",
}


@cache
def self_signed() -> pki.Issued:
    return pki.issue("localhost", names=("127.0.0.1",))


@cache
def expired() -> pki.Issued:
    past = {"since": -3 * pki.DAY, "until": -pki.DAY}
    return pki.issue("localhost", pki.root(), names=("127.0.0.1",), **past)


@cache
def for_another() -> pki.Issued:
    return pki.issue("other.test", pki.root(), names=("other.test", "127.0.0.2"))


def pin(issued: pki.Issued) -> str:
    key = issued.certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return "sha256:" + base64.b64encode(sha256(key).digest()).decode()


@pytest.fixture(params=NAMES)
def front(request):
    with open_front(request.param) as opened:
        yield opened


# -- the way it should be ---------------------------------------------------------------------


@pytest.mark.covers(
    "SMTP.SSLStartMode", "SmtpSSLStartModes.sslImplicit", "SmtpSSLStartModes.sslExplicit"
)
@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "implicit"])
def test_login_and_message_go_through_tls(front, implicit):
    server = Server(good, implicit)
    trail: list[Any] = []
    receipt = send(front, server, lambda smtp: smtp.on_pi_trail(trail.append))
    assert receipt.tls.protocol == "TLSv1.3"
    assert server.clear == ([] if implicit else [b"EHLO client.test", b"STARTTLS"])
    verbs = [said.split()[0] for said in server.protected]
    assert verbs == [b"EHLO", b"AUTH", b"MAIL", b"RCPT", b"DATA", b"QUIT"]
    assert {e.tls for e in trail if "AUTH PLAIN <hidden>" in e.message} == {True}
    assert {e.tls for e in trail if e.message == "STARTTLS"} == (set() if implicit else {False})


def test_what_was_learnt_in_clear_is_forgotten(front):
    """Or PIPELINING, CHUNKING and SIZE 1 of an attacker would outlive TLS."""
    server = Server(good, in_clear=IN_CLEAR, in_tls=(b"AUTH PLAIN",))
    assert send(front, server)
    assert b"MAIL FROM:<ann@client.test>" in server.protected
    assert b"DATA" in server.protected


def test_a_login_offered_in_clear_only_is_not_used(front):
    server = Server(good, in_tls=(b"HELP",))
    with pytest.raises(ExtensionError, match="offers no login"):
        send(front, server)
    assert server.protected == [b"EHLO client.test"]


# -- plaintext behind the 220 -----------------------------------------------------------------


@pytest.mark.parametrize("plaintext", INJECTED.values(), ids=INJECTED.keys())
def test_plaintext_in_one_packet_with_the_220_is_refused(front, plaintext):
    server = Server(starttls=b"220 go ahead\r\n" + plaintext)
    with pytest.raises(PlaintextInjected) as caught:
        send(front, server)
    assert not caught.value.connection_survives
    assert server.clear == [b"EHLO client.test", b"STARTTLS"]
    assert server.raw == b""


@pytest.mark.parametrize("plaintext", INJECTED.values(), ids=INJECTED.keys())
def test_plaintext_in_a_packet_behind_the_220_breaks_the_handshake(front, plaintext):
    server = Server(behind=plaintext + b"." * 5)
    with pytest.raises((TLSError, LinkError)):
        send(front, server)
    assert server.clear == [b"EHLO client.test", b"STARTTLS"]
    assert server.raw[:1] == b"\x16"  # a handshake, and nothing of SMTP in it
    assert b"EHLO" not in server.raw
    assert b"AUTH" not in server.raw


@pytest.mark.parametrize("size", [0, *range(1, 40)])
def test_plaintext_is_refused_however_it_is_cut(size):
    played = ScriptedStage(
        "S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 STARTTLS\nC: STARTTLS\n"
        "S! 220 go\\r\\n250-mx.test\\r\\n250 AUTH PLAIN\\r\\n\nC<99999>\n",
        {"ssl_start_mode": "explicit"} | LOGIN,
        piece=size,
    )
    with pytest.raises(TLSError):
        played.call("connect")
    in_clear = b"EHLO client.test\r\nSTARTTLS\r\n"
    assert played.heard.startswith(in_clear)
    rest = played.heard.removeprefix(in_clear)
    assert rest == b"" or (rest[:1] == b"\x16" and b"AUTH" not in rest)
    assert played.driver.was_aborted


# -- TLS stripped or refused ------------------------------------------------------------------


def test_without_the_offer_of_starttls_nothing_more_is_said(front):
    server = Server(in_clear=(b"AUTH PLAIN",))
    with pytest.raises(ExtensionError) as caught:
        send(front, server)
    assert caught.value.code == 276
    assert not caught.value.connection_survives
    assert server.clear == [b"EHLO client.test"]


def test_without_extensions_at_all_nothing_more_is_said(front):
    server = Server()
    with pytest.raises(ExtensionError):
        send(front, server, allow_extensions=False)
    assert server.clear == [b"HELO client.test"]


@pytest.mark.covers("SmtpSSLStartModes.sslExplicit")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"454 4.7.0 TLS not available\r\n", DeferredError),
        (b"502 5.5.1 no\r\n", SMTPError),
        (b"250 ok\r\n", SMTPError),
        (b"334 \r\n", SMTPError),
    ],
)
def test_a_server_that_does_not_upgrade_hears_nothing_more(front, answer, error):
    server = Server(starttls=answer)
    with pytest.raises(error):
        send(front, server)
    assert server.clear == [b"EHLO client.test", b"STARTTLS"]
    assert server.raw == b""


# -- certificates -----------------------------------------------------------------------------

FAULTS = [
    (self_signed, {}, "self-signed"),
    (expired, {}, "expired"),
    (for_another, {}, "wrong host"),
    (good, {"SSLServerCACerts": ""}, "unknown root"),
    (good, {"SSLServerPin": pin(self_signed())}, "wrong pin"),
]


@pytest.mark.covers("error.280", "error.274", "error.275")
@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "implicit"])
@pytest.mark.parametrize(
    ("make", "changes"), [x[:2] for x in FAULTS], ids=[name for *_, name in FAULTS]
)
def test_a_faulty_certificate_is_refused_before_any_credential(front, make, changes, implicit):
    server = Server(make, implicit)
    with pytest.raises(CertificateError) as caught:
        send(front, server, **changes)
    assert caught.value.code == 280
    assert not caught.value.connection_survives
    assert caught.value.receipt.outcome == "NOT_SENT"
    assert server.protected == []
    assert server.clear == ([] if implicit else [b"EHLO client.test", b"STARTTLS"])


@pytest.mark.parametrize("make", [self_signed, expired, for_another])
def test_a_pinned_key_is_enough(front, make):
    assert send(front, Server(make), SSLServerPin=pin(make()))


# -- the user's handler has the last word -----------------------------------------------------


def judged(accept: bool) -> tuple[list[Any], Callable[[Any], object]]:
    """Prepares a component with a handler that decides so; and the events it got."""
    events: list[Any] = []

    def judge(event: Any) -> None:
        events.append((event.accept, event.status, event.cert_subject))
        event.accept = accept

    return events, lambda smtp: smtp.on_ssl_server_authentication(judge)


@pytest.mark.covers("SSLServerAuthentication.Accept")
def test_a_handler_may_accept_what_is_faulty(front):
    events, prepare = judged(accept=True)
    server = Server(self_signed)
    assert send(front, server, prepare)
    ((proposed, status, subject),) = events
    assert not proposed
    assert status != "OK"
    assert "localhost" in subject


@pytest.mark.covers("SSLServerAuthentication.Accept")
def test_a_handler_may_refuse_what_is_good(front):
    events, prepare = judged(accept=False)
    server = Server(good)
    with pytest.raises(CertificateError):
        send(front, server, prepare)
    assert [(proposed, status) for proposed, status, _ in events] == [(True, "OK")]
    assert server.protected == []


@pytest.mark.parametrize("make", [good, self_signed])
def test_a_handler_that_raises_refuses(front, make, caplog):
    def judge(event: Any) -> None:
        event.accept = True
        raise ZeroDivisionError("a bug of the user's")

    server = Server(make)
    with pytest.raises(CertificateError):
        send(front, server, lambda smtp: smtp.on_ssl_server_authentication(judge))
    assert server.protected == []
    assert "a bug of the user's" in caplog.text


def test_of_several_handlers_the_last_word_counts(front):
    def prepare(smtp: Any) -> None:
        judged(accept=True)[1](smtp)
        judged(accept=False)[1](smtp)

    server = Server(good)
    with pytest.raises(CertificateError):
        send(front, server, prepare)
    assert server.protected == []


@pytest.mark.parametrize("accept", [True, False])
def test_a_handler_may_be_a_coroutine_function_in_asyncio(accept):
    async def judge(event: Any) -> None:
        event.accept = accept

    server = Server(self_signed)
    expected = contextlib.nullcontext() if accept else pytest.raises(CertificateError)
    with open_front("asyncio") as front, expected:
        assert send(front, server, lambda smtp: smtp.on_ssl_server_authentication(judge))
    assert bool(server.protected) is accept


def test_a_coroutine_function_that_cannot_be_awaited_accepts_nothing():
    async def judge(event: Any) -> None:
        event.accept = True

    server = Server(self_signed)
    with open_front("blocking") as front, pytest.raises(TypeError, match="AsyncSMTP"):
        send(front, server, lambda smtp: smtp.on_ssl_server_authentication(judge))
    assert server.protected == []


def test_a_coroutine_handler_that_raises_refuses():
    async def judge(event: Any) -> None:
        event.accept = True
        raise ZeroDivisionError("a bug of the user's")

    server = Server(self_signed)
    with open_front("asyncio") as front, pytest.raises(CertificateError):
        send(front, server, lambda smtp: smtp.on_ssl_server_authentication(judge))
    assert server.protected == []


# -- afterwards -------------------------------------------------------------------------------


def test_a_refused_login_inside_tls_ends_the_connection(front):
    class Refusing(Server):
        def _answer(self, line: Line, said: bytes) -> bool:
            if said.startswith(b"AUTH"):
                line.say(b"535 5.7.8 no")
                return True
            return super()._answer(line, said)

    server = Refusing(good)
    with pytest.raises(AuthenticationError) as caught:
        send(front, server)
    assert not caught.value.connection_survives
    assert not any(said.startswith(b"MAIL") for said in server.protected)
