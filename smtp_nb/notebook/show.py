"""Values and errors of the magics, as a notebook shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any, TypeVar

from smtp_nb.errors import SMTPError
from smtp_nb.model.display import masked, visible
from smtp_nb.model.explain import explain
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.wording import Front, worded

E = TypeVar("E", bound=BaseException)
Rows = Sequence[tuple[str, str]]
# nbconvert's own sheet puts all cells to the right.
_LEFT = ' style="text-align:left"'


class Card:
    """A few facts under a title, as text and as a table.

    Attributes:
        about: the object that they are about, for use from Python: the `SMTP` of a session, say.
    """

    def __init__(self, title: str, rows: Rows = (), about: object = None) -> None:
        self.about = about
        self.title = visible(title)
        self.rows = [(name, visible(text)) for name, text in rows if text]

    def __str__(self) -> str:
        width = max((len(name) for name, _ in self.rows), default=0)
        return "\n".join([self.title, *(f"  {name:{width}}  {text}" for name, text in self.rows)])

    def __repr__(self) -> str:
        return f"<{self.title}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.forms()[0])

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked unless it says otherwise."""
        show = str if show_addresses else masked
        rows = "".join(_row(name, show(text)) for name, text in self.rows)
        html = f"<p>{escape(show(self.title))}</p>" + (f"<table>{rows}</table>" if rows else "")
        return show(str(self)), html


def _row(name: str, text: str) -> str:
    return f'<tr><th scope="row"{_LEFT}>{escape(name)}</th><td{_LEFT}>{escape(text)}</td></tr>'


def left_aligned(table: str) -> str:
    """The HTML of a frame that holds sentences."""
    return re.sub(r"<(t[hd])>", rf"<\1{_LEFT}>", table).replace(
        "text-align: right", "text-align: left"
    )


# So many recipients are named in an error.
_NAMED = 8


def short_lines(error: SMTPError) -> list[str]:
    """An error in two to four lines: what, who got it or the server's words, what to do."""
    explained = explain(error) if error.reply is not None else None
    remedy = worded(error.remedy, Front.MAGIC) or (
        f"{explained.meaning}: {explained.remedy}" if explained else ""
    )
    lines = [f"{type(error).__name__}: {visible(masked(error.description)).rstrip('.')}."]
    facts = []
    if error.receipt is not None:
        facts.append(f"Recipients: {recipients_of(error.receipt)}")
    if error.reply is not None and error.reply.text not in error.description:
        facts.append(f"The server said: {visible(masked(str(error.reply)))}")
    if facts:
        lines.append(f"  {'. '.join(facts)}")
    if remedy:
        end = "" if remedy.endswith("?") else "."
        lines.append(f"  What to do: {visible(remedy).rstrip('.')}{end}")
    return [*lines, "  (%tb shows where it happened)"]


def recipients_of(receipt: Receipt) -> str:
    """Each recipient with what became of it, as a notebook may save them."""
    found = [f"{masked(r.address)} {r.outcome}" for r in receipt.recipients[:_NAMED]]
    more = len(receipt.recipients) - _NAMED
    return visible(", ".join(found) + (f" and {more} more" if more > 0 else ""))


def stopped(stop: KeyboardInterrupt) -> KeyboardInterrupt:
    """The same interrupt for the notebook: what it left behind, in a few lines."""
    cause = stop.__cause__
    receipt = cause.receipt if isinstance(cause, SMTPError) else None
    doubtful = receipt is not None and receipt.outcome is Outcome.UNKNOWN
    notes = getattr(stop, "__notes__", [])
    what = notes[-1] if notes else "no message was being sent"
    lines = [f"KeyboardInterrupt: stopped; {what}."]
    if receipt is not None:
        found = explain(str(receipt.outcome))
        what = f"{found.meaning[:1].lower()}{found.meaning[1:]}"
        lines = [
            f"KeyboardInterrupt: stopped; {what}.",
            f"  Recipients: {recipients_of(receipt)}",
        ]
        if doubtful:
            lines.append(f"  What to do: {found.remedy}.")
    stop.args = (f"stopped; {what}",)
    return _rendered(stop, [*lines, "  (%tb shows where it happened)"])


def _rendered(error: E, lines: list[str]) -> E:
    """Let IPython show these lines the first time, and all of it with %tb."""

    def render() -> list[str]:
        del error._render_traceback_  # type: ignore[attr-defined]  # set just below
        return lines

    error._render_traceback_ = render  # type: ignore[attr-defined]  # IPython looks for it
    return error


def shortened(error: SMTPError) -> SMTPError:
    """The same error for the notebook: masked, in a few lines at first, whole with %tb.

    It stays an error of its class, so that Run All stops and `except` works.
    """
    # Not copy.copy: where Dask is loaded, what it makes of an exception shares the attributes.
    short = type(error).__new__(type(error), *error.args)
    vars(short).update(vars(error))
    short.description = masked(error.description)
    short.front = Front.MAGIC
    short.args = (short.description,)
    return _rendered(short, short_lines(error))


class Page:
    """A page of text, as help is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<{self.text.splitlines()[0]}>"

    def __str__(self) -> str:
        return self.text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text)
