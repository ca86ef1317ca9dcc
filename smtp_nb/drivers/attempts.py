"""Connection attempts to the addresses of one host (RFC 8305 section 5).

The next attempt begins 250 ms after the one before, or as soon as that one has failed; the first
connection wins. The driver opens sockets and keeps time; the decisions here are shared by all
drivers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from smtp_nb.drivers.os_errors import os_error_words
from smtp_nb.drivers.sockets import Target, address_of, connect_failed, no_address
from smtp_nb.errors import LinkError, SMTPTimeout
from smtp_nb.flows.intents import Open, Peer

# RFC 8305 section 8: the recommended "Connection Attempt Delay".
ATTEMPT_DELAY = 0.25


class Attempts:
    """The order and timing of attempts, and what became of each.

    Args:
        targets: the addresses, in the order of the attempts.
    """

    def __init__(self, intent: Open, targets: Sequence[Target]) -> None:
        self._intent = intent
        self._waiting = deque(targets)
        self._is_several = len(targets) > 1
        self._fates: dict[Target, OSError | None] = {}
        self._next_at: float | None = None

    def due(self, now: float) -> Target | None:
        """Return the address to try now; None: none, or not yet."""
        if not self._waiting or (self._next_at is not None and now < self._next_at):
            return None
        target = self._waiting.popleft()
        self._fates[target] = None
        self._next_at = now + ATTEMPT_DELAY
        return target

    @property
    def next_at(self) -> float | None:
        """When the next attempt is due unless one succeeds first; None: there is no further one."""
        return self._next_at if self._waiting else None

    def lost(self, target: Target, error: OSError) -> None:
        """Note a failed attempt, so that the next one need not wait."""
        self._fates[target] = error
        self._next_at = None

    @property
    def is_over(self) -> bool:
        """True if every address was tried and none is left that may still answer."""
        return not self._waiting and None not in self._fates.values()

    def won(self, target: Target, peer: Peer) -> Peer:
        """Return the peer, with what became of the other addresses."""
        others = [one for one, fate in self._fates.items() if fate is None and one != target]
        return replace(
            peer,
            others=tuple(map(address_of, [*self._waiting, *others])),
            failed=tuple(self._fate(one, fate) for one, fate in self._fates.items() if fate),
        )

    def failure(self) -> LinkError:
        """Return the error when all have failed: of the kind of the last one, naming each."""
        failures = [fate for fate in self._fates.values() if fate is not None]
        if not failures:
            return no_address(self._intent)
        return connect_failed(self._intent, failures[-1], self._story() if self._names_each else "")

    def timeout(self) -> SMTPTimeout:
        """Return the error when the time for all of them is over."""
        where = f"{self._intent.host} port {self._intent.port}"
        story = f": {self._story()}" if self._names_each else ""
        return SMTPTimeout(
            f"connecting to {where} timed out{story}",
            remedy="Check the server's name and port; a firewall that drops packets looks the same",
        )

    @property
    def _names_each(self) -> bool:
        """An address given by the user need not be named twice."""
        return self._is_several or any(
            address_of(target) != self._intent.host.strip("[]") for target in self._fates
        )

    def _story(self) -> str:
        fates = [self._fate(target, fate) for target, fate in self._fates.items()]
        fates += [f"{address_of(target)} was not tried" for target in self._waiting]
        return "; ".join(fates)

    @staticmethod
    def _fate(target: Target, fate: OSError | None) -> str:
        what = f": {os_error_words(fate)}" if fate else " did not answer"
        return f"{address_of(target)}{what}"
