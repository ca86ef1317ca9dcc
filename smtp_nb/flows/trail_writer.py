"""The writer of a session's trail: commands, replies, remarks and states, as events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from smtp_nb.flows.intents import Notice
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.observer import Observer
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import ConnectionStatusEvent, PITrailEvent, SSLStatusEvent
from smtp_nb.model.reply import Reply
from smtp_nb.model.trail.lines import WireLines
from smtp_nb.protocol.commands import Command

if TYPE_CHECKING:
    from smtp_nb.wire.tls.tls import TLSLayer

_CLIENT, _SERVER, _INFO = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO
WRITING = "the server to take what we write"


class TrailWriter:
    """Writes down what one session says and hears. What it is given holds no secret any more.

    Args:
        observer: gets the events.
        clock: gives seconds.
        has_tls: tells whether the server's TLS protects what is written now.
        number: of several sessions at work together, from 1.
    """

    def __init__(
        self,
        observer: Observer,
        clock: Callable[[], float],
        has_tls: Callable[[], bool],
        number: int = 1,
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._has_tls = has_tls
        self._number = number
        self._began = clock()
        self._group = 0
        self._slow: tuple[float | None, Notice | None] | None = None
        """The notice of the last write; the next one is the same."""
        self._said_slow = False
        """Once is enough: a large message may have to wait before every piece."""

    def restart_clock(self) -> float:
        """Count trail times from here; returns the time that it is now."""
        self._began = self._clock()
        return self._began

    # -- what crosses the wire ----------------------------------------------------------------

    def show_commands(self, *groups: Sequence[Command]) -> None:
        """Trail lines for commands that are about to leave, those of a group together."""
        if not self._observer.wants(PITrailEvent):
            return
        numbers: list[int] = []
        texts: list[str] = []
        for commands in groups:
            number = 0
            if (count := len(commands)) > 1:
                self._group = number = self._group + 1
            numbers += [number] * count
            texts += [command.shown for command in commands]
        self._show(_CLIENT, texts, numbers)

    def show_replies(self, replies: Sequence[Reply]) -> None:
        """Trail lines for replies that have come in together, secrets masked."""
        if not self._observer.wants(PITrailEvent):
            return
        self._show(_SERVER, [line for reply in replies for line in reply.wire_lines()])

    def show_tls(self, *layers: TLSLayer | None) -> None:
        """Pass on what TLS layers have to tell."""
        for layer in layers:
            for text in layer.take_steps() if layer else ():
                self._observer.emit(SSLStatusEvent(text))

    # -- remarks ------------------------------------------------------------------------------

    def remark(self, text: str) -> None:
        """A line of ours in the trail."""
        if self._observer.wants(PITrailEvent):
            self._show(_INFO, (text,))

    def status(self, what: str, code: int = 0, description: str = "OK") -> None:
        """Tell that a connection, a proxy or TLS was made or lost."""
        self._observer.emit(ConnectionStatusEvent(what, code, description))
        self.remark(what)

    # -- waits that last ----------------------------------------------------------------------

    def notice(self, what: str, seconds: float | None) -> Notice | None:
        """Lets it be said that a single wait lasts; see `Deadline.notice` for several together."""
        return Deadline(self._clock, seconds, what).notice(self.say_waiting)

    def notice_of_writing(self, seconds: float | None) -> Notice | None:
        """Lets it be said, once in a session, that the server is slow to read."""
        if self._said_slow:
            return None
        if self._slow is None or self._slow[0] != seconds:
            self._slow = seconds, self.notice(WRITING, seconds)
        return self._slow[1]

    def say_waiting(self, deadline: Deadline) -> None:
        """Say what has kept us waiting for a while, and for how long it may."""
        limit = (
            f", up to {deadline.seconds:g} s" if deadline.seconds else ", for as long as it takes"
        )
        self._said_slow |= deadline.what == WRITING
        text = f"waiting for {deadline.what}{limit}"
        said = f"{text}; {deadline.hint}" if deadline.hint else text
        self.remark(said)
        self._observer.emit(ConnectionStatusEvent(said, 0, "OK", is_waiting=True))

    # -- events -------------------------------------------------------------------------------

    def _show(
        self,
        direction: TrailDirection,
        texts: Sequence[str],
        groups: Sequence[int] | None = None,
    ) -> None:
        """Trail lines that cross the wire together, or a remark."""
        seconds, tls = self._clock() - self._began, self._has_tls()
        lines = WireLines(direction, texts, seconds, tls, groups, self._number)
        self._observer.emit_lines(lines)
