"""A no of the server, as the error that says so."""

from __future__ import annotations

from smtp_nb.errors import DeferredError, MalformedReply, RefusedError, ReplyError, SMTPError
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.reply import Reply


def refusal(reply: Reply, what: str, remedy: str = "") -> SMTPError:
    """The error for a reply that did not grant `what` ("MAIL", "the login", …).

    Args:
        remedy: what to do; if it is empty, what is known about such replies.
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
    """The error for a message that nobody got."""
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
    return error
