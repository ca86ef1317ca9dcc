"""Messages out of pipes, and messages that are no lines, at Postfix and Exim."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from drivers.fronts import Front
from servers.exim import Exim
from servers.postfix import Postfix
from smtp_nb import Outcome
from smtp_nb.errors import BinaryRefused, RefusedError

pytestmark = pytest.mark.real
HEAD = b"Subject: out of a pipe\r\nMessage-ID: <1@school.test>\r\n\r\n"
BODY = b"".join(b"." * (n % 3) + b"line %d\r\n" % n for n in range(900))


@pytest.fixture(params=["postfix", "exim"])
def server(request: pytest.FixtureRequest) -> Postfix | Exim:
    found: Postfix | Exim = request.getfixturevalue(request.param)
    return found


def component(front: Front, port: int) -> Any:
    return front.make(
        mail_server="127.0.0.1",
        mail_port=port,
        from_="teacher@school.test",
        send_to="bob@school.test",
    )


def pipe(data: bytes) -> Any:
    """A pipe that somebody else fills."""
    reading, writing = os.pipe()

    def fill() -> None:
        with os.fdopen(writing, "wb") as end:
            end.write(data)

    threading.Thread(target=fill, daemon=True).start()
    return os.fdopen(reading, "rb")


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("port", ["BDAT", "DATA"])
def test_a_pipe_arrives_octet_for_octet(front: Front, server: Postfix | Exim, port: str) -> None:
    smtp = component(front, server.ports[port])
    with front.connected(smtp):
        for _ in range(2):
            smtp.set_message_stream(pipe(HEAD + BODY))
            assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert [message.content for message in server.messages()] == [HEAD + BODY] * 2


@pytest.mark.covers("SMTP.SetMessageStream")
def test_a_pipe_that_gives_too_much_is_refused_by_the_server(
    front: Front, server: Postfix | Exim
) -> None:
    smtp = component(front, server.ports["DATA"])
    smtp.set_message_stream(pipe(HEAD + BODY * 5))
    with pytest.raises(RefusedError) as caught:
        front.run(smtp.send())
    assert caught.value.reply.code == 552
    assert caught.value.receipt.outcome is Outcome.REFUSED
    smtp.set_message_stream(pipe(HEAD + BODY))
    assert front.run(smtp.send())
    assert [message.content for message in server.messages()] == [HEAD + BODY]


@pytest.mark.covers("SMTP.Message")
def test_what_is_no_lines_is_not_sent_to_who_does_not_offer_to_take_it(
    front: Front, server: Postfix | Exim
) -> None:
    smtp = component(front, server.ports["BDAT"])
    smtp.message = HEAD + b"a\nb\r\n"
    with front.connected(smtp):
        with pytest.raises(BinaryRefused, match=f"bare LF at offset {len(HEAD) + 1}"):
            front.run(smtp.send())
        smtp.message = HEAD + b"a\r\nb\r\n"
        assert front.run(smtp.send())
    assert [message.content for message in server.messages()] == [HEAD + b"a\r\nb\r\n"]
