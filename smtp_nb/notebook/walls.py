"""A class as the last line of a cell is its wall."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from smtp_nb.classroom import Classroom
    from smtp_nb.widgets import WallView

_ROOM = "smtp_nb.classroom.room.classroom", "Classroom"


def install(shell: Any) -> Callable[[], None]:  # IPython's shell has few types
    """Show classes so; returns what takes that back."""
    walls: WeakKeyDictionary[Classroom, WallView] = WeakKeyDictionary()

    def show(room: Classroom) -> None:
        from smtp_nb.widgets import WallView

        if room not in walls:
            walls[room] = WallView(room)
        walls[room]._ipython_display_()

    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type_by_name(*_ROOM, show)

    def undo() -> None:
        formatter.pop(".".join(_ROOM), None)
        for wall in list(walls.values()):
            wall.settle()
            wall.detach()

    return undo
