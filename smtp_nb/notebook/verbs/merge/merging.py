"""Deeds of `merge`, `preview` and `results`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from smtp_nb.errors import InputError, StateError, TemplateChanged
from smtp_nb.merge import MailMerge, MergeJob, Template, load
from smtp_nb.merge.journal.home import journals_of
from smtp_nb.merge.journal.schema import SUFFIX
from smtp_nb.merge.planning.standing import Standing
from smtp_nb.merge.preview import Preview
from smtp_nb.merge.rows.frames import as_pandas
from smtp_nb.model.display import counted, masked
from smtp_nb.notebook.results_frame import ResultsFrame
from smtp_nb.notebook.show import left_aligned
from smtp_nb.notebook.verb import VerbRequest
from smtp_nb.wording import Front, worded

_DIFFERS = (
    "Give another --name to send to all, or --changed to send only to those who have none yet"
)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a merge would do. Nothing was connected and nothing was sent.

    Attributes:
        count: how many messages would leave now.
        problems: what is wrong, row by row.
        preview: the first messages.
        standing: what was decided before, and what differs from it now.
    """

    count: int
    problems: pd.DataFrame
    preview: Preview
    standing: Standing

    @property
    def _sentence(self) -> str:
        errors = self.problems["row"][self.problems["severity"] == "error"].nunique()
        advice = f" Rows with errors: {errors}; --skip-invalid leaves them out." if errors else ""
        rest = "" if not self.count else " Add --send to send them."
        return (
            f"A dry run: {counted(self.count, 'message')} would be sent.{advice}{rest}{self._past}"
        )

    @property
    def _past(self) -> str:
        """What was decided before, and whether it would be something else now."""
        past = f" {self.standing.history}." if self.standing.history else ""
        if self.standing.difference:
            past += f" Nothing will be sent: {self.standing.difference}. {_DIFFERS}."
        elif past and not self.count:
            past += " Another --name sends to them again."
        return past

    def __repr__(self) -> str:
        return self.forms()[0]

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked unless it says otherwise."""
        show = str if show_addresses else masked
        # Where nothing would be sent, a message would look as if one were.
        preview = self.preview.forms(show_addresses=show_addresses)[1] if self.count else ""
        if self.problems.empty:
            return self._sentence, f"<p>{self._sentence}</p>{preview}"
        shown = self.problems.assign(
            message=self.problems["message"].map(show),
            remedy=[show(worded(text, Front.MAGIC)) for text in self.problems["remedy"]],
        )
        rows = left_aligned(shown.to_html(index=False, border=0))
        text = f"{self._sentence}\n\n{shown.to_string(index=False)}"
        return text, f"<p>{self._sentence}</p>{rows}{preview}"


def merge_rows(request: VerbRequest) -> DryRun | pd.DataFrame | MergeJob:
    merge = _merge_of(request)
    count, whole = _counts(merge, request)
    if not request.flag("send"):
        return DryRun(count, merge.check(), merge.preview(1), merge.standing)
    options = _run_options(request)
    merge.server = request.state.session()
    if not request.flag("changed"):
        _refuse_difference(merge)
    if count:
        _confirm(count, whole, request)
    request.state.merges[merge.name] = merge
    options["progress"] = request.state.progress
    at = request.text("at")
    if not (request.flag("background") or at):
        return ResultsFrame.of(merge.name, merge.run(**options), request.state.shown_in)
    return request.state.start(merge, {**options, **({"at": at} if at else {})})


def _refuse_difference(merge: MailMerge) -> None:
    """Before asking for the count: no recipient may get another message unnoticed.

    Raises:
        TemplateChanged: one would; nothing was sent.
    """
    try:
        merge.standing.check(may_differ=False)
    except TemplateChanged as error:
        error.remedy = _DIFFERS
        raise


def _merge_of(request: VerbRequest) -> MailMerge:
    frame = request.evaluated(request.text("frame"))
    try:
        frame = as_pandas(frame)
    except InputError:
        raise request.syntax.error(f"{request.text('frame')} is not a DataFrame") from None
    name = request.text("template")
    return MailMerge(
        frame,
        _template_of(request, name),
        to=_one_or_all(request.texts("to")) or "email",
        from_=request.text("from") or request.state.sender,
        server=request.state.smtp,
        name=request.text("name", name),
        journal=request.text("journal") or None,
        key=request.text("key") or None,
        group_by=request.texts("group_by") or None,
    )


def _one_or_all(columns: list[str]) -> str | list[str]:
    """One column by itself, for it may be a template; several are recipients of one message."""
    return columns[0] if len(columns) == 1 else columns


def _template_of(request: VerbRequest, name: str) -> Template:
    found = request.state.templates.get(name) or request.namespace.get(name)
    if not isinstance(found, Template):
        known = ", ".join(request.state.templates) or "none yet"
        raise request.syntax.error(f"unknown template {name!r}; known: {known}")
    given = {name: request.variable(name) for name in request.texts("with")}
    return replace(found, context={**found.context, **given}) if given else found


def _run_options(request: VerbRequest) -> dict[str, Any]:  # the fields of Options, of several types
    options = {
        "skip_invalid": request.flag("skip_invalid"),
        "limit": request.number("limit"),
        "only_to": tuple(request.texts("only_to")),
        "redirect_to": request.text("redirect_to"),
        "changed": "go on" if request.flag("changed") else "",
        "connections": request.number("connections"),
        "window": request.number("window"),
        "messages_per_connection": request.number("messages_per_connection"),
        "rate": request.text("rate"),
        "domain_rates": _domain_rates(request),
        "quiet_hours": request.text("quiet_hours"),
        "wait_for_quota": request.flag("wait_for_quota"),
        "deadline": request.text("deadline"),
        "patience": request.text("patience"),
    }
    return {name: value for name, value in options.items() if value or value == 0}


def _domain_rates(request: VerbRequest) -> dict[str, str]:
    """`example.org=100/h`, each."""
    found = {}
    for given in request.texts("domain_rate"):
        domain, sign, rate = given.partition("=")
        if not sign:
            raise request.syntax.error(f"--domain-rate takes DOMAIN=RATE, not {given!r}")
        found[domain] = rate
    return found


def _counts(merge: MailMerge, request: VerbRequest) -> tuple[int, int]:
    """How many messages a run would send now, and how many the campaign has with those decided.

    Both are apart from rows beyond --only-to.
    """
    problems, standing = merge.check(), merge.standing
    waiting = set(standing.waiting) - set(problems["row"][problems["severity"] == "error"])
    whole = len(waiting) + sum(standing.decided.values())
    limit = request.number("limit")
    return len(waiting) if limit is None else min(limit, len(waiting)), whole


def _confirm(count: int, whole: int, request: VerbRequest) -> None:
    """Let a person type the count, or compare --yes with it.

    The number of the whole campaign is accepted by --yes too: agreeing to all of it runs the
    same cell again to resume.

    Raises:
        InputError: it is another number; nothing was sent.
        StateError: there is no one to type it.
    """
    given = request.number("yes")
    if given is not None and given == whole:
        return
    typed = str(given) if given is not None else _typed(count)
    if typed.strip() != str(count):
        raise InputError(
            f"nothing was sent: it is {counted(count, 'message')},"
            f" not {typed.strip() or 'nothing'}",
            remedy=f"Look at the dry run, then give --yes {count} or type {count}",
        )


def _typed(count: int) -> str:
    from IPython.core.error import StdinNotImplementedError

    try:
        return input(f"This sends {counted(count, 'message')}. Type {count} to send: ")
    except (StdinNotImplementedError, EOFError) as error:
        raise StateError(
            "nothing was sent: cannot prompt for confirmation",
            remedy=f"Give --yes {count} in an unattended run",
        ) from error


def preview_rows(request: VerbRequest) -> Preview:
    return _merge_of(request).preview(request.number("rows") or 3)


_EPHEMERAL = (
    "the campaigns of a sandbox live and die with it, unless --journal says where to keep them"
)


def results_of(request: VerbRequest) -> ResultsFrame:
    merges, sandbox = request.state.merges, request.state.sandbox
    kept = {**_kept(), **(journals_of(sandbox) if sandbox is not None else {})}
    name = request.text("name") or next(reversed(merges), "") or next(iter(kept), "")
    if name in merges or name in kept:
        return ResultsFrame.of(name, merges[name].results if name in merges else load(kept[name]))
    known = ", ".join(sorted({*merges, *kept}))
    if not known:
        raise StateError(
            f"this session has sent no merge, and this directory holds no journal; {_EPHEMERAL}",
            remedy="Write %smtp merge FRAME TEMPLATE --send, or change to the journal's directory",
        )
    raise request.syntax.error(f"unknown merge {name!r}; known: {known}. {_EPHEMERAL}")


def _kept() -> dict[str, Path]:
    """The journals in the working directory by the names of their campaigns, newest first."""
    found = sorted(Path.cwd().glob(f"*{SUFFIX}"), key=lambda path: -path.stat().st_mtime)
    return {path.name.removesuffix(SUFFIX): path for path in found}
