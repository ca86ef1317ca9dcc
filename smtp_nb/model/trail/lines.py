"""Lines that crossed the wire together, each made into an event when it is read.

A merge sends and receives hundreds of thousands of lines, of which a trail keeps the last ones. The
events of the others are never made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent

_SERVER = TrailDirection.SERVER


class WireLines(Sequence[PITrailEvent]):
    """Lines of one side that share their moment.

    Args:
        texts: the lines without their ends, secrets masked. What the server says are whole replies.
        groups: for each line, the number of the write that it left in, or 0; None for all 0.
    """

    __slots__ = ("_groups", "connection", "direction", "seconds", "texts", "tls")

    def __init__(
        self,
        direction: TrailDirection,
        texts: Sequence[str],
        seconds: float,
        tls: bool,
        groups: Sequence[int] | None = None,
        connection: int = 1,
    ) -> None:
        self.direction = direction
        self.texts = texts
        self.seconds = seconds
        self.tls = tls
        self._groups = groups
        self.connection = connection

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> PITrailEvent: ...
    @overload
    def __getitem__(self, index: slice) -> list[PITrailEvent]: ...
    def __getitem__(self, index: int | slice) -> PITrailEvent | list[PITrailEvent]:
        if isinstance(index, slice):
            return [self._event(place) for place in range(len(self.texts))[index]]
        return self._event(index)

    def __iter__(self) -> Iterator[PITrailEvent]:
        return map(self._event, range(len(self.texts)))

    def _event(self, place: int) -> PITrailEvent:
        text = self.texts[place]
        return PITrailEvent(
            self.direction, text, self.seconds, self.tls,
            0 if self._groups is None else self._groups[place], self.is_final(text),
            self.connection,
        )  # fmt: skip

    def is_final(self, text: str) -> bool:
        """False for all but the last line of a reply (RFC 5321 section 4.2.1)."""
        return self.direction is not _SERVER or text[3:4] != "-"
