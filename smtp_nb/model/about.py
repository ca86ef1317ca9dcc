"""Subject of a reply: what it is about, and what a merge does.

The first digit alone does not say: a `550` may be about one recipient, or about the daily quota of
the account. The tables beside this file say what each reply is about; this module says what
follows.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class About(StrEnum):
    """What a reply is about."""

    RECIPIENT = "recipient"
    SENDER = "sender"
    CONTENT = "content"
    SESSION = "session"
    """Login, TLS, this host: everything sent over this session is refused alike."""
    ACCOUNT = "account"
    """A quota: the account may send again later."""
    BUSY = "busy"
    """The server, which wants to receive mail more slowly."""
    NEWCOMER = "newcomer"
    """Greylisting: the server wants to see the same message again a little later."""
    CLOSING = "closing"
    """The connection, which the server ends (421)."""


class _Deed(NamedTuple):
    """What a reply is about, in words, and what a merge does."""

    what: str
    merge: str


_STOPS = "the run ends with an error and nothing is decided, so the next run sends it"
_LATER = "the row is DEFERRED: the next run tries it again"
_WAITS = "it is retried in the same run for as long as patience= allows"
# 5yz
_PERMANENT = {
    About.RECIPIENT: _Deed("the recipient", "that row is REFUSED and the others go on"),
    About.SENDER: _Deed("the sender", _STOPS),
    About.SESSION: _Deed("the session", _STOPS),
    About.CONTENT: _Deed(
        "the content", "that row is REFUSED; three in a row with the same words end the run"
    ),
    About.ACCOUNT: _Deed(
        "the account, until later",
        "the run ends at once, this row is DEFERRED, and the next run sends it and the rest",
    ),
}
# 4yz
_TRANSIENT = {
    About.RECIPIENT: _Deed("the recipient", _LATER),
    About.SENDER: _Deed("the sender", _LATER),
    About.SESSION: _Deed("the session", _LATER),
    About.CONTENT: _Deed("the content", _LATER),
    About.ACCOUNT: _PERMANENT[About.ACCOUNT],
    About.BUSY: _Deed("the server, which is busy", f"all connections slow down, and {_WAITS}"),
    About.NEWCOMER: _Deed("newcomers", _WAITS),
    About.CLOSING: _Deed(
        "the connection", f"the rest is sent over another one, and this row: {_WAITS}"
    ),
}
_BY_STAGE = "stage"
# What a command is about, where the text does not say more.
_OF_STAGE = {"MAIL": About.SENDER, "RCPT": About.RECIPIENT, "END": About.CONTENT}


def about_at(cell: str, code: int, stage: str) -> About:
    """Return what a refusal is about, given the command that it answered.

    Args:
        cell: of the tables' column `about`: a word, one for each of MAIL, RCPT and the end of
            the data with slashes between, or `stage` where the text does not say.
        code: the three digits.
        stage: MAIL, RCPT or END.
    """
    vague = _OF_STAGE[stage]
    words = cell.split("/")
    word = words[list(_OF_STAGE).index(stage)] if len(words) > 1 else cell
    found = vague if word in ("", _BY_STAGE) else About(word)
    if code == 421 and found not in (About.BUSY, About.ACCOUNT):
        return About.CLOSING
    # A busy server says 4yz; with 5yz the same words do not promise that a retry will work.
    if code // 100 == 5 and found not in _PERMANENT:
        return vague
    return About.SENDER if found is About.RECIPIENT and stage == "MAIL" else found


def deed(cell: str, code: int) -> tuple[str, str] | None:
    """Return what a refusal is about and what a merge does, in words; None where the stage
    decides.
    """
    if not cell or cell == _BY_STAGE or "/" in cell:
        return None
    deeds = _PERMANENT if code // 100 == 5 else _TRANSIENT
    return deeds.get(about_at(cell, code, "RCPT"))


# -- when to come back ------------------------------------------------------------------------

_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d):(\d\d)\b", re.ASCII)
_SPAN = re.compile(r"\b(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", re.I | re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600}


def hint(text: str) -> float | None:
    """Return the seconds that a server asks us to wait ("in 5 minutes", "00:04:59"), if it does."""
    if match := _CLOCK.search(text):
        hours, minutes, seconds = map(int, match.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    if match := _SPAN.search(text):
        return float(int(match[1]) * _UNITS[match[2][0].lower()])
    return None
