"""The wall as text and as HTML, for viewers without a kernel: no names, no addresses."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from smtp_nb.classroom.room.board import Tile, strip_of
from smtp_nb.model.display import counted

if TYPE_CHECKING:
    from smtp_nb.classroom.room.classroom import Classroom

_LEFT = ' style="text-align:left"'
_COLUMNS = ("Student", "State", "Last line", "Waiting for", "Remarks")


def wall_forms(room: Classroom) -> tuple[str, str]:
    """Text and HTML."""
    tiles = room.tiles()
    title = title_of(room, tiles)
    strip = words_of(strip_of(tiles))
    rows = [_cells(room, tile) for tile in tiles]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    table = [_COLUMNS, *rows]
    lines = [_aligned(row, widths) for row in table]
    text = "\n".join(filter(None, [title, f"Remarks: {strip}" if strip else "", *lines]))
    head = "".join(f'<th scope="col"{_LEFT}>{name}</th>' for name in _COLUMNS)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    table_html = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    told = f"<p>Remarks: {escape(strip)}</p>" if strip else ""
    return text, f"<p>{escape(title)}</p>{told}{table_html}"


def title_of(room: Classroom, tiles: list[Tile]) -> str:
    """One sentence about the class."""
    here = sum(tile.is_open for tile in tiles)
    stuck = sum(tile.is_stuck for tile in tiles)
    words = [f"Class {room.name}: {here} of {len(tiles)} connected"]
    words += [f"{stuck} stuck"] if stuck else []
    words += ["paused"] if room.is_paused else []
    faults = len(room.faults)
    words += [counted(faults, "fault")] if faults else []
    words += [] if room.server.is_running else ["stopped"]
    return ", ".join(words)


def words_of(remarks: list[tuple[str, int]]) -> str:
    """`bare-lf 7, no-dot 4`."""
    return ", ".join(f"{key} {count}" for key, count in remarks)


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(f"{word:{width}}" for word, width in zip(row, widths, strict=True)).rstrip()


def _cells(room: Classroom, tile: Tile) -> tuple[str, ...]:
    return (
        tile.alias,
        f"{tile.place.sign} {tile.place.word}",
        room.discreet(tile.line),
        tile.waiting,
        words_of(list(tile.remarks)),
    )


def _cell(text: str) -> str:
    return f"<td{_LEFT}><bdi>{escape(text)}</bdi></td>"
