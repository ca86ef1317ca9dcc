"""Deferrals as servers word them, and whose trouble they are."""

from __future__ import annotations

import pytest

from smtp_nb.merge.running.deferrals import Deferral, deferral_of
from smtp_nb.model.about import About
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import RecipientResult

OWN, GREYLISTED, CLOSING, BUSY = (
    About.RECIPIENT, About.NEWCOMER, About.CLOSING, About.BUSY
)  # fmt: skip


def deferred(words: str) -> RecipientResult:
    code, enhanced, text = words.split(" ", 2)
    return RecipientResult(
        "a@x.test", RecipientType.TO, Outcome.DEFERRED, int(code), enhanced, text
    )


@pytest.mark.parametrize(
    ("words", "about", "hint_s"),
    [
        ("450 4.2.0 <a@x.test>: Recipient address rejected: Greylisted", GREYLISTED, None),
        ("451 4.7.1 Greylisting in action, please come back in 00:04:58", GREYLISTED, 298),
        ("450 4.7.1 Graylisted, please try again in 300 seconds", GREYLISTED, 300),
        ("451 4.7.0 Temporarily deferred; retry after 5 minutes", GREYLISTED, 300),
        ("421 4.3.2 Service shutting down", CLOSING, None),
        ("421 4.7.0 Try again later, closing connection", CLOSING, None),
        ("421 4.7.28 Our system has detected an unusual rate of mail", BUSY, None),
        ("450 4.7.1 Error: too much mail from 192.0.2.1", BUSY, None),
        ("451 4.7.500 Server busy. Please try again later", BUSY, None),
        ("450 4.7.28 You have exceeded your rate limit; wait 60 s", BUSY, 60),
        ("452 4.3.1 Insufficient system storage", BUSY, None),
        ("451 4.3.2 Come back tomorrow", BUSY, None),
        ("451 4.4.5 System congestion", BUSY, None),
        ("450 4.2.1 Mailbox busy", OWN, None),
        ("452 4.2.2 The mailbox is full", OWN, None),
        ("450 4.7.1 <a@x.test>: Recipient address rejected: Access denied", OWN, None),
        ("451 4.3.0 Local error, try again later", OWN, None),
    ],
)
def test_a_deferral_is_read(words: str, about: About, hint_s: float | None) -> None:
    assert deferral_of(deferred(words)) == Deferral(about, hint_s)
