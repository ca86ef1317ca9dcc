"""One run of a campaign, which holds the campaign's lock.

A run holds the campaign's lock from its beginning to `until_closed`.

The law is that no recipient gets a message twice, whatever stopped the run before. An attempt is
on the disk before its message leaves, so after a crash it is there without an outcome: it may have
been delivered. It is UNKNOWN from then on (`Journal.doubt`), and no run tries it again; only
`resolve()` does, on a person's word. What is decided for good is left alone too: ACCEPTED and
REFUSED. DEFERRED and NOT_SENT are not (`RETRIED`): there the server has said that it did not take
the message, or the message never left.

So a row is pending (`_todo`) if one of these holds:

1. The journal knows no attempt for its key. Its key, and not its place in the frame, is what it is
   known by.
2. One of its recipients is DEFERRED or NOT_SENT. Only those are named in the next envelope, under
   the Message-ID of the first attempt, so that a recipient's system can tell a copy from a second
   message.
3. All of its To addresses were REFUSED, and the row has another address now: it was corrected.

Against 2 and 3 stands this: if the message went, or may have gone, to another To address of the
same row, then its present address counts as having that outcome. A corrected typing error sends
nothing to a recipient who has the message under the old spelling.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import pandas as pd

from smtp_nb import ambient
from smtp_nb.errors import InputError, Interrupted
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.places import locked
from smtp_nb.merge.journal.schema import RETRIED, PlanEntry, Unfinished
from smtp_nb.merge.journal.url import Place
from smtp_nb.merge.planning.adoption import ADDRESSES, adopt
from smtp_nb.merge.planning.plan import Plan, PlannedRow
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.merge.planning.standing import GO_ON, LOOKED_AT, standing_of
from smtp_nb.merge.results import report
from smtp_nb.merge.results.summary import summary_of
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.running.connection import ConnectionGroup, MergeConnection
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.moments import Moment, moment_of
from smtp_nb.merge.running.options import Options
from smtp_nb.merge.running.pace import Pace, Shut
from smtp_nb.merge.running.progress import DATABASE, RESUME, LiveView, Meter, view_for
from smtp_nb.merge.running.rates import Sent
from smtp_nb.merge.running.source import Source
from smtp_nb.merge.running.waiting import PendingMessage, Waiting
from smtp_nb.merge.templates.template import Compiled
from smtp_nb.model.address import Mailbox
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a run sends: rows, their plan, the template, and where it is written down.

    Attributes:
        given: what `compiled` was made of.
        digest: changes with the template.
        written: the same without its context, of which only what rows show counts.
        identity: by what rows are known: "address", "addresses" (any of several), or "column".
        place: where the journal is, for people; empty if it lives with its sandbox.
    """

    name: str
    path: Place
    place: str
    rows: Rows
    plan: Plan
    given: tuple[Any, ...]  # the arguments of Compiled
    compiled: Compiled
    digest: str
    written: str
    identity: str


# The ways in which a person ends a run.
_STOPS = (KeyboardInterrupt, Interrupted, asyncio.CancelledError)


def adopted(campaign: Campaign, journal: JournalReader) -> Campaign:
    """The campaign with its rows under the keys by which the journal knows them."""
    if campaign.identity != ADDRESSES:
        return campaign
    return replace(campaign, plan=adopt(campaign.plan, journal))


class _Todo(NamedTuple):
    todos: list[PendingMessage]
    left_out: dict[int, str]


class Nudged(Protocol):
    """Who sends: a client, of either front."""

    def nudge(self) -> None: ...


class Run:
    """A run under way; its `connections` give the jobs.

    Args:
        at: nothing begins before; None for now.
        waits_for: what it waits for without being asked.

    Attributes:
        limits: what its pace keeps to.
        meter: shows how far it is.
        todos: what workers are to send; empty for a run of this process alone.
        salt: makes the Message-IDs of this campaign its own.

    Raises:
        InputError: `at` is not a time, or is past.
        CampaignBusy: another process or job is sending this campaign.
        TemplateChanged: a recipient who has a message would get another one now.
        JournalError: its file cannot be used.
    """

    def __init__(
        self,
        campaign: Campaign,
        options: Options,
        control: RunControl,
        at: Moment | None = None,
        waits_for: frozenset[Shut] = frozenset(),
    ) -> None:
        self.campaign = campaign
        self.options = options
        starts_at = None if at is None else moment_of("at", at, ambient.now())
        self.limits = replace(options.limits, starts_at=starts_at)
        self.waits_for = frozenset(Shut) if options.wait_for_quota else waits_for
        self.control = control
        self.todos: list[PendingMessage] = []
        path = None if options.redirect_to else campaign.path
        with ExitStack() as held:
            if path is not None:
                held.callback(locked(path).release)
            self.journal = held.enter_context(Journal(path, options.limits.patience_s))
            self.source = self._begin()
            if self.source.is_scheduled:
                self.source.pause()  # which tells the view
            self._held = held.pop_all()

    def _begin(self) -> Source:
        campaign, journal, options = self.campaign, self.journal, self.options
        facts = journal.facts
        self._check_identity(facts)
        journal.doubt()
        self.campaign = campaign = adopted(campaign, journal)
        numbers = journal.register(p.key for p in campaign.plan.rows if p.key)
        waiting = waiting_in(campaign.plan, journal, numbers, options.limit)
        salt = facts.get("salt") or ambient.random(8).hex()
        renderer = RowRenderer(campaign.rows, campaign.compiled, salt, campaign.written)
        standing = standing_of(
            campaign.name, campaign.place, campaign.plan, journal, renderer,
            [todo.planned.row for todo in waiting.todos],
            [Outcome.SKIPPED] * len(waiting.left_out), campaign.digest,
        )  # fmt: skip
        standing.check(options.changed == GO_ON)
        journal.accept(standing.changed.values())
        looked_at = {LOOKED_AT: standing.looked_at}
        journal.note({"name": campaign.name, "salt": salt, **looked_at, **self._identity})
        journal.replan(plan_entries(campaign.plan, numbers, waiting.left_out))
        meter = Meter(len(waiting.todos), view_for(options.progress), said=standing.no_op)
        if options.cluster is not None:
            self.todos = list(waiting.todos)
        pace = Pace(self.limits, ambient.monotonic, ambient.now, self.sent_before())
        queue = Waiting(waiting.todos, renderer, pace.domains)
        journal.store.tell_waits(lambda left_s: meter.wait(left_s, DATABASE))
        self.meter, self.salt = meter, salt
        return Source(
            queue, renderer, journal, meter, self.control, options.readdressed, pace, self.waits_for
        )

    def sent_before(self) -> Sent:
        """What earlier runs sent, if a quota counts it."""
        if not (period := self.limits.longest_quota_s):
            return Sent()
        return Sent.of(self.journal.sent_since(ambient.now() - period))

    @property
    def _identity(self) -> dict[str, str]:
        return {"template": self.campaign.digest, "identity": self.campaign.identity}

    def _check_identity(self, facts: Mapping[str, str]) -> None:
        """Refuse rows that are known by something else than before."""
        mine = self.campaign.identity
        if facts.get("identity", mine) != mine and any(self.journal.outcomes()):
            raise InputError(
                f"the campaign {self.campaign.name!r} began with another key: rows sent under"
                f" one key are new under the other, and would get their message again",
                remedy="Give the same key= as before, or another name",
            )

    @property
    def has_more(self) -> bool:
        """True if there is anything to send."""
        return len(self.source) > 0

    def connections(self, client: Nudged) -> list[MergeConnection]:
        """A source of jobs for each connection that this run may open.

        Args:
            client: is nudged when a waiting connection should look again.
        """
        self.control.nudge = client.nudge
        number = min(self.options.connections, len(self.source))
        return ConnectionGroup(self.source, number, self.options.window).connections

    @contextmanager
    def until_closed(self) -> Iterator[None]:
        """Wrap the whole run: lets go of the campaign, and tells how far it came if it failed."""
        try:
            yield
            self.source.end("cancelled" if self.control.is_cancelled else "ended early")
        except BaseException as error:
            progress = self.source.progress
            error.add_note(
                f"{progress.done} of {progress.total} messages of this run are decided; {RESUME}"
            )
            # Whatever the view does now, what ended the run is what its caller is told.
            with suppress(Exception, KeyboardInterrupt):
                self.source.end("stopped" if isinstance(error, _STOPS) else f"failed: {error}")
            raise
        finally:
            self._show_results()
            self._held.close()

    def _show_results(self) -> None:
        """Give the results to a view that shows them; what goes wrong there ends no run."""
        view = self.source.view
        if isinstance(view, LiveView):
            with suppress(Exception, KeyboardInterrupt):
                view.finish(summary_of(self.campaign.name, self.results()))

    def results(self) -> pd.DataFrame:
        """What became of every row, up to now."""
        return report.results(self.journal.plan(), self.journal, self.campaign.rows.index)


def waiting_in(
    plan: Plan, journal: JournalReader, numbers: dict[str, int], limit: int | None
) -> _Todo:
    """The rows that have something to send, and those beyond the limit."""
    if plan.has_several:  # who is decided tells nothing of a recipient added since
        finished, begun, find = set[str](), journal.tried(), _todo_of_several
    else:
        finished, begun, find = journal.finished(), journal.begun(), _todo
    waiting = _Todo([], {})
    for planned in plan.sendable:
        if planned.key in finished:
            continue
        todo = find(planned, numbers[planned.key], begun.get(planned.key))
        if todo is None:
            continue
        if limit is None or len(waiting.todos) < limit:
            waiting.todos.append(todo)
        else:
            waiting.left_out[planned.row] = f"left out by limit={limit}"
    return waiting


def _todo(planned: PlannedRow, number: int, begun: Unfinished | None) -> PendingMessage | None:
    if begun is None:
        return PendingMessage(planned, number)
    outcomes = {address: outcome for address, (_, outcome) in begun.recipients.items()}
    # Before anything is asked of the outcomes: the row's address may have changed since.
    if planned.mailbox is not None and (had := _had_it_elsewhere(planned.mailbox, begun)):
        outcomes[planned.mailbox.key] = had
    if not (RETRIED & set(outcomes.values()) or _is_corrected(planned.mailbox, begun)):
        return None
    return PendingMessage(planned, number, begun.message_id, outcomes)


def _todo_of_several(
    planned: PlannedRow, number: int, begun: Unfinished | None
) -> PendingMessage | None:
    """As `_todo`, for rows that may have several To addresses.

    Which of them an address replaced cannot be known. So as long as one that is in the
    row no more has the message, or may have it, none that is new gets it.
    """
    if begun is None:
        return PendingMessage(planned, number)
    outcomes = {address: outcome for address, (_, outcome) in begun.recipients.items()}
    mine = {box.key for box in planned.mailboxes}
    if any(kind == RecipientType.TO and address not in mine and has_or_may_have(outcome)
           for address, (kind, outcome) in begun.recipients.items()):  # fmt: skip
        outcomes |= dict.fromkeys(mine - outcomes.keys(), Outcome.SKIPPED)
    copies = {a for a, (kind, _) in begun.recipients.items() if kind != RecipientType.TO}
    if not any(outcomes.get(key, Outcome.NOT_SENT) in RETRIED for key in mine | copies):
        return None
    return PendingMessage(planned, number, begun.message_id, outcomes)


def has_or_may_have(outcome: str | None) -> bool:
    """True unless a recipient with this outcome certainly has no message."""
    return outcome not in RETRIED and outcome != Outcome.REFUSED


def _had_it_elsewhere(mailbox: Mailbox, begun: Unfinished) -> str:
    """The outcome at another To address of this row that got the message, or may have got it."""
    others = [
        outcome
        for address, (kind, outcome) in begun.recipients.items()
        if kind == RecipientType.TO and address != mailbox.key
    ]
    return next(filter(has_or_may_have, others), "")


def _is_corrected(mailbox: Mailbox | None, begun: Unfinished) -> bool:
    """True if the row's old address was refused and it has another one now, under its old key."""
    outcomes = [outcome for kind, outcome in begun.recipients.values() if kind == RecipientType.TO]
    is_new = mailbox is not None and mailbox.key not in begun.recipients
    return is_new and all(outcome == Outcome.REFUSED for outcome in outcomes)


def plan_entries(
    plan: Plan, numbers: dict[str, int], left_out: dict[int, str]
) -> Iterator[PlanEntry]:
    """The plan as the journal keeps it."""
    for p in plan.rows:
        number = None if p.outcome is Outcome.DUPLICATE else numbers.get(p.key)
        if p.row in left_out:
            yield PlanEntry(p.row, number, p.recipient, Outcome.SKIPPED, left_out[p.row])
        else:
            yield PlanEntry(p.row, number, p.recipient, p.outcome, p.explanation)
