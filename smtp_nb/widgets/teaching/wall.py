"""The wall of a class: a live tile for each student, and the teacher's switches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from smtp_nb.classroom.room.board import Tile, strip_of
from smtp_nb.classroom.room.classroom import Classroom
from smtp_nb.classroom.room.downloads import csv_of, log_of
from smtp_nb.classroom.room.static_wall import title_of, wall_forms
from smtp_nb.errors import SMTPError
from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.sandbox import FAULTS
from smtp_nb.sandbox.session import Session, told
from smtp_nb.widgets.latest_value import LatestMade
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import MessageSender, ViewMessage
from smtp_nb.widgets.trail import TrailView

PAUSE_S = 0.25  # at most four messages a second, whatever a class does


class WallView(Live):
    """Shows a `Classroom`. Its `projector` mode shows no name and no address."""

    _esm = script("wall")
    _css = style_sheet("wall")

    def __init__(self, room: Classroom, **traits: Any) -> None:
        super().__init__(**traits)
        self._room = room
        self._is_masked = False
        self._opened = ""
        self._shown: dict[Session, int] = {}
        self._trail = TrailView(height=240)
        self._trail_id = self._trail.model_id  # a closed one has none
        self._feed = LatestMade(self._message, PAUSE_S)
        self._sender = MessageSender(self._feed, self.send)
        self._end = room.subscribe(self._touch)
        self.on_msg(self._listen)

    def _touch(self) -> None:
        self._feed.touch()
        self._sender.wake()

    def _message(self) -> ViewMessage:
        room = self._room
        tiles = room.tiles()
        self._follow()
        return {
            "kind": "wall",
            "title": title_of(room, tiles),
            "join": room.join_line if room.server.is_running else "",
            "isPaused": room.is_paused,
            "isMasked": self._is_masked,
            "isRunning": room.server.is_running,
            "tiles": [self._spelled(tile) for tile in tiles],
            "strip": strip_of(tiles),
            "faults": [f"{fault.name} {self._discreet(str(fault))}" for fault in room.faults],
            "names": list(FAULTS),
            "opened": self._key(self._opened),
            "trail": self._trail_id,
            "poll": self._poll(),
        }

    def _spelled(self, tile: Tile) -> dict[str, Any]:
        return {
            "key": tile.alias if self._is_masked else tile.name,
            "sign": tile.place.sign,
            "place": tile.place.word,
            "line": self._discreet(tile.line),
            "waiting": tile.waiting,
            "remarks": tile.remarks,
            "silent": None if tile.silent_s is None else round(tile.silent_s, 1),
            "isStuck": tile.is_stuck,
            "isOpen": tile.is_open,
            "messages": tile.messages,
        }

    def _poll(self) -> dict[str, Any] | None:
        poll = self._room.poll
        if poll is None:
            return None
        options = [[option, count, option == poll.answer] for option, count in poll.counts.items()]
        return {"question": poll.question, "options": options}

    def _discreet(self, text: str) -> str:
        return self._room.discreet(text) if self._is_masked else text

    def _key(self, name: str) -> str:
        if not (self._is_masked and name):
            return name
        return next((tile.alias for tile in self._room.tiles() if tile.name == name), name)

    def _name(self, key: object) -> str:
        """The student behind the key of a tile; empty for none."""
        tiles = self._room.tiles()
        return next((tile.name for tile in tiles if key in (tile.name, tile.alias)), "")

    # One student's trail

    def _open(self, name: str) -> None:
        self._opened = name
        self._shown.clear()
        self._trail.clear()
        self._touch()

    def _follow(self) -> None:
        """Show what the opened student has done since the last time."""
        if not self._opened:
            return
        for number, session in enumerate(self._room[self._opened].sessions, 1):
            shown = self._shown.get(session, 0)
            if session.line_count == shown:
                continue
            lines = session.lines(shown)
            self._shown[session] = shown + len(lines)
            # A group was said as a whole, though it is answered one by one.
            lines.sort(key=lambda line: (line.group, not line.came))
            sides = (line for line in lines if line.direction == TrailDirection.CLIENT)
            spoken = Counter(line.group for line in sides)
            for line in lines:
                for event in told(line, spoken):
                    text = self._discreet(event.message)
                    self._trail(replace(event, message=text, connection=number))

    # What a page asks

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there or wants news ({"ready": true}), opens a tile ({"open": "ann"}), presses
        a button ({"press": "pause"}), injects a fault ({"fault": "421", "student": "ann"}), tells
        all something ({"tell": "five minutes left"}) or wants a file ({"file": "csv"})."""
        if not isinstance(content, dict):
            return
        try:
            self._obey(content)
        except SMTPError as error:
            self.send({"kind": "said", "text": visible(str(error))})
        self._touch()

    def _obey(self, content: dict[str, Any]) -> None:
        if "open" in content:
            self._open(self._name(content["open"]))
        if (button := _BUTTONS.get(str(content.get("press")))) is not None:
            button(self)
        if "fault" in content:
            student = self._name(content.get("student")) or None
            self._room.fault(str(content["fault"]), student)
        if "tell" in content:
            count = self._room.broadcast(str(content["tell"]))
            told = f"{count} session{'' if count == 1 else 's'} will hear it with the next reply"
            self.send({"kind": "said", "text": told})
        if (kind := str(content.get("file"))) in ("csv", "log"):
            room = self._room
            text = log_of(room) if kind == "log" else csv_of(room, is_masked=self._is_masked)
            suffix = "classlog" if kind == "log" else "csv"
            self.send({"kind": "file", "name": f"{room.name}.{suffix}", "text": text})

    def _reset(self) -> None:
        self._room.reset()
        self._open(self._opened)

    def _project(self) -> None:
        self._is_masked = not self._is_masked
        self._open(self._opened)

    def __repr__(self) -> str:
        return f"<WallView: {title_of(self._room, self._room.tiles())}>"

    @property
    def is_final(self) -> bool:
        """True once the class's server has stopped."""
        return not self._room.server.is_running

    def static_forms(self) -> Forms:
        return wall_forms(self._room)

    def close(self) -> None:
        """Take the wall out of the page and forget it; the class goes on."""
        self._end()
        self._trail.close()
        super().close()


_BUTTONS: dict[str, Callable[[WallView], object]] = {
    "pause": lambda wall: wall._room.pause(),
    "resume": lambda wall: wall._room.resume(),
    "heal": lambda wall: wall._room.heal(),
    "reset": WallView._reset,
    "projector": WallView._project,
}
