"""A run on a cluster, seen from the client: it offers messages, follows, and lets others send."""

from __future__ import annotations

import time
from contextlib import closing, suppress

from smtp_nb import ambient
from smtp_nb.client.portable import Revealed
from smtp_nb.errors import InputError, LinkError, SMTPError
from smtp_nb.merge.journal.claim_board import ClaimBoard, Counts
from smtp_nb.merge.journal.claims import RunState
from smtp_nb.merge.journal.url import JournalURL, Place
from smtp_nb.merge.running.cluster.claimed import ALL
from smtp_nb.merge.running.cluster.crew import Crew, require_client, scheduler_gone
from smtp_nb.merge.running.cluster.shipment import Shipment, portable, travelling
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.run import Run
from smtp_nb.merge.running.sending import Server

# How often the journal is asked how far the run is.
_POLL_S = 0.4
# So long workers are given to end what is under way, with or without a scheduler.
_SETTLE_S = 60.0
# So long workers may take to come, however little patience there is.
_MUSTER_S = 30.0


def require_cluster(options: Options, place: Place, server: Server) -> None:
    """See that a run can begin on a cluster, before anything is written.

    Raises:
        InputError: the journal is a file, or something cannot travel.
        LinkError: the cluster has no scheduler.
        Unsupported: Dask is not installed.
    """
    require_client(options.cluster)
    if options.redirect_to:
        raise InputError(
            "redirect_to= is a trial, which keeps no journal that workers could share",
            remedy="Run the trial without cluster=",
        )
    if not isinstance(place, JournalURL):
        raise InputError(
            "with cluster= the journal has to be in a database that all workers reach",
            remedy='Give the merge journal="postgresql+psycopg://user@host/database"',
        )
    portable(server)


class Conductor:
    """Conducts one run.

    Args:
        server: how workers reach the mail server.
    """

    def __init__(self, run: Run, server: Server) -> None:
        place = run.campaign.path
        assert isinstance(place, JournalURL)  # require_cluster has seen to that
        self._run = run
        self._place = place
        self._server = server
        self._board = ClaimBoard(run.journal)
        self._told = RunState.RUNNING
        self._alone_since: float | None = None

    def conduct(self) -> None:
        """Have everything sent.

        Raises:
            SMTPError: what stopped the workers, if messages are left.
            LinkError: the scheduler is gone; the run can be resumed.
        """
        began = self._board.publish(len(self._run.todos), self._spent())
        try:
            crew = Crew(self._run.options.cluster, self._shipment(began))
            with closing(crew):
                self._follow(crew)
        except BaseException as error:
            self._call_off()
            # What Dask raises for a connection that is gone; ours say what to do.
            if isinstance(error, OSError) and not isinstance(error, SMTPError):
                raise scheduler_gone() from error
            raise
        self._conclude(crew)

    def _spent(self) -> dict[str, list[float]]:
        """What quotas count of earlier runs, by the name of the budget."""
        sent = self._run.sent_before()
        return {**sent.by_domain, ALL: sent.times}

    def _shipment(self, began: float) -> Shipment:
        run, limits = self._run, self._run.limits
        began = max(began, limits.starts_at or began)
        return Shipment(
            campaign=run.campaign.name,
            rows=run.campaign.rows,
            given=run.campaign.given,
            salt=run.salt,
            written=run.campaign.written,
            todos=run.todos,
            options=travelling(run.options),
            limits=limits,
            waits_for=run.waits_for,
            server=portable(self._server),
            journal=Revealed(self._place.url.reveal()),
            mark=self._board.mark,
            ends=None if limits.deadline_s is None else began + limits.deadline_s,
        )

    # -- following ----------------------------------------------------------------------------

    def _follow(self, crew: Crew) -> None:
        decided = 0
        while True:
            if crew.is_cut_off:
                raise scheduler_gone()
            self._pass_on()
            counts = self._board.counts()
            if counts.outcomes.total() > decided:
                decided = counts.outcomes.total()
                crew.went_well()
            crew.muster()
            self._show(crew, counts)
            if not crew.is_busy:
                if not self._is_unfinished(crew):
                    return
                crew.ask_again()
            crew.wait(_POLL_S)

    def _is_unfinished(self, crew: Crew) -> bool:
        """True if messages wait without a worker, or were given back after the last one left."""
        is_over = crew.is_final or crew.errors or self._run.control.is_cancelled
        return not is_over and self._board.counts().waiting > 0

    def _show(self, crew: Crew, counts: Counts) -> None:
        """How far the run is, or that it waits for a worker.

        Raises:
            LinkError: there has been no worker for longer than the run has patience.
        """
        if crew.has_workers or not self._is_unfinished(crew):
            self._alone_since = None
            self._recount(counts)
            return
        if self._alone_since is None:
            self._alone_since = ambient.monotonic()
        patience_s = max(self._run.limits.patience_s, _MUSTER_S)
        left_s = self._alone_since + patience_s - ambient.monotonic()
        if left_s <= 0:
            raise LinkError(
                f"the cluster has had no worker for {patience_s:.0f} s",
                remedy="Start workers, then run again to resume",
            )
        self._run.meter.wait(left_s, "a worker of the cluster")

    def _recount(self, counts: Counts) -> None:
        self._run.meter.recount(counts.outcomes, counts.put_off)

    def _pass_on(self) -> None:
        """Let workers know what the user wants."""
        control = self._run.control
        wanted = RunState.PAUSED if control.is_paused else RunState.RUNNING
        if control.is_cancelled:
            wanted = RunState.CANCELLED
        if wanted is not self._told and not self._board.ending:
            self._told = wanted
            self._board.tell(wanted)

    def _call_off(self) -> None:
        """No further window; what is under way is settled first, unless the user interrupts again.

        Workers hear of it through the journal, with or without a scheduler.
        """
        with suppress(SMTPError):
            self._board.tell(RunState.CANCELLED)
            self._recount(self._settled())

    def _settled(self) -> Counts:
        """How far the run is when all workers have left, those that Dask lost sight of too."""
        deadline = ambient.monotonic() + _SETTLE_S
        while self._board.has_workers() and ambient.monotonic() < deadline:
            time.sleep(_POLL_S)
        return self._board.counts()

    def _conclude(self, crew: Crew) -> None:
        counts = self._settled()
        self._recount(counts)
        if why := self._board.ending:
            self._run.source.endings.resume = crew.resume
            self._run.meter.say(f"the run ended early; {why}")
            self._run.journal.explain_rest(why)
        if crew.errors and (counts.waiting or why):
            raise crew.errors[0]


def conduct(run: Run, server: Server) -> None:
    """Send what a run has to send, on the workers of its cluster."""
    if run.has_more:
        Conductor(run, server).conduct()
