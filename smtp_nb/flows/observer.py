"""Observers of session events."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from smtp_nb.model.events import Event, PITrailEvent


class Observer(Protocol):
    """An observer of events. Asked first, so that an event without a listener costs nothing."""

    def wants(self, kind: type[Event]) -> bool: ...

    def emit(self, *events: Event) -> None: ...

    def emit_lines(self, lines: Sequence[PITrailEvent]) -> None:
        """As `emit`, for lines that are made into events only where they are read."""

    def ask(self, event: Event) -> Sequence[Awaitable[None]]:
        """As `emit`, for an event whose handlers may change it; returns what to await."""
