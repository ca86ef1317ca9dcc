"""Transcript: a conversation by hand as a trail, without credentials and content."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from html import escape

from smtp_nb.classroom.mirror import Mirror
from smtp_nb.model.display import masked, visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import ConnectionStatusEvent, Event, PITrailEvent
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN, encodings
from smtp_nb.model.trail.static import static_html, static_text, text_of
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox.wire import discreet

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


class Transcript:
    """Writes a trail. It observes the session below it too, for what takes long.

    Attributes:
        trail: what was written.
    """

    def __init__(self) -> None:
        self.trail = Trail()
        self._clock: Callable[[], float] = float
        self._has_tls: Callable[[], bool] = bool
        self._began = 0.0
        self._group = 0
        self._noted = 0
        self._masks: list[str] = []

    def begin(self, clock: Callable[[], float], has_tls: Callable[[], bool]) -> None:
        """Count the time from here."""
        self._clock, self._has_tls, self._began = clock, has_tls, clock()

    def passwords(self, secrets: Collection[str]) -> None:
        """Hide these wherever they stand."""
        self._masks = [spelling for secret in secrets for spelling in encodings(secret)]

    # What passes

    def sent(self, octets: bytes, mirror: Mirror) -> None:
        """The client says something; the mirror is told line by line, so that it knows of each what
        it is.
        """
        lines: list[str] = []
        for line in _LINE.findall(octets):
            is_content = mirror.takes_content or (lines[-1:] == ["DATA"] and mirror.is_owed)
            is_response = mirror.takes_response
            mirror.sent(line)
            if not is_content:
                lines.append(self._shown(line, is_response))
            elif (size := mirror.message_size) is not None:
                self.remark(f"{size} bytes of content")
                lines.append(".")
        self._write(lines)

    def _shown(self, line: bytes, is_response: bool) -> str:
        text = discreet(line, is_response)[0].decode("utf-8", "backslashreplace")
        for mask in self._masks:
            text = text.replace(mask, HIDDEN)
        return text.removesuffix("\r\n")

    def _write(self, lines: list[str]) -> None:
        self._group += len(lines) > 1
        group = self._group if len(lines) > 1 else 0
        for text in lines:
            self._add(TrailDirection.CLIENT, text, group)

    def heard(self, reply: Reply) -> None:
        """The server has replied."""
        *more, last = reply.wire_lines()
        for text in more:
            self._add(TrailDirection.SERVER, text, is_final=False)
        self._add(TrailDirection.SERVER, last)

    def note(self, remarks: Sequence[tuple[str, str]]) -> None:
        """What the server has remarked upon so far; what is new of it is written down."""
        for key, text in remarks[self._noted :]:
            self.remark(f"{text} ({key})")
        self._noted = max(self._noted, len(remarks))

    def remark(self, text: str) -> None:
        """Something that neither side says."""
        self._add(TrailDirection.INFO, text)

    def _add(
        self, direction: TrailDirection, text: str, group: int = 0, *, is_final: bool = True
    ) -> None:
        for mask in self._masks:
            text = text.replace(mask, HIDDEN)
        seconds = self._clock() - self._began
        self.trail(PITrailEvent(direction, text, seconds, self._has_tls(), group, is_final))

    # What a session tells its observers

    def wants(self, kind: type[Event]) -> bool:
        return kind is ConnectionStatusEvent

    def emit(self, *events: Event) -> None:
        for event in events:
            if isinstance(event, ConnectionStatusEvent) and event.is_waiting:
                self.remark(event.connection_event)

    def emit_lines(self, lines: Sequence[PITrailEvent]) -> None:
        """They are written down as they pass."""

    def ask(self, event: Event) -> tuple[()]:
        return ()

    # How it is shown

    def forms(self, title: str, show_addresses: bool) -> tuple[str, str]:
        """Text and HTML."""
        events, tally = self.trail.snapshot(), self.trail.tally
        if show_addresses:
            text = text_of(events, visible)
            ladder = self.trail.ladder(show_addresses=True)
            html = f"{ladder._repr_html_()}<pre>{escape(text)}</pre>"
        else:
            text, html = static_text(events, tally), static_html(events, tally)
        noted = [event.message for event in events if event.direction is TrailDirection.INFO]
        show = visible if show_addresses else _discreet
        notes = "".join(f"<li>{escape(show(note))}</li>" for note in noted)
        return f"{title}\n{text}", f"<p>{escape(title)}</p>{html}<ul>{notes}</ul>"


def _discreet(text: str) -> str:
    return visible(masked(text))
