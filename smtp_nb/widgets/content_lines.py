"""Message content for a live trail: its lines as they cross the wire, with the dots that DATA adds.

They are for the page alone. No trail has them, so nothing that is saved or exported does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent, TransferEvent
from smtp_nb.model.trail.sessions import TrailSession

Line = tuple[PITrailEvent, TrailSession]

MOST_LINES = 200  # of one message
MOST_OCTETS = 998  # of a line, RFC 5322 section 2.1.1


@dataclass(frozen=True, slots=True)
class ContentLine(PITrailEvent):
    """A line of a message, as the message has it.

    Attributes:
        is_stuffed: on the wire another dot stands before it (RFC 5321 section 4.5.2).
    """

    is_stuffed: bool = False


class ContentLines:
    """Puts the lines of messages into a conversation, each message before the dot that ends it.

    A piece of a message says nothing of its connection, so only those of a single one are shown.
    """

    def __init__(self) -> None:
        self._command: Line | None = None
        self._dot: Line | None = None  # it leaves with the last piece, and is reported before it
        self._tail = b""
        self._count = 0

    def take(self, event: PITrailEvent, session: TrailSession) -> list[Line]:
        """A line of the conversation; returns what a page shows next."""
        is_command = event.direction == TrailDirection.CLIENT
        verb = event.message.split(" ", 1)[0].upper() if is_command else ""
        if verb == "." and self._command is not None and self._dot is None:
            self._dot = event, session
            return []
        ready = self._finish()
        if is_command:
            self._command = (event, session) if verb in ("DATA", "BDAT") else None
            self._count = 0
        return [*ready, (event, session)]

    def take_piece(self, event: TransferEvent) -> list[Line]:
        """A piece of a message; returns its lines as far as they are whole."""
        if self._command is None:
            return []
        *whole, self._tail = (self._tail + event.text_b).split(b"\r\n")
        ready = list(self._lines(whole))
        return [*ready, *self._finish()] if self._dot else ready

    def _finish(self) -> list[Line]:
        """What was held back: an unfinished last line, then the dot."""
        ready = list(self._lines([self._tail])) if self._tail else []
        self._tail = b""
        dot, self._dot = self._dot, None
        if dot is not None:
            ready.append(dot)
            self._command = None
        return ready

    def _lines(self, lines: list[bytes]) -> Iterator[Line]:
        if self._command is None:
            return
        command, session = self._command
        is_data = command.message.upper() == "DATA"
        for line in lines:
            self._count += 1
            if self._count > MOST_LINES + 1:
                return
            text = line[:MOST_OCTETS].decode("utf-8", "replace")
            if self._count > MOST_LINES:
                text = "… the message goes on"
            yield (
                ContentLine(
                    TrailDirection.CLIENT,
                    text,
                    command.seconds,
                    command.tls,
                    connection=command.connection,
                    is_stuffed=is_data and line.startswith(b"."),
                ),
                session,
            )
