"""Totals of a conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from smtp_nb.model.display import counted
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.lines import WireLines

_CLIENT, _SERVER, _INFO = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO
_BAD_REPLY = re.compile(r"[45][0-9][0-9]")


def is_refusal(event: PITrailEvent) -> bool:
    """True for a line of a 4yz or 5yz reply."""
    return event.direction is TrailDirection.SERVER and bool(_BAD_REPLY.match(event.message))


@dataclass(slots=True)
class Tally:
    """Totals of a conversation, counted line by line.

    Attributes:
        lines: all lines seen, including dropped ones.
        round_trips: number of times the client waited for the server after sending.
        refusals: 4yz and 5yz replies.
        seconds: from the opening of the connection to the last line.
        protected: True if the last line that crossed the wire was inside TLS.
    """

    lines: int = 0
    round_trips: int = 0
    refusals: int = 0
    seconds: float = 0.0
    protected: bool = False
    _speakers: dict[int, TrailDirection] = field(default_factory=dict)

    def add(self, event: PITrailEvent) -> None:
        self.lines += 1
        self.seconds = event.seconds
        speaker = event.direction
        if speaker is _INFO:
            return
        if speaker is _SERVER:
            if self._speakers.get(event.connection) is _CLIENT:
                self.round_trips += 1
            if event.final and _BAD_REPLY.match(event.message):
                self.refusals += 1
        self._speakers[event.connection] = speaker
        self.protected = event.tls

    def add_lines(self, lines: WireLines) -> None:
        """As `add`, for lines that crossed the wire together."""
        speaker = lines.direction
        self.lines += len(lines.texts)
        self.seconds = lines.seconds
        if speaker is _INFO:
            return
        if speaker is _SERVER:
            self.round_trips += self._speakers.get(lines.connection) is _CLIENT
            self.refusals += sum(
                [
                    lines.is_final(text)
                    for text in lines.texts
                    if text >= "4" and _BAD_REPLY.match(text)  # most are 250
                ]
            )
        self._speakers[lines.connection] = speaker
        self.protected = lines.tls

    def __str__(self) -> str:
        words = [counted(self.lines, "line"), counted(self.round_trips, "round trip")]
        words += [counted(self.refusals, "refusal")] if self.refusals else []
        return ", ".join([*words, "inside TLS" if self.protected else "in clear"])
