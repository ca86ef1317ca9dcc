"""Open a connection, straight or through a proxy; nothing of SMTP is said on it yet."""

from __future__ import annotations

from smtp_nb.flows.connecting.proxy import reach
from smtp_nb.flows.intents import Flow, Open
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.mask import unseen
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.enums import SSLStartMode

# RFC 8314 section 7.3: submission inside TLS from the first byte.
IMPLICIT_PORT = 465
ON_IMPLICIT_PORT = "Port 465 is for TLS from the first byte"


def open_connection(
    session: ClientSession, opening: Deadline | None = None, addresses: tuple[str, ...] = ()
) -> Flow[bytes]:
    """Open the connection, through a proxy if there is one; gives what came behind the proxy's
    answer.

    Args:
        opening: the end of all attempts together.
        addresses: the server's that are left to be tried; empty for all.
    """
    settings, early = session.settings, b""
    opening = opening or end_of_opening(session)
    if settings.proxy is not None:
        early = yield from unseen(reach(session, settings.proxy))
    else:
        session.peer = peer = yield Open(
            settings.host,
            settings.port,
            opening.left(),
            settings.socket,
            addresses,
            opening.notice(session.trail.say_waiting),
        )
        session.is_open = True
        session.restart_clock()
        for failed in peer.failed:
            session.trail.remark(f"{failed}; connected to {peer.remote_address}")
    session.trail.status("Remote host connection complete")
    if settings.port == IMPLICIT_PORT and settings.start_mode is SSLStartMode.NONE:
        session.trail.status(f"{ON_IMPLICIT_PORT}; none was asked for")
    return early


def end_of_opening(session: ClientSession) -> Deadline:
    """The end of all attempts to connect, together."""
    settings = session.settings
    where = f"the connection to {settings.host} port {settings.port}"
    return Deadline(session.clock, settings.connect_timeout_s, where)
