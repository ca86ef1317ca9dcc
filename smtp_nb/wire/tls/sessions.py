"""TLS sessions that may be resumed, so that the next handshake is shorter.

A resumed session has no certificate: OpenSSL checks nothing and finds no fault, even with a server
that was once accepted despite its faults. Hence these rules:

- Only the session of a server that was accepted is kept, and with it the verdict on the server.
- Its key is everything that the decision depended on: host, port and the settings.
- The verdict is decided on again each time: by pin, flags, revocation lists and handler.
- A broken connection leaves none: OpenSSL invalidates a session without close_notify.
- A session is used once (RFC 8446 appendix C.4), for ten hours, and no longer than its
certificates.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from OpenSSL import SSL

from smtp_nb.wire.settings import TLSSettings
from smtp_nb.wire.verification.verification import CertificateVerdict

LIFETIME = datetime.timedelta(hours=10)
MOST = 64


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session of an accepted server.

    Attributes:
        context: that of the connection; OpenSSL resumes it on no other.
        verdict: on the certificate that the server sent then.
    """

    session: SSL.Session
    context: SSL.Context
    verdict: CertificateVerdict
    until: datetime.datetime


class TLSSessionCache:
    """The sessions of one component."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, TLSSettings], StoredSession] = {}

    def session_slot(self, host: str, port: int, settings: TLSSettings) -> SessionSlot:
        """Return the slot for sessions with that server under these settings."""
        return SessionSlot(self._kept, (host, port, settings))


@dataclass(frozen=True, slots=True)
class SessionSlot:
    """The slot for the newest session with one server under one set of settings."""

    kept: dict[tuple[str, int, TLSSettings], StoredSession]
    place: tuple[str, int, TLSSettings]

    def keep(self, connection: SSL.Connection, verdict: CertificateVerdict) -> None:
        """Keep the session of a connection to an accepted server."""
        session = connection.get_session()
        if session is None:
            return
        ends = [certificate.not_valid_after_utc for certificate in verdict.chain]
        while len(self.kept) >= MOST:
            del self.kept[next(iter(self.kept))]
        until = min(_now() + LIFETIME, *ends)
        self.kept[self.place] = StoredSession(session, connection.get_context(), verdict, until)

    def take(self, context: SSL.Context) -> StoredSession | None:
        """Take the session out; None if there is none that may be used."""
        kept = self.kept.pop(self.place, None)
        if kept is None or kept.context is not context or kept.until <= _now():
            return None
        return kept


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
