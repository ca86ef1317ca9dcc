"""Live views, each with a static form for saved notebooks."""

from smtp_nb.widgets.composer import ComposerView
from smtp_nb.widgets.explanations import ExplanationTable
from smtp_nb.widgets.full import FullView
from smtp_nb.widgets.inbox import InboxView
from smtp_nb.widgets.merge import MergeView
from smtp_nb.widgets.results import ResultsView
from smtp_nb.widgets.teaching.bytes import BytesView, bytes_view
from smtp_nb.widgets.teaching.quiz import QuizView, quiz_view
from smtp_nb.widgets.trail import TrailView
from smtp_nb.widgets.wall import WallView

__all__ = [
    "BytesView",
    "ComposerView",
    "ExplanationTable",
    "FullView",
    "InboxView",
    "MergeView",
    "QuizView",
    "ResultsView",
    "TrailView",
    "WallView",
    "bytes_view",
    "quiz_view",
]
