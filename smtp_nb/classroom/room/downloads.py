"""What a teacher takes home from the wall: the tiles as CSV, and the class log."""

from __future__ import annotations

import csv
import tempfile
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from smtp_nb.classroom.room.static_wall import words_of

if TYPE_CHECKING:
    from smtp_nb.classroom.room.classroom import Classroom

_HEAD = ("student", "state", "stuck", "sessions", "messages", "remarks", "waiting for", "last line")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(room: Classroom, *, is_masked: bool) -> str:
    """The tiles as CSV, one student a row.

    Args:
        is_masked: without names, as on the projector. Addresses are cut in any case.
    """
    text = StringIO()
    write = csv.writer(text)
    write.writerow(_HEAD)
    for tile in room.tiles():
        row = (
            tile.alias if is_masked else tile.name,
            tile.place.word,
            "yes" if tile.is_stuck else "no",
            str(tile.sessions),
            str(tile.messages),
            words_of(list(tile.remarks)),
            tile.waiting,
            room.discreet(tile.line),
        )
        write.writerow(map(_inert, row))
    return text.getvalue()


def _inert(cell: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def log_of(room: Classroom) -> str:
    """The class log as `Classroom.save` writes it: addresses cut, content left out."""
    with tempfile.TemporaryDirectory(prefix="smtp_nb-class-") as folder:
        path = Path(folder) / "log"
        room.save(path)
        return path.read_text("utf-8")
