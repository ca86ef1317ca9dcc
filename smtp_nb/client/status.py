"""Status of the component and its session, read only."""

from __future__ import annotations

from smtp_nb.client.ownership import Ownership
from smtp_nb.flows.intents import Peer
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.wording import Front

_NOWHERE = Peer("", 0)
NO_TLS = TLSInfo("", "")


class Status(Ownership):
    """The read-only properties."""

    _negotiated: TLSInfo = NO_TLS
    _front: Front = Front.PYTHON
    """The front whose words errors use."""

    @property
    def _is_connected(self) -> bool:
        self._notice_fork()
        session = self._session
        return session is not None and session.is_open and self._driver.is_open

    @property
    def idle(self) -> bool:
        """False while a method is running (IPWorks: Idle)."""
        return not self._busy.locked()

    @property
    def last_reply(self) -> str:
        """The most recent reply of the server (IPWorks: LastReply)."""
        reply = self._session.last_reply if self._session else None
        return str(reply or self._last_reply or "")

    @property
    def remote_address(self) -> str:
        """The IP address of the server; empty while not connected."""
        return self.line.remote_address

    @property
    def line(self) -> Peer:
        """Both ends of the connection; empty while not connected."""
        peer = self._session.peer if self._session and self._is_connected else None
        return peer or _NOWHERE

    @property
    def extensions(self) -> dict[str, str]:
        """The extensions the server offers, keyword to parameters; empty while not connected."""
        return dict(self._session.extensions.keywords) if self._session else {}

    @property
    def tls(self) -> TLSInfo | None:
        """The TLS parameters of the connection, or None without TLS."""
        return self._session.tls if self._session else None

    @property
    def negotiated(self) -> TLSInfo:
        """The TLS parameters of the last handshake; empty fields if there was none."""
        return self.tls or self._negotiated

    @property
    def build_info(self) -> str:
        """Name and version of this library (IPWorks: BuildInfo)."""
        from importlib.metadata import version

        return f"smtp_nb {version('smtp_nb')}"
