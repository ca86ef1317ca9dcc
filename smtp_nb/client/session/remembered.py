"""State that a component's sessions keep for its later ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smtp_nb.wire.tls.sessions import TLSSessionCache
    from smtp_nb.wire.verification.revocation import RevocationLists


@dataclass(slots=True)
class Remembered:
    """What was learned about servers.

    Attributes:
        pipelining: host and port to how much pipelining the server turned out to stand.
        tls_sessions: TLS sessions to resume; None until one may be kept.
        revocation_lists: the lists that were fetched; None until one is asked for.
    """

    pipelining: dict[tuple[str, int], str] = field(default_factory=dict)
    tls_sessions: TLSSessionCache | None = None
    revocation_lists: RevocationLists | None = None

    def copy(self) -> Remembered:
        """What a copy of the component may share: facts about servers.

        TLS sessions stay behind: a session serves one connection (RFC 8446 appendix C.4), and two
        components that resume the same one could be recognized as one client.
        """
        return replace(self, tls_sessions=None)

    def sessions(self) -> TLSSessionCache:
        """The TLS sessions, which are kept from now on."""
        from smtp_nb.wire.tls.sessions import TLSSessionCache

        if self.tls_sessions is None:
            self.tls_sessions = TLSSessionCache()
        return self.tls_sessions

    def lists(self) -> RevocationLists:
        """The revocation lists that this component, and those it was copied from, have fetched."""
        from smtp_nb.wire.verification.revocation import RevocationLists

        if self.revocation_lists is None:
            self.revocation_lists = RevocationLists()
        return self.revocation_lists
