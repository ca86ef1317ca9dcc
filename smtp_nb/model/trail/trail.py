"""Trails: a recorded conversation.

What a notebook saves is read by others, so the forms that a notebook saves by itself
(`_repr_html_`, the plain text beside it) show addresses as `a…@example.org`; `str(trail)` shows
everything.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from smtp_nb import ambient
from smtp_nb.errors import InputError
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.known import known_attributes
from smtp_nb.model.trail.export import frame_of, listing_of
from smtp_nb.model.trail.ladder import Ladder, Scale
from smtp_nb.model.trail.lines import WireLines
from smtp_nb.model.trail.sessions import SessionBook, TrailSession
from smtp_nb.model.trail.static import static_html, static_text, text_of
from smtp_nb.model.trail.tally import Tally
from smtp_nb.model.trail.writing import write_text

if TYPE_CHECKING:
    import pandas as pd


class _Part(NamedTuple):
    """Lines of one session that came together, and their number."""

    events: Sequence[PITrailEvent]
    session: TrailSession
    lines: int


class _Kept:
    """The newest lines, in parts.

    Args:
        most: lines to keep.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._parts: deque[_Part] = deque()
        self._lines = 0  # those of the first part may be too many

    def add(self, part: _Part) -> None:
        """Keep a part; drop those of which no line is among the newest any more."""
        parts, lines = self._parts, self._lines + part.lines
        parts.append(part)
        while parts and lines - parts[0].lines >= self.most:
            lines -= parts.popleft().lines
        self._lines = lines

    def __len__(self) -> int:
        return min(self._lines, self.most)

    def __iter__(self) -> Iterator[tuple[Sequence[PITrailEvent], TrailSession]]:
        """The lines of each part, with its session."""
        too_many = max(self._lines - self.most, 0)
        for events, session, _ in self._parts:
            yield events[too_many:] if too_many else events, session
            too_many = 0


@known_attributes()
class Trail(Sequence[PITrailEvent]):
    """A recorded conversation: an observer that keeps the last lines.

    `smtp.on_pi_trail += trail` fills it, from any thread. It is a sequence of `PITrailEvent`.
    `str(trail)` reads like swaks: `->` and `<-` in clear, `~>` and `<~` inside TLS, `<**` and
    `<~*` for a refusal, `===` for a remark, and `[2]` before the lines of a second connection.

    Attributes:
        user: who logs in, for the heading of the sessions that follow. No line says it: what a
            login sends is hidden.

    Args:
        maxlen: number of lines to keep; older ones are dropped and counted in `dropped`.
        now: the time, in seconds since 1970.
    """

    tally: Tally
    user: str

    def __init__(self, maxlen: int = 10_000, now: Callable[[], float] = ambient.now) -> None:
        self._kept = _Kept(maxlen)
        self._now = now
        self._book = SessionBook(now)
        self._lock = Lock()
        self.user = ""
        self.tally = Tally()

    def __call__(self, event: PITrailEvent) -> None:
        """Remember `event`."""
        self.take(event)

    def take(self, event: PITrailEvent) -> TrailSession:
        """Remember `event`; returns its session, of which later lines may tell more."""
        return self.take_all((event,))

    def take_all(self, events: Sequence[PITrailEvent]) -> TrailSession:
        """Remember events that came together; returns the session of the last one."""
        with self._lock:
            if isinstance(events, WireLines):
                session = self._book.take_lines(events, self.user)
                self.tally.add_lines(events)
                self._kept.add(_Part(events, session, len(events.texts)))
                return session
            for event in events:
                session = self._book.take(event, self.user)
                self.tally.add(event)
                self._kept.add(_Part((event,), session, 1))
            return session

    @property
    def dropped(self) -> int:
        """Number of lines dropped to make room for newer ones."""
        return self.tally.lines - len(self)

    def clear(self) -> None:
        """Clear everything, including the counts."""
        with self._lock:
            self._kept = _Kept(self._kept.most)
            self._book = SessionBook(self._now)
            self.tally = Tally()

    def snapshot(self) -> list[PITrailEvent]:
        """Return the current lines, in a new list."""
        with self._lock:
            return [event for events, _ in self._kept for event in events]

    def lines(self) -> list[tuple[PITrailEvent, TrailSession]]:
        """Return the current lines, each with its session, in a new list."""
        with self._lock:
            return [(event, session) for events, session in self._kept for event in events]

    @property
    def frame(self) -> pd.DataFrame:
        """The lines as a DataFrame, one row a line.

        Columns: `number`, `time` (UTC), `session`, `connection`, `seconds` since the connection was
        opened, `waited` (seconds between a command and its reply), `direction` (client, server,
        remark), `verb` of a command, `code` and `enhanced_code` of a reply, `text`, `verdict`
        (yes, go on, not now, no), `group` (0: alone), `tls`, and last the bytes on the wire
        (missing where they would tell the length of a secret).
        """
        lines = self.lines()
        return frame_of(lines, self.tally.lines - len(lines) + 1)

    @property
    def text(self) -> str:
        """The lines as text, in the style of swaks; the same as `str(trail)`."""
        return str(self)

    @property
    def packets(self) -> str:
        """The lines as a listing in the manner of `tcpdump -X`: time, direction, length, hex, text.

        It is made from the recorded lines, so it reads in clear what TLS protected on the wire, and
        credentials are hidden in it.
        """
        lines = self.lines()
        return listing_of(lines, self.tally.lines - len(lines) + 1)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the lines to a file, with addresses in full and credentials hidden.

        Args:
            path: the file, which is replaced: .txt for text, .hex for the listing of packets.

        Raises:
            InputError: another ending, or (303) it cannot be written.
        """
        ending = os.path.splitext(os.fspath(path))[1].lower()
        if ending not in (".txt", ".hex"):
            raise InputError(
                f"a trail cannot be saved as {os.fspath(path)!r}",
                remedy="Use a name that ends in .txt (text) or .hex (packets)",
            )
        write_text(path, f"{self}\n" if ending == ".txt" else self.packets, "the trail")

    def ladder(self, scale: Scale = "steps", *, show_addresses: bool = False) -> Ladder:
        """Return the conversation as a ladder diagram.

        Args:
            scale: "steps" draws the steps at equal distances, "time" in proportion to time.
            show_addresses: True shows addresses in full, also in the saved notebook.

        Returns:
            A value that displays itself in a cell; `.svg`, `.mermaid` and `save(path)` export it.

        Raises:
            InputError: an unknown scale.
        """
        return Ladder(self.snapshot(), scale, show_addresses=show_addresses)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[PITrailEvent]:
        return iter(self.snapshot())

    @overload
    def __getitem__(self, index: int) -> PITrailEvent: ...
    @overload
    def __getitem__(self, index: slice) -> list[PITrailEvent]: ...
    def __getitem__(self, index: int | slice) -> PITrailEvent | list[PITrailEvent]:
        return self.snapshot()[index]

    def __str__(self) -> str:
        return text_of(self.snapshot())

    def __repr__(self) -> str:
        return f"<Trail: {self.tally}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The plain text that a notebook saves: addresses masked, a long tail counted."""
        printer.text(static_text(self.snapshot(), self.tally))

    def _repr_html_(self) -> str:
        return static_html(self.snapshot(), self.tally)
