"""Addresses: in full where a person looks, masked in what a notebook saves.

What a cell shows is saved with it, and passed on. So the static forms of our values are masked, and
a view beside them, which lives in the page only, shows them in full.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from smtp_nb.classroom import Quiz
    from smtp_nb.notebook.preferences import SmtpMagics

LIVE = "application/vnd.jupyter.widget-view+json"


class Maskable(Protocol):
    """A value with addresses in it."""

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML."""


# By name, so that showing one thing does not import all others: a merge brings pandas.
SUMMARY = "smtp_nb.merge.results.summary.Summary"
SHOWN = (
    "smtp_nb.classroom.hexdump.dump.HexDump",
    "smtp_nb.classroom.stepper.Stepper",
    "smtp_nb.classroom.terminal.Terminal",
    "smtp_nb.merge.preview.Preview",
    SUMMARY,
    "smtp_nb.model.receipt.Receipt",
    "smtp_nb.notebook.show.Card",
    "smtp_nb.notebook.verbs.merge.merging.DryRun",
)
QUIZ = "smtp_nb.classroom.quizzes.quiz.Quiz"


def install(shell: Any, preferences: SmtpMagics) -> Callable[[], None]:  # it has few types
    """Show these values so; returns what takes that back."""

    def bundle(kind: str, value: Maskable) -> dict[str, Any]:
        if preferences.show_addresses:
            text, html = value.forms(show_addresses=True)
            return {"text/plain": text, "text/html": html}
        return _live(kind, value) if getattr(shell, "kernel", None) is not None else {}

    formatter = shell.display_formatter.mimebundle_formatter
    for kind in SHOWN:
        formatter.for_type_by_name(*kind.rsplit(".", 1), partial(bundle, kind))
    shell.configurables.append(preferences)
    asking = shell.display_formatter.ipython_display_formatter
    asking.for_type_by_name(*QUIZ.rsplit(".", 1), lambda quiz: _ask(shell, quiz))

    def undo() -> None:
        asking.pop(QUIZ, None)
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


def _live(kind: str, value: Any) -> dict[str, Any]:
    """A view for the page alone; nothing where it would show the same as what is saved."""
    from smtp_nb.widgets import FullView, ResultsView

    if kind == SUMMARY:
        view: Any = ResultsView(value)
    elif (html := value.forms(show_addresses=True)[1]) != value.forms()[1]:
        view = FullView(html)
    else:
        return {}
    return {LIVE: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}
