"""What teaches: conversations by hand, things in the middle, classes, exercises and lessons.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Where each public name lives.
_HOMES: dict[str, tuple[str, ...]] = {
    "smtp_nb.classroom.room.classroom": ("Classroom",),
    "smtp_nb.classroom.room.class_log": ("ClassLog",),
    "smtp_nb.classroom.room.doorkeeper": ("StrangerLimits",),
    "smtp_nb.classroom.room.poll": ("Poll",),
    "smtp_nb.classroom.room.student": ("Student",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["ClassLog", "Classroom", "Poll", "StrangerLimits", "Student"]


# A public name is of any type.
def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
