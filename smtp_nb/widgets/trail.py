"""Live trail view: an observer that shows the conversation as it happens."""

from __future__ import annotations

from typing import Any

import traitlets

from smtp_nb.model.events import PITrailEvent, TransferEvent
from smtp_nb.model.trail.static import static_html, static_text
from smtp_nb.model.trail.trail import Trail
from smtp_nb.widgets.content_lines import ContentLines
from smtp_nb.widgets.feed import TrailFeed
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import MessageSender


class TrailView(Live):
    """Shows a conversation live, in two lanes, with times, TLS, groups and explanations.

    It is an observer: `smtp.on_pi_trail += view`, from any thread. No line is part of the
    widget's state, so none is saved with it; a saved notebook holds a static table with masked
    addresses.

    Args:
        trail: a `Trail` whose lines are shown first; the view goes on filling it.
        height: of the list, in pixels.
        content: show the lines of messages too, as they leave; then it is an observer of
            `on_transfer` as well. No trail has them, and none is saved.
    """

    _esm = script("trail_store", "trail_rows", "trail_detail", "trail")
    _css = style_sheet("trail")
    height = traitlets.Int(320, min=80).tag(sync=True)

    def __init__(self, trail: Trail | None = None, *, content: bool = False, **traits: Any) -> None:
        super().__init__(**traits)
        self.content = content
        self._content_lines = ContentLines()
        self.trail = Trail() if trail is None else trail
        self._feed = TrailFeed()
        self._sender = MessageSender(self._feed, self.send)
        for event, session in self.trail.lines():
            self._feed.add(event, session)
        self.on_msg(self._listen)

    def __call__(self, event: PITrailEvent | TransferEvent) -> None:
        """Show `event`."""
        if isinstance(event, TransferEvent):
            shown = self._content_lines.take_piece(event) if self.content else []
        else:
            session = self.trail.take(event)
            shown = self._content_lines.take(event, session) if self.content else [(event, session)]
        for line in shown:
            self._feed.add(*line)
        self._sender.wake()

    def clear(self) -> None:
        """Forget all lines, here and in the page."""
        self.trail.clear()
        self._content_lines = ContentLines()
        self._feed.clear()
        self._sender.wake()

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page says which rows it has: {"ready": true, "have": 12}."""
        if isinstance(content, dict) and content.get("ready"):
            have = content.get("have")
            self._feed.replay(have if isinstance(have, int) else 0)
            self._sender.wake()

    def __repr__(self) -> str:
        return f"<TrailView: {self.trail.tally}>"

    def static_forms(self) -> Forms:
        events, tally = self.trail.snapshot(), self.trail.tally
        return static_text(events, tally), static_html(events, tally)
