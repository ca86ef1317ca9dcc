"""How values and errors of the magics look in a notebook."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from html import escape
from typing import Any

from smtp_nb.errors import SMTPError
from smtp_nb.model.explain import explain
from smtp_nb.model.shown import masked, visible
from smtp_nb.wording import Front, worded

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
        printer.text(str(self))

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row"{_LEFT}>{escape(name)}</th><td{_LEFT}>{escape(text)}</td></tr>'
            for name, text in self.rows
        )
        return f"<p>{escape(self.title)}</p>" + (f"<table>{rows}</table>" if rows else "")


def short_lines(error: SMTPError) -> list[str]:
    """An error in two to four lines: what, the server's words, what to do."""
    explained = explain(error) if error.reply is not None else None
    remedy = worded(error.remedy, Front.MAGIC) or (
        f"{explained.meaning}: {explained.remedy}" if explained else ""
    )
    lines = [f"{type(error).__name__}: {visible(masked(error.description)).rstrip('.')}."]
    if error.reply is not None and error.reply.text not in error.description:
        lines.append(f"  The server said: {visible(masked(str(error.reply)))}")
    if remedy:
        lines.append(f"  What to do: {visible(remedy).rstrip('.')}.")
    return [*lines, "  (%tb shows where it happened)"]


def shortened(error: SMTPError) -> SMTPError:
    """The same error for the notebook: masked, in a few lines at first, whole with %tb.

    It stays an error of its class, so that Run All stops and `except` works.
    """
    short = copy.copy(error)
    short.description = masked(error.description)
    short.front = Front.MAGIC
    short.args = (short.description,)
    lines = short_lines(error)

    def render() -> list[str]:
        del short._render_traceback_  # type: ignore[attr-defined]  # set just below
        return lines

    short._render_traceback_ = render  # type: ignore[attr-defined]  # IPython looks for it
    return short


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
