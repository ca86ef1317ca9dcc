"""Mail transaction: what was written, what was answered, and the outcome.

This is the only place that turns replies and broken connections into outcomes:

    RCPT 2yz and a final 2yz                                          ACCEPTED
    4yz (421 too) to MAIL, RCPT, DATA or the end                      DEFERRED
    5yz to one of them                                                REFUSED
    no complete reply, the write with the terminator was handed over  UNKNOWN
    no complete reply before that write                               NOT_SENT
    no complete reply, the server announced its close before it        NOT_SENT

It knows no connection and no clock; flows feed it.
"""

from __future__ import annotations

import re
from itertools import chain, repeat
from operator import attrgetter

from smtp_nb.model.envelope import DeliveryJob, Recipient
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import RecipientResult
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import Command

NOTHING_WRITTEN = (
    "the connection failed before the end of the message was written: it was not delivered"
)
IN_DOUBT = (
    "the connection failed after the end of the message was written and before its reply:"
    " it may have been delivered"
)

_QUEUE_ID = re.compile(
    r"queued as ([A-Za-z0-9._-]+)"  # Postfix, Exchange, our sandbox
    r"|\bid=([A-Za-z0-9._-]+)"  # Exim
    r"|^([A-Za-z0-9]{12,}) Message accepted"  # Sendmail
    r"|\b(?:OK|Ok):? +(?:\d+ )?([A-Za-z0-9][A-Za-z0-9._-]*-[A-Za-z0-9._-]+)"  # Gmail
)


class Transaction:
    """Replies and results of one attempt to send a message to some recipients."""

    def __init__(self, job: DeliveryJob, recipients: tuple[Recipient, ...]) -> None:
        self.job = job
        self.recipients = recipients
        self.reset: Reply | None = None
        """The reply to an RSET in front of it."""
        self.mail: Reply | None = None
        self.rcpt: list[Reply] = []
        self.data: Reply | None = None
        """The reply to DATA, or to a BDAT that was not the last."""
        self.final: Reply | None = None
        self.is_committed = False
        """True once the write that holds the terminator was handed over."""
        self.is_void = False
        """A lone dot ended it: whatever the server says to that, nothing was delivered."""
        self.trouble = ""
        """Why it ended early, where no reply says so."""

    def take(self, command: Command, reply: Reply) -> None:
        """Note the reply to a command of this transaction."""
        verb = command.verb
        if verb == "RCPT":
            self.rcpt.append(reply)
        elif verb == "RSET":
            self.reset = reply
        elif verb in _OPENERS:
            self.mail = reply
        elif verb == "DATA" or (verb == "BDAT" and not command.is_last_chunk):
            self.data = reply
        elif verb in ("END", "BDAT"):
            self.final = None if self.is_void else reply

    def fail(self, why: str) -> None:
        """Note why it ended early; once the terminator is out, only doubt is left to state."""
        if not self.trouble and not self.is_committed:
            self.trouble = why

    def withdraw(self) -> None:
        """Note that the server hung up before it processed the end of it, or any of it."""
        self.is_committed = False

    @property
    def is_reset_refused(self) -> bool:
        """Note that the server refused RSET, and sent nothing more for this transaction."""
        refused = self.reset is not None and self.reset.code // 100 in _REFUSALS
        return refused and self.mail is None

    @property
    def has_recipient(self) -> bool:
        """True if MAIL and at least one RCPT were accepted."""
        return self._mail_is_good and any(reply.is_success for reply in self.rcpt)

    @property
    def _mail_is_good(self) -> bool:
        return self.mail is not None and self.mail.is_success

    @property
    def stopper(self) -> tuple[Recipient, Reply] | None:
        """The recipient whose refusal stops the message, if there is one.

        One beyond the server's limit is not refused: it gets a transaction of its own.
        """
        stop_on = self.job.envelope.stop_on
        if not stop_on:
            return None
        has_some = self.has_recipient
        for recipient, reply in zip(self.recipients, self.rcpt, strict=False):
            waits = has_some and _is_too_many(reply)
            if not reply.is_success and not waits and recipient.kind in stop_on:
                return recipient, reply
        return None

    @property
    def left_over(self) -> tuple[int, ...]:
        """Places of recipients beyond the server's limit (RFC 5321 section 4.5.3.1.10)."""
        if self.final is None or not self.final.is_success:
            return ()
        return tuple(place for place, reply in enumerate(self.rcpt) if _is_too_many(reply))

    @property
    def is_clean(self) -> bool:
        """True if the transaction has ended and the server accepted it."""
        return self.final is not None and self.final.is_success

    @property
    def is_perfect(self) -> bool:
        """True if every recipient got it."""
        return (
            self.is_clean
            and self._mail_is_good
            and len(self.rcpt) == len(self.recipients)
            and all(map(_IS_SUCCESS, self.rcpt))
            and (self.data is None or self.data.is_intermediate)
        )

    @property
    def contradicts_itself(self) -> bool:
        """True for a 2yz to the end of a message whose MAIL was refused: what left is unknown."""
        return self.is_clean and not self._mail_is_good

    def results(self) -> tuple[RecipientResult, ...]:
        """Return one result for each recipient."""
        return tuple(map(self._result, self.recipients, chain(self.rcpt, repeat(None))))

    def accepted(self) -> tuple[RecipientResult, ...]:
        """The same for a transaction that is perfect."""
        assert self.final is not None
        words = self.final.code, self.final.enhanced_code, self.final.text
        return tuple(
            [
                RecipientResult(to.address, to.kind, Outcome.ACCEPTED, *words, "END")
                for to in self.recipients
            ]
        )

    def _result(self, recipient: Recipient, rcpt: Reply | None) -> RecipientResult:
        outcome, reply, text = self._decide(rcpt)
        return RecipientResult(
            recipient.address,
            recipient.kind,
            outcome,
            reply.code if reply else 0,
            reply.enhanced_code if reply else "",
            text or (reply.text if reply else ""),
            self._stage_of(reply),
        )

    def _stage_of(self, reply: Reply | None) -> str:
        if reply is None:
            return ""
        if reply is self.mail:
            return "MAIL"
        return "END" if reply is self.data or reply is self.final else "RCPT"

    def _decide(self, rcpt: Reply | None) -> tuple[Outcome, Reply | None, str]:
        if self.contradicts_itself:
            return Outcome.UNKNOWN, self.final, "the server accepted what it had refused before"
        for reply in (self.mail, rcpt, self.data):
            if reply is not None and (refused := _REFUSALS.get(reply.code // 100)):
                return refused, reply, ""
        if self.final is not None and (outcome := _FINALS.get(self.final.code // 100)):
            return outcome, self.final, ""
        if self.is_committed:
            return Outcome.UNKNOWN, self.final, self.trouble or IN_DOUBT
        return Outcome.NOT_SENT, None, self.trouble or self._why_not()

    def _why_not(self) -> str:
        if self.stopper is None:
            return NOTHING_WRITTEN
        return f"not sent, because {self.stopper[0].address} was refused"

    def last_reply(self) -> Reply | None:
        """The reply that ended the message, for the receipt; None if the connection failed first.

        What a server replies after it has refused the envelope only echoes that.
        """
        if self.contradicts_itself or self.mail is None:
            return self.final
        if not self._mail_is_good:
            return self.mail
        if self.stopper:
            return self.stopper[1]
        if self.has_recipient:
            return self.final or (self.data if self.data and self.data.code >= 400 else None)
        # Of several refusals a transient one: the outcome of the whole is transient too.
        return min(self.rcpt, key=lambda reply: reply.code, default=None)


_IS_SUCCESS = attrgetter("is_success")
_OPENERS = frozenset({"MAIL", "SEND", "SOML", "SAML"})
_REFUSALS = {4: Outcome.DEFERRED, 5: Outcome.REFUSED}
_FINALS = {2: Outcome.ACCEPTED, **_REFUSALS}


def _is_too_many(reply: Reply) -> bool:
    return reply.enhanced_code == "4.5.3" or (
        reply.code in (452, 552) and reply.enhanced_code in ("", "5.5.3")
    )


def queue_id(reply: Reply | None) -> str:
    """Return the id under which the server queued the message, if its reply holds one."""
    match = _QUEUE_ID.search(reply.text) if reply and reply.is_success else None
    return next(filter(None, match.groups()), "") if match else ""
