"""Jobs in progress on one connection, and how many there may be.

The law: never more than a window of jobs without an outcome, and they are given back in the order
in which they were taken. A window starts at one job and doubles while the server is quick, so that
a slow connection never leaves many messages in doubt and always stops soon.

A window that is emptied before it is filled again leaves the connection idle for a round trip. So
large windows slide: as long as everything ends well, what has ended is given back and others follow
while the rest is in progress. After whatever is out of the ordinary the window is emptied first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from smtp_nb.errors import ExtensionError, Interrupted
from smtp_nb.flows.delivering.delivery import DeliveryState
from smtp_nb.flows.delivering.parameters import check_offers
from smtp_nb.flows.delivering.transaction import Transaction
from smtp_nb.flows.delivering.windows import fits_window
from smtp_nb.flows.intents import Done, Flow, Next
from smtp_nb.flows.session import ClientSession

# Jobs that take longer than this do not enlarge the window; those that take twice as long make it
# smaller.
SLOW_SECONDS = 0.5
# A server that has to be waited for so long is far away: its window is filled in parts, so that one
# is made while the others are in flight. Where other connections are at work meanwhile, whole
# windows are better: each part has a commit of its own.
FAR_SECONDS = 0.01
PARTS = 4
# A smaller window is emptied before it is filled again.
LEAST_SLIDING = 8


class Batch:
    """The jobs of one connection, from `Next` to `Done`.

    Args:
        is_alone: no other connection is at work while this one waits.

    Attributes:
        most: how many may be in progress.
        deliveries: those that are, in order.
        transactions: of those that are in flight together, in order.
        is_wanted: False once no further job is wanted, whatever the source may have.
        trouble: what the source failed with while messages were in flight.
    """

    def __init__(self, session: ClientSession, is_alone: bool = True) -> None:
        self._session = session
        self._is_alone = is_alone
        self._is_far = self._is_dry = False
        self._together: deque[DeliveryState] = deque()
        self.most = 1
        self.deliveries: deque[DeliveryState] = deque()
        self.transactions: list[Transaction] = []
        self.is_wanted = True
        self.trouble: Exception | None = None

    @property
    def _part(self) -> int:
        """How many jobs are taken at once."""
        is_split = self._is_far and self._slides and self._is_alone
        return self.most // PARTS if is_split else self.most

    @property
    def _slides(self) -> bool:
        return self.most >= LEAST_SLIDING and not self._session.extensions.limits

    def waited(self, seconds: float) -> None:
        """Note how long nothing came from the server while all was written."""
        self._is_far |= seconds > FAR_SECONDS

    # -- taking -------------------------------------------------------------------------------

    def take(self) -> Flow[bool]:
        """Take jobs while none is in progress; False if there are none for now."""
        return bool((yield from self._take(self._part)))

    def _take(self, most: int) -> Flow[list[DeliveryState]]:
        session = self._session
        jobs = yield Next(min(most, session.mails_left))
        self.is_wanted, self._is_dry = jobs is not None, not jobs
        found = [DeliveryState(session, job) for job in jobs or ()]
        self.deliveries += found
        return found

    def check(self, deliveries: Iterable[DeliveryState]) -> None:
        """Fail only the messages that this server cannot accept."""
        for delivery in deliveries:
            try:
                check_offers(self._session, delivery.job)
            except ExtensionError as error:
                delivery.give_up(str(error))

    def join(self, deliveries: Iterable[DeliveryState]) -> list[Transaction]:
        """Begin the transactions of those that may be in flight together."""
        found = []
        for delivery in deliveries:
            to = delivery.remaining
            if to and fits_window(delivery.job) and delivery.portion() == to:
                self._together.append(delivery)
                found.append(Transaction(delivery.job, to))
        self.transactions += found
        return found

    def part(self) -> list[tuple[DeliveryState, Transaction]]:
        """Let the transactions go, all of which have ended; each with its message."""
        found = list(zip(self._together, self.transactions, strict=True))
        self._together.clear()
        self.transactions = []
        return found

    # -- sliding ------------------------------------------------------------------------------

    def follow(self, in_flight: int) -> Flow[list[Transaction]]:
        """With CHUNKING: the transactions that may be written now, while others are in flight."""
        if not self._is_far or not in_flight:
            return []
        return (yield from self._slide(in_flight, self._part, self._part))

    def follow_last(self) -> Flow[list[Transaction]]:
        """Without CHUNKING: those that follow the last one, which is about to be written."""
        return (yield from self._slide(1, 1, self.most))

    def _slide(self, in_flight: int, least: int, most: int) -> Flow[list[Transaction]]:
        """Give back what has ended and take as many as there is room for, if that is worth it."""
        ended = len(self.transactions) - in_flight
        if not self._may_slide(ended):
            return []
        try:
            if ended >= least:
                yield from self._settle(ended)
            if (room := self.most - len(self.deliveries)) < least:
                return []
            fresh = yield from self._take(min(room, most))
        except Interrupted:
            raise
        except Exception as error:  # what is in flight comes to its end first
            self.trouble = error
            return []
        self.check(fresh)
        return self.join(fresh)

    def _may_slide(self, ended: int) -> bool:
        return (
            self._slides
            and self.is_wanted
            and not self._is_dry
            and self.trouble is None
            and len(self.deliveries) == len(self.transactions)
            and all(one.is_perfect for one in self.transactions[:ended])
        )

    def _settle(self, ended: int) -> Flow[None]:
        """Give back the first ones, which have ended well."""
        for transaction in self.transactions[:ended]:
            self._together.popleft().note(transaction)
        del self.transactions[:ended]
        self._session.batches += 1
        self._is_far &= self._learn() > FAR_SECONDS
        yield from self._give(ended)

    # -- giving back --------------------------------------------------------------------------

    def give_back(self) -> Flow[None]:
        """Give back all jobs."""
        yield from self._give(len(self.deliveries))

    def finish(self) -> Flow[None]:
        """Give back all jobs, and learn from the time that they took."""
        self._session.batches += 1
        self._learn()
        for delivery in self.deliveries:
            delivery.tell_refusals()
        yield from self.give_back()

    def _give(self, count: int) -> Flow[None]:
        given = [self.deliveries.popleft() for _ in range(count)]
        yield Done([(delivery.job, delivery.receipt()) for delivery in given])

    def _learn(self) -> float:
        """Fit the window to what the first job took; returns those seconds."""
        seconds = self._session.clock() - self.deliveries[0].began
        if seconds < SLOW_SECONDS:
            self.most = min(self.most * 2, self._session.settings.window)
        elif seconds >= 2 * SLOW_SECONDS:
            self.most = max(self.most // 2, 1)
        return seconds
