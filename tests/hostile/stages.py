"""Where servers do it: what is known of the message there, and how long a client waits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hostile.misdeeds import (
    BROKEN,
    CLOSED,
    FINE,
    LATER,
    LEAVES,
    NEVER,
    NO_REPLY,
    TIMED_OUT,
    Verdict,
)
from smtp_nb.errors import (
    AuthenticationError,
    ConnectionClosed,
    DeferredError,
    RefusedError,
)


@dataclass(frozen=True)
class Stage:
    """A place in the conversation.

    Attributes:
        trigger: as `Villain` has it.
        outcome: of the message, if the connection is lost there.
        patience_s: how long a client waits there.
        offers: keywords that the server offers.
        tls: "starttls" or "implicit".
        instead: what comes of deeds whose right verdict is another one here.
        properties: of the component.
    """

    name: str
    trigger: str
    outcome: str = "NOT_SENT 0"
    patience_s: float = 60
    offers: tuple[bytes, ...] = ()
    tls: str = ""
    instead: dict[Verdict, Verdict] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)


DEFERRED, REFUSED = Verdict(DeferredError, 161), Verdict(RefusedError, 161)
# Before there is a message a refusal says nothing about it.
CONNECTING = {LEAVES: DEFERRED, LATER: DEFERRED, NEVER: REFUSED}
NO_LOGIN = dict.fromkeys((LEAVES, LATER, NEVER), Verdict(AuthenticationError, 161))
# Nothing that happens at QUIT changes what became of the message.
DONE = dict.fromkeys((CLOSED, BROKEN, NO_REPLY, LEAVES, LATER, NEVER), FINE) | {
    TIMED_OUT: replace(FINE, waits=True)
}
GROUPS = (b"PIPELINING",)
LOGIN = {"user": "alice", "password": "wonderland"}
EXPLICIT = {"ssl_start_mode": "explicit"}
IMPLICIT = {"ssl_start_mode": "implicit"}
STAGES = [
    Stage("banner", "banner", patience_s=300, instead=CONNECTING),
    Stage("ehlo", "EHLO", instead=CONNECTING),
    Stage("starttls", "STARTTLS", offers=(b"STARTTLS",), tls="starttls", instead=CONNECTING,
          properties=EXPLICIT),
    Stage("auth", "AUTH", offers=(b"AUTH PLAIN",), instead=NO_LOGIN, properties=LOGIN),
    Stage("mail", "MAIL"),
    Stage("rcpt", "RCPT"),
    Stage("data", "DATA"),
    Stage("mail_grouped", "MAIL", offers=GROUPS),
    Stage("rcpt_grouped", "RCPT", offers=GROUPS),
    Stage("data_grouped", "DATA", offers=GROUPS),
    Stage("end", ".", "UNKNOWN 0", 600),
    Stage("quit", "QUIT", "ACCEPTED 250", 5, instead=DONE),
    Stage("banner_in_tls", "banner", patience_s=300, tls="implicit", instead=CONNECTING,
          properties=IMPLICIT),
    Stage("mail_in_tls", "MAIL", offers=(b"STARTTLS",), tls="starttls", properties=EXPLICIT),
    Stage("end_in_tls", ".", "UNKNOWN 0", 600, tls="implicit", properties=IMPLICIT),
    Stage("quit_in_tls", "QUIT", "ACCEPTED 250", 5, tls="implicit", instead=DONE,
          properties=IMPLICIT),
]  # fmt: skip
EXCEPTIONS = {
    # RFC 5321 section 4.1.1.1: who refuses EHLO is asked again with HELO.
    ("ehlo", "554"): FINE,
    ("ehlo", "554_close"): CLOSED,
    # The end of a group is missing, but what decides about the message is there.
    ("mail_grouped", "554_close"): Verdict(ConnectionClosed, 1120, "REFUSED 554"),
    ("rcpt_grouped", "554_close"): Verdict(ConnectionClosed, 1120, "REFUSED 554"),
    # The next reply of the group ends the connection that had no end.
    ("mail_grouped", "bare_cr"): NO_REPLY,
    ("rcpt_grouped", "bare_cr"): NO_REPLY,
}
