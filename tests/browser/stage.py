"""A view on an empty page, without Jupyter: the script of a widget, and messages from its feed.

For what Jupyter adds nothing to: drawing, keyboard, narrow pages, numbers of elements.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Page

from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.trail import Trail
from smtp_nb.widgets.feed import TrailFeed
from smtp_nb.widgets.trail import TrailView

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A trail</title></head>
<body><main><h1>A trail</h1><div id="view"></div></main></body></html>"""
MOUNT = """async ([script, style, traits]) => {
    const sheet = document.createElement("style");
    sheet.textContent = style;
    document.head.append(sheet);
    const source = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const listeners = [];
    window.sent = [];
    const model = {
        get: (name) => traits[name],
        on: (name, listener) => listeners.push(listener),
        off: () => {},
        send: (content) => window.sent.push(content),
    };
    window.deliver = (messages) => {
        for (const message of messages) for (const listener of listeners) listener(message, []);
    };
    const widget = (await import(source)).default();
    widget.initialize({ model });
    widget.render({ model, el: document.getElementById("view") });
}"""


class Clock:
    """Time that passes when nobody waits for it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def messages_of(events: Iterable[PITrailEvent], trail: Trail | None = None) -> list[dict[str, Any]]:
    """What the feed of a live trail sends to its page for these lines."""
    clock = Clock()
    feed = TrailFeed(clock)
    trail = Trail() if trail is None else trail
    messages = []
    for event in events:
        feed.add(event, trail.take(event))
    while (wait := feed.wait_s()) is not None:
        clock.now += wait
        if message := feed.next_message():
            messages.append(message)
    return messages


def mount(page: Page, messages: list[dict[str, Any]], height: int = 320) -> None:
    """Draw a live trail on an empty page, and deliver messages to it."""
    page.set_content(PAGE)
    page.evaluate(MOUNT, [TrailView._esm, TrailView._css, {"height": height}])
    page.evaluate("messages => window.deliver(messages)", messages)
