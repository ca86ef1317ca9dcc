"""Values of the classroom that are live views where they are the last line of a cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

# The class of a value, and the view that shows it.
_SHOWN = {
    "smtp_nb.classroom.room.classroom.Classroom": "WallView",
    "smtp_nb.classroom.stepper.Stepper": "StepperView",
    "smtp_nb.classroom.attacks.attack.Attack": "AttackView",
    "smtp_nb.classroom.client_stepper.ClientStepper": "StepperView",
}


def install(shell: Any) -> Callable[[], None]:  # IPython's shell has few types
    """Show them so; returns what takes that back."""
    views: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # values and views of several kinds

    def show(name: str, value: Any) -> None:
        import smtp_nb.widgets

        if value not in views:
            views[value] = getattr(smtp_nb.widgets, name)(value)
        views[value]._ipython_display_()

    formatter = shell.display_formatter.ipython_display_formatter
    for kind, view in _SHOWN.items():
        formatter.for_type_by_name(*kind.rsplit(".", 1), partial(show, view))

    def undo() -> None:
        for kind in _SHOWN:
            formatter.pop(kind, None)
        for view in list(views.values()):
            view.settle()
            view.detach()

    return undo
