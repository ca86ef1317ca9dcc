"""Envelope commands: MAIL and RCPTs, in groups where the server allows it (RFC 2920)."""

from __future__ import annotations

from collections.abc import Collection

from smtp_nb.errors import ConnectionClosed, LinkError
from smtp_nb.flows.delivering.parameters import mail_command, rcpt_command
from smtp_nb.flows.delivering.transaction import Transaction
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.session import USUAL, ClientSession
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Recipient
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.client import ClientState
from smtp_nb.protocol.commands import RSET, Command, ehlo

# Commands that leave in one write. The driver reads while it writes, so neither side can block.
GROUP_SIZE = 500


def must_look_first(recipients: Collection[Recipient], stop_on: Collection[RecipientType]) -> bool:
    """A stop switch covers one of several recipients: their replies come before any content."""
    if not stop_on or len(recipients) < 2:
        return False
    return any(recipient.kind in stop_on for recipient in recipients)


def envelope_commands(session: ClientSession, transaction: Transaction) -> list[Command]:
    """MAIL and one RCPT for each recipient."""
    commands = [mail_command(session, transaction.job)]
    commands += [rcpt_command(session, recipient) for recipient in transaction.recipients]
    return commands


def send_envelope(
    session: ClientSession, transaction: Transaction, commands: list[Command]
) -> Flow[None]:
    """MAIL and RCPTs (and DATA where it may share their group), with all their replies."""
    step = GROUP_SIZE if session.may_group else 1
    for start in range(0, len(commands), step):
        yield from session.send(*commands[start : start + step])
        while session.protocol.waiting:
            yield from take_reply(session, transaction)
        if transaction.mail and not transaction.mail.is_success:
            return


def take_reply(
    session: ClientSession, transaction: Transaction, timeout_s: float | None = USUAL
) -> Flow[str]:
    """Wait for one reply, note it, and return the verb that it answers; errors as of
    `note_reply`.
    """
    command, reply = yield from session.next_reply(timeout_s)
    return note_reply(transaction, command, reply)


def note_reply(transaction: Transaction, command: Command, reply: Reply) -> str:
    """Note a reply, and return the verb that it answers.

    Raises:
        LinkError: 421, which ends the session, or a reply that matches no command.
    """
    transaction.take(command, reply)
    code, verb = reply.code, command.verb
    if 200 <= code < 300 and verb != "DATA":  # as nearly all are
        return verb
    if code == 421:
        transaction.trouble = transaction.trouble or f"not sent: the server hung up: {reply.text}"
        raise hung_up(reply.text, reply)
    is_go_ahead = code == 354 and verb == "DATA"
    if not (is_go_ahead or reply.is_transient or reply.is_permanent):
        raise LinkError(
            f"the server answered {verb} with {code}, which is not valid there", reply=reply
        )
    return verb


def hung_up(words: str, reply: Reply | None) -> ConnectionClosed:
    """The error after a 421."""
    return ConnectionClosed(
        f"the server is closing the session: {words}",
        reply=reply,
        remedy="Connect again, later or less often",
    )


def clear(session: ClientSession) -> Flow[None]:
    """Leave no transaction open: RSET, or EHLO where RSET is not wanted."""
    if session.protocol.state not in (ClientState.MAIL, ClientState.RCPT):
        return
    if session.settings.send_rset:
        reply = yield from session.ask(RSET)
    else:
        reply = yield from session.ask(ehlo(session.hello))
    if not reply.is_success:
        raise hung_up(f"it replied {reply.code} to the reset of a transaction", reply)
