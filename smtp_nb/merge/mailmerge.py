"""From a DataFrame to delivered mail, with an outcome for every row."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from smtp_nb.errors import InputError, JournalError, ProblemsFound
from smtp_nb.merge import report
from smtp_nb.merge.check import errors, find_problems
from smtp_nb.merge.control import Control
from smtp_nb.merge.export import read_results, write_results
from smtp_nb.merge.groups import GroupedRows
from smtp_nb.merge.job import MergeJob
from smtp_nb.merge.journal import JournalReader
from smtp_nb.merge.letters import Filled, Letters
from smtp_nb.merge.plan import key_text, make_plan
from smtp_nb.merge.preview import Preview, PreviewedRow
from smtp_nb.merge.problem import Problem, problem_frame
from smtp_nb.merge.resolve import resolve
from smtp_nb.merge.rows import Rows
from smtp_nb.merge.run import Campaign, Options, Run, plan_entries
from smtp_nb.merge.schema import SUFFIX, PlanEntry
from smtp_nb.merge.server import Server, asend, component, send
from smtp_nb.merge.suppression import Suppressed, leave_out, suppressed
from smtp_nb.merge.template import Compiled, Template
from smtp_nb.model.address import parse_mailbox

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_NAME = re.compile(r"[^\s./\\:*?\"<>|\x00-\x1f][^/\\:*?\"<>|\x00-\x1f]{0,99}\Z")


class MailMerge:
    """One message for each row of a frame, sent once and accounted for.

        merge = MailMerge(df, Template(subject="Result for {{ name }}", markdown="Dear {{ name }}"),
                          to="email", from_="teacher@school.test", server=url, name="results")
        merge.check()
        results = merge.run()

    What is sent is written down in a journal. Running again, also in another process after a
    crash, with rows inserted, removed or sorted, sends to nobody twice.

    Args:
        frame: the rows.
        template: what they get.
        to: the column with the address, one a row, or a template: "{{ name }} <{{ email }}>".
        from_: the sender; may be a template. A template's own `from_` comes first.
        server: a URL, an `SMTP` or an `AsyncSMTP`.
        name: what the campaign is called: under another name, everybody gets mail again.
        journal: its file; `<name>.smtp-merge.sqlite` in the working directory by default.
        key: the column that identifies a row; the address by default.
        group_by: a column or several: all rows that agree in them get one message, in which
            `{{ rows | table }}` shows them and the columns in which they agree have their names.
        suppress: who gets nothing: addresses, a CSV file with them, another campaign's journal.
        options: the fields of `Options`, for all runs of this merge.

    Raises:
        InputError: no such column, a wrong template, an unusable name.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        template: Template,
        *,
        to: Hashable,
        from_: str = "",
        server: Server = None,
        name: str = "merge",
        journal: str | os.PathLike[str] | None = None,
        key: Hashable | None = None,
        group_by: Hashable | Sequence[Hashable] | None = None,
        suppress: Suppressed | None = None,
        **options: Any,  # the fields of Options, which checks them
    ) -> None:
        # First of all: no traceback with variables shall show the password in a URL.
        self.server = server = component(server)
        if not _NAME.match(name):
            raise InputError(f"{name!r} is no name for a campaign", remedy="Use letters and digits")
        self._options = _options(Options(), options)
        by = _columns_of(group_by)
        rows = GroupedRows(frame, by, to) if by else Rows(frame)
        self._campaign = Campaign(
            name=name,
            path=Path(journal if journal is not None else f"{name}{SUFFIX}").absolute(),
            rows=rows,
            plan=leave_out(make_plan(rows, to, key), suppressed(suppress)),
            compiled=Compiled(template, from_),
            digest=template.digest(from_),
            identity="address" if key is None and by in ((), (to,)) else "column",
        )

    @property
    def _is_by_address(self) -> bool:
        return self._campaign.identity == "address"

    # -- looking ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What the campaign is called."""
        return self._campaign.name

    @property
    def journal_path(self) -> Path:
        """Where what was sent is written down."""
        return self._campaign.path

    def check(self) -> pd.DataFrame:
        """What is wrong, row by row: row, column, severity, message, remedy. Nothing is connected.

        Rows with an `error` cannot be sent; a `warning` stops nothing. A problem of all rows has
        no row.
        """
        return problem_frame(self._problems())

    def _problems(self) -> list[Problem]:
        return find_problems(self._campaign.plan, self._letters())

    def _letters(self) -> Letters:
        return Letters(self._campaign.rows, self._campaign.compiled)

    def preview(self, n: int = 3) -> Preview:
        """The first `n` messages as they would be sent."""
        letters = self._letters()
        filled = letters.read(islice(self._campaign.plan.sendable, n))
        return Preview([_previewed(letters, one) for one in filled])

    # -- sending ------------------------------------------------------------------------------

    def run(self, **options: Any) -> pd.DataFrame:
        """Send what is not sent yet and wait for the end.

        Ctrl-C lets what is under way finish, then raises KeyboardInterrupt; `results` holds what
        is known, and another `run()` goes on.

        Args:
            options: the fields of `Options`, for this run only.

        Returns:
            The results, one line for each row and recipient; see `results`.

        Raises:
            ProblemsFound: rows have errors, and `skip_invalid=True` was not given.
            TemplateChanged: the campaign began with another template.
            CampaignBusy: another process is sending it.
            SMTPError: no connection came about, or none that got anything done.
        """
        run = self._open(options)
        with run.until_closed():
            send(run, self.server)
            return run.results()

    async def arun(self, **options: Any) -> pd.DataFrame:
        """`run` for asyncio: `results = await merge.arun()`."""
        run = self._open(options)
        with run.until_closed():
            await asend(run, self.server)
            return run.results()

    def start(self, **options: Any) -> MergeJob:
        """`run` in the background; what stops it from beginning is raised here."""
        return MergeJob(self._open(options), self.server)

    def _open(self, options: dict[str, Any]) -> Run:
        chosen = _options(self._options, options)
        if not chosen.skip_invalid and (wrong := errors(self._problems())):
            raise _problems_found(wrong)
        return Run(self._campaign, chosen, Control())

    def resolve(self, key: object, decision: str) -> int:
        """Decide what became of a row whose outcome is UNKNOWN.

        Args:
            key: the row's key, or its address where no `key=` was given.
            decision: "resend" sends it at the next run, under the same Message-ID; "accepted"
                notes that it arrived; "give up" leaves it.

        Returns:
            How many recipients that decided.

        Raises:
            InputError: nothing is UNKNOWN under that key, or it is no such decision.
            CampaignBusy: the campaign is being sent.
        """
        text = parse_mailbox(str(key)).key if self._is_by_address else key_text(key)
        return resolve(self.journal_path, text, decision)

    # -- results ------------------------------------------------------------------------------

    @property
    def results(self) -> pd.DataFrame:
        """What is known of every row and recipient, from the journal.

        Columns: row, recipient, kind, outcome, code, enhanced_code, reply, explanation, queue_id,
        message_id, attempts, sent_at, seconds, size. The index is the frame's.
        """
        index = self._campaign.rows.index
        if not self.journal_path.is_file():
            return report.results(list(plan_entries(self._campaign.plan, {}, {})), None, index)
        with JournalReader.open(self.journal_path) as journal:
            return report.results(list(self._entries(journal)), journal, index)

    def _entries(self, journal: JournalReader) -> Iterator[PlanEntry]:
        """This frame's rows, with what the last run said of those it left out."""
        numbers = {key: number for number, key in journal.keys().items()}
        said = {entry.message: entry for entry in journal.plan() if entry.outcome}
        for entry in plan_entries(self._campaign.plan, numbers, {}):
            old = said.get(entry.message) if entry.message is not None else None
            if old is not None and entry.outcome is None:
                yield entry._replace(outcome=old.outcome, explanation=old.explanation)
            else:
                yield entry

    def table(self) -> pd.DataFrame:
        """The frame itself with one summary a row in columns that begin with `mail_`."""
        rows = self._campaign.rows
        leaders = rows.leaders if isinstance(rows, GroupedRows) else None
        return report.table(rows.frame, self.results, leaders)

    def style(self) -> Styler:
        """The results in colours."""
        return report.style(self.results)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the results to a CSV file that is safe to open in a spreadsheet; `load` reads it.

        It has the columns of `results`, and in place of the frame's index the position, `row`.
        """
        write_results(self.results, path)

    def __repr__(self) -> str:
        counts = "its journal cannot be read"
        with suppress(JournalError):
            counts = report.counts(self.results)
        return f"<MailMerge {self.name!r}: {len(self._campaign.rows)} rows, {counts}>"


def load(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The results of a campaign from its journal, or from its export (`.csv`), without the frame.

    The columns are those of `MailMerge.results`. Rows of the last run come first, in its order;
    messages whose row was removed since follow, without a row.

    Raises:
        JournalError: it is no journal.
        InputError: it is no export.
    """
    if Path(path).suffix.lower() == ".csv":
        return read_results(path)
    with JournalReader.open(Path(path)) as journal:
        return report.results(journal.plan(), journal)


def _columns_of(group_by: Hashable | Sequence[Hashable] | None) -> tuple[Hashable, ...]:
    if group_by is None:
        return ()
    return tuple(group_by) if isinstance(group_by, list | tuple) else (group_by,)


def _options(base: Options, given: dict[str, Any]) -> Options:
    if unknown := set(given) - set(Options.__dataclass_fields__):
        raise InputError(
            f"a merge has no option {min(unknown)!r}",
            remedy=f"There are {', '.join(Options.__dataclass_fields__)}",
        )
    return replace(base, **given)


def _previewed(letters: Letters, filled: Filled) -> PreviewedRow:
    row = filled[0].row
    try:
        return PreviewedRow(row, letters.compose(filled))
    except InputError as error:
        return PreviewedRow(row, None, Problem.from_error(row, error).text)


def _problems_found(wrong: list[Problem]) -> ProblemsFound:
    first = wrong[0]
    where = "" if first.row is None else f"row {first.row}: "
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    error = ProblemsFound(
        f"nothing was sent: {where}{first.message}{more}",
        remedy="Look at check(), or leave such rows out with run(skip_invalid=True)",
    )
    error.problems = problem_frame(wrong)
    return error
