"""From a DataFrame to delivered mail, with an outcome for every row."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from smtp_nb import ambient
from smtp_nb.errors import JournalError
from smtp_nb.merge import looking, recorded
from smtp_nb.merge.check import errors, find_problems, problems_found
from smtp_nb.merge.journal.home import Home
from smtp_nb.merge.journal.url import Place
from smtp_nb.merge.planning.naming import identity_of, require_name
from smtp_nb.merge.planning.plan import make_plan
from smtp_nb.merge.planning.recipients import To
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.merge.planning.standing import Standing
from smtp_nb.merge.planning.suppression import Suppressed, leave_out, suppressed
from smtp_nb.merge.preview import Preview
from smtp_nb.merge.results import report
from smtp_nb.merge.results.bounces.sources import Reports
from smtp_nb.merge.results.export import write_results
from smtp_nb.merge.results.summary import Summary, summary_of
from smtp_nb.merge.rows.groups import GroupedRows, columns_of
from smtp_nb.merge.rows.problem import Problem, problem_frame
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.running.control import RunControl
from smtp_nb.merge.running.dispatch import adispatch, dispatch, require
from smtp_nb.merge.running.job import MergeJob
from smtp_nb.merge.running.moments import Moment
from smtp_nb.merge.running.options import Options, as_written, changed_options, option_defaults
from smtp_nb.merge.running.pace import Shut
from smtp_nb.merge.running.run import Campaign, Run
from smtp_nb.merge.running.sending import Server, component, refuse_unused, unused
from smtp_nb.merge.templates.template import Compiled, Template
from smtp_nb.model.display import counted
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.keywords import shows_keywords
from smtp_nb.model.known import known_attributes
from smtp_nb.model.unseen import unseen_arguments

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

    from smtp_nb.merge.keywords import RunOptions


@known_attributes(as_written)
@typed_arguments
class MailMerge:
    """One message for each row of a frame, sent once and accounted for.

        merge = MailMerge(df, Template(subject="Result for {{ name }}", markdown="Dear {{ name }}"),
                          to="email", from_="teacher@school.test", server=url, name="results")
        merge.check()
        results = merge.run()

    Deliveries are recorded in a journal. Running again, also in another process after a crash, with
    rows inserted, removed or sorted, never sends to a recipient twice.

    Args:
        frame: the rows: a DataFrame of pandas, polars or pyarrow, a relation of DuckDB, a list of
            mappings.
        template: what they get.
        to: the column with the address, one a row, or a template: "{{ name }} <{{ email }}>". Or
            a list of such: all are recipients of the same message.
        from_, return_path: the sender, and where bounces go; may be templates. A template's own
            come first.
        server: a URL, an `SMTP` or an `AsyncSMTP`, whose bcc and the like must be empty.
        name: the name of the campaign; under another name, all rows are sent to again.
        journal: the journal's file; `<name>.smtp-merge.sqlite` in the working directory by default.
            On a sandbox of this process the campaign lives and dies with the sandbox. Or the URL of
            a database: "postgresql+psycopg://user@host/database".
        key: the column that identifies a row; the address by default.
        group_by: one or several columns: rows that agree in them get one message, in which
            `{{ rows | table }}` shows them; the columns in which they agree keep their names.
        suppress: recipients to leave out, as To, Cc or Bcc: addresses, a CSV file, another
            campaign's journal, what `bounces()` returned (hard bounces and complaints).
        options: the fields of `Options`, for all runs of this merge.

    Raises:
        InputError: no such column, a wrong template, an unusable name.
    """

    @shows_keywords(option_defaults())
    @unseen_arguments  # a URL may hold a password
    def __init__(
        self,
        frame: Any,
        template: Template,
        *,
        to: To,
        from_: str = "",
        return_path: str = "",
        server: Server = None,
        name: str = "merge",
        journal: str | os.PathLike[str] | None = None,
        key: Hashable | None = None,
        group_by: Hashable | Sequence[Hashable] | None = None,
        suppress: Suppressed | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        # First of all: no traceback with variables may show the password in a URL.
        self._server = server = component(server)
        require_name(name)
        self._options = changed_options(Options(), {**options})
        by = columns_of(group_by)
        rows = GroupedRows(frame, by, to) if by else Rows(frame)
        self._given = journal
        self._home = home = Home(name, journal, server)
        without = suppressed(suppress)
        plan = leave_out(make_plan(rows, to, key), without)
        self._has_key = key is not None
        self._by = by
        self._campaign = Campaign(
            name=name,
            path=home.path,
            place=home.shown,
            rows=rows,
            plan=plan,
            given=(template, from_, return_path, without),
            compiled=Compiled(template, from_, return_path, without),
            digest=template.digest(from_),
            written=template.digest(from_, but="context"),
            identity=identity_of(to, key, by, plan),
        )

    @property
    def server(self) -> Server:
        """The server to send through: a URL, an `SMTP` or an `AsyncSMTP`."""
        return self._server

    @server.setter
    def server(self, value: Server) -> None:
        self._server = component(value)
        self._home = home = Home(self.name, self._given, self._server)
        self._campaign = replace(self._campaign, path=home.path, place=home.shown)

    # -- looking ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the campaign."""
        return self._campaign.name

    @property
    def journal_path(self) -> Place:
        """The path of the journal, or its URL."""
        return self._campaign.path

    def check(self) -> pd.DataFrame:
        """Check every row without connecting.

        Returns:
            A DataFrame, one line per problem: row, column, severity, message, remedy. Rows with an
            `error` cannot be sent; a `warning` stops nothing. A problem of all rows has no row.
        """
        return problem_frame([*unused(self.server), *self._problems()])

    @property
    def standing(self) -> Standing:
        """What a run would send, what was decided before, and what has changed since."""
        return recorded.standing_now(self._campaign)

    def _problems(self) -> list[Problem]:
        return find_problems(self._campaign.plan, self._renderer())

    def _renderer(self) -> RowRenderer:
        return RowRenderer(self._campaign.rows, self._campaign.compiled)

    @typed_arguments
    def preview(self, n: int = 3, *, row: int | None = None, where: Any = None) -> Preview:
        """Messages as they would be sent.

        Args:
            n: how many, from the first on.
            row: the one at this position of the frame instead.
            where: those that a mask over the frame chooses instead: `df["grade"] > 5`.

        Raises:
            InputError: there is no such row, or the mask does not fit the frame.
        """
        plan, leaders = self._campaign.plan, self._leaders
        if row is not None:
            rows = looking.at(plan, row, leaders)
        elif where is not None:
            rows = looking.chosen(plan, where, leaders, self._campaign.rows.frame.index)
        else:
            rows = looking.first(plan, n)
        return looking.previewed(self._renderer(), rows)

    @property
    def _leaders(self) -> list[int]:
        rows = self._campaign.rows
        return rows.leaders if isinstance(rows, GroupedRows) else list(range(len(rows)))

    @typed_arguments
    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write every message to `folder` as `row-….eml`, and send nothing.

        Raises:
            ProblemsFound: rows have errors, and `skip_invalid=True` was not given.
            InputError: the folder cannot be written to.
        """
        self._refuse_errors(self._options)
        campaign = self._campaign
        salt = recorded.salt_of(campaign) or ambient.random(8).hex()
        renderer = RowRenderer(campaign.rows, campaign.compiled, salt, campaign.written)
        return looking.saved(renderer, campaign.plan, folder)

    # -- sending ------------------------------------------------------------------------------

    @shows_keywords(option_defaults())
    def run(self, **options: Unpack[RunOptions]) -> pd.DataFrame:
        """Send what has not been sent yet, and wait for the end.

        Ctrl-C lets messages in flight finish, then raises KeyboardInterrupt; `results` holds what
        is known, and another `run()` goes on. A connection that the run opened is closed at the
        end.

        Args:
            options: the fields of `Options`, for this run only.

        Returns:
            The results, a DataFrame with one line for each row and recipient; see `results`.

        Raises:
            ProblemsFound: rows have errors, and `skip_invalid=True` was not given.
            TemplateChanged: rows that have a message would get a different one now: the template or
                the values of a row changed.
            CampaignBusy: another process is sending it.
            SMTPError: could not connect, or no connection got anything done; or the server refused
                the sender or the session, and nothing was decided.
        """
        run = self._open(options)
        with run.until_closed():
            dispatch(run, self.server)
            return run.results()

    @shows_keywords(option_defaults())
    async def arun(self, **options: Unpack[RunOptions]) -> pd.DataFrame:
        """The same as `run`, for asyncio: `results = await merge.arun()`.

        Args:
            options: the fields of `Options`, for this run only.

        Returns:
            The results, a DataFrame as `run` returns it.
        """
        run = self._open(options)
        with run.until_closed():
            await adispatch(run, self.server)
            return run.results()

    @shows_keywords(option_defaults())
    def start(self, at: Moment | None = None, **options: Unpack[RunOptions]) -> MergeJob:
        """The same as `run`, in the background; raises what stops it from beginning.

        Args:
            at: begin then and hold the campaign until then: a datetime, local unless it has a zone,
                or text: "2026-12-01 08:00", or "08:00" for the next one.
            options: the fields of `Options`, for this run only.

        Returns:
            A `MergeJob`, which can be paused, cancelled and waited for.

        Raises:
            InputError: `at` is not a time, or is past; and what `run` raises.
        """
        return MergeJob(self._open(options, at, frozenset({Shut.QUIET})), self.server)

    def _open(
        self,
        options: RunOptions,
        at: Moment | None = None,
        waits_for: frozenset[Shut] = frozenset(),
    ) -> Run:
        chosen = changed_options(self._options, {**options})
        refuse_unused(self.server)
        require(chosen, self.journal_path, self.server)
        self._refuse_errors(chosen)
        return Run(self._campaign, chosen, RunControl(), at, waits_for)

    def _refuse_errors(self, options: Options) -> None:
        if not options.skip_invalid and (wrong := errors(self._problems())):
            raise problems_found(wrong)

    @typed_arguments
    def resolve(self, which: object, decision: str) -> int:
        """Decide about rows that are UNKNOWN or REFUSED.

        Args:
            which: a row's key (of a group by several columns, a tuple), or its address where no
                `key=` was given; several of them; the name of an outcome, "UNKNOWN" or "REFUSED";
                or a mask over `results`. Under a key, those in doubt are meant, or if none is,
                those who were refused.
            decision: "resend" sends it at the next run, under the same Message-ID; "accepted"
                notes that it arrived; "give up" leaves it.

        Returns:
            The number of recipients that were decided.

        Raises:
            InputError: nothing is left to decide, or the decision is unknown.
            CampaignBusy: the campaign is being sent.
        """
        return recorded.decide(self._campaign, which, decision, self._has_key, len(self._by))

    # -- results ------------------------------------------------------------------------------

    @property
    def results(self) -> pd.DataFrame:
        """The state of every row and recipient, from the journal, as a DataFrame.

        Columns: row, recipient, kind, outcome, code, enhanced_code, reply, explanation, queue_id,
        message_id, attempts, sent_at, seconds, size, bounce, bounce_code. The index is the frame's.
        """
        return recorded.results_of(self._campaign)

    def table(self) -> pd.DataFrame:
        """The frame itself with one summary a row in columns that begin with `mail_`."""
        return report.table(self._campaign.rows.frame, self.results, self._leaders)

    def bounces(self, source: Reports | None = None) -> pd.DataFrame:
        """Read what came back: bounces, delays, delivery receipts and complaints.

        Each is joined to its row by VERP, ENVID or Message-ID, and kept in the journal once, so
        that `results`, `table()` and `summary` show it.

        Args:
            source: a folder of .eml files, a mailbox file, a Maildir, bytes, an `EmailMessage`, or
                several of these; None for what the journal has kept.

        Returns:
            A DataFrame, one line for each report and recipient: row, recipient, action, bounce
            ("hard", "soft", "complaint"), code, text, joined_by, source, remark. What concerns no
            message of this campaign has no row and says so in `remark`.

        Raises:
            InputError: the path does not exist, or `source` is something else.
            CampaignBusy: the campaign is being sent.
        """
        return recorded.bounces_of(self._campaign, source)

    @property
    def summary(self) -> Summary:
        """Counts, who did not get it and why, and how to go on."""
        return summary_of(self.name, self.results)

    def style(self) -> Styler:
        """The results in colours."""
        return report.style(self.results)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the results to a CSV file that is safe to open in a spreadsheet; `load` reads it.

        It has the columns of `results`; the position, `row`, replaces the frame's index.
        """
        write_results(self.results, path)

    def __repr__(self) -> str:
        counts = "its journal cannot be read"
        with suppress(JournalError):
            counts = report.counts(self.results)
        return f"<MailMerge {self.name!r}: {counted(len(self._campaign.rows), 'row')}, {counts}>"
