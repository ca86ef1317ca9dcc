"""What a cell shows while its notebook lives, beside static forms that leave something out."""

from __future__ import annotations

from typing import Any

import anywidget

from smtp_nb.widgets.look import script, style_sheet


class FullView(anywidget.AnyWidget):
    """HTML of ours for the page alone.

    It goes as a message, not as a trait: what a widget's traits hold may be saved.

    Args:
        html: made by us, with every value in it escaped.
    """

    _esm = script("full")
    _css = style_sheet("full")

    def __init__(self, html: str, **traits: Any) -> None:  # traits are of many types
        super().__init__(**traits)
        self._html = html
        self.on_msg(self._listen)

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there."""
        if isinstance(content, dict) and content.get("ready"):
            self.send({"kind": "full", "html": self._html})

    def __repr__(self) -> str:
        return "<FullView>"
