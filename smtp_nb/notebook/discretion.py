"""Addresses: in full where a person looks, masked in what a notebook saves.

What a cell shows is saved with it, and passed on. So the static forms of our values are masked, and
a view beside them, which lives in the page only, shows them in full.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from smtp_nb.classroom import HexDump, Quiz, Stepper, Terminal
from smtp_nb.merge.preview import Preview
from smtp_nb.merge.results.summary import Summary
from smtp_nb.model.receipt import Receipt
from smtp_nb.notebook.preferences import SmtpMagics
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.verbs.merge import DryRun

LIVE = "application/vnd.jupyter.widget-view+json"


class Maskable(Protocol):
    """A value with addresses in it."""

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML."""


SHOWN: tuple[type[Maskable], ...] = (
    Card, Receipt, Preview, DryRun, HexDump, Stepper, Summary, Terminal,
)  # fmt: skip


def install(shell: Any, preferences: SmtpMagics) -> Callable[[], None]:  # it has few types
    """Show these values so; returns what takes that back."""

    def bundle(value: Maskable) -> dict[str, Any]:
        if preferences.show_addresses:
            text, html = value.forms(show_addresses=True)
            return {"text/plain": text, "text/html": html}
        return _live(value) if getattr(shell, "kernel", None) is not None else {}

    formatter = shell.display_formatter.mimebundle_formatter
    for kind in SHOWN:
        formatter.for_type(kind, bundle)
    shell.configurables.append(preferences)
    asking = shell.display_formatter.ipython_display_formatter
    asking.for_type(Quiz, lambda quiz: _ask(shell, quiz))

    def undo() -> None:
        asking.pop(Quiz, None)
        for kind in SHOWN:
            formatter.pop(kind, None)
        shell.configurables.remove(preferences)

    return undo


def _ask(shell: Any, quiz: Quiz) -> None:
    """A view of a quiz beside what is saved, which follows the answers from cell to cell.

    Raises:
        NotImplementedError: there is no page; IPython then shows the text.
    """
    if getattr(shell, "kernel", None) is None:
        raise NotImplementedError
    from smtp_nb.widgets import quiz_view

    quiz_view(quiz)._ipython_display_()


def _live(value: Maskable) -> dict[str, Any]:
    """A view for the page alone; nothing where it would show the same as what is saved."""
    from smtp_nb.widgets import FullView, ResultsView

    if isinstance(value, Summary):
        view: Any = ResultsView(value)
    elif (html := value.forms(show_addresses=True)[1]) != value.forms()[1]:
        view = FullView(html)
    else:
        return {}
    return {LIVE: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}
