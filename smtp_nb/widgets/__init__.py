"""Live views, each with a static form for saved notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smtp_nb.widgets.composing.composer import ComposerView
from smtp_nb.widgets.explanations import ExplanationTable
from smtp_nb.widgets.full import FullView
from smtp_nb.widgets.inbox import InboxView
from smtp_nb.widgets.teaching.attack import AttackView
from smtp_nb.widgets.teaching.bytes import BytesView, bytes_view
from smtp_nb.widgets.teaching.quiz import QuizView, quiz_view
from smtp_nb.widgets.teaching.stepper import StepperView
from smtp_nb.widgets.teaching.wall import WallView
from smtp_nb.widgets.trail import TrailView

if TYPE_CHECKING:
    from smtp_nb.widgets.merge import MergeView
    from smtp_nb.widgets.results import ResultsView

__all__ = [
    "AttackView",
    "BytesView",
    "ComposerView",
    "ExplanationTable",
    "FullView",
    "InboxView",
    "MergeView",
    "QuizView",
    "ResultsView",
    "StepperView",
    "TrailView",
    "WallView",
    "bytes_view",
    "quiz_view",
]


# The views of a merge bring pandas, which the others do without.
def __getattr__(name: str) -> Any:  # a class of views
    """Import the views of a merge when the first is used."""
    if name not in ("MergeView", "ResultsView"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from smtp_nb.widgets.merge import MergeView
    from smtp_nb.widgets.results import ResultsView

    globals().update(MergeView=MergeView, ResultsView=ResultsView)
    return globals()[name]
