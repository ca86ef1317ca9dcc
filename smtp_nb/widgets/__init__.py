"""Live views, each with a static form for saved notebooks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smtp_nb.widgets.composing.composer import ComposerView
    from smtp_nb.widgets.explanations import ExplanationTable
    from smtp_nb.widgets.full import FullView
    from smtp_nb.widgets.inbox import InboxView
    from smtp_nb.widgets.merge import MergeView
    from smtp_nb.widgets.results import ResultsView
    from smtp_nb.widgets.teaching.attack import AttackView
    from smtp_nb.widgets.teaching.bytes import BytesView, bytes_view
    from smtp_nb.widgets.teaching.quiz import QuizView, quiz_view
    from smtp_nb.widgets.teaching.stepper import StepperView
    from smtp_nb.widgets.teaching.wall import WallView
    from smtp_nb.widgets.trail import TrailView

# Loaded when they are first used: the views of a merge bring pandas.
_HOMES = {
    "ComposerView": "smtp_nb.widgets.composing.composer",
    "ExplanationTable": "smtp_nb.widgets.explanations",
    "FullView": "smtp_nb.widgets.full",
    "InboxView": "smtp_nb.widgets.inbox",
    "MergeView": "smtp_nb.widgets.merge",
    "ResultsView": "smtp_nb.widgets.results",
    "AttackView": "smtp_nb.widgets.teaching.attack",
    "BytesView": "smtp_nb.widgets.teaching.bytes",
    "bytes_view": "smtp_nb.widgets.teaching.bytes",
    "QuizView": "smtp_nb.widgets.teaching.quiz",
    "quiz_view": "smtp_nb.widgets.teaching.quiz",
    "StepperView": "smtp_nb.widgets.teaching.stepper",
    "WallView": "smtp_nb.widgets.teaching.wall",
    "TrailView": "smtp_nb.widgets.trail",
}

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


# A name of this room is of any type.
def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
