"""The nine events: who hears of what, in which order, and what a handler can break."""

from __future__ import annotations

import logging
from typing import Any

import pytest

import smtp_nb
from drivers.fronts import Front, letter
from smtp_nb import Outcome, TrailDirection
from smtp_nb.errors import CertificateError, RefusedError
from smtp_nb.sandbox import SandboxServer

NAMES = {
    "on_connection_status": "ConnectionStatusEvent",
    "on_end_transfer": "EndTransferEvent",
    "on_error": "ErrorEvent",
    "on_expand": "ExpandEvent",
    "on_pi_trail": "PITrailEvent",
    "on_ssl_server_authentication": "SSLServerAuthenticationEvent",
    "on_ssl_status": "SSLStatusEvent",
    "on_start_transfer": "StartTransferEvent",
    "on_transfer": "TransferEvent",
}
SECURE = {"tls": "starttls", "auth": {"alice": "wonderland"}}


def listen(smtp: Any) -> list[Any]:
    """Hear everything, in order."""
    heard: list[Any] = []
    for name in NAMES:
        setattr(smtp, name, heard.append)
    return heard


# -- who listens --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_handlers_are_set_added_removed_and_decorated(front: Front, name: str) -> None:
    smtp, heard = front.make(), []
    handlers = getattr(smtp, name)

    def first(event: object) -> None:
        heard.append("first")

    def tell() -> list[str]:
        heard.clear()
        for handler in getattr(smtp, name):
            handler(None)
        return list(heard)

    setattr(smtp, name, first)
    assert tell() == ["first"]

    @getattr(smtp, name)
    def second(event: object) -> None:
        heard.append("second")

    assert tell() == ["first", "second"]
    assert second.__name__ == "second"
    handlers += first
    assert tell() == ["first", "second", "first"]
    handlers -= first
    handlers -= first
    handlers -= first
    assert tell() == ["second"]
    setattr(smtp, name, first)
    assert tell() == ["first"]
    setattr(smtp, name, None)
    assert tell() == []
    assert len(handlers) == 0


def test_adding_by_the_name_of_the_event_works(front: Front) -> None:
    smtp, heard = front.make(), []
    smtp.on_pi_trail += heard.append
    smtp.on_pi_trail += print
    smtp.on_pi_trail -= print
    assert len(smtp.on_pi_trail) == 1
    other = front.make()
    assert len(other.on_pi_trail) == 0


def test_a_handler_may_take_itself_off(front: Front) -> None:
    heard = []

    def once(event: object) -> None:
        heard.append(event)
        smtp.on_pi_trail -= once

    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.on_pi_trail += once
        front.run(smtp.send())
    assert len(heard) == 1


# -- what is told -------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.ConnectionStatus", "SMTP.SSLServerAuthentication", "SMTP.SSLStatus")
def test_a_send_tells_its_story_in_order(front: Front) -> None:
    with SandboxServer(**SECURE) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        heard = listen(smtp)
        front.run(smtp.send())
        size = server.messages[0].size
    told = [type(event).__name__.removesuffix("Event") for event in heard]
    order = [name for name in told if name not in ("PITrail", "SSLStatus")]
    assert order == [
        "ConnectionStatus",
        "SSLServerAuthentication",
        "ConnectionStatus",
        "StartTransfer",
        "Transfer",
        "EndTransfer",
        "ConnectionStatus",
    ]
    statuses = [e.connection_event for e in heard if type(e).__name__ == "ConnectionStatusEvent"]
    assert statuses == [
        "Remote host connection complete",
        "SSL handshake complete",
        "Remote host disconnected",
    ]
    certificate = next(e for e in heard if type(e).__name__.startswith("SSLServer"))
    assert certificate.status == "OK"
    assert certificate.accept
    assert certificate.cert_encoded.startswith("-----BEGIN CERTIFICATE-----")
    assert "CN=" in certificate.cert_subject + certificate.cert_issuer
    transfer = next(e for e in heard if type(e).__name__ == "TransferEvent")
    assert (transfer.bytes_transferred, transfer.percent_done) == (size, 100)
    assert "It works." in transfer.text
    assert any(type(e).__name__ == "SSLStatusEvent" and e.message for e in heard)


@pytest.mark.covers("SMTP.PITrail", "PITrail.Message")
def test_the_trail_is_the_conversation(front: Front) -> None:
    with SandboxServer(**SECURE) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        trail = smtp_nb.Trail()
        smtp.on_pi_trail += trail
        front.run(smtp.send())
    ours = [e.message for e in trail if e.direction is TrailDirection.CLIENT]
    assert [line.split()[0] for line in ours] == [
        "EHLO",
        "STARTTLS",
        "EHLO",
        "AUTH",
        "MAIL",
        "RCPT",
        "BDAT",
        "QUIT",
    ]
    assert [e.tls for e in trail if e.message.startswith("EHLO")] == [False, True]
    groups = {e.message.split()[0]: e.group for e in trail if e.direction is TrailDirection.CLIENT}
    assert groups["MAIL"] == groups["RCPT"] == groups["BDAT"] != 0
    assert groups["QUIT"] == groups["AUTH"] == 0
    replies = [e for e in trail if e.direction is TrailDirection.SERVER]
    assert next(e.message for e in replies if not e.final).startswith("250-")
    seconds = [e.seconds for e in trail]
    assert seconds == sorted(seconds)


@pytest.mark.covers("SMTP.Transfer", "Transfer.BytesTransferred", "Transfer.PercentDone")
def test_a_large_message_tells_its_progress(front: Front) -> None:
    text = "line\r\n" * 200_000
    with SandboxServer(without=["CHUNKING"]) as server:
        smtp = front.make(**letter(server.port, message_text=text))
        events: list[Any] = []
        smtp.on_transfer += events.append
        front.run(smtp.send())
        content = server.messages[0].content
    assert len(events) > 10
    assert b"".join(event.text_b for event in events) == content
    assert [event.bytes_transferred for event in events][-1] == len(content)
    percents = [event.percent_done for event in events]
    assert percents == sorted(percents)
    assert percents[-1] == 100


@pytest.mark.covers("SMTP.TransferText")
def test_the_text_of_a_transfer_is_a_setting_too(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        seen = []
        smtp.on_transfer += lambda event: seen.append(smtp.config("TransferText"))
        front.run(smtp.send())
    assert "It works." in seen[0]
    assert smtp.config("TransferText") == ""


@pytest.mark.covers("SMTP.Error", "SMTP.StopOnBccErrors")
def test_a_refused_bcc_is_told_and_raises_nothing(front: Front) -> None:
    with SandboxServer(refuse=["b*"]) as server:
        smtp = front.make(**letter(server.port, send_to="ann@x.test", bcc="ben@x.test"))
        errors: list[Any] = []
        smtp.on_error += errors.append
        assert front.run(smtp.send()).outcome is Outcome.PARTIAL
        smtp.config("StopOnBccErrors=True")
        with pytest.raises(RefusedError):
            front.run(smtp.send())
    assert [(e.error_code, "ben@x.test" in e.description) for e in errors] == [(161, True)]


def test_what_nobody_listens_to_is_not_made(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an event that nobody listens to was made")

    for name in ("PITrail", "StartTransfer", "Transfer", "EndTransfer"):
        monkeypatch.setattr(getattr(smtp_nb, f"{name}Event"), "__init__", refuse)
    with SandboxServer(tls="starttls", auth={"alice": "wonderland"}) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port))
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


# -- what a handler can break -------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_that_raises_is_logged_and_breaks_nothing(
    front: Front, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: object) -> None:
        raise ZeroDivisionError("in a handler")

    with SandboxServer(lists={"class": ["ann@x.test"]}, refuse=["bcc@*"], **SECURE) as server:
        smtp = front.SMTP.from_url(server.url, **letter(server.port, bcc="bcc@x.test"))
        heard: list[Any] = []
        setattr(smtp, name, fail)
        getattr(smtp, name)(heard.append)
        if name == "on_ssl_server_authentication":
            with pytest.raises(CertificateError):  # who cannot judge does not trust
                front.run(smtp.send())
        else:
            with front.connected(smtp):
                front.run(smtp.expand("class"))
                assert front.run(smtp.send()).outcome is Outcome.PARTIAL
                assert front.run(smtp.send()).outcome is Outcome.PARTIAL
            assert len(server.messages) == 2
    assert heard
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.covers("SMTP.SSLServerAuthentication")
def test_a_handler_decides_on_the_certificate(front: Front) -> None:
    def decide(event: Any) -> None:
        event.accept = accept

    for certificate, accept in (("self-signed", True), ("valid", False)):
        with SandboxServer(tls="implicit", certificate=certificate) as server:
            smtp = front.SMTP.from_url(server.url, **letter(server.port))
            smtp.on_ssl_server_authentication = decide
            if accept:
                assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
                continue
            with pytest.raises(CertificateError) as caught:
                front.run(smtp.send())
            assert caught.value.code == 280
            assert server.messages == []
