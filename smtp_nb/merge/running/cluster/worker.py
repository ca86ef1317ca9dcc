"""A worker of a run: one task of the cluster, with connections of its own."""

from __future__ import annotations

from dataclasses import dataclass

from smtp_nb.errors import SMTPError
from smtp_nb.merge.journal.claims import ClaimJournal
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.merge.running.cluster.claimed import ClaimedSource, Claims, SharedPace
from smtp_nb.merge.running.cluster.shipment import Parcel, Shipment
from smtp_nb.merge.running.connection import ConnectionGroup, MergeConnection
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.progress import RESUME
from smtp_nb.merge.running.run import Nudged
from smtp_nb.merge.running.sending import send
from smtp_nb.merge.templates.template import Compiled


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """How a worker ended.

    Attributes:
        error: what stopped it; None if it found nothing more to do.
        is_final: whether another one would stop for the same reason.
        resume: how to go on, in words.
    """

    error: SMTPError | None = None
    is_final: bool = False
    resume: str = RESUME


class _Share:
    """What a worker sends (a `Sendable`)."""

    def __init__(self, shipment: Shipment, journal: ClaimJournal) -> None:
        self.options, self.control = shipment.options, RunControl()
        compiled = Compiled(*shipment.given)
        renderer = RowRenderer(shipment.rows, compiled, shipment.salt, shipment.written)
        limits = shipment.limits
        self.source = ClaimedSource(
            Claims(shipment.todos, renderer, journal, limits),
            renderer,
            journal,
            self.control,
            self.options.readdressed,
            SharedPace(limits, journal, shipment.ends),
            shipment.waits_for,
        )

    has_more = True

    def connections(self, client: Nudged) -> list[MergeConnection]:
        self.control.nudge = client.nudge
        number = min(self.options.connections, len(self.source))
        return ConnectionGroup(self.source, number, self.options.window).connections

    @property
    def is_final(self) -> bool:
        pace = self.source.pace
        is_over = pace.is_over_at(pace.clock()) or pace.has_lost_patience
        return is_over or self.control.is_cancelled or self.source.endings.found is not None


def open_and_work(parcel: Parcel) -> WorkerReport:
    """Open what the client packed, and `work`."""
    try:
        shipment = parcel.opened()
    except Exception as error:
        return WorkerReport(
            SMTPError(
                f"a worker cannot open the merge: {type(error).__name__}: {error}",
                remedy="Install on the workers what the template uses, then run again",
            )
        )
    return work(shipment)


def work(shipment: Shipment) -> WorkerReport:
    """Send messages until none is left that this worker may send.

    An error is returned, so that no log of the cluster shows what it was called with.
    """
    try:
        numbers = {todo.message: at for at, todo in enumerate(shipment.todos)}
        rows = {todo.planned.row: at for at, todo in enumerate(shipment.todos)}
        patience_s = shipment.options.limits.patience_s
        with ClaimJournal(shipment.place, patience_s, shipment.mark, numbers, rows) as journal:
            share = _Share(shipment, journal)
            send(share, shipment.server.made())
            return WorkerReport(None, share.is_final, share.source.endings.resume)
    except SMTPError as error:
        return WorkerReport(_portable(error))
    except Exception as error:
        return WorkerReport(SMTPError(f"a worker failed: {type(error).__name__}: {error}"))


def _portable(error: SMTPError) -> SMTPError:
    """The error alone, for what caused it may not pickle."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
