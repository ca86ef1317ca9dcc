"""One connection of a run, and its recovery from failures."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from smtp_nb.errors import LinkError, SMTPError
from smtp_nb.flows.delivering.reconnecting import Pause
from smtp_nb.merge.running.source import Source, learnt
from smtp_nb.merge.running.waiting import PendingMessage
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

# What a server has decided; everything else is no progress over a failing connection.
_DECIDED = frozenset({Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DEFERRED})
CLOSING = 421
# Where a connection has worked before: the pauses before it is tried again, one try each.
RECONNECTS = (0.0, 0.5, 1.0, 2.0, 4.0)
# A connection that the server does not want beside the others stands back for so long.
STAND_BACK = 30.0


class ConnectionGroup:
    """The connections of a run, which stand in for each other.

    Args:
        number: how many there are.
        window: the most messages of one that are under way; None leaves it to the client.
    """

    def __init__(self, source: Source, number: int, window: int | None = None) -> None:
        self.source = source
        self.window = sys.maxsize if window is None else window
        self.connections = [MergeConnection(self) for _ in range(number)]
        self.has_worked = False
        """True once a server has decided anything in this run."""
        self.failures = 0
        """Connections that failed one after the other without getting anything done."""

    def may_go_on(self, connection: MergeConnection, error: SMTPError) -> bool:
        """Whether a connection that failed without getting anything done is worth another
        connection."""
        now = self.source.pace.clock()
        is_busy = error.reply is not None and error.reply.is_transient
        if not (isinstance(error, LinkError) or is_busy):
            return False
        if any(
            other.stands_back_until <= now for other in self.connections if other is not connection
        ):
            connection.stands_back_until = now + STAND_BACK
            return True
        if not self.has_worked or self.failures >= len(RECONNECTS):
            return False
        connection.stands_back_until = now + RECONNECTS[self.failures]
        self.failures += 1
        return True


class MergeConnection:
    """A `LastingSource` for one connection after the other.

    Attributes:
        stands_back_until: it does not connect before, on the clock of the run.
    """

    def __init__(self, group: ConnectionGroup) -> None:
        self._group = group
        self._source = group.source
        self._unsent: list[tuple[PendingMessage, Receipt]] = []
        self._begun = 0
        self._decided = 0
        self.stands_back_until = -math.inf

    def pause(self) -> Pause | None:
        """What to do before the next jobs."""
        pause = self._source.pause()
        if pause is None:
            return None
        wait = self.stands_back_until - self._source.pace.clock()
        is_full = self._room() <= 0
        if is_full:
            self._begun = self._decided = 0
        return Pause(max(pause.seconds, wait, 0.0), is_full)

    def _room(self) -> int:
        """How many messages this connection may still carry."""
        most = self._source.pace.messages_per_connection
        return 2**31 if most is None else most - self._begun

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        """The next window; none if there is none for now."""
        self._unsent = []
        room = min(self._room(), self._group.window)
        jobs = self._source.take(min(most, room)) if room > 0 else ()
        self._begun += len(jobs)
        return jobs

    def prepare(self, most: int) -> None:
        """Render ahead, while the server is busy with the last window."""
        self._source.prepare(min(most, self._room()))

    def done(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        """What became of jobs."""
        self._source.settle(results)
        for job, receipt in results:
            if receipt.outcome is Outcome.ACCEPTED:
                self._decided += 1
                continue
            self._decided += any(
                r.outcome in _DECIDED and r.code != CLOSING for r in receipt.recipients
            )
            if any(r.outcome is Outcome.NOT_SENT for r in receipt.recipients):
                self._unsent.append((learnt(job, receipt), receipt))
        if self._decided:
            self._group.has_worked, self._group.failures = True, 0

    def broke(self, error: SMTPError) -> bool:
        """The connection failed: what did not leave goes over another one, if that may help."""
        self._source.take_back(self._unsent)
        decided, self._unsent, self._begun, self._decided = self._decided, [], 0, 0
        if isinstance(error, LinkError) and error.fell_back:
            return True
        if not isinstance(error, LinkError) or not decided:
            return self._group.may_go_on(self, error)
        if error.reply is not None and error.reply.code == CLOSING:
            self._source.pace.closed_after(decided)
        return True
