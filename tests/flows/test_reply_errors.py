"""A failed send says first what became of the message."""

from __future__ import annotations

import socket

import pytest

from smtp_nb import SMTP, Outcome
from smtp_nb.errors import ConnectionClosed, LinkError, SMTPError
from smtp_nb.model.explain import explain
from smtp_nb.sandbox import SandboxServer

DOUBT = "it is not known whether the message was accepted: it may have been delivered"


def message(server: SandboxServer, to: str = "a@x.test, b@x.test") -> SMTP:
    smtp = SMTP.from_url(server.url)
    smtp.set({"from_": "t@x.test", "send_to": to, "subject": "s", "message_text": "t"})
    return smtp


def test_doubt_comes_first_with_what_to_do() -> None:
    with SandboxServer() as server:
        server.inject("drop_before_final_reply")
        with pytest.raises(ConnectionClosed) as caught:
            message(server).send()
    error = caught.value
    assert error.description.startswith(DOUBT)
    assert "before you send it again" in error.remedy
    assert error.receipt is not None
    assert [r.outcome for r in error.receipt.recipients] == [Outcome.UNKNOWN] * 2
    assert "it may have been delivered" in explain(error).meaning
    assert explain("UNKNOWN") == explain(error)


def test_a_broken_connection_before_that_has_a_receipt() -> None:
    with SandboxServer() as server:
        server.inject("close", stage="RCPT")
        with pytest.raises(LinkError) as caught:
            message(server).send()
    assert caught.value.receipt is not None
    assert caught.value.receipt.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:{port}?tls=none"])
def test_an_error_of_connecting_has_a_receipt_too(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    smtp = SMTP.from_url(url.format(port=port))
    smtp.set({"from_": "t@x.test", "send_to": "a@x.test", "message_text": "t"})
    with pytest.raises(SMTPError) as caught:
        smtp.send()
    assert caught.value.receipt is not None
    assert caught.value.receipt.outcome is Outcome.NOT_SENT


def test_others_who_got_nothing_are_counted_in_the_first_line() -> None:
    with SandboxServer(refuse=["b@x.test"]) as server, pytest.raises(SMTPError) as caught:
        message(server).send()
    assert "1 other recipient got nothing either (NOT_SENT)" in caught.value.description
    assert caught.value.receipt is not None
