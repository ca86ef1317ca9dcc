"""The wall as values: one tile a student, those first who are stuck."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from weakref import WeakKeyDictionary

from smtp_nb.classroom.room.student import Student
from smtp_nb.model.display import masked, visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.known import known_attributes
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.door import HELD
from smtp_nb.sandbox.exchanges import SessionLine
from smtp_nb.sandbox.session import Session

_LINE_CHARS = 90
_STUCK_S = 20.0
_RECENT = 20


class Place(Enum):
    """Where a conversation stands: a word and a sign that does without colour."""

    HELD = "held", "‖"
    REFUSED = "refused", "✗"
    MIDWAY = "in the middle of a line", "…"
    CONTENT = "sending content", "✎"
    BROKEN = "broke off", "⚠"
    CONNECTED = "connected", "○"
    GREETED = "said hello", "◔"
    JOINED = "logged in", "◑"
    ENVELOPE = "writing the envelope", "✉"
    DELIVERED = "delivered", "✓"
    LEFT = "said goodbye", "■"
    ABSENT = "not here yet", "·"

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def sign(self) -> str:
        return self.value[1]


_AFTER = {
    "EHLO": Place.GREETED,
    "HELO": Place.GREETED,
    "MAIL": Place.ENVELOPE,
    "RCPT": Place.ENVELOPE,
    "DATA": Place.CONTENT,
    "BDAT": Place.CONTENT,
    ".": Place.DELIVERED,
    "RSET": Place.GREETED,
    "AUTH": Place.JOINED,
    "QUIT": Place.LEFT,
}
"""By the last command, if its reply was a good one."""

_GREETED = {False: Place.CONNECTED, True: Place.GREETED}

_ALWAYS_STUCK = frozenset({Place.REFUSED, Place.MIDWAY, Place.BROKEN})
_BEGUN = frozenset({Place.ENVELOPE, Place.CONTENT})
"""What nobody leaves as it is for long."""


@known_attributes()
@dataclass(frozen=True, slots=True)
class Tile:
    """What the wall shows of one student.

    Attributes:
        name: the student, or `stranger 3`.
        alias: what stands there when names are masked.
        place: where the newest conversation stands.
        line: the last line, with `C:` or `S:` before it.
        waiting: what the server waits for.
        remarks: each remark and how often it was made.
        silent_s: seconds since the last byte; None if there is no conversation.
        sessions, messages: how many.
        is_open: the conversation goes on.
    """

    name: str
    alias: str
    place: Place = Place.ABSENT
    line: str = ""
    waiting: str = ""
    remarks: tuple[tuple[str, int], ...] = ()
    silent_s: float | None = None
    sessions: int = 0
    messages: int = 0
    is_open: bool = False

    @property
    def is_stuck(self) -> bool:
        """True if it seems that the student does not know how to go on."""
        if self.place in _ALWAYS_STUCK:
            return True
        is_silent = self.silent_s is not None and self.silent_s > _STUCK_S
        return self.is_open and is_silent and self.place in _BEGUN

    @property
    def order(self) -> tuple[int, float]:
        """Sorts tiles: who is stuck and has waited longest comes first."""
        silent_s = self.silent_s or 0.0
        if self.is_stuck:
            return 0 if self.is_open else 1, -silent_s
        if self.is_open:
            return 2, 0.0
        return (4 if self.place is Place.ABSENT else 3), 0.0


class Board:
    """Makes tiles, and looks only at conversations that have gone on since the last time."""

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Session, tuple[object, Place, str]] = WeakKeyDictionary()

    def tile(self, student: Student, alias: str) -> Tile:
        """The tile of one student, from what is there now."""
        if not student.sessions:
            return Tile(student.name, alias)
        session = next((one for one in reversed(student.sessions) if one.is_open), student.session)
        place, line = self._look_at(session)
        return Tile(
            student.name,
            alias,
            place,
            line,
            session.waiting if session.is_open and place is not Place.HELD else "",
            tuple(student.remarks.most_common()),
            session.silent_s,
            len(student.sessions),
            len(student.messages),
            session.is_open,
        )

    def _look_at(self, session: Session) -> tuple[Place, str]:
        state = session.line_count, session.waiting, session.is_open
        before = self._seen.get(session)
        if before is None or before[0] != state:
            lines = session.lines(-_RECENT)
            before = self._seen[session] = state, place_of(session, lines), _last_of(lines)
        return before[1:]


def place_of(session: Session, lines: list[SessionLine]) -> Place:
    """Where a conversation stands."""
    said = [line for line in lines if line.direction == TrailDirection.CLIENT]
    replies = [line.what for line in lines if isinstance(line.what, Reply)]
    words = str(said[-1].what).upper().split(" ") if said else [""]
    verb = "." if words[-1] == "LAST" else words[0]
    if session.is_open and session.waiting == HELD:
        return Place.HELD
    if session.is_open and session.unfinished():
        return Place.CONTENT if "dot" in session.waiting else Place.MIDWAY
    if replies and replies[-1].code >= 400 and (said or not session.is_open):
        return Place.REFUSED
    if not session.is_open and verb != "QUIT":
        return Place.BROKEN
    if verb in ("NOOP", "VRFY", "EXPN", "HELP", "") or verb not in _AFTER:
        return Place.JOINED if session.user else _GREETED[bool(session.hello)]
    return _AFTER[verb]


def _last_of(lines: list[SessionLine]) -> str:
    for line in reversed(lines):
        if isinstance(line.what, Reply):
            return _short(f"S: {line.what.wire_lines()[0]}")
        if line.direction == TrailDirection.CLIENT:
            return _short(f"C: {line.what}")
    return ""


def _short(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _LINE_CHARS else f"{text[: _LINE_CHARS - 1]}…"


def strip_of(tiles: list[Tile]) -> list[tuple[str, int]]:
    """The remarks of all, the most frequent first."""
    total: Counter[str] = Counter()
    for tile in tiles:
        total.update(dict(tile.remarks))
    return total.most_common()


def discretion(names: dict[str, str]) -> Callable[[str], str]:
    """What takes names and addresses out of a text.

    Args:
        names: what may stand in a text, in lower case, and what stands there instead.
    """
    words = sorted(filter(None, names), key=len, reverse=True)
    every = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words)) or '(?!)'})(?!\w)", re.I)

    def discreet(text: str) -> str:
        return masked(every.sub(lambda found: names.get(found[0].lower(), "…"), text))

    return discreet
