"""Delivery over successive connections, for as long as the source has work.

A source that outlives a connection says when to pause, when to hang up, and whether to continue
after a failure. How it decides is its own affair; this flow only obeys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from smtp_nb.errors import SMTPError
from smtp_nb.flows.delivering.deliver import deliver
from smtp_nb.flows.intents import Flow, JobSource, WaitForJobs
from smtp_nb.flows.session import ClientSession

# Idle connections waste server slots: do not keep one for longer than this.
LONG_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Pause:
    """What to do before the next jobs.

    Attributes:
        seconds: wait this long, then ask again; 0 continues at once.
        hang_up: continue over a new connection.
    """

    seconds: float = 0.0
    hang_up: bool = False


class ReconnectingSource(JobSource, Protocol):
    """A source of jobs that outlives its connections. Its methods are called between intents."""

    def pause(self) -> Pause | None:
        """Return what to do before the next jobs; None: there will be none."""

    def broke(self, error: SMTPError) -> bool:
        """Report a failed connection or attempt to connect; False lets the error end the
        delivery.
        """


def deliver_with_reconnects(
    source: ReconnectingSource,
    connect: Callable[[], Flow[ClientSession]],
    session: ClientSession | None = None,
    is_alone: bool = True,
) -> Flow[None]:
    """Deliver until the source has no more, or no more is wanted.

    Args:
        connect: opens a session.
        session: one that is open already; it stays open in the end.
        is_alone: no other session is at work while this one waits.

    Raises:
        SMTPError: a failure after which the source did not want to continue.
    """
    is_ours = session is None
    while (pause := source.pause()) is not None:
        if session is not None and (pause.hang_up or pause.seconds > LONG_PAUSE):
            yield from session.close()
            session = None
            continue  # a nudge may have arrived meanwhile, so the source's answer is stale
        if pause.seconds:
            if not (yield WaitForJobs(pause.seconds)):
                break
            continue
        try:
            if (
                session is None
                or (yield from session.retire())
                or (yield from session.has_hung_up())
            ):
                session = yield from connect()
            wants_more = yield from deliver(session, is_alone)
        except SMTPError as error:
            if session is not None and session.is_open:
                yield from session.close()
            session = None
            if not source.broke(error):
                raise
            continue
        if not wants_more:
            break
    if session is not None and is_ours:
        yield from session.close()
