"""Live views, each with a static form for saved notebooks."""

from smtp_nb.widgets.full import FullView
from smtp_nb.widgets.inbox import InboxView
from smtp_nb.widgets.merge import MergeView
from smtp_nb.widgets.trail import TrailView
from smtp_nb.widgets.wall import WallView

__all__ = ["FullView", "InboxView", "MergeView", "TrailView", "WallView"]
