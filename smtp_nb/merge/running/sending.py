"""Sending a run with the client given as `server=`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Protocol, TypeVar

from smtp_nb.client.aio import AsyncSMTP
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import InputError, MissingError, SMTPError
from smtp_nb.merge.rows.problem import Problem, Severity
from smtp_nb.merge.running.connection import MergeConnection
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.run import Nudged
from smtp_nb.merge.running.source import Source

C = TypeVar("C", SMTP, AsyncSMTP)
# A URL, or a client. A client of the front that is used serves itself, with its event handlers and
# its connection; of the other front, its properties are copied.
Server = str | SMTP | AsyncSMTP | None

# What a component says about each message it sends, and where a merge says it. What a merge cannot
# do without (subject, body, sender, recipients) is the template's, whatever the component holds.
_SAID_ELSEWHERE = {
    "cc": "Template(cc=…)",
    "bcc": "Template(bcc=…)",
    "reply_to": "Template(reply_to=…)",
    "return_path": "MailMerge(…, return_path=…)",
    "sender": "MailMerge(…, from_=…)",
    "read_receipt_to": "Template(headers={'Disposition-Notification-To': …})",
    "delivery_notification_to": "Template(headers={'Return-Receipt-To': …})",
    "other_headers": "Template(headers=…)",
    "importance": "Template(headers={'Importance': …})",
    "priority": "Template(headers={'Priority': …})",
    "sensitivity": "Template(headers={'Sensitivity': …})",
}


def component(server: Server) -> Server:
    """A URL as a component, and anything else as it is.

    Raises:
        InputError: it is no URL of a mail server.
    """
    return SMTP.from_url(server) if isinstance(server, str) else server


def unused(server: Server) -> list[Problem]:
    """What a component says of its messages and a merge would drop: a copy, a return path.

    Taking it over could send two thousand copies to a recipient who was meant to get one.
    """
    if server is None or isinstance(server, str):
        return []
    return [
        Problem(
            None, f"server.{name}", Severity.ERROR,
            f"the SMTP in server= has {name} set, which a merge does not use",
            f"Give it as {instead}, or empty it",
        )
        for name, instead in _SAID_ELSEWHERE.items()
        if getattr(server, name)
    ]  # fmt: skip


def refuse_unused(server: Server) -> None:
    """Raise if a merge would drop what the component says.

    Raises:
        InputError: it has a property set that a merge does not use; nothing was sent.
    """
    if wrong := unused(server):
        raise InputError(f"nothing was sent: {wrong[0].message}", remedy=wrong[0].remedy)


class Sendable(Protocol):
    """What is sent: a run, or a worker's share of one."""

    @property
    def source(self) -> Source: ...

    @property
    def options(self) -> Options: ...

    @property
    def has_more(self) -> bool: ...

    def connections(self, client: Nudged) -> list[MergeConnection]: ...


def send(run: Sendable, server: Server) -> None:
    """Send what a run has to send, in this thread.

    Raises:
        SMTPError: could not connect, or no connection got anything done; or the server refused
            the sender or the session.
    """
    if run.has_more:
        with _blocking(server) as smtp, _window(smtp, run):
            smtp.deliver_all(run.connections(smtp))
    run.source.endings.raise_error()


async def asend(run: Sendable, server: Server) -> None:
    """As `send`, for asyncio."""
    if run.has_more:
        async with _awaited(server) as smtp:
            with _window(smtp, run):
                await smtp.deliver_all(run.connections(smtp))
    run.source.endings.raise_error()


@contextmanager
def _window(smtp: SMTP | AsyncSMTP, run: Sendable) -> Iterator[None]:
    """The client with the window that the run wants; afterwards it has its own again."""
    run.source.dkim = smtp.dkim
    before = smtp.window
    smtp.window = run.options.window or before
    try:
        yield
    finally:
        smtp.window = before


@contextmanager
def _blocking(server: Server) -> Iterator[SMTP]:
    """A blocking client; what was not connected before is not connected after."""
    smtp = server if isinstance(server, SMTP) else _made(SMTP, server)
    was_connected = smtp.connected
    try:
        yield smtp
    finally:
        if smtp.connected and not was_connected:
            with suppress(SMTPError):
                smtp.disconnect()


@asynccontextmanager
async def _awaited(server: Server) -> AsyncIterator[AsyncSMTP]:
    """An asyncio client; what was not connected before is not connected after."""
    smtp = server if isinstance(server, AsyncSMTP) else _made(AsyncSMTP, server)
    was_connected = smtp.connected
    try:
        yield smtp
    finally:
        if smtp.connected and not was_connected:
            with suppress(SMTPError):
                await smtp.disconnect()


def _made(front: type[C], server: Server) -> C:
    if server is None:
        raise MissingError(
            "no mail server is set", code=163, remedy="Give server= a URL or an SMTP"
        )
    if isinstance(server, str):
        return front.from_url(server)
    made = front()
    server.copy_to(made)
    return made
