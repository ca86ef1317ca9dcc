"""Errors for negative replies."""

from __future__ import annotations

from smtp_nb.errors import (
    DeferredError,
    Interrupted,
    LinkError,
    MalformedReply,
    RefusedError,
    ReplyError,
    SMTPError,
)
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.reply import Reply

DOUBT = "it is not known whether the message was accepted: it may have been delivered"


def refusal(reply: Reply, what: str, remedy: str = "") -> SMTPError:
    """Return the error for a reply that did not grant `what` ("MAIL", "the login", …).

    Args:
        remedy: what to do; if empty, the remedy for such replies from the tables.
    """
    from smtp_nb.model.explain import explain

    remedy = remedy or explain(reply).short.rstrip(".")
    words = " ".join(filter(None, (str(reply.code), reply.enhanced_code, reply.text)))
    description = f"the server answered {what} with {words!r}"
    error: SMTPError
    if reply.is_transient:
        error = DeferredError(description, reply=reply, remedy=remedy)
    elif reply.is_permanent:
        error = RefusedError(description, reply=reply, remedy=remedy)
    else:
        error = MalformedReply(description, code=ReplyError.default_code, reply=reply)
    if reply.code == 421:
        error.connection_survives = False  # RFC 5321 section 3.8: the server hangs up
    return error


def not_sent(given: Receipt) -> SMTPError:
    """Return the error for a message that no recipient got."""
    decisive = next((r for r in given.recipients if r.code), None)
    who = f"the message to {decisive.address}" if decisive else "the message"
    error: SMTPError
    if given.reply is not None and not given.reply.is_success:
        error = refusal(given.reply, who)
    else:
        words = given.recipients[0].text
        kind = RefusedError if given.outcome is Outcome.REFUSED else SMTPError
        error = kind(f"{who} was not sent: {words}", code=161)
    error.receipt = given
    _say_of_others(error, given)
    return error


def _say_of_others(error: SMTPError, given: Receipt) -> None:
    """Add to the description how many recipients got nothing without being refused."""
    others = sum(r.outcome is Outcome.NOT_SENT for r in given.recipients)
    if others and others < len(given.recipients):
        who = "1 other recipient" if others == 1 else f"{others} other recipients"
        _describe(error, f"{error.description}; {who} got nothing either (NOT_SENT)")


def in_doubt(error: SMTPError) -> SMTPError:
    """Return the error of a broken send, starting with what became of the message."""
    if error.receipt is None or not isinstance(error, LinkError | Interrupted):
        return error
    outcomes = {result.outcome for result in error.receipt.recipients}
    if Outcome.UNKNOWN in outcomes:
        _describe(error, f"{DOUBT}: {error.description}")
        error.remedy = "Ask a recipient or check the server's log before you send it again"
    return error


def _describe(error: SMTPError, description: str) -> None:
    error.description = description
    error.args = (description,)
