"""One connection by hand, with all that is known of it: the wire, the mirror and the transcript."""

from __future__ import annotations

from typing import TypeVar

from smtp_nb.classroom.mirror import Mirror
from smtp_nb.classroom.target import Destination
from smtp_nb.classroom.transcript import Transcript
from smtp_nb.drivers.blocking import BlockingDriver
from smtp_nb.drivers.memory import MemoryDriver
from smtp_nb.errors import LinkError, SMTPError, SMTPTimeout
from smtp_nb.flows.intents import Flow, Sleep
from smtp_nb.flows.raw import RawSession
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.session import BY_HAND, Session

T = TypeVar("T")
GLANCE_S = 0.01
MAX_GLANCES = 200
QUIET_S = 1.0
"""How long to listen where the rules owe no reply."""


class Conversation:
    """A connection that is open when it has been made.

    Args:
        target: where it leads.
        student: whose it is, for the sandbox's record.
        unsafe: another machine is allowed too.
        timeout: seconds to wait for a reply that is due.

    Attributes:
        transcript: what passed.
        mirror: what the server makes of it.
    """

    def __init__(self, target: Destination, student: str, timeout: float, *, unsafe: bool) -> None:
        self._target, self._student, self._timeout = target, student, timeout
        self.transcript = Transcript()
        self._driver: BlockingDriver | MemoryDriver = (
            BlockingDriver(self.transcript)
            if target.memory is None
            else MemoryDriver(self.transcript, target.memory)
        )
        clock = self._driver.clock
        self._raw = RawSession(target.settings, self.transcript, clock, unsafe=unsafe)
        self._run(self._raw.open())
        self.transcript.begin(clock, lambda: self._raw.has_tls)
        is_implicit = target.settings.start_mode is SSLStartMode.IMPLICIT
        self.mirror = Mirror(target.shared.service if target.shared else None, tls=is_implicit)
        self._session: Session | None = None

    def _run(self, flow: Flow[T]) -> T:
        return self._driver.run(flow)

    @property
    def is_over(self) -> bool:
        """True once either side has ended it."""
        return not self._raw.is_open or self.mirror.state == "closed"

    def say(self, octets: bytes) -> None:
        """Send bytes as they are."""
        self._run(self._raw.write(octets))
        self.transcript.sent(octets, self.mirror)
        self.claim()

    def next_reply(self) -> Reply | None:
        """Await for a reply; None once the server has ended the connection.

        Raises:
            SMTPTimeout: none came in time; says what the server waits for.
            LinkError: what came is not a reply, or the connection was lost.
        """
        patience = self._timeout if self.mirror.is_owed else min(QUIET_S, self._timeout)
        try:
            reply = self._run(self._raw.next_reply(patience, "a reply"))
        except SMTPTimeout as error:
            raise SMTPTimeout(
                f"no reply in {patience:g} s: the server waits for {self.waiting}",
                remedy="Say that, or see what is wrong with what was said",
            ) from error
        except LinkError:
            self.mirror.closed()
            raise
        self.claim()
        if reply is None:
            self.mirror.closed()
        else:
            self.transcript.heard(reply)
            self.mirror.heard(reply)
        return reply

    def start_tls(self) -> None:
        """Run the handshake, after 220 to STARTTLS.

        Raises:
            PlaintextInjected, TLSError: it failed; the connection is closed.
        """
        try:
            self._run(self._raw.start_tls())
        except SMTPError:
            self.mirror.closed()
            raise
        self.mirror.secured()

    def close(self) -> None:
        """End the connection without a word."""
        if self._raw.is_open:
            self._run(self._raw.close())
        if (session := self.claim()) is not None:
            self._run(_until_ended(session))
        self.mirror.closed()
        self.claim()

    @property
    def waiting(self) -> str:
        """What the server waits for, in words."""
        session = self.claim()
        if session is None:
            return self.mirror.waiting
        # A server in memory reads what was sent only once a client waits for its reply.
        is_behind = self._target.memory is not None and session.is_open
        return self.mirror.waiting if is_behind else session.waiting

    def claim(self) -> Session | None:
        """Our session on the server's side, marked as typed by hand; None if it is not known."""
        shared, peer = self._target.shared, self._raw.peer
        if self._session is None and shared is not None and peer is not None:
            ports = self._target.ports
            ours = f":{ports.get(peer.local_port, peer.local_port)}"
            mine = [one for one in shared.sessions if one.peer.endswith(ours) and not one.by]
            if mine:
                self._session = mine[-1]
                self._session.by, self._session.student = BY_HAND, self._student
                self.transcript.passwords(shared.passwords)
        if self._session is not None:
            self.transcript.note(self._session.noted)
        return self._session


def _until_ended(session: Session) -> Flow[None]:
    """Wait until the sandbox, in a thread of its own, has noticed the end and remarked upon it."""
    for _ in range(MAX_GLANCES):
        if not session.is_open:
            return
        yield Sleep(GLANCE_S)
