"""Attempts are read off a conversation, whichever way the content went."""

from __future__ import annotations

from contextlib import suppress

import pytest

from smtp_nb import SMTP
from smtp_nb.classroom.exercises.tries import tries_of
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox import SandboxServer


@pytest.mark.parametrize(
    "without", [(), ("CHUNKING",), ("CHUNKING", "PIPELINING")], ids=["chunks", "groups", "plain"]
)
def test_the_reply_that_decided_is_the_attempts_own(without: tuple[str, ...]) -> None:
    with SandboxServer(inline=True, without=without, refuse=["lu@x.test"]) as server:
        server.sleep(60)
        for recipient, end in (("ben@x.test", 250), ("lu@x.test", 250), ("ben@x.test", 452)):
            if end == 452:
                server.inject("reply", stage="END", code=end)
            smtp = SMTP.from_url(server.url, from_="a@x.test", send_to=recipient)
            with suppress(SMTPError):
                smtp.send()
    found = [(one.sender, one.recipient, one.reply and one.reply.code, one.seconds)
             for one in tries_of(server.sessions)]  # fmt: skip
    assert found == [
        ("a@x.test", "ben@x.test", 250, 60.0),
        ("a@x.test", "lu@x.test", 550, 60.0),
        ("a@x.test", "ben@x.test", 452, 60.0),
    ]
