"""Byte inspector: the bytes of a conversation, to search and to select."""

from __future__ import annotations

from typing import Any

from smtp_nb.classroom.attacks.octets import octets_of, spelled
from smtp_nb.classroom.hexdump.dump import LETTERS, HasWire, HexDump, Selection
from smtp_nb.classroom.hexdump.marks import KINDS
from smtp_nb.errors import SMTPError
from smtp_nb.model.display import visible
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet

MAX_MARKS = 5_000
MAX_FOUND = 1_000


class BytesView(Live):
    """Shows every byte of a conversation, both directions, and what the selected ones mean.

    Bytes go as messages, never as state of the widget, so none is saved with it. The saved form is
    the beginning and the end of the dump, addresses masked.

    Args:
        conversation: a `Session`, live or loaded. What it says later is shown after the cell.
    """

    _esm = script("bytes")
    _css = style_sheet("bytes")

    def __init__(self, conversation: HasWire, **traits: Any) -> None:
        super().__init__(**traits)
        self._conversation = conversation
        self.dump = HexDump(conversation)
        self.on_msg(self._listen)

    def settle(self) -> None:
        """Bring page and notebook up to date."""
        newest = HexDump(self._conversation)
        if newest.runs != self.dump.runs:
            self.dump = newest
            self.send(*self._message())
        super().settle()

    def _message(self) -> tuple[dict[str, Any], list[bytes]]:
        runs = [[LETTERS[direction], len(octets)] for direction, octets in self.dump.runs]
        shown = [one for one in self.dump.marks if KINDS[one.kind].glyph or _is_noted(one.kind)]
        facts = {
            "kind": "bytes",
            "runs": runs,
            "marks": shown[:MAX_MARKS],
            "notes": self.dump.notes()[:MAX_MARKS],
            "glyphs": {name: kind.glyph for name, kind in KINDS.items()},
        }
        return facts, [b"".join(octets for _, octets in self.dump.runs)]

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), asks about bytes ({"select": [3, 9]}) or about the
        line of one ({"line": 3}), looks for some ({"find": "0d0a"}), or asks what others in their
        place would do ({"replay": [3, 9, "\\\\n"]})."""
        if not isinstance(content, dict):
            return
        if content.get("ready"):
            self.send(*self._message())
        match content:
            case {"select": [int(start), int(end)]} if 0 <= start < end <= len(self.dump):
                self.send(_about(self.dump.at(start, end)))
            case {"line": int(place)} if 0 <= place < len(self.dump):
                self.send(_about(self.dump.at(*self.dump.line_at(place))))
            case {"find": str(text)}:
                places = self.dump.find(text[:500])
                self.send({"kind": "found", "places": places[:MAX_FOUND], "total": len(places)})
            case {"replay": [int(start), int(end), str(text)]} if (
                0 <= start < end <= len(self.dump)
            ):
                self.send(self._replayed(start, end, text))

    def _replayed(self, start: int, end: int, text: str) -> dict[str, Any]:
        try:
            found = self.dump.replay(octets_of(text), start, end)
        except SMTPError as error:
            return {"kind": "replayed", "refused": visible(str(error))}
        return {
            "kind": "replayed",
            "rows": found.rows,
            "waiting": visible(found.waiting),
            "remarks": found.remarks,
        }

    def __repr__(self) -> str:
        return f"<BytesView: {len(self.dump):,} bytes>"

    def static_forms(self) -> Forms:
        return HexDump(self._conversation).forms()


def bytes_view(conversation: HasWire) -> BytesView:
    """Look into the bytes of a conversation.

    Args:
        conversation: one of `server.sessions`, `terminal.session`, or what `Session.load` read.

    Returns:
        A view for a cell: select bytes to see them decoded, search for `0d0a2e0d0a`.
    """
    return BytesView(conversation)


def _is_noted(kind: str) -> bool:
    return KINDS[kind].is_noted


def _about(selection: Selection) -> dict[str, Any]:
    return {
        "kind": "about",
        "start": selection.start,
        "end": selection.start + len(selection.octets),
        "letter": selection.letter,
        "views": selection.views,
        "rules": selection.rules,
        "spelled": spelled(selection.octets),
    }
