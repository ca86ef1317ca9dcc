"""Revocation lists of a server's certificates, fetched on separate connections.

This happens while the handshake waits for the decision: the server has received nothing from us
yet. Lists are only requested for certificates of a trusted authority, and a list that cannot be had
within the limits is a fault, which only its flag overlooks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from smtp_nb import ambient
from smtp_nb.errors import Interrupted, SMTPError
from smtp_nb.flows.connecting.opening import open_connection
from smtp_nb.flows.intents import Flow, PopConnection, PushConnection
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.model.events import Event, PITrailEvent

if TYPE_CHECKING:
    from smtp_nb.wire.proxies.http_get import HttpGet, Url
    from smtp_nb.wire.verification.revocation import Link
    from smtp_nb.wire.verification.verification import CertificateVerdict
    from smtp_nb.wire.verification.verify_errors import CertificateFinding

SECONDS = 20.0
"""For all lists of a chain together."""
MOST_REDIRECTS = 3


class _Nobody:
    """An observer that ignores events: the trail is about the mail server."""

    def wants(self, kind: type[Event]) -> bool:
        return False

    def emit(self, *events: Event) -> None:
        pass

    def emit_lines(self, lines: Sequence[PITrailEvent]) -> None:
        pass

    def ask(self, event: Event) -> Sequence[Awaitable[None]]:
        return ()


def ask_lists(
    session: ClientSession, verdict: CertificateVerdict
) -> Flow[list[CertificateFinding]]:
    """Return what the revocation lists of all certificates up to the root have against them."""
    from smtp_nb.wire.verification.revocation import is_vouched_for, links
    from smtp_nb.wire.verification.verify_errors import LEAF_REVOCATION_UNKNOWN, CertificateFinding

    if not (verdict.verified and is_vouched_for(verdict.faults)):
        why = "it was not issued by a trusted authority, so its list was not requested"
        return [CertificateFinding(LEAF_REVOCATION_UNKNOWN, 0, verdict.chain[0], why)]
    seconds = min(SECONDS, session.settings.timeout_s or SECONDS)
    deadline = Deadline(session.clock, seconds, "a revocation list", None)
    findings: list[CertificateFinding] = []
    for link in links(verdict.verified):
        findings += yield from _judge(session, link, deadline)
    return findings


def _judge(
    session: ClientSession, link: Link, deadline: Deadline
) -> Flow[list[CertificateFinding]]:
    from smtp_nb.wire.verification.revocation import NoAnswer, Revoked, distribution_points
    from smtp_nb.wire.verification.verify_errors import REVOKED, CertificateFinding

    try:
        for addresses in distribution_points(link):
            yield from _ask_one_of(session, link, addresses, deadline)
    except Revoked as answer:
        return [CertificateFinding(REVOKED, link.depth, link.certificate, str(answer))]
    except NoAnswer as reason:
        return [CertificateFinding(link.unknown, link.depth, link.certificate, str(reason))]
    return []


def _ask_one_of(
    session: ClientSession, link: Link, addresses: Sequence[str], deadline: Deadline
) -> Flow[None]:
    """Try one address after the other until one answers."""
    from smtp_nb.wire.verification.revocation import NoAnswer

    reason = NoAnswer("it names no revocation list")
    for address in addresses:
        try:
            yield from _ask(session, link, address, addresses, deadline)
        except NoAnswer as error:
            reason = error
        else:
            return
    raise reason


def _ask(
    session: ClientSession, link: Link, address: str, addresses: Sequence[str], deadline: Deadline
) -> Flow[None]:
    from smtp_nb.wire.verification.revocation import NoAnswer, look_up, read_list

    lists = session.settings.lists
    now = ambient.today()
    if (kept := lists.get(address) if lists else None) is not None:
        with contextlib.suppress(NoAnswer):  # a newer one may know
            return look_up(link, kept, addresses, now)
    octets = yield from _fetch(session, address, deadline)
    revocations = read_list(octets)
    look_up(link, revocations, addresses, now)
    if lists:
        lists.keep(address, len(octets), revocations)
    return None


def _fetch(session: ClientSession, address: str, deadline: Deadline) -> Flow[bytes]:
    """Fetch a list, following redirects."""
    from smtp_nb.wire.proxies.http_get import HttpGet, parse_url
    from smtp_nb.wire.verification.revocation import MOST_OCTETS, NoAnswer

    try:
        for _ in range(1 + MOST_REDIRECTS):
            url = parse_url(address)
            got = HttpGet(url, MOST_OCTETS)
            session.trail.remark(f"asking {url.host} for a revocation list")
            yield from _beside(session, url, got, deadline)
            if not got.location:
                return got.body
            address = got.location
    except Interrupted:
        raise
    except SMTPError as error:
        raise NoAnswer(f"its revocation list cannot be fetched: {error.description}") from error
    raise NoAnswer("its revocation list is redirected too often")


def _beside(session: ClientSession, url: Url, got: HttpGet, deadline: Deadline) -> Flow[None]:
    """Send one request on a connection of its own, through the same proxy."""
    yield PushConnection()
    try:
        yield from _request(session, url, got, deadline)
    except Interrupted:
        raise  # all connections are dropped
    except Exception:
        yield PopConnection()
        raise
    yield PopConnection()


def _request(session: ClientSession, url: Url, got: HttpGet, deadline: Deadline) -> Flow[None]:
    settings = replace(
        session.settings,
        host=url.host,
        port=url.port,
        start_mode=SSLStartMode.NONE,
        tls=None,
        connect_timeout_s=deadline.left(),
        socket=replace(session.settings.socket, local_port=0),
    )
    aside = ClientSession(settings, _Nobody(), session.clock)
    data = yield from open_connection(aside)
    yield from aside.put(got.request(), deadline.left())
    if data:
        got.receive(data)
    while not got.is_done:
        got.receive((yield from aside.get(deadline)))
